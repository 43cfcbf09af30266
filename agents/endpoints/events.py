"""Replies that come as server-sent events though nobody asked for a stream: put together into one document.

Some gateways stream whatever is asked. Knows the chunks of chat completions; what they say is hostile as ever.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from agents.endpoints.said import found_error, read_json
from agents.json_values import MOST_VALUES, TooManyValuesError, values_in

_DONE: Final = "[DONE]"
_OF_ALL: Final = ("model", "usage", "timings", "system_fingerprint")
_JOINED: Final = ("content", "reasoning_content", "reasoning", "thinking", "refusal")
# What ends a line of events; `splitlines` knows others, which JSON holds as they are.
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_HALVES: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")


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
    joined = _Joined()
    for chunk in _chunks(text):
        if chunk is None:
            return joined.document(done=True)
        if error := found_error(chunk.document):
            return {"error": error}
        joined.add(chunk)
    return joined.document(done=False)


class _Chunk(NamedTuple):
    """What an event says, and how many values that can be."""

    document: dict[str, Any]
    values: int


def _chunks(text: str) -> Iterator[_Chunk | None]:
    """The chunks, and None where they are done. Some gateways leave out the empty lines between events."""
    for lines in _data(text):
        whole = "\n".join(lines)
        yield from map(_chunk, [whole] if len(lines) == 1 or _is_json(whole) else lines)


def _data(text: str) -> Iterator[list[str]]:
    """The `data` lines of each event; several may be one text (HTML standard, 9.2)."""
    lines: list[str] = []
    for line in _lines(text):
        if line.startswith("data:"):
            lines.append(line.removeprefix("data:").strip())
            if len(lines) > MOST_VALUES:
                raise TooManyValuesError
        elif not line and lines:
            yield lines
            lines = []


def _lines(text: str) -> Iterator[str]:
    """One by one, as many are more than their text; an empty one at the end."""
    start = 0
    for end in _LINE_END.finditer(text):
        yield text[start : end.start()]
        start = end.end()
    yield text[start:]
    yield ""


def _is_json(text: str) -> bool:
    try:
        read_json(text)
    except ValueError:
        return False
    return True


def _chunk(data: str) -> _Chunk | None:
    if data == _DONE:
        return None
    try:
        chunk = read_json(data)  # an emoji may be cut in two halves
    except TooManyValuesError:
        raise
    except ValueError:
        raise BrokenOffError(data) from None
    return _Chunk(chunk if isinstance(chunk, dict) else {}, values_in(data))


class _Joined:
    """What chunks add up to, put together once: a text that grows by each of them would be copied each time."""

    def __init__(self) -> None:
        self._whole: Final[dict[str, Any]] = {}
        self._said: Final[dict[str, list[Any]]] = {}
        self._tools: object = None
        self._finish: object = None
        self._values = 0

    def add(self, chunk: _Chunk) -> None:
        """Put `chunk` behind what there is. Raises `TooManyValuesError`."""
        document = chunk.document
        self._whole.update({name: document[name] for name in _OF_ALL if document.get(name)})
        for choice in _choices(document):
            delta = choice.get("delta") or choice.get("message")
            if isinstance(delta, dict):
                self._add(delta, chunk.values)
            self._finish = choice.get("finish_reason") or self._finish

    def _add(self, delta: dict[str, Any], values: int) -> None:
        for name in _JOINED:
            if more := delta.get(name):
                self._said.setdefault(name, []).append(more)
                self._values += 1 if isinstance(more, str) else values
        self._tools = self._tools or delta.get("tool_calls")
        if self._values > MOST_VALUES:
            raise TooManyValuesError

    def document(self, *, done: bool) -> dict[str, Any]:
        """The completion. Raises `BrokenOffError` where neither a chunk nor a mark says that it is whole."""
        if self._finish is None and not done:
            raise BrokenOffError
        message = {name: _together(parts) for name, parts in self._said.items()}
        if self._tools:
            message["tool_calls"] = self._tools
        return self._whole | {"choices": [{"message": message, "finish_reason": self._finish}]}


def _choices(chunk: dict[str, Any]) -> Iterator[dict[str, Any]]:
    choices = chunk.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and not choice.get("index"):
            yield choice


def _together(parts: list[Any]) -> Any:
    """Texts, or lists of parts, behind each other; a text beside parts is one of them."""
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, str) for part in parts):
        return _mended("".join(parts))
    return [part for each in parts for part in (each if isinstance(each, list) else [each])]


def _mended(text: str) -> str:
    """`text` where an emoji that was cut between two chunks is whole again."""
    return _HALVES.sub(lambda cut: cut[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
