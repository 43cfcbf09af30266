"""One measured value beside its bound. Knows numbers, not how they are taken."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple


class Figure(NamedTuple):
    """`value` is met when it is at most `most` and at least `least`; None bounds nothing.

    `runs` are the single values of which `value` is the median.
    """

    name: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None
    runs: Sequence[float] = ()

    @property
    def met(self) -> bool:
        """Whether the bound holds."""
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    @property
    def bound(self) -> str:
        """For people: `<= 0.3`; a dash where there is none."""
        if self.most is not None:
            return f"<= {self.most:g}"
        return "-" if self.least is None else f">= {self.least:g}"


def middle(
    name: str, runs: Sequence[float], unit: str = "", *, most: float | None = None, least: float | None = None
) -> Figure:
    """The median of `runs`, to four digits."""
    rounded = [float(f"{run:.4g}") for run in runs]
    return Figure(name, float(f"{median(rounded):.4g}"), unit, most, least, rounded)
