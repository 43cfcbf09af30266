"""What is analysed as one thing: a condition, which is one run or the runs of several seeds. Knows no figure."""

from collections.abc import Sequence
from typing import NamedTuple

from sandbox.runs.reading import Run


class Pool(NamedTuple):
    """A condition under its name: a run, or the complete runs of a condition of a study; never none."""

    name: str
    runs: Sequence[Run]
