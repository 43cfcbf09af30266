"""Rows of every format that is trained on, as records that are checked. Knows no file but to name it."""

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.protocol import Rated
from sandbox.errors import SandboxError, of_validation
from sandbox.training.data.examples import Messages
from sandbox.training.data.folder import FolderRow

R = TypeVar("R", bound=BaseModel)
Rating = Annotated[float, Field(ge=1, le=7)]


class _Row(BaseModel):
    """Columns that nothing here needs are let be; a value of another type is never taken for what belongs there."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class Turn(_Row):
    """What one side said."""

    role: Literal["system", "user", "assistant"]
    content: str


class Reply(_Row):
    """What the model said, or is to say."""

    role: Literal["assistant"]
    content: str


def _ends_with_user(said: str | list[Turn]) -> str | list[Turn]:
    if isinstance(said, list) and (not said or said[-1].role != "user"):
        raise ValueError("prompt: its last turn is not the user's")
    return said


Asked = Annotated[str | list[Turn], AfterValidator(_ends_with_user)]
Answered = str | Annotated[list[Reply], Field(min_length=1, max_length=1)]


class Candidates(_Row):
    """A row of stable-alignment. `scores` and `engagement` are those of `responses`, in order."""

    prompt: Asked | None = None
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

    prompt: Asked
    chosen: Answered
    rejected: Answered
    margin: Annotated[float, Field(ge=-6, le=6)] | None = None  # of two ratings


class Completed(_Row):
    """A row of sft."""

    prompt: Asked
    completion: Answered


class Judged(Completed):
    """A row of kto."""

    label: bool


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
        raise SandboxError(f"{row.file}:{row.number}: {_why(error)}.\nExport anew.") from None


def read_sources(row: FolderRow, texts: int) -> list[SourceRatings]:
    """What each of so many `texts` of `row` comes from. Raises `SandboxError` that names file and line."""
    if len(row.sources) != texts:
        raise SandboxError(f"{row.file}:{row.number}: its origin: wanted are {texts} texts.\nExport anew.")
    try:
        return [SourceRatings.model_validate(found) for found in row.sources]
    except ValidationError as error:
        raise SandboxError(f"{row.file}:{row.number}: its origin: {of_validation(error)}.\nExport anew.") from None


def _why(error: ValidationError) -> str:
    """What is wrong: in the words of a check of ours, which repeats nothing of the row, or of its types."""
    problem = error.errors(include_url=False)[0]
    return str(problem["ctx"]["error"]) if problem["type"] == "value_error" else of_validation(error)


def asked(said: str | list[Turn]) -> Messages:
    """A prompt as turns; of a text the newline at its end, which keeps it from its answer, is no part."""
    if isinstance(said, str):
        return ({"role": "user", "content": said.removesuffix("\n")},)
    return tuple({"role": each.role, "content": each.content} for each in said)


def answered(said: str | list[Reply]) -> str:
    """The text of an answer."""
    return said if isinstance(said, str) else said[0].content
