"""What an observer is asked about stored texts, and what its replies come to. Knows templates and forms; makes no call.

Either what the observer of the run was asked, in the same words, or dimensions of a file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple, Protocol, cast

from agents.forms import rating_form
from agents.model import Message, Reply, Request
from agents.protocol import DIMENSIONS, SocietyCue
from agents.protocol import Dimension as Observed
from agents.replies import SEVEN, parse_judgement, read_rating
from agents.suite_cue import SuiteCue
from agents.voice import Ask, Speaker, Voice
from prompts import Prompts
from prompts.fences import outside
from sandbox.questions.sets import Question
from sandbox.rating.dimensions import Dimension
from sandbox.runs.rating.manifest import DimensionUsed
from sandbox.runs.rating.records import RatingKey, Score
from sandbox.runs.stored_texts import Stored
from sandbox.society.asking import Material, wording
from sandbox.suites.asking import rating_restated

BOTH: Final = "both"


class Sampling(NamedTuple):
    """Who is asked, and how its reply is sampled."""

    model: str
    temperature: float
    max_tokens: int
    seed: int


class Inquiry(Protocol):
    """`used` are the dimensions rated, `calls` what is asked about each text, by the dimension of its keys."""

    used: tuple[DimensionUsed, ...]
    calls: tuple[str, ...]

    @property
    def digests(self) -> Mapping[str, str]:
        """Sha256 of each template, by name."""
        ...

    def keep(self, folder: Path) -> None:
        """Write the templates into `folder`, which is made."""
        ...

    def rates(self, call: str) -> tuple[str, ...]:
        """The dimensions that `call` gives ratings on."""
        ...

    def is_asked(self, call: str, stored: Stored) -> bool:
        """Whether `call` says anything of this text."""
        ...

    def request(self, key: RatingKey, stored: Stored, sampling: Sampling) -> Request:
        """What `key` asks. Raises `TemplateError`."""
        ...

    def read(self, call: str, reply: Reply) -> Mapping[str, Score]:
        """What `reply` says on each dimension of `call`."""
        ...


class SameInquiry:
    """What the observer of a run was asked, by `prompts`: both ratings in one call if `joint`."""

    def __init__(self, prompts: Prompts, *, joint: bool) -> None:
        self._prompts: Final = prompts
        self.used: tuple[DimensionUsed, ...] = tuple(DimensionUsed(name=name, scale=SEVEN) for name in DIMENSIONS)
        self.calls: tuple[str, ...] = (BOTH,) if joint else DIMENSIONS

    @property
    def digests(self) -> Mapping[str, str]:
        """Of all templates of the run."""
        return self._prompts.digests

    def keep(self, folder: Path) -> None:
        """All templates, as a run does."""
        self._prompts.keep(folder)

    def rates(self, call: str) -> tuple[str, ...]:
        """Both, or one."""
        return DIMENSIONS if call == BOTH else (call,)

    def is_asked(self, call: str, stored: Stored) -> bool:  # noqa: ARG002  # of every text
        """Always."""
        return True

    def request(self, key: RatingKey, stored: Stored, sampling: Sampling) -> Request:
        """As the society asks it, but for the sampling seed."""
        material = Material(Question("", stored.question), stored.draft or "", stored.revision or "")
        dimension = cast("Observed", key.dimension)
        cue = SocietyCue(key.stage, None, key.round, stored.of(key.text) or "", dimension)
        speaker = Speaker(sampling.model, Voice(self._prompts, sampling.temperature, sampling.max_tokens))
        return speaker.request(wording(key.stage, dimension, material), Ask(key.ask, sampling.seed), cue)

    def read(self, call: str, reply: Reply) -> Mapping[str, Score]:
        """As the society reads it."""
        keys = {name: (f"{name}_rating", f"{name}_reason") if call == BOTH else () for name in self.rates(call)}
        return {name: Score(**parse_judgement(reply, *own).model_dump()) for name, own in keys.items()}


class FileInquiry:
    """Dimensions of a file, one call each."""

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        self._dimensions: Final = {each.name: each for each in dimensions}
        self.used: tuple[DimensionUsed, ...] = tuple(each.used for each in dimensions)
        self.calls: tuple[str, ...] = tuple(self._dimensions)

    @property
    def digests(self) -> Mapping[str, str]:
        """One a dimension."""
        return {name: each.digest for name, each in self._dimensions.items()}

    def keep(self, folder: Path) -> None:
        """One file a dimension."""
        folder.mkdir()
        for name, each in self._dimensions.items():
            (folder / f"{name}.jinja").write_text(each.source, encoding="utf-8", newline="")

    def rates(self, call: str) -> tuple[str, ...]:
        """Itself."""
        return (call,)

    def is_asked(self, call: str, stored: Stored) -> bool:
        """A dimension whose template shows the key says nothing where there is none."""
        return stored.gold is not None or not self._dimensions[call].needs_key

    def request(self, key: RatingKey, stored: Stored, sampling: Sampling) -> Request:
        """By its template; a re-ask restates the form."""
        dimension, text = self._dimensions[key.dimension], stored.of(key.text) or ""
        scale = dimension.used.scale
        system, user = dimension.template.render(question=stored.question, text=text, gold=stored.gold or "")
        again = f"\n\n{rating_restated(scale)}" if key.ask else ""
        return Request(
            model=sampling.model,
            messages=(Message("system", system), Message("user", user + again)),
            temperature=sampling.temperature,
            max_tokens=sampling.max_tokens,
            seed=sampling.seed,
            schema=rating_form(scale),
            cue=SuiteCue(kind="judgement", subject=text, scale=scale),
        )

    def read(self, call: str, reply: Reply) -> Mapping[str, Score]:
        """On its scale; who repeats what was shown has not said it."""
        scale, own = self._dimensions[call].used.scale, replace(reply, text=outside(reply.text))
        rating, missing, reason, _ = read_rating(own, scale)
        raw = read_rating(reply, scale).raw
        unread = "unparsable" if missing == "empty" else missing
        return {call: Score(rating=rating, missing=unread, reason=reason, raw=raw)}
