"""The schema of an annotation: its manifest, and the lines of its `judgements.jsonl`. Knows no file and no screen.

Field order is key order in the files. A person goes by a name of their own choice.
"""

from typing import Annotated, Final, Literal, NamedTuple, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from agents.protocol import Rated, ScoredText
from sandbox.options.annotation import ANNOTATOR, RESERVED
from sandbox.runs.asks import Record
from sandbox.runs.manifest import Count, Part
from sandbox.runs.rating.manifest import MOST_LINES, Sha256, name_of_a_folder
from sandbox.runs.records import interaction_id

ANNOTATION: Final = "annotation"
Skipped = Literal["skipped"]
InteractionId = Annotated[str, Field(pattern="^r[0-9]{3,9}-a[0-9]{3,9}$")]


def _of_a_person(name: str) -> str:
    if name.lower() in RESERVED:
        raise ValueError(name)  # tables would name two raters alike
    return name


Annotator = Annotated[str, Field(pattern=f"^{ANNOTATOR.pattern}$"), AfterValidator(_of_a_person)]


class AnnotationManifest(Part):
    """`manifest.json`, written once. `interactions` lines of the log of `run` were there, of whose texts were drawn."""

    schema_: Literal[1] = Field(alias="schema")
    kind: Literal["annotation"] = ANNOTATION
    run_id: str
    created: str
    sandbox: str
    annotator: Annotator
    run: Annotated[str, AfterValidator(name_of_a_folder)]
    interactions: Annotated[Count, Field(le=MOST_LINES)]
    seed: Count
    texts: Annotated[int, Field(ge=1)]
    dimensions: Annotated[tuple[Rated, ...], Field(min_length=1, max_length=2)]

    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)


class JudgedKey(NamedTuple):
    """What a judgement is of."""

    id: str
    text: ScoredText
    dimension: Rated

    def place(self, agents: int) -> int | None:
        """Of the interaction in the log of a run of so many `agents`; None where such a run has none of this id."""
        round_, agent = (int(part[1:]) for part in self.id.split("-"))
        return round_ * agents + agent if agent < agents and interaction_id(round_, agent) == self.id else None


class JudgedLine(Record):
    """What was said of one text on one dimension; of two lines about the same the later one counts.

    `shown` is the sha256 of what the person saw.
    """

    id: InteractionId
    text: ScoredText
    dimension: Rated
    rating: Annotated[int, Field(ge=1, le=7)] | None
    missing: Skipped | None
    shown: Sha256

    @model_validator(mode="after")
    def _is_rated_or_missing(self) -> Self:
        if (self.rating is None) == (self.missing is None):
            raise ValueError("there is a rating, or why it is missing, and never both")
        return self

    @property
    def key(self) -> JudgedKey:
        """What it is about."""
        return JudgedKey(self.id, self.text, self.dimension)
