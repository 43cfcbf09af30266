"""Which rows are the same, ask the same, or contradict each other: 8 bytes of hash a row, compared at the end.

Knows hashes and where rows stand. Two texts share a hash of 64 bits about once in 10^19 pairs.
"""

import json
from array import array
from collections.abc import Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from sandbox.checking.names import MOST_PLACES, Place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.int64]


_UNLIKE: Final = count(1)


class Group(NamedTuple):
    """So many rows, and the first few."""

    rows: int
    places: Sequence[Place]


class RowHashes:
    """What is remembered of the rows of a table, in order."""

    def __init__(self) -> None:
        self._starts: Final[list[tuple[int, str]]] = []
        self._numbers: Final = array("q")
        self.rows: Final = array("q")
        self.prompts: Final = array("q")
        self._claims: Final = array("q")
        self._sides: Final = array("b")
        self._claimants: Final = array("q")

    def begin(self, file: str) -> None:
        """Rows of this file follow."""
        self._starts.append((len(self.rows), file))

    def add(self, number: int, row: int, prompt: int | None) -> None:
        """A row and what it asks, by their hashes; a prompt of None is compared with nothing."""
        self._numbers.append(number)
        self.rows.append(row)
        self.prompts.append(0 if prompt is None else prompt)

    def claim(self, about: int, side: bool) -> None:
        """The row added last says `side` of something; another that says the opposite contradicts it."""
        self._claims.append(about)
        self._sides.append(side)
        self._claimants.append(len(self.rows) - 1)

    def claim_better(self, prompt: int | None, chosen: str, rejected: str) -> None:
        """The row added last says which of two answers is better."""
        one, other = hash(chosen), hash(rejected)
        if one != other:
            self.claim(hash((prompt, min(one, other), max(one, other))), one < other)

    def place(self, row: int) -> Place:
        """Where a row stands."""
        file = next(file for start, file in reversed(self._starts) if start <= row)
        return Place(file, self._numbers[row])

    def group(self, rows: "Hashes") -> Group:
        """Rows, by their places in order."""
        import numpy as np

        return Group(len(rows), [self.place(int(row)) for row in np.sort(rows)[:MOST_PLACES]])

    def repeated(self) -> Group:
        """Rows that stand in the table before, exactly."""
        import numpy as np

        hashes = _numbers(self.rows)
        order = np.argsort(hashes, kind="stable")
        again = hashes[order][1:] == hashes[order][:-1]
        return self.group(order[1:][again])

    def contradicted(self) -> Group:
        """Rows of which another row says the opposite."""
        import numpy as np

        claims, sides = _numbers(self._claims), np.array(self._sides, dtype=np.int8)
        about, which = np.unique(claims, return_inverse=True)
        said = [np.bincount(which[sides == side], minlength=len(about)) > 0 for side in (0, 1)]
        disputed = (said[0] & said[1])[which] if len(claims) else np.zeros(0, dtype=bool)
        return self.group(_numbers(self._claimants)[disputed])

    def also_in(self, other: "RowHashes") -> Group:
        """Rows that ask what a row of `other` asks."""
        import numpy as np

        mine, theirs = _numbers(self.prompts), _numbers(other.prompts)
        return self.group(np.flatnonzero(np.isin(mine, theirs[theirs != 0])))


def _numbers(values: "array[int]") -> "Hashes":
    import numpy as np

    return np.frombuffer(values, dtype=np.int64) if values else np.zeros(0, dtype=np.int64)


def row_hash(values: Mapping[str, Any]) -> int:
    """The same for rows with the same columns and values in any order of columns."""
    try:
        return hash(orjson.dumps(values, option=orjson.OPT_SORT_KEYS, default=str))
    except (TypeError, ValueError, RecursionError):  # an integer of more than 64 bits, half a character
        return _slow_hash(values)


def _slow_hash(values: Mapping[str, Any]) -> int:
    try:
        return hash(json.dumps(values, sort_keys=True, default=str))
    except (TypeError, ValueError, RecursionError):
        return -next(_UNLIKE)  # compared with nothing


def prompt_hash(prompt: str) -> int | None:
    """The same for prompts that differ only in case and white space; None for those that say nothing."""
    return hash(" ".join(prompt.casefold().split())) or 1 if prompt and not prompt.isspace() else None
