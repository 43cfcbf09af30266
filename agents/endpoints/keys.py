"""The key of an endpoint, and what an answer says about keys in whatever words. Sends nothing and writes no key.

Gateways hide it: LiteLLM answers a missing key with a plain 500, and a wrong one with 400 "No connected db.".
"""

import re
from collections.abc import Collection
from typing import Final, NamedTuple

_KEY: Final = re.compile(
    r"api[ _-]?keys?\b|\b(?:access|auth|bearer|secret)[ _-]?(?:key|token)"
    r"|invalid[ _-]token|\btoken (?:is )?(?:invalid|expired)"
    r"|unauthori[sz]ed|not authori[sz]ed|unauthenticated|not authenticated|authentication|authori[sz]ation header"
    r"|credentials?\b|no connected db|master key|\bx-api-key\b|\bbearer\b",
    re.IGNORECASE,
)

# As vendors write them, whole or with stars in the middle: servers quote the one that they were sent.
_KEYS: Final = re.compile(r"\b(?:(?:sk|pk|rk|gsk|xai|hf|r8)[-_][\w\-*.]{6,}|AIza[\w\-*.]{8,}|Bearer [^\s*]{8,})")
_used: Final[set[str]] = set()


class Key(NamedTuple):
    """A key, None for none, and the variable that it is from or would be from."""

    value: str | None = None
    variable: str = "OPENAI_API_KEY"

    @property
    def sent(self) -> str:
        """What is sent: the client wants a key where there is none, too."""
        return self.value or "none"

    def hidden_in(self, text: str) -> str:
        """`text` with the key taken out."""
        return text.replace(self.value, "***") if self.value else text

    @property
    def advice(self) -> str:
        """What to do where it is refused."""
        if self.value:
            return f"Check its key: {self.variable}."
        return f"No key was sent: if it wants one, put it into the variable {self.variable}."


NO_KEY: Final = Key()
# What is refused for now, or for money, may well speak of the key that it is counted by.
_OTHERWISE: Final = frozenset({402, 404, 408, 409, 429})


def about_key(status: int | None, complaint: str) -> bool:
    """Whether an answer of `status` that says `complaint` is about the key that was sent, or about its absence."""
    if status is None or status < 400 or status in _OTHERWISE:
        return False
    return status == 401 or _KEY.search(complaint) is not None


def without_keys(text: str) -> str:
    """`text` with what looks like a vendor's key taken out."""
    return _KEYS.sub("***", text)


def remember(key: str) -> None:
    """`key` is one that this process uses: whatever is shown later must not hold it."""
    _used.add(key)


def used() -> Collection[str]:
    """Every key that was remembered."""
    return _used
