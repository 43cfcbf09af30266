"""Replies that come as server-sent events though nobody asked for a stream: put together into one document.

Some gateways stream whatever is asked. Knows the chunks of chat completions; what they say is hostile as ever.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from agents.endpoints.said import found_error, read_json

_DONE: Final = "[DONE]"
_JOINED: Final = ("content", "reasoning_content", "reasoning", "thinking", "refusal")
# What ends a line of events; `splitlines` knows others, which JSON holds as they are.
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


class BrokenOffError(ValueError):
    """A stream that ends before its reply does; it says what stood there instead, if anything did."""


def document_of(content: bytes) -> dict[str, Any] | None:
    """The chat completion that the events in `content` add up to; None if these are no events.

    An error among the events is all that counts, and so is what holds no chunk, such as `{"message": "overloaded"}`.
    Raises `BrokenOffError`.
    """
    text = content.decode(errors="replace").lstrip("\ufeff \r\n")
    if not text.startswith(("data:", "event:", "id:", "retry:", ":")):
        return None
    chunks: list[dict[str, Any]] = []
    for chunk in _chunks(text):
        if chunk is None:
            return _joined(chunks, done=True)
        if error := found_error(chunk):
            return {"error": error}
        chunks.append(chunk)
    return _joined(chunks, done=False)


def _chunks(text: str) -> Iterator[dict[str, Any] | None]:
    """The chunks, and None where they are done. Some gateways leave out the empty lines between events."""
    for lines in _data(text):
        whole = "\n".join(lines)
        yield from map(_chunk, [whole] if len(lines) == 1 or _is_json(whole) else lines)


def _data(text: str) -> Iterator[list[str]]:
    """The `data` lines of each event; several may be one text (HTML standard, 9.2)."""
    lines: list[str] = []
    for line in [*_LINE_END.split(text), ""]:
        if line.startswith("data:"):
            lines.append(line.removeprefix("data:").strip())
        elif not line and lines:
            yield lines
            lines = []


def _is_json(text: str) -> bool:
    try:
        read_json(text)
    except ValueError:
        return False
    return True


def _chunk(data: str) -> dict[str, Any] | None:
    if data == _DONE:
        return None
    try:
        chunk = read_json(data)  # an emoji may be cut in two halves
    except ValueError:
        raise BrokenOffError(data) from None
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
            message[name] = _both(before, more) if before else more
    if delta.get("tool_calls"):
        message["tool_calls"] = message.get("tool_calls") or delta["tool_calls"]


def _both(before: Any, more: Any) -> Any:
    """Two texts, or two lists of parts, behind each other; a text beside parts is one of them."""
    if isinstance(before, str) and isinstance(more, str):
        return _mended(before, more)
    return [*_as_parts(before), *_as_parts(more)]


def _as_parts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _mended(before: str, more: str) -> str:
    """The two in one; an emoji that was cut between them is whole again."""
    if "\ud800" <= before[-1:] <= "\udbff" and "\udc00" <= more[:1] <= "\udfff":
        emoji = (before[-1] + more[0]).encode("utf-16", "surrogatepass").decode("utf-16")
        return before[:-1] + emoji + more[1:]
    return before + more
