"""A model of an extension behind our seam: what it raises becomes one of our errors, and what it answers is checked.

Retries, limits, budgets and the journal wrap it as any other. Knows no endpoint and no society.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final, get_args

from agents.endpoints.said import LONGEST_WORDS
from agents.endpoints.usage import MOST
from agents.model import (
    NO_CUE,
    ErrorKind,
    FatalModelError,
    Finish,
    Message,
    ModelError,
    Reply,
    Request,
    Usage,
)
from agents.surrogates import without_surrogates
from sandbox.errors import SandboxError
from sandbox.extending.aside import Aside
from sandbox.extending.installed import Extension, told
from sandbox.terminal import harmless
from sandbox.text import in_a_line

MOST_CHARACTERS: Final = 16 * 2**20  # as many bytes as a reply of an endpoint may have
_KINDS: Final = get_args(ErrorKind)
_FINISHES: Final = (None, *get_args(Finish))


class ExtendedModel:
    """What `extension` answers, each request within `timeout` seconds. Raises `SandboxError` if it makes no model."""

    def __init__(self, extension: Extension, timeout: float) -> None:
        self._extension: Final = extension
        self._timeout: Final = timeout
        self._model: Final[Any] = extension.made()
        if not callable(getattr(self._model, "complete", None)):
            raise SandboxError(extension.refused(f"gives {type(self._model).__name__}, which has no method `complete`"))

    async def complete(self, request: Request) -> Reply:
        """Ask it `request`, without what the scripted stand-in alone may look at. Raises `ModelError`.

        What is neither a `ModelError` nor a fault on the way is one of its code, and would be there for any request.
        """
        try:
            async with asyncio.timeout(self._timeout):
                reply = await Aside(partial(self._model.complete, replace(request, cue=NO_CUE)))
        except ModelError as error:
            if fault := _fault_of(error):
                raise self._fatal(f"raised a ModelError {fault}") from error
            raise
        except TimeoutError as error:
            raise ModelError("timeout", f"{self._extension} did not answer in time", lost=True) from error
        except OSError as error:
            raise ModelError("connection", f"{self._extension}: {told(error)}", lost=True) from error
        except (Exception, SystemExit, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
            raise self._fatal(f"failed: {told(error)}") from error
        return self._checked(reply)

    async def check_alive(self, model: str | None) -> None:
        """Raises `ModelError` unless it answers the smallest request there is."""
        asked = model or self._extension.asked
        await self.complete(Request(asked, (Message("user", "Say hello."),), 1.0, 16, 0, None))

    async def close(self) -> None:
        """Let it close what it opened, if it has a `close` to be awaited."""
        close: Callable[[], Any] | None = getattr(self._model, "close", None)
        with self._extension.blamed():
            if close:
                await Aside(close)

    def _checked(self, reply: object) -> Reply:
        """`reply` as one that the journal can hold, and nothing in it but what an answer has."""
        if not isinstance(reply, Reply):
            raise self._fatal(f"answered with {type(reply).__name__} in place of a Reply")
        texts = (reply.text, reply.refusal or "", reply.thinking or "", reply.model or "")
        is_whole = all(isinstance(text, str) for text in texts) and _is_usage(reply.usage)
        if not is_whole or reply.finish not in _FINISHES:
            raise self._fatal("answered with a Reply whose fields are not of the kinds that they say")
        if sum(map(len, texts)) > MOST_CHARACTERS:
            raise ModelError("too_long", f"{self._extension} answered with more than {MOST_CHARACTERS:,} characters")
        text, refusal, thinking, model = map(without_surrogates, texts)
        return Reply(text, reply.finish, refusal or None, reply.usage, model or None, thinking or None)

    def _fatal(self, what: str) -> FatalModelError:
        return FatalModelError("malformed", self._extension.refused(what))


def _fault_of(error: ModelError) -> str | None:
    """What retries or the journal could not take about `error`; None where they can, its words made harmless."""
    said = {"kind": None, **vars(error)}  # a subclass may leave out what there is to be
    if said["kind"] not in _KINDS:
        return f"of the kind {said['kind']!r:.100}, which there is not"
    wait, words = said["retry_after"], said["words"]
    if wait is not None and not (isinstance(wait, int | float) and 0 <= wait < math.inf):
        return f"with retry_after={wait!r:.100}, which is no number of seconds"
    if not isinstance(said["status"], int | None):
        return f"with status={said['status']!r:.100}, which is no status of HTTP"
    if not isinstance(words, str | None):
        return "whose words are no text"
    error.words = words and harmless(in_a_line(without_surrogates(words)))[:LONGEST_WORDS]
    return None


def _is_usage(usage: object) -> bool:
    """Whether a journal can hold it, and give it again: `model_construct` looks at nothing."""
    if not isinstance(usage, Usage):
        return usage is None
    try:
        Usage.model_validate(vars(usage), strict=True)
    except ValueError:
        return False
    return max(usage.prompt_tokens, usage.completion_tokens) <= MOST


def _is_cancelled() -> bool:
    """Whether whoever waits for the reply wants none any more; else the extension let out what it cancelled itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
