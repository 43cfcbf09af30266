"""Pictures of a study, a curve a condition with its band over cells: as PNG or SVG. Knows points, no files.

`conditions` is the picture of the paper (arXiv 2305.16960): alignment against engagement, round by round.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from sandbox.figures.columns import Numbers
from sandbox.figures.front import Point
from sandbox.figures.study.front import last_points, points_of
from sandbox.figures.study.resampling import NOTE, estimates
from sandbox.inspection.front_plot import curve_of, draw_ends, legend_names, look_of, show_all
from sandbox.inspection.picture import Caption, Named, PictureFormat, picture, short
from sandbox.inspection.study_options import StudyPlot
from sandbox.inspection.study_view import Pooled
from sandbox.text import SCRIPTED_NOTE, counted

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_BAND: Final = 0.35  # opacity of a band: the more conditions, the lighter
_LIGHTEST: Final = 0.05


class _Draw(Protocol):
    def __call__(self, axes: "Axes", study: Pooled) -> Iterator[Named]: ...


def study_plot(study: Pooled, what: StudyPlot, kind: PictureFormat, *, dark: bool = False) -> bytes:
    """The picture `what`, of the complete cells of each condition."""
    draw, title, how = _PICTURES[what]
    return picture(lambda axes: draw(axes, study), _caption(study, title, how), kind, dark=dark)


def _caption(study: Pooled, title: str, how: str) -> Caption:
    figures = study.figures
    pooled, cells = len(figures.complete), len(figures.cells)
    cut = "" if pooled == cells else f" of {cells}; the others are left out"
    told = f"study {short(figures.study.record.name)}: {counted(len(study.conditions), 'condition')}"
    details = (f"{told}, {counted(pooled, 'complete cell')}{cut}", how, f"bands and bars: {NOTE}")
    return Caption(title, (*details, SCRIPTED_NOTE) if study.scripted else details)


def _conditions(axes: "Axes", study: Pooled) -> Iterator[Named]:
    curves, points = [], []
    for number, condition in enumerate(study.conditions):
        own = points_of(condition)
        curves.append(curve_of(axes, own, number, len(study.conditions)))
        means, low, high = (_parts(own, "alignment", part) for part in ("mean", "low", "high"))
        at = _parts(own, "engagement", "mean")
        _band(
            axes, at, np.where(np.isnan(low), means, low), np.where(np.isnan(high), means, high), _shade(number, study)
        )
        points += own
    yield from zip(curves, _names(study), strict=False)
    show_all(axes, points)


def _rounds(axes: "Axes", study: Pooled) -> Iterator[Named]:
    from matplotlib.ticker import MaxNLocator

    curves = []
    for number, condition in enumerate(study.conditions):
        found = estimates(condition.by_round("revision_alignment"))
        mean, low, high = (
            np.array([getattr(each, part) for each in found], dtype=float) for part in ("mean", "low", "high")
        )
        curves.append(_line(axes, mean, number))
        axes.fill_between(np.arange(len(found)), low, high, **_shade(number, study))
    yield from zip(curves, _names(study), strict=False)
    axes.set(xlabel="round", ylabel="mean alignment of revisions (1 to 7)", ylim=(1, 7))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _pareto(axes: "Axes", study: Pooled) -> Iterator[Named]:
    yield from draw_ends(axes, last_points(study.conditions), _names(study))


_PICTURES: Final[Mapping[StudyPlot, tuple[_Draw, str, str]]] = {
    "conditions": (_conditions, "Mean alignment against mean engagement of revisions", "numbers: rounds"),
    "rounds": (_rounds, "Mean alignment of revisions by round", "of the rounds that all cells of a condition have"),
    "pareto": (
        _pareto,
        "Where conditions end: alignment against engagement",
        "revisions of the last round, which the number says",
    ),
}


def _names(study: Pooled) -> list[str]:
    return legend_names([condition.name for condition in study.conditions], "condition")


def _line(axes: "Axes", means: Numbers, number: int) -> "Artist":
    colour, marker, line = look_of(number)
    (drawn,) = axes.plot(np.arange(means.size), means, line, color=colour, marker=marker, markersize=4, linewidth=1)
    return drawn


def _band(axes: "Axes", at: Numbers, low: Numbers, high: Numbers, shade: dict[str, Any]) -> None:
    """Piece by piece, because a curve that turns back would cut holes into a band in one."""
    from matplotlib.collections import PolyCollection

    below, above = np.stack([at, low], axis=1), np.stack([at, high], axis=1)
    pieces = np.stack([below[:-1], below[1:], above[1:], above[:-1]], axis=1)
    axes.add_collection(PolyCollection(list(pieces), **shade))


def _shade(number: int, study: Pooled) -> dict[str, Any]:
    opacity = max(_LIGHTEST, _BAND / len(study.conditions) ** 0.5)
    return {"color": look_of(number).colour, "alpha": opacity, "linewidth": 0}


def _parts(points: Sequence[Point], dimension: str, part: str) -> Numbers:
    """The `mean`, `low` or `high` of each, nan where there is none."""
    return np.array([getattr(getattr(point, dimension), part) for point in points], dtype=np.float64)
