"""What an answer says about keys, in whatever words: a missing one, a wrong one. Knows no key and sends nothing.

Gateways hide it: LiteLLM answers a missing key with a plain 500, and a wrong one with 400 "No connected db.".
"""

import re
from typing import Final

_KEY: Final = re.compile(
    r"api[ _-]?keys?\b|\b(?:access|auth|bearer|secret)[ _-]?(?:key|token)"
    r"|invalid[ _-]token|\btoken (?:is )?(?:invalid|expired)"
    r"|unauthori[sz]ed|not authori[sz]ed|unauthenticated|not authenticated|authentication|authori[sz]ation header"
    r"|credentials?\b|no connected db|master key|\bx-api-key\b|\bbearer\b",
    re.IGNORECASE,
)


# What is refused for now, or for money, may well speak of the key that it is counted by.
_OTHERWISE: Final = frozenset({402, 404, 408, 409, 429})


def about_key(status: int | None, complaint: str) -> bool:
    """Whether an answer of `status` that says `complaint` is about the key that was sent, or about its absence."""
    if status is None or status < 400 or status in _OTHERWISE:
        return False
    return status == 401 or _KEY.search(complaint) is not None


def advice(variable: str, *, given: bool) -> str:
    """What to do about a key that is taken from `variable`."""
    if given:
        return f"Check its key: {variable}."
    return f"No key was sent: if it wants one, put it into the variable {variable}."
