"""Replies that come as server-sent events though nobody asked for a stream: put together into one document.

Some gateways stream whatever is asked. Knows the chunks of chat completions; what they say is hostile as ever.
"""

from collections.abc import Iterator
from typing import Any, Final

import orjson

_DONE: Final = "[DONE]"
_JOINED: Final = ("content", "reasoning_content", "reasoning", "thinking", "refusal")


class BrokenOffError(ValueError):
    """A stream that ends before its reply does."""


def document_of(content: bytes) -> dict[str, Any] | None:
    """The chat completion that the events in `content` add up to; None if these are no events.

    An error among the events is all that counts. Raises `BrokenOffError`.
    """
    text = content.decode(errors="replace").lstrip("\ufeff \r\n")
    if not text.startswith(("data:", "event:", "id:", "retry:", ":")):
        return None
    chunks: list[dict[str, Any]] = []
    for data in _data(text):
        if data == _DONE:
            return _joined(chunks, done=True)
        chunks.append(_chunk(data))
        if chunks[-1].get("error"):
            return chunks[-1]
    return _joined(chunks, done=False)


def _data(text: str) -> Iterator[str]:
    """What each event says; several `data` lines are one event (HTML standard, 9.2)."""
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("data:"):
            lines.append(line.removeprefix("data:").strip())
        elif not line and lines:
            yield "\n".join(lines)
            lines = []


def _chunk(data: str) -> dict[str, Any]:
    try:
        chunk = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BrokenOffError from None
    return chunk if isinstance(chunk, dict) else {}


def _joined(chunks: list[dict[str, Any]], *, done: bool) -> dict[str, Any]:
    message: dict[str, Any] = {}
    whole: dict[str, Any] = {}
    finish = None
    for chunk in chunks:
        whole.update({name: chunk[name] for name in ("model", "usage", "system_fingerprint") if chunk.get(name)})
        for choice in _choices(chunk):
            _add(message, choice.get("delta") or choice.get("message"))
            finish = choice.get("finish_reason") or finish
    if finish is None and not done:
        raise BrokenOffError
    return whole | {"choices": [{"message": message, "finish_reason": finish}]}


def _choices(chunk: dict[str, Any]) -> Iterator[dict[str, Any]]:
    choices = chunk.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and not choice.get("index"):
            yield choice


def _add(message: dict[str, Any], delta: object) -> None:
    """Put what `delta` brings behind what `message` has."""
    if not isinstance(delta, dict):
        return
    for name in _JOINED:
        before, more = message.get(name), delta.get(name)
        if more:
            message[name] = before + more if isinstance(before, str) and isinstance(more, str) else before or more
    if delta.get("tool_calls"):
        message["tool_calls"] = message.get("tool_calls") or delta["tool_calls"]
