"""One finished ask as a journal keeps it, whatever work it belongs to: the request's hash, and the reply or the error.

Field order is key order in `calls.jsonl`; a work puts its own place before these fields. Knows no file.
"""

from typing import Annotated, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agents.model import ErrorKind, Likely, Usage

T = TypeVar("T")
Count = Annotated[int, Field(ge=0)]


def _is_none(value: object) -> bool:
    return value is None


_ABSENT: Final = Field(default=None, exclude_if=_is_none)
# A field that most records have no use for: it is left out where it is None.
Rare = Annotated[T | None, _ABSENT]


class Record(BaseModel):
    """A frozen record that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class JournalReply(Record):
    """What a model answered, as it came: `text` whole, with thoughts and marks.

    `thinking` is what came as thinking beside it, and `logprobs` what was likely in its first places; most replies have
    neither, and no such key.
    """

    text: str
    finish: str | None
    refusal: str | None
    thinking: Rare[str] = None
    logprobs: Rare[tuple[Likely, ...]] = None


class JournalError(Record):
    """Why an ask failed for good; `words` are the endpoint's own, cut and made harmless, where it said any."""

    kind: ErrorKind
    status: int | None
    words: str | None = None


class FinishedAsk(Record):
    """How one ask ended. `model` is the name the endpoint reported, else the name asked for.

    `latency` is in seconds, from the first dispatch to the end of the last try; `at` is when that was (UTC).
    """

    request: str
    reply: JournalReply | None
    error: JournalError | None
    usage: Usage | None
    model: str
    tries: Count
    latency: Annotated[float, Field(ge=0)]
    at: str

    @model_validator(mode="after")
    def _ends_in_one_way(self) -> Self:
        if (self.reply is None) == (self.error is None):
            raise ValueError("there is a reply or an error, and never both")
        return self
