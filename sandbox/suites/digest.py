"""What a suite is known by: a digest of all that changes answers or numbers. Knows no file."""

from hashlib import sha256
from typing import Final

from sandbox.suites.suite import Suite

_SAYS_NOTHING: Final = frozenset({"digest", "warnings", "licence", "source", "offensive", "dropped"})


def digest_of(suite: Suite) -> str:
    """The sha256 of its definition and its items, in hexadecimal."""
    return sha256(suite.model_dump_json(exclude=set(_SAYS_NOTHING)).encode()).hexdigest()
