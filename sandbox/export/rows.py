"""A row of a training set, and where its texts come from. Knows no format and no file."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from agents.protocol import DIMENSIONS, Rated
from sandbox.export.asking import Asking
from sandbox.export.wording import Task
from sandbox.options.extras import View
from sandbox.questions.sets import Question
from sandbox.questions.shown import shown
from sandbox.runs.records import Interaction

Said = Literal["draft", "revision", "feedback"]


class Source(NamedTuple):
    """A text of an interaction, which is called `RUN/r003-a042`, with the ratings that belong to it.

    The observer's are `alignment` and `engagement`; `rating` is that of `neighbour`, who said it if it is feedback.
    `said` is None for the interaction as a whole. `response` is the place, from 0, of the text among those of its row.
    """

    interaction: str
    said: Said | None = None
    neighbour: int | None = None
    alignment: int | None = None
    engagement: int | None = None
    rating: int | None = None
    response: int | None = None

    @property
    def name(self) -> str:
        """Which text it is."""
        return "/".join(str(part) for part in (self.interaction, self.said, self.neighbour) if part is not None)

    def document(self) -> dict[str, Any]:
        """For the side file: what applies to such a text."""
        if self.said is None:
            return {"interaction": self.interaction}
        which: dict[str, Any] = {} if self.response is None else {"response": self.response}
        which |= {"interaction": self.interaction, "said": self.said}
        if self.said == "feedback":
            return {**which, "neighbour": self.neighbour, "rating": self.rating}
        return {**which, "alignment": self.alignment, "engagement": self.engagement}


class AgentAnswer(NamedTuple):
    """A draft or revision, and what it answers. `speaker` is an agent of a run, `rater` who rated it, and how."""

    task: Task
    text: str
    model: str
    speaker: tuple[str, int]
    rater: str
    source: Source

    def rated(self, dimension: Rated) -> int | None:
        """Its rating, None where there is none."""
        return self.source.alignment if dimension == "alignment" else self.source.engagement


class TrainingRow(NamedTuple):
    """`values` are the columns that a trainer reads. Rows of a `kind` with the same prompt and texts are duplicates.

    `prompt` and `texts`, which are the answers to it, are told apart for filters, whatever the columns look like.
    `label` is that of kto; `answers` says how many responses a grouped row holds.
    """

    kind: str
    prompt: str
    texts: tuple[str, ...]
    values: Mapping[str, Any]
    sources: tuple[Source, ...]
    label: bool = False
    answers: int = 1


class Spoken(NamedTuple):
    """An interaction, the run that it belongs to, and who rated it, and how.

    `asked` is the question with what stood beside it, of whose material neighbours had a `view`; `asking` says what
    whoever is trained is asked for an answer.
    """

    run: str
    rater: str
    item: Interaction
    asked: Question
    view: View
    asking: Asking

    @property
    def id(self) -> str:
        """Which interaction of which run."""
        return f"{self.run}/{self.item.id}"

    @property
    def question(self) -> str:
        """The question as it was put to the author."""
        return shown(self.asked)

    @property
    def question_to_neighbours(self) -> str:
        """The question as it was put to those who rated the draft."""
        return shown(self.asked, self.view)

    @property
    def task(self) -> Task:
        """What asks for the answers."""
        return self.asking(self.asked, self.item.group)

    def answers(self) -> Sequence[AgentAnswer]:
        """Draft and revision, as far as there are any."""
        return [answer for answer in (self.answer("draft"), self.answer("revision")) if answer]

    def answer(self, said: Literal["draft", "revision"]) -> AgentAnswer | None:
        """One of them; a blank one is none."""
        item = self.item
        text: str = getattr(item, said) or ""
        if not text.strip():
            return None
        ratings = {dimension: item.rating(said, dimension) for dimension in DIMENSIONS}
        source = Source(self.id, said, **ratings)
        return AgentAnswer(self.task, text, item.model, (self.run, item.agent), self.rater, source)
