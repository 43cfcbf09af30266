"""The picture of an evaluation: a panel a suite, a dot a number with its interval and its bounds. Knows numbers alone.

Suites have scales of their own, so none is drawn on the axis of another, and no area joins unlike things.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sandbox.errors import UsageError
from sandbox.inspection.evaluation.numbers import called
from sandbox.inspection.picture import COLOURS, Caption, Named, PictureFormat, panels, short
from sandbox.scores.number import Number
from sandbox.text import SCRIPTED_NOTE, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS: Final = 20  # of a panel
MOST_PANELS: Final = 20
# In inches: what is around the rows of a panel, a row, what the caption takes in the first panel.
_AROUND, _ROW, _CAPTION = 0.75, 0.24, 0.9
_BOUNDS: Final = "#888888"
_BELOW: Final = 0.25  # rows, so that an interval does not hide bounds


def scores_plot(
    name: str, numbers: Sequence[Number], kind: PictureFormat, *, scripted: bool, dark: bool = False
) -> bytes:
    """The picture of the evaluation called `name`. Raises `UsageError` where no number has a value."""
    chosen = _panels(numbers)
    if not chosen:
        raise UsageError("--plot scores: no suite has a number yet, so there is nothing to draw.")
    draws = [
        (partial(_panel, own, explain=place == 0), _AROUND + _ROW * len(own) + (_CAPTION if place == 0 else 0))
        for place, own in enumerate(chosen)
    ]
    return panels(draws, _caption(name, chosen, numbers, scripted=scripted), kind, dark=dark)


def _caption(name: str, chosen: Sequence[Sequence[Number]], numbers: Sequence[Number], *, scripted: bool) -> Caption:
    shown = sum(map(len, chosen))
    of = f"{shown} of {len(numbers):,} numbers: those that stand on the axis of each suite's first"
    details = (f"evaluation {short(name)}: {counted(len(chosen), 'suite')}", of)
    return Caption("Scores by suite", (*details, SCRIPTED_NOTE) if scripted else details)


def _panels(numbers: Sequence[Number]) -> list[list[Number]]:
    """Of each suite its headline, and what can be read off the same axis."""
    by_suite: defaultdict[str, list[Number]] = defaultdict(list)
    for number in numbers:
        if number.value is not None:
            by_suite[number.suite].append(number)
    known = [own for own in by_suite.values() if not all(number.baseline for number in own)]
    return [_comparable(own)[:MOST_ROWS] for own in known[:MOST_PANELS]]


def _comparable(own: Sequence[Number]) -> list[Number]:
    first = min(own, key=lambda number: (number.baseline, not number.headline))
    return [first, *(number for number in own if number is not first and _beside(number, first))]


def _beside(number: Number, first: Number) -> bool:
    """Whether it can be read off the same axis: on the same scale, with the same end wanted, or a plain baseline."""
    alike = number.better == first.better or (number.baseline and number.of is None)
    return number.unit == first.unit and alike


def _panel(own: Sequence[Number], axes: "Axes", *, explain: bool) -> Iterator[Named]:
    """A row a number, the first at the top; `explain` gives the legend what it is about."""
    places = range(len(own))
    for place, number in zip(places, own, strict=True):
        _row(axes, place, number)
    axes.set_yticks(list(places), [_named(number, own[0]) for number in own], fontsize=8)
    axes.set_ylim(len(own) - 0.5, -0.5)
    unit, better = own[0].unit, own[0].better
    if unit:
        margin = 0.02 * (unit[1] - unit[0])
        axes.set_xlim(unit[0] - margin, unit[1] + margin)
    scale = f"{unit[0]:.3g} to {unit[1]:.3g}" if unit else "no fixed scale"
    wanted = f", {better}er is better" if better else ""
    axes.set_xlabel(f"{short(own[0].suite)} ({scale}{wanted})", fontsize=9)
    if explain:
        yield from _legend(axes)


def _named(number: Number, first: Number) -> str:
    """Beside the first, which says what is measured, a group is called by its name alone."""
    known = number is not first and first.of is None and number.measure == first.measure
    return short(number.of if known and number.of is not None else called(number))


def _row(axes: "Axes", place: int, number: Number) -> None:
    if number.worst is not None and number.best is not None and number.worst != number.best:
        axes.plot([number.worst, number.best], [place + _BELOW, place + _BELOW], **_bar("bounds"))
    if number.low is not None and number.high is not None:
        axes.plot([number.low, number.high], [place, place], **_bar("interval"))
    axes.plot([number.value or 0.0], [place], **_dot(baseline=number.baseline))


def _legend(axes: "Axes") -> Iterator[Named]:
    (dot,) = axes.plot([], [], **_dot(baseline=False))
    (baseline,) = axes.plot([], [], **_dot(baseline=True))
    (interval,) = axes.plot([], [], **_bar("interval"))
    (bounds,) = axes.plot([], [], **_bar("bounds"))
    yield dot, "value"
    yield interval, "95 % interval"
    yield bounds, "if all that is missing were worst, or best"
    yield baseline, "baseline: no model answered"


def _dot(*, baseline: bool) -> dict[str, Any]:
    colour = COLOURS[1] if baseline else COLOURS[0]
    return {"color": colour, "marker": "D" if baseline else "o", "markersize": 5, "linestyle": "none", "zorder": 3,
            "markerfacecolor": "none" if baseline else colour}  # fmt: skip


def _bar(what: str) -> dict[str, Any]:
    if what == "bounds":
        return {"color": _BOUNDS, "linewidth": 1, "linestyle": ":", "zorder": 1}
    return {"color": COLOURS[0], "linewidth": 2.5, "alpha": 0.6, "solid_capstyle": "butt", "zorder": 2}
