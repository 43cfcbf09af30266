"""How long texts are, without a tokenizer. Knows texts and a rule of thumb.

A token is taken for four bytes of UTF-8, which fits English under the vocabularies of current models within some 20 %,
and makes too little of other scripts in old ones. So lengths are estimates, and are said to be.
"""

from array import array
from typing import Final, NamedTuple

BYTES_A_TOKEN: Final = 4


class Lengths(NamedTuple):
    """Tokens of whole rows."""

    median: int
    p95: int
    most: int


def tokens(text: str) -> int:
    """The estimate for one text."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    return -(-size // BYTES_A_TOKEN)


def lengths(rows: "array[int]") -> Lengths | None:
    """How they are spread, None where there are no rows."""
    if not rows:
        return None
    import numpy as np

    median, p95, most = np.percentile(np.frombuffer(rows, dtype=np.uint32), (50, 95, 100), method="nearest")
    return Lengths(int(median), int(p95), int(most))
