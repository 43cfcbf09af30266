"""The picture of how far raters agree: alpha and exact agreement with intervals, a row a comparison. Knows tables."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sandbox.analysis.findings import Findings
from sandbox.analysis.observer.analysis import RELIABLE, TENTATIVE
from sandbox.inspection.picture import COLOURS, Caption, Named, PictureFormat, panels, short
from sandbox.text import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS: Final = 24
# In inches: what is around the rows of a panel, a line of the name of a row, what the caption takes in the first panel.
_AROUND, _LINE, _CAPTION = 0.75, 0.24, 0.8
_BAR: Final[dict[str, Any]] = {"color": COLOURS[0], "linewidth": 2.5, "alpha": 0.6, "zorder": 2}
_DOT: Final[dict[str, Any]] = {"color": COLOURS[0], "marker": "o", "markersize": 5, "linestyle": "none", "zorder": 3}
_LINES: Final = ((RELIABLE, "-", "reliable"), (TENTATIVE, ":", "enough for tentative conclusions"))
_PANELS: Final = (
    ("alpha_interval", "Krippendorff's alpha at the interval level (1: as one, 0: by chance)"),
    ("exact", "share of pairs of ratings that are equal"),
)


def observer_plot(findings: Findings, kind: PictureFormat, *, dark: bool = False) -> bytes:
    """Of `sandbox analyze observer`: the first `MOST_ROWS` comparisons; what is undefined is left blank."""
    rows = findings.sheet("agreement").document()
    drawn = rows[:MOST_ROWS]
    several = len({row["condition"] for row in rows}) > 1
    names = [_named(row, several=several) for row in drawn]
    height = _AROUND + _LINE * sum(1 + name.count("\n") for name in names)
    draws = [
        (partial(_panel, drawn, names, column, label), height + (_CAPTION if place == 0 else 0))
        for place, (column, label) in enumerate(_PANELS)
    ]
    told = counted(len(rows), "comparison") + (f", of which the first {MOST_ROWS}" if len(rows) > MOST_ROWS else "")
    caption = Caption("How far raters of the same texts agree", (told, "bars: 95 % intervals draw texts"))
    return panels(draws, caption, kind, dark=dark)


def _named(row: dict[str, Any], *, several: bool) -> str:
    """A line for what is compared, below one for the condition: cut together, they would not tell rows apart."""
    own = short(f"{row['between']}: {row['dimension']}, {row['text']}")
    return f"{short(row['condition'])}\n{own}" if several else own


def _panel(
    rows: Sequence[dict[str, Any]], names: Sequence[str], column: str, label: str, axes: "Axes"
) -> Iterator[Named]:
    """A row a comparison, the first at the top; the panel of alpha explains both."""
    found = [row[column] for row in rows]
    known = [(place, each) for place, each in enumerate(found) if each["mean"] is not None]
    (dots,) = axes.plot([each["mean"] for _, each in known], [place for place, _ in known], **_DOT)
    bars = [(place, each) for place, each in known if each["low"] is not None]
    low, high = ([each[end] for _, each in bars] for end in ("low", "high"))
    intervals = axes.hlines([place for place, _ in bars], low, high, **_BAR)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(min([0.0, *(each["mean"] for _, each in known), *low]) - 0.02, 1.02)
    axes.set_xlabel(label, fontsize=9)
    if column == "alpha_interval":
        yield dots, "value"
        yield intervals, "95 % interval"
        for at, stroke, worth in _LINES:
            yield axes.axvline(at, linestyle=stroke, color=COLOURS[1], linewidth=1, zorder=1), f"{worth}: {at:g}"
