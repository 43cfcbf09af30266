"""What came back of a request, as bytes: what everything above the HTTP session knows of HTTP. Reads nothing of it."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Answer(NamedTuple):
    """The `status`, the `headers` by lower-case name, and the `content`, unpacked."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def read_headers(sent: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case name; values under one name are joined by commas (RFC 9110, section 5.3).

    Values are UTF-8 where they can be, else Latin-1, as which each byte means something.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in sent:
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
