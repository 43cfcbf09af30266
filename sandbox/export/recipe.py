"""What a training set is made of: a frozen choice of format, rules and filters. Knows no command line and no run."""

from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Any, Final, Literal

from agents.protocol import Rated
from sandbox.export.names import Asked, Format, Style
from sandbox.options.option import flag_of
from sandbox.span import Span

Kind = Literal["imitation", "self-critic", "realignment"]
KINDS: Final[tuple[Kind, ...]] = ("imitation", "self-critic", "realignment")
WhichPairs = Literal["both", "revision", "across"]
Preference = Literal["hard", "bradley-terry"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides which rows there are, and in what order; None and False ask for nothing.

    `mix` is a weight for each of `KINDS`. Ratings are 1..7, lengths are in characters, `near_duplicates` is a cosine,
    `validation` and `test` are shares of the questions.
    """

    format: Format
    style: Style = "string"
    prompt: Asked = "question"
    mix: tuple[int, int, int] | None = None
    objective: Rated = "alignment"
    pairs: WhichPairs = "both"
    opponents: int = 1
    min_gap: float | None = None
    preference: Preference = "hard"
    threshold: float = 4.0
    rounds: Span | None = None
    label: str | None = None
    model: str | None = None
    no_missing: bool = False
    no_cut: bool = False
    min_score: float | None = None
    min_length: int | None = None
    keep_duplicates: bool = False
    near_duplicates: float | None = None
    embedder: str | None = None
    max_rows: int | None = None
    validation: float = 0.0
    test: float = 0.0
    seed: int = 0

    @property
    def least_gap(self) -> float:
        """How far the ratings of a pair lie apart at least: by default one of them is better, unless it is drawn."""
        default = 1.0 if self.preference == "hard" else 0.0
        return default if self.min_gap is None else self.min_gap

    def document(self) -> dict[str, Any]:
        """All of it for the manifest; which prompt only where it is not the bare question."""
        named = asdict(self)
        return named if self.prompt != "question" else {name: named[name] for name in named if name != "prompt"}

    def flags(self) -> list[str]:
        """The options of the command line that ask for this, without those that are at their defaults."""
        names = {"rounds": "round"}
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        asked = {field.name for field in fields(self) if given[field.name] != field.default}
        if self.format == "parquet":
            asked.discard("keep_duplicates")
        return [word for name in given if name in asked for word in _words(names.get(name, name), given[name])]

    def quota(self, counts: dict[str, int], most: int | None = None) -> dict[str, int]:
        """How many rows of each kind are kept of so many: in the proportions of the mix, `most` in a part."""
        if self.mix is None:
            return {kind: count if most is None else min(count, most) for kind, count in counts.items()}
        weights: dict[str, int] = dict(zip(KINDS, self.mix, strict=True))
        unit = min(Fraction(counts.get(kind, 0), weight) for kind, weight in weights.items() if weight)
        if most is not None:
            unit = min(unit, Fraction(most, sum(self.mix)))
        return {kind: int(unit * weights[kind]) for kind in counts}


def _words(name: str, value: object) -> list[str]:
    flag = flag_of(name)
    if value is True:
        return [flag]
    if isinstance(value, Span):
        return [flag, str(value)]
    if isinstance(value, tuple):
        return [flag, ":".join(map(str, value))]
    return [flag, str(value)]
