"""Reads what an endpoint answers, whatever its shape, into a reply. Sends nothing; errors are `complaints`'.

All of it is hostile input: it becomes the types of the seam or a `ModelError`.
"""

from typing import Any, Final

from agents.endpoints.content import calls_a_tool, name, refusal_of, text_of, thinking_of
from agents.endpoints.events import BrokenOffError, document_of
from agents.endpoints.finish import finish_of
from agents.endpoints.logprobs import logprobs_of
from agents.endpoints.said import (
    MOST_READ,
    Sender,
    first_heading,
    looks_like_html,
    read_json,
    sentence,
)
from agents.endpoints.usage import usage_of
from agents.json_values import TooManyValuesError
from agents.model import ModelError, Reply
from agents.quota import Quota

# Characters of an answer, and four of them are a token as a rule: no model says so much, and others are to be shown it.
MOST_SAID: Final = 1_000_000
# Where it is said how an answer ended; the others where the first says nothing.
_FINISHES: Final = ("finish_reason", "native_finish_reason", "finish_details", "stop_reason")


def decode(content: bytes, sender: Sender) -> Any:
    """The JSON value in `content`, or the reply that its events add up to.

    Raises `ModelError`: "malformed", and "too_long" for what would fill the memory.
    """
    try:
        return read_json(content)
    except ValueError as error:
        no_json = error
    try:
        document = document_of(content)
    except TooManyValuesError as error:
        no_json, document = error, None
    except BrokenOffError as error:
        raise _malformed(sender, "broke off a stream of events, which nobody asked for", str(error)) from None
    if document is None:
        if isinstance(no_json, TooManyValuesError):
            raise too_long(sender, f"holds {no_json}")
        raise _no_json(content, sender)
    return document


def too_long(sender: Sender, what: str) -> ModelError:
    """A reply of which no more is read; it was made, and may be paid, and would be as long again."""
    said = f"sent a reply that {what}, which is the most that is read of one."
    return ModelError("too_long", f"{sender.name} {said}", lost=True, words=said)


def _no_json(content: bytes, sender: Sender) -> ModelError:
    # The heading of a page is cut: what is left of a key would not be known for one.
    text = sender.key.hidden_in(content.decode(errors="replace"))[:MOST_READ]
    if not text.strip():
        return _malformed(sender, "answered with nothing")
    if looks_like_html(text):
        heading = sender.readable(first_heading(text))
        return _malformed(
            sender, f"answered with a page of HTML{heading}, not as the API: look at what serves this address"
        )
    return _malformed(sender, "answered with something that is not JSON", text)


def reply_from(
    document: Any, sender: Sender, quota: Quota | None = None, system: str | None = None, *, logprobs: bool = False
) -> Reply:
    """The reply in the body of a chat completion, beside the `quota` and the `system` that it came with.

    `logprobs` are read where they were asked for.

    Raises `ModelError`: "malformed" for what is no completion, "too_long" for what nobody can be shown, "server_error"
    for an answer that failed half-way, "empty" for the call of a tool.
    """
    try:
        choice = _first(document)
        message = _message(choice)
        reply = Reply(
            text=text_of(message),
            finish=finish_of(_finish(choice)),
            refusal=refusal_of(message),
            usage=usage_of(document.get("usage"), document.get("timings")),
            model=sender.named(name(document.get("model"))),
            thinking=thinking_of(message),
            logprobs=logprobs_of(choice) if logprobs else None,
            quota=quota,
            system=sender.named(system),
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        raise _malformed(sender, _no_completion(document), _sentence(document)) from None
    if len(reply.text) + len(reply.refusal or "") > MOST_SAID:
        raise too_long(sender, f"says more than {MOST_SAID:,} characters")
    if reply.finish == "error":
        said = f"broke off its answer: finish_reason {sender.readable(_finish(choice) or '')}."
        raise ModelError("server_error", f"{sender.name} {said}", lost=True, words=said)
    if not (reply.text or reply.refusal) and calls_a_tool(message):
        said = "answered with the call of a tool and no text, though none was offered."
        raise ModelError("empty", f"{sender.name} {said}", lost=True, words=said)
    return reply


def _first(document: Any) -> Any:
    """The first choice; some gateways give them no number."""
    return document["choices"][0]


def _message(choice: Any) -> Any:
    """The message of a choice; what was filtered, or cut while thinking, may come without one."""
    message = choice.get("message") or choice.get("delta")
    if not message and finish_of(_finish(choice)) in (None, "stop"):
        raise KeyError
    return message or {}


def _finish(choice: Any) -> str | None:
    """The word for how it ended, under the first name that has one; some servers say `{"type": "length"}`."""
    for field in _FINISHES:
        word = choice.get(field)
        word = word.get("type") if isinstance(word, dict) else word
        if isinstance(word, str) and word:
            return word
    return None


def _sentence(document: Any) -> str:
    return document if isinstance(document, str) else sentence(document) or ""


def _no_completion(document: Any) -> str:
    if isinstance(document, dict) and "choices" in document:
        return "answered with no choice: an empty or broken `choices`" if not document["choices"] else _SHAPE
    return f"{_SHAPE}, with no `choices`"


_SHAPE: Final = "answered with JSON that is no chat completion"


def _malformed(sender: Sender, what: str, said: str = "") -> ModelError:
    """An answer that cannot be read; `said` is what it said instead, as far as that is known."""
    if not (said := said.strip()):
        return ModelError("malformed", f"{sender.name} {what}.", lost=True, words=f"{what}.")
    shown = f"{sender.name} {what}: {sender.readable(said)}"
    return ModelError("malformed", shown, lost=True, words=sender.words(f"{what}: {said}"))
