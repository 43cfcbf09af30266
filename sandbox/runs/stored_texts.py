"""The stored texts of a run: what was asked, what was answered, and the key where there is one. Knows no observer."""

from collections.abc import Container
from itertools import islice
from string import ascii_uppercase
from typing import Final, NamedTuple

from agents.protocol import TEXTS, ScoredText
from sandbox.questions.sets import Question
from sandbox.questions.shown import shown
from sandbox.runs.json_lines import raw_lines
from sandbox.runs.kept_questions import materials
from sandbox.runs.reading import Run
from sandbox.runs.records import Interaction


class Stored(NamedTuple):
    """The texts of an interaction, None where it has none; `question` is as its observer was shown it."""

    round: int
    agent: int
    question: str
    draft: str | None
    revision: str | None
    gold: str | None

    def of(self, text: ScoredText) -> str | None:
        """The draft, or the revision."""
        return self.draft if text == "draft" else self.revision

    @property
    def texts(self) -> tuple[ScoredText, ...]:
        """Which of the two there are."""
        return tuple(text for text in TEXTS if self.of(text) is not None)


def read_texts(run: Run, interactions: int | None, places: Container[int] | None = None) -> list[Stored]:
    """What the first `interactions` of the log of `run` hold, None for all, or those of them at `places` (from 0).

    Raises `SandboxError` that names a bad line.
    """
    shown = _Shown(run)
    lines = islice(raw_lines(run.directory.interactions), interactions)
    wanted = ((number, line) for number, line in lines if places is None or number - 1 in places)
    return [shown.stored(run.interaction(number, line)) for number, line in wanted]


class _Shown:
    """The questions of `run` as its observer was shown them, each once."""

    def __init__(self, run: Run) -> None:
        self._materials: Final = materials(run.directory.questions, run.manifest)
        self._questions: Final[dict[str, str]] = {}

    def stored(self, interaction: Interaction) -> Stored:
        name = interaction.question_id
        if name not in self._questions:
            options, material = interaction.options or (), self._materials.get(name)
            self._questions[name] = shown(Question(name, interaction.question, options, material=material))
        texts = interaction.draft, interaction.revision
        return Stored(interaction.round, interaction.agent, self._questions[name], *texts, _key(interaction))


def _key(interaction: Interaction) -> str | None:
    """The right option with its letter, or the key in free text."""
    options, gold = interaction.options or (), interaction.gold
    if gold is not None and gold < min(len(options), len(ascii_uppercase)):
        return f"{ascii_uppercase[gold]}) {options[gold]}"
    return interaction.gold_text
