"""The body of a chat request: how it is read, what identifies it, numbers drawn from it. Knows nothing of answers."""

import hashlib
from functools import cached_property
from typing import Any, Final

import orjson

_BITS: Final = 52


class Body(dict[str, Any]):
    """The JSON object of a chat request; it is not changed after it was read, so it is hashed once."""

    @cached_property
    def digest(self) -> str:
        """Sha256 (hex), the same for equal bodies."""
        return hashlib.sha256(orjson.dumps(self, option=orjson.OPT_SORT_KEYS)).hexdigest()


def read(raw: bytes) -> Body | None:
    """The JSON object in `raw`; None where there is none."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return Body(document) if isinstance(document, dict) else None


def words_of(body: Body) -> list[str]:
    """The words of the prompt, which count as its tokens."""
    return [word for part in body["messages"] for word in str(part["content"]).split()]


def sha256(body: Body) -> str:
    """Hex digest of `body`."""
    return body.digest


def share(text: str) -> float:
    """A number above 0 and below 1, even, that follows from `text`."""
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> (64 - _BITS)
    return (number + 0.5) / (1 << _BITS)
