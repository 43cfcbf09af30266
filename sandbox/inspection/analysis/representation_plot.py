"""Who rates whom how, as a heat table: mean ratings by rater's and by author's group, a panel a condition and text.

Knows a table of findings and matplotlib; no run. The same findings give the same picture.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sandbox.analysis.findings import Findings
from sandbox.analysis.representation.sheets import HEAT, INTERVALS
from sandbox.errors import UsageError
from sandbox.figures.columns import Counts, Numbers
from sandbox.inspection.grid_view import SCALE
from sandbox.inspection.picture import Caption, Draw, Named, PictureFormat, panels, short
from sandbox.sheet import Estimate
from sandbox.text import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS: Final = 6
MOST_WRITTEN: Final = 12  # groups whose cells have room for numbers
MOST_NAMED: Final = 25  # groups beside an axis; of more, some at even distances
MOST_LETTERS: Final = 60  # of names that fit beside each other
_LEAST_SHOWN: Final = 1.0  # of the scale of ratings: what differs by far less should look so
_LOWEST, _HIGHEST = 1.0, 7.0
_ROW, _AROUND, _LETTER = 0.42, 1.0, 0.09  # inches of a row, above and below all of them, of a letter on its side
_TALLEST: Final = 8.0


class _Panel(NamedTuple):
    """The table of one condition and text: `means`, nan where nobody rated, and `counts`, (raters, authors)."""

    name: str
    groups: list[str]
    means: Numbers
    counts: Counts

    @property
    def ticks(self) -> range:
        """The places of groups that are named beside an axis."""
        return range(0, len(self.groups), -(-len(self.groups) // MOST_NAMED))

    @property
    def names(self) -> list[str]:
        """Theirs."""
        return [short(self.groups[tick]) for tick in self.ticks]

    @property
    def turned(self) -> bool:
        """Whether they are too long to stand beside each other."""
        return sum(map(len, self.names)) > MOST_LETTERS

    @property
    def inches(self) -> float:
        """How high it is drawn."""
        cells = min(_AROUND + _ROW * len(self.groups), _TALLEST)
        return cells + (_LETTER * max(map(len, self.names)) if self.turned else 0)


def representation_plot(findings: Findings, kind: PictureFormat, *, dark: bool = False) -> bytes:
    """The table of raters' and authors' groups as coloured cells, each with its mean and its count.

    Raises `UsageError` where no neighbour was asked.
    """
    sheet = findings.sheet(HEAT)
    if not sheet.rows:
        raise UsageError("--plot: no neighbour gave feedback yet, so there is no rating to draw.")
    rows: dict[tuple[Any, Any], list[Sequence[Any]]] = {}
    for row in sheet.rows:
        rows.setdefault((row[0], row[1]), []).append(row[2:])
    found = [_panel(f"{short(str(name))}, {text}s", own) for (name, text), own in rows.items()]
    shown, ends = found[:MOST_PANELS], _ends(found)
    draws = [(_draw(panel, ends), panel.inches) for panel in shown]
    left_out = len(found) - len(shown)
    told = [f"first {counted(len(shown), 'table')} of {len(found)}"] if left_out else []
    noted = (sheet.note or "").removeprefix(INTERVALS).removeprefix("; ")
    written = all(len(panel.groups) <= MOST_WRITTEN for panel in shown)
    how = "in each cell the mean rating and how many ratings" if written else "means and counts are in the table"
    details = (*told, how, *filter(None, [noted]))
    return panels(draws, Caption("Mean rating by rater's and by author's group", details), kind, dark=dark)


def _panel(name: str, rows: Sequence[Sequence[Any]]) -> _Panel:
    """`rows` are rater, author, estimate, count, ...: one for every pair of groups."""
    groups = list(dict.fromkeys(str(row[0]) for row in rows))
    means = [np.nan if row[2].mean is None else row[2].mean for row in rows if isinstance(row[2], Estimate)]
    shape = (len(groups), len(groups))
    return _Panel(name, groups, np.array(means).reshape(shape), np.array([row[3] for row in rows]).reshape(shape))


def _ends(found: Sequence[_Panel]) -> tuple[float, float]:
    """The part of the scale that the colours are of, which all panels share."""
    means = np.concatenate([panel.means.ravel() for panel in found])
    known = means[~np.isnan(means)]
    if not known.size:
        return _LOWEST, _HIGHEST
    length = max(_LEAST_SHOWN, known.max() - known.min())
    low = min(max((known.max() + known.min() - length) / 2, _LOWEST), _HIGHEST - length)
    return float(low), float(low + length)


def _draw(panel: _Panel, ends: tuple[float, float]) -> Draw:
    def draw(axes: "Axes") -> list[Named]:
        from matplotlib.colors import LinearSegmentedColormap

        colours = LinearSegmentedColormap.from_list("cells", SCALE)
        image = axes.imshow(panel.means, cmap=colours, vmin=ends[0], vmax=ends[1], aspect="auto")
        axes.figure.colorbar(image, ax=axes, label=f"mean ({ends[0]:.1f} to {ends[1]:.1f})")
        axes.set_xticks(panel.ticks, panel.names, rotation=90 if panel.turned else 0, fontsize="small")
        axes.set_yticks(panel.ticks, panel.names, fontsize="small")
        axes.set(xlabel=f"author's group ({panel.name})", ylabel="rater's group")
        axes.grid(visible=False)
        if len(panel.groups) <= MOST_WRITTEN:
            _write(axes, panel, image)
        return []

    return draw


def _write(axes: "Axes", panel: _Panel, image: Any) -> None:
    """Mean and count into each cell, dark on what is light; a dash where nobody rated."""
    for (row, column), mean in np.ndenumerate(panel.means):
        red, green, blue, _ = (1.0, 1.0, 1.0, 1.0) if np.isnan(mean) else image.cmap(image.norm(mean))
        light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5  # ITU-R BT.601
        told = "-" if np.isnan(mean) else f"{mean:.2f}"
        words: Any = {"ha": "center", "va": "center", "fontsize": 7, "color": "black" if light else "white"}
        axes.text(column, row, f"{told}\nn {panel.counts[row, column]:,}", **words)
