"""The picture of where conditions end: alignment against engagement, and what their front dominates. Knows tables."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sandbox.analysis.findings import Findings
from sandbox.figures.front import Point
from sandbox.inspection.front_plot import draw_ends, legend_names
from sandbox.inspection.picture import Caption, Named, PictureFormat, picture
from sandbox.sheet import Estimate
from sandbox.text import counted
from sandbox.vocabulary.names import score_column

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHADE: Final[dict[str, Any]] = {"color": "#888888", "alpha": 0.15, "linewidth": 0, "zorder": 0}


def pareto_plot(findings: Findings, kind: PictureFormat, *, dark: bool = False) -> bytes:
    """Of `sandbox analyze pareto`: a point a condition with its intervals, the hypervolume of all of them shaded."""
    front, (together,) = findings.sheet("Pareto front"), findings.sheet("hypervolume").document()
    rows = front.document()
    ends = [_point(row) for row in rows]

    def draw(axes: "Axes") -> Iterator[Named]:
        from matplotlib.patches import Polygon

        shade = Polygon(_stairs([end for end in ends if end]), **_SHADE)
        axes.add_patch(shade)
        yield from draw_ends(axes, ends, legend_names([row["condition"] for row in rows], "condition"))
        if together["hypervolume"] is not None:
            yield shade, f"hypervolume above (1, 1): {together['hypervolume']:.2f} of 36"

    told = f"{counted(len(rows), 'condition')}; revisions of the last round, which the number says"
    missing = ends.count(None)
    left_out = f"{missing} without a rated round are left out" if missing else "rings: optimal by the intervals"
    return picture(
        draw, Caption("Where conditions end", (told, left_out, "bars: 95 % intervals draw seeds")), kind, dark=dark
    )


def _point(row: dict[str, Any]) -> Point | None:
    if row["round"] is None:
        return None
    engagement, alignment = (Estimate(**row[score_column("revision", name)]) for name in ("engagement", "alignment"))
    return Point(row["condition"], row["round"], engagement, alignment, row["optimal"])


def _stairs(ends: Sequence[Point]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """The outline of what `ends` dominate, from the right."""
    corners = [(1.0, 1.0)]
    height = 1.0
    for x, y in sorted(((end.engagement.mean or 1.0, end.alignment.mean or 1.0) for end in ends), reverse=True):
        corners += [(x, height), (x, max(height, y))]
        height = max(height, y)
    return np.array([*corners, (1.0, height)])
