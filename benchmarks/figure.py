"""One measured value beside its bound. Knows numbers, not how they are taken."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple


class Figure(NamedTuple):
    """`value` is met when it is at most `most` and at least `least`; None bounds nothing.

    `value` is None where it could not be measured here. `runs` are the single values of which it is the median.
    """

    name: str
    value: float | None
    unit: str = ""
    most: float | None = None
    least: float | None = None
    runs: Sequence[float] = ()

    @property
    def met(self) -> bool:
        """Whether the bound holds, as far as is known."""
        if self.value is None:
            return True
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    @property
    def bound(self) -> str:
        """For people: `<= 0.3`, `0.93 to 0.97`; a dash where there is none."""
        if self.most is not None and self.least is not None:
            return f"{self.least:g} to {self.most:g}"
        if self.most is not None:
            return f"<= {self.most:g}"
        return "-" if self.least is None else f">= {self.least:g}"


def ratios(ours: Sequence[float | None], theirs: Sequence[float | None]) -> list[float]:
    """Each of `ours` by that of `theirs` from the same turn, of those that are both there and not 0.

    From turn to turn a machine gets slower and faster for both, within one much less.
    """
    return [one / other for one, other in zip(ours, theirs, strict=True) if one and other]


def median_of(
    name: str,
    runs: Sequence[float | None],
    unit: str = "",
    *,
    most: float | None = None,
    least: float | None = None,
) -> Figure:
    """The median of those of `runs` that could be measured, to four digits."""
    rounded = [float(f"{run:.4g}") for run in runs if run is not None]
    value = float(f"{median(rounded):.4g}") if rounded else None
    return Figure(name, value, unit, most, least, rounded)
