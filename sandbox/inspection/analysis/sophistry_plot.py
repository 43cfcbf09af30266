"""False approval before and after the discussion, over the threshold of approval: a panel a condition, with bands.

Knows a table of findings and matplotlib; no run. The same findings give the same picture.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sandbox.analysis.findings import Findings
from sandbox.analysis.sophistry.sheets import OVER_TAU
from sandbox.inspection.picture import COLOURS, INCHES, MARKERS, Caption, Draw, Named, PictureFormat, panels, short
from sandbox.sheet import Estimate
from sandbox.text import counted

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

MOST_PANELS: Final = 6
_HEIGHT: Final = 2.6  # inches of one of several panels
_ASIDE: Final = 0.06  # so that the bars of before and after stand beside each other
_BESIDE: Final = 0.3  # of an axis beyond its first and its last tau
_SIDES: Final = {"fpr_before": ("before (drafts)", "--"), "fpr_after": ("after (revisions)", "-")}


class _Panel(NamedTuple):
    """The sweep of one condition by one kind of key: thresholds, and false approval at each, before and after."""

    name: str
    taus: list[int]
    sides: dict[str, list[Estimate]]


def sophistry_plot(findings: Findings, kind: PictureFormat, *, dark: bool = False) -> bytes:
    """The share of wrong answers that are approved, before and after, for each threshold."""
    sheet = findings.sheet(OVER_TAU)
    rows: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    for row in (dict(zip(sheet.columns, cells, strict=True)) for cells in sheet.rows):
        rows.setdefault((row["condition"], row["gold"]), []).append(row)
    found = [_panel(f"{short(str(name))}, gold: {gold}", own) for (name, gold), own in rows.items()]
    shown = found[:MOST_PANELS]
    height = INCHES[1] if len(shown) == 1 else _HEIGHT
    draws = [(_draw(panel, named=not place), height) for place, panel in enumerate(shown)]
    left_out = [f"first {counted(len(shown), 'condition')} of {len(found)}"] if len(found) > len(shown) else []
    details = (*left_out, "share of wrong answers that are approved", *filter(None, [sheet.note]))
    return panels(draws, Caption("False approval before and after", details), kind, dark=dark)


def _panel(name: str, rows: Sequence[dict[str, Any]]) -> _Panel:
    return _Panel(name, [row["tau"] for row in rows], {side: [row[side] for row in rows] for side in _SIDES})


def _draw(panel: _Panel, *, named: bool) -> Draw:
    """On axes of its own; with `named`, the legend explains its lines, which are those of every panel."""

    def draw(axes: "Axes") -> Iterator[Named]:
        from matplotlib.ticker import MaxNLocator

        drawn = [_line(axes, panel, side, number) for number, side in enumerate(_SIDES)]
        ends = (panel.taus[0] - _BESIDE, panel.taus[-1] + _BESIDE)  # also where nothing was wrong
        axes.set(xlabel=f"approved from a mean rating of ({panel.name})", ylabel="false approval")
        axes.set(xlim=ends, ylim=(-0.02, 1.02))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if named:
            yield from zip(drawn, (words for words, _ in _SIDES.values()), strict=True)

    return draw


def _line(axes: "Axes", panel: _Panel, side: str, number: int) -> "Artist":
    """A line through the shares and the band of their intervals, which is a bar where it stands alone."""
    at = np.array(panel.taus, dtype=np.float64) + _ASIDE * (2 * number - 1)
    mean, low, high = (
        np.array([getattr(each, part) for each in panel.sides[side]], dtype=np.float64)
        for part in ("mean", "low", "high")
    )
    colour = COLOURS[number]
    (line,) = axes.plot(at, mean, _SIDES[side][1], color=colour, marker=MARKERS[number], markersize=4, linewidth=1)
    axes.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.vlines(at, low, high, color=colour, alpha=0.4)
    return line
