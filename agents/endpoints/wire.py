"""Reads what an endpoint answers, whatever its shape, into a reply. Sends nothing; errors are `complaints`'.

All of it is hostile input: it becomes the types of the seam or a `ModelError`.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import orjson

from agents.endpoints.events import BrokenOffError, document_of
from agents.endpoints.finish import finish_of
from agents.endpoints.said import MOST_READ, Sender, first_heading, looks_like_html, sentence
from agents.endpoints.usage import usage_of
from agents.model import ModelError, Reply
from agents.quota import Quota
from agents.surrogates import without_surrogates

# Where thinking stands beside the answer: DeepSeek, llama.cpp and older vLLM; OpenRouter, Groq, vLLM; Ollama.
_THINKING: Final = ("reasoning_content", "reasoning", "thinking")
# The same in blocks: OpenRouter, LiteLLM.
_BLOCKS: Final = ("reasoning_details", "thinking_blocks")
# Where it is said how an answer ended; the others where the first says nothing.
_FINISHES: Final = ("finish_reason", "native_finish_reason", "finish_details", "stop_reason")
# Parts of a content that are an answer: OpenAI's, and those of its Responses.
_ANSWERS: Final = ("text", "output_text")


def decode(content: bytes, sender: Sender) -> Any:
    """The JSON value in `content`, or the reply that its events add up to. Raises `ModelError` "malformed"."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:  # lone surrogates too: `_string` replaces them
        pass
    try:
        return json.loads(content.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        pass
    try:
        document = document_of(content)
    except BrokenOffError as error:
        raise _malformed(sender, "broke off a stream of events, which nobody asked for", str(error)) from None
    if document is None:
        raise _no_json(content, sender)
    return document


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


def reply_from(document: Any, sender: Sender, quota: Quota | None = None) -> Reply:
    """The reply in the body of a chat completion, beside the `quota` it came with.

    Raises `ModelError`: "malformed" for what is no completion, "server_error" for an answer that failed half-way,
    "empty" for the call of a tool.
    """
    try:
        choice = _first(document)
        message = _message(choice)
        reply = Reply(
            text=_text(message.get("content")),
            finish=finish_of(_finish(choice)),
            refusal=_refusal(message),
            usage=usage_of(document.get("usage")),
            model=_string(document.get("model")),
            thinking=_thinking(message),
            quota=quota,
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        raise _malformed(sender, _no_completion(document), _sentence(document)) from None
    if reply.finish == "error":
        said = f"broke off its answer: finish_reason {sender.readable(_finish(choice) or '')}."
        raise ModelError("server_error", f"{sender.name} {said}", lost=True, words=said)
    if not (reply.text or reply.refusal) and _calls_a_tool(message):
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
    for name in _FINISHES:
        word = choice.get(name)
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


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(_parts(content, _ANSWERS))
    return _string(content) or ""


def _parts(content: list[Any], kinds: tuple[str, ...]) -> Iterator[str]:
    """The texts of the parts of these kinds; a part that is a string is an answer."""
    for part in content:
        if isinstance(part, str):
            yield from [without_surrogates(part)] if "text" in kinds else ()
        elif part is not None and (kind := _kind(part)) in kinds:
            yield from _inner(part.get("text", part.get(kind)))


def _kind(part: Any) -> str:
    """What a part is; Google's have no type, and say of a thought that it is one."""
    if part.get("thought") is True:
        return "thinking"
    return str(part["type"] if part.get("type") or "text" not in part else "text")


def _inner(value: Any) -> Iterator[str]:
    """The text of a part; Mistral's thinking is a list of parts again."""
    if isinstance(value, list):
        yield from _parts(value, _ANSWERS)
    else:
        yield _string(value) or ""


def _thinking(message: Any) -> str | None:
    """What the model thought, where it stands beside its answer."""
    beside = [_string(message[name]) for name in _THINKING if isinstance(message.get(name), str)]
    content = message.get("content")
    parts = "".join(_parts(content, ("thinking", "reasoning"))) if isinstance(content, list) else ""
    blocks = (block for name in _BLOCKS if isinstance(message.get(name), list) for block in message[name])
    return next(filter(None, beside), None) or parts or "".join(map(_block, blocks)) or None


def _block(block: Any) -> str:
    texts = map(block.get, ("text", "thinking", "summary")) if isinstance(block, dict) else ()
    return next((without_surrogates(text) for text in texts if isinstance(text, str)), "")


def _refusal(message: Any) -> str | None:
    content = message.get("content")
    parts = "".join(_parts(content, ("refusal",))) if isinstance(content, list) else ""
    return _string(message.get("refusal")) or parts or None


def _calls_a_tool(message: Any) -> bool:
    return bool(message.get("tool_calls") or message.get("function_call"))


def _string(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError
    return without_surrogates(value)
