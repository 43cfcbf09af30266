"""The picture of the paper (arXiv 2305.16960): mean alignment against mean engagement, a point a round.

Knows points and matplotlib; no files. The same runs give the same picture.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from agents.protocol import Rated
from sandbox.figures.columns import Counts, Numbers
from sandbox.figures.estimate import NOTE
from sandbox.figures.front import Point, front, unbeaten
from sandbox.figures.reads import Read, in_common
from sandbox.figures.summary import evenly
from sandbox.inspection.picture import MOST_LOOKS, Caption, Look, Named, PictureFormat, look, picture, short
from sandbox.text import counted

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

MOST_NUMBERS: Final = 60  # of rounds, beside points, in the whole picture
MOST_OF_A_RUN: Final = 12
LOWEST, HIGHEST = 1.0, 7.0  # of the scale
LEAST_SHOWN: Final = 1.0  # of an axis: what differs by far less than a rating should look so
_AXES: Final[tuple[Rated, Rated]] = ("engagement", "alignment")
_RING: Final = "#CC3311"
_LIGHT, _LIGHTEST = 0.5, 0.12  # opacity of intervals: the more runs, the lighter
_FRONT: Final = "#888888"
_OTHERS: Final = Look(_FRONT, "", "-")


def pareto_plot(reads: Sequence[Read], kind: PictureFormat, *, dark: bool = False) -> bytes:
    """A curve a run, a point a round with its intervals, optimal ones ringed."""
    points = front(reads)

    def draw(axes: "Axes") -> Iterator[Named]:
        curves = []
        for number, read in enumerate(reads):
            own = [point for point in points if point.run == read.name]
            curves.append(curve_of(axes, own, number, len(reads)))
        yield from zip(curves, legend_names([read.name for read in reads], "run"), strict=False)
        yield rings(axes, [point for point in points if point.optimal])
        show_all(axes, points)

    return picture(draw, _caption(reads, bool(points)), kind, dark=dark)


def draw_ends(axes: "Axes", ends: Sequence[Point | None], names: Sequence[str]) -> Iterator[Named]:
    """Where each condition ends, the line through those that none beats by means alone, and rings."""
    curves = [curve_of(axes, [end] if end else [], number, len(ends)) for number, end in enumerate(ends)]
    points = [end for end in ends if end]
    yield from zip(curves, names, strict=False)
    ahead = [point for point, flag in zip(points, unbeaten(points), strict=True) if flag]
    ahead.sort(key=lambda point: point.engagement.mean or 0.0)
    x, y = (_parts(ahead, dimension, "mean") for dimension in _AXES)
    (front,) = axes.plot(x, y, "--", color=_FRONT, linewidth=1, zorder=1)
    yield front, "on the front by means alone"
    yield rings(axes, [point for point in points if point.optimal])
    show_all(axes, points)


def _caption(reads: Sequence[Read], drawn: bool) -> Caption:
    title = "Mean alignment against mean engagement of revisions"
    sizes = sorted({read.agents for read in reads})
    agents = counted(sizes[0], "agent") if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]} agents"
    of = f"run {short(reads[0].name)}: {agents}" if len(reads) == 1 else f"{len(reads)} runs of {agents}"
    if not drawn:
        return Caption(title, (of, "no round is whole and rated in both: there is no point to draw yet"))
    marks = "numbers: rounds; rings: optimal by the intervals"
    return Caption(title, (f"{of}, {_rounds(reads)}", marks, f"bars: {NOTE}"))


def _rounds(reads: Sequence[Read]) -> str:
    whole = in_common(reads)[0].whole_rounds
    rounds = f"rounds 0 to {whole - 1}" if whole > 1 else "round 0"
    some = any(len(read.frame) > whole * read.agents for read in reads)
    return f"{rounds} alone, whole in {'all runs' if len(reads) > 1 else 'the run'}" if some else rounds


def legend_names(of: Sequence[str], noun: str) -> list[str]:
    """Each name, with its number where long ones are the same once they are cut; what look alike have one name."""
    names = [short(name) for name in of]
    names = [name if names.count(name) == 1 else f"{number}: {name}" for number, name in enumerate(names, start=1)]
    others = len(names) - MOST_LOOKS
    return names if others <= 0 else [*names[:MOST_LOOKS], counted(others, f"other {noun}")]


def curve_of(axes: "Axes", points: Sequence[Point], number: int, runs: int) -> "Artist":
    """The means of run `number` of so many in the order of rounds, some with their numbers, and the intervals."""
    colour, marker, line = look_of(number)
    x, y = (_parts(points, dimension, "mean") for dimension in _AXES)
    (curve,) = axes.plot(x, y, line, color=colour, marker=marker, markersize=4, linewidth=1)
    bars: Any = {"color": colour, "alpha": max(_LIGHTEST, _LIGHT / runs**0.5), "linewidth": 0.8, "zorder": 1}
    axes.hlines(y, _parts(points, "engagement", "low"), _parts(points, "engagement", "high"), **bars)
    axes.vlines(x, _parts(points, "alignment", "low"), _parts(points, "alignment", "high"), **bars)
    for at in _numbered(len(points), min(MOST_NUMBERS // runs, MOST_OF_A_RUN)):
        beside: Any = {"xytext": (5, 4), "textcoords": "offset points", "fontsize": 7, "color": colour}
        axes.annotate(str(points[at].round), (x[at], y[at]), **beside)
    return curve


def _numbered(count: int, most: int) -> Counts:
    """At even distances, the first and the last among them; the last alone where there is no room for two."""
    if not count or most < 2:
        return np.arange(count)[-1:]
    return evenly(count, min(count, most))


def look_of(number: int) -> Look:
    """That of curve `number`; grey where there are more than can be told apart."""
    return look(number) if number < MOST_LOOKS else _OTHERS


def rings(axes: "Axes", points: Sequence[Point]) -> Named:
    """Around those that are optimal; the legend says if none is."""
    name = "Pareto-optimal" + ("" if points else ": none")
    ring: Any = {"s": 120, "facecolors": "none", "edgecolors": _RING, "linewidths": 1.5, "zorder": 3}
    return axes.scatter(*(_parts(points, dimension, "mean") for dimension in _AXES), **ring), name


def show_all(axes: "Axes", points: Sequence[Point]) -> None:
    """As much of both scales, all points and intervals in it; the axes say how much that is."""
    ends = [_ends(points, dimension) for dimension in _AXES]
    length = min(HIGHEST - LOWEST, max(LEAST_SHOWN, *(high - low for low, high in ends)))
    (left, right), (bottom, top) = (_window(low, high, length) for low, high in ends)
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.set(xlabel=_axis("engagement", left, right), ylabel=_axis("alignment", bottom, top))


def _ends(points: Sequence[Point], dimension: Rated) -> tuple[float, float]:
    """The least and the most of all means and bounds, in whole tenths."""
    values = np.concatenate([_parts(points, dimension, part) for part in ("mean", "low", "high")])
    known = values[~np.isnan(values)]
    if not known.size:
        return LOWEST, HIGHEST
    return math.floor(10 * known.min()) / 10, math.ceil(10 * known.max()) / 10


def _window(low: float, high: float, length: float) -> tuple[float, float]:
    """So much of the scale with `low` to `high` in the middle of it, as far as the scale goes, and room for marks."""
    begin, room = min(max((low + high - length) / 2, LOWEST), HIGHEST - length), 0.05 * length
    return begin - room, begin + length + room


def _axis(dimension: Rated, begin: float, end: float) -> str:
    """`mean alignment (1 to 7)`, and what of it is shown."""
    part = f"; shown is {max(begin, LOWEST):.1f} to {min(end, HIGHEST):.1f}" if begin > LOWEST or end < HIGHEST else ""
    return f"mean {dimension} ({LOWEST:g} to {HIGHEST:g}{part})"


def _parts(points: Sequence[Point], dimension: Rated, part: str) -> Numbers:
    """The `mean`, `low` or `high` of each, nan where there is none."""
    return np.array([getattr(getattr(point, dimension), part) for point in points], dtype=np.float64)
