"""Rows of every format that is trained on, as records that are checked. Knows no file but to name it."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.protocol import Rated
from sandbox.errors import SandboxError, of_validation
from sandbox.training.data.examples import Messages
from sandbox.training.data.folder import FolderRow

R = TypeVar("R", bound=BaseModel)
Rating = Annotated[float, Field(ge=1, le=7)]


class _Row(BaseModel):
    """Columns that nothing here needs are let be."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Turn(_Row):
    """What one side said."""

    role: Literal["system", "user", "assistant"]
    content: str


Said = str | list[Turn]


class Candidates(_Row):
    """A row of stable-alignment. `scores` and `engagement` are those of `responses`, in order."""

    prompt: Said | None = None
    instruction: str | None = None
    input: str = ""
    responses: Annotated[list[str], Field(min_length=1)]
    scores: list[Rating]
    engagement: list[Rating | None] | None = None

    @model_validator(mode="after")
    def _alike(self) -> "Candidates":
        lengths = {len(self.responses), len(self.scores), len(self.engagement or self.scores)}
        if len(lengths) > 1:
            raise ValueError("scores: wanted are as many as responses")
        if self.prompt is None and self.instruction is None:
            raise ValueError("instruction: it is missing: an earlier version exported this")
        return self

    @property
    def messages(self) -> Messages:
        """What was asked."""
        if self.prompt is not None:
            return asked(self.prompt)
        return asked(f"{self.instruction}\n\n{self.input}" if self.input else str(self.instruction))


class Compared(_Row):
    """A row of dpo, reward or modpo."""

    prompt: Said
    chosen: Said
    rejected: Said
    margin: float | None = None


class Completed(_Row):
    """A row of sft or kto."""

    prompt: Said
    completion: Said
    label: bool | None = None


class Instructed(_Row):
    """A row of alpaca."""

    instruction: str
    input: str = ""
    output: str


class SourceRatings(_Row):
    """The ratings of a text, and which text of which interaction that is."""

    interaction: str
    said: str | None = None
    alignment: Rating | None = None
    engagement: Rating | None = None

    def rated(self, dimension: Rated) -> float | None:
        """Its rating on `dimension`."""
        return self.alignment if dimension == "alignment" else self.engagement


def read_row(kind: type[R], row: FolderRow) -> R:
    """`row` as one of `kind`. Raises `SandboxError` that names file and line."""
    try:
        return kind.model_validate(dict(row.values))
    except ValidationError as error:
        raise SandboxError(f"{row.file}:{row.number}: {of_validation(error)}.\nExport anew.") from None


def read_source(found: dict[str, Any], row: FolderRow) -> SourceRatings:
    """What a text of `row` comes from. Raises `SandboxError` that names file and line."""
    try:
        return SourceRatings.model_validate(found)
    except ValidationError as error:
        raise SandboxError(f"{row.file}:{row.number}: its origin: {of_validation(error)}.\nExport anew.") from None


def asked(said: Said) -> Messages:
    """A prompt as turns; of a text the newline at its end, which keeps it from its answer, is no part."""
    if isinstance(said, str):
        return ({"role": "user", "content": said.removesuffix("\n")},)
    return tuple({"role": each.role, "content": each.content} for each in said)


def answered(said: Said) -> str:
    """The text of an answer."""
    return said if isinstance(said, str) else "\n".join(each.content for each in said)
