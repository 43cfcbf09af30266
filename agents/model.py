"""The one seam to a model: `Model.complete(Request) -> Reply`, or a `ModelError`.

Adapters (HTTP endpoint, local llama.cpp, scripted) stand behind it; retries wrap it. This module knows nothing of
societies, journals or prompts.

Errors:

    ModelError              a request that failed, with a kind from a closed set
      FatalModelError       no request to this endpoint can succeed (wrong key, unknown model): the run stops
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, NamedTuple, Protocol

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from agents.quota import Quota

ErrorKind = Literal[
    "authentication",
    "unknown_model",
    "bad_request",
    "rate_limited",
    "server_error",
    "timeout",
    "connection",
    "malformed",
    "too_long",
    "filtered",
    "empty",
    "truncated",
    "context_overflow",
]
Finish = Literal["stop", "length", "content_filter", "error"]
RETRYABLE: frozenset[ErrorKind] = frozenset({"rate_limited", "server_error", "timeout", "connection", "malformed"})


class Message(NamedTuple):
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str


class Schema(NamedTuple):
    """A JSON schema that a reply must obey; `name` is what the endpoint is told it is called."""

    name: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cue:
    """What only the scripted stand-in may look at: never sent, never hashed. This one says nothing."""


NO_CUE: Final = Cue()


# A token of a reply and then others in its place, each with its log probability.
Likely = tuple[tuple[str, float], ...]
MOST_LIKELY: Final = 20  # that OpenAI tells of a place


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model. `model` is the name asked for, `seed` the sampling seed (0 <= seed < 2**31).

    With `logprobs` the likeliest tokens in each place of the reply are asked for.
    """

    model: str
    messages: tuple[Message, ...]
    temperature: float
    max_tokens: int
    seed: int
    schema: Schema | None
    cue: Cue = NO_CUE
    logprobs: bool = False

    def digest(self) -> str:
        """Sha256 (hex) of messages, model, sampling and schema: what a journalled reply is an answer to."""
        parts = [self.messages, self.model, self.temperature, self.max_tokens, self.seed, self.schema]
        parts += ["logprobs"] if self.logprobs else []
        return hashlib.sha256(orjson.dumps(parts, default=list, option=orjson.OPT_SORT_KEYS)).hexdigest()


class Usage(BaseModel):
    """Tokens of one reply as the endpoint counted them.

    `cached_tokens` are those of the prompt that it had read before and did not read again; None where it did not say,
    and then they stand in no record.
    """

    model_config = ConfigDict(frozen=True)

    prompt_tokens: Annotated[int, Field(ge=0)]
    completion_tokens: Annotated[int, Field(ge=0)]
    cached_tokens: Annotated[int | None, Field(ge=0, exclude_if=lambda count: count is None)] = None

    @field_validator("cached_tokens")  # called where they are given, and most usage has none
    @classmethod
    def _cached_are_of_the_prompt(cls, count: int | None, fields: ValidationInfo) -> int | None:
        if count is not None and count > fields.data.get("prompt_tokens", count):
            raise ValueError("there are more cached tokens than the prompt has")
        return count


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered, as it came: no text of it holds lone surrogates. `model` is what the endpoint reported.

    `text` may hold thoughts and marks (`agents.spoken` reads it); `thinking` is what came as thinking beside it.
    `logprobs` are of its first tokens, where they were asked for.
    `finish` is None where the endpoint did not say. `quota` is what the endpoint said about its limits at that moment,
    `system` what it said of who answered behind it; both are no part of the answer.
    """

    text: str
    finish: Finish | None = "stop"
    refusal: str | None = None
    usage: Usage | None = None
    model: str | None = None
    thinking: str | None = None
    logprobs: tuple[Likely, ...] | None = None
    quota: Quota | None = field(default=None, compare=False)
    system: str | None = field(default=None, compare=False)


class ModelError(Exception):
    """A request that failed. `status` is the HTTP status if there was one, `retry_after` is in seconds.

    `lost` is whether the request may have been answered, and paid, though no answer came. `words` are the endpoint's
    own, made harmless and without the key, for the journal alone; `str()` is for people (terminal, log).
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        lost: bool = False,
        words: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.retry_after = retry_after
        self.lost = lost
        self.words = words


class FatalModelError(ModelError):
    """No request to this endpoint can succeed; asking on would only waste money."""


class Model(Protocol):
    """Anything that answers a request."""

    async def complete(self, request: Request) -> Reply:
        """Answer `request`. Raises `ModelError`."""
        ...
