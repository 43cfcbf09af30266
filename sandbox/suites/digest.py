"""What two evaluations must have in common for their numbers to be compared: a suite as a sha256."""

import hashlib
import json
from typing import Final

from sandbox.suites.suite import Suite

# What says where a suite is from and what is doubtful about it, and changes neither answers nor numbers.
_BESIDE: Final = frozenset({"digest", "licence", "source", "offensive", "dropped", "warnings"})


def digest_of(suite: Suite) -> str:
    """The sha256 of all of `suite` that changes answers or numbers, its items included, in hexadecimal digits."""
    held = suite.model_dump(mode="json", exclude=set(_BESIDE))
    canonical = json.dumps(held, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
