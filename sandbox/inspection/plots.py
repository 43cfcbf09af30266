"""Pictures of runs as PNG or SVG: the front of engagement and alignment, scores by round, the society on its grid.

Knows columns and matplotlib; no files and no terminal. The same run gives the same bytes.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from agents.protocol import DIMENSIONS, TEXTS, ScoredText
from sandbox.errors import UsageError
from sandbox.figures.columns import Counts, Flags
from sandbox.figures.estimate import NOTE, estimate
from sandbox.figures.reads import Read
from sandbox.inspection.front_plot import pareto_plot
from sandbox.inspection.grid_view import SCALE
from sandbox.inspection.options import PlotKind
from sandbox.inspection.picture import COLOURS, MARKERS, Caption, Named, PictureFormat, picture, short
from sandbox.inspection.run_view import map_cells, rounds_of_map
from sandbox.sheet import Estimate
from sandbox.text import counted

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

STROKES: Final[dict[ScoredText, str]] = {"draft": "--", "revision": "-"}


def plot(reads: Sequence[Read], what: PlotKind, kind: PictureFormat, rounds: str | None) -> bytes:
    """The picture `what` of `reads` as PNG or SVG; `rounds` are those of a grid. Raises `UsageError`."""
    if what in ("scores", "loss"):
        of = "an evaluation" if what == "scores" else "a training"
        raise UsageError(f"--plot {what} draws {of}, and this is a run: --plot pareto, rounds or grid.")
    for read in reads:
        if not len(read.frame):
            raise UsageError(f"--plot {what}: {read.name}: no interaction is in the log yet.")
    if what == "pareto":
        return pareto_plot(reads, kind)
    if len(reads) > 1:
        raise UsageError(f"--plot {what} draws one run; --plot pareto draws several.")
    if what == "rounds":
        return rounds_plot(reads[0], kind)
    return grid_plot(reads[0], rounds_of_map(reads[0].run, reads[0].frame, rounds), kind)


def rounds_plot(read: Read, kind: PictureFormat, *, dark: bool = False) -> bytes:
    """Mean scores of drafts and revisions by round, with their 95 % intervals; no unfinished last round."""
    frame = read.frame
    rounds, unfinished = _whole_rounds(read)

    def draw(axes: "Axes") -> Iterator[Named]:
        from matplotlib.ticker import MaxNLocator

        for number, dimension in enumerate(DIMENSIONS):
            for text in TEXTS:
                ratings = frame.ratings[text, dimension]
                places = [frame.rounds == round_ for round_ in rounds]
                means = [estimate(ratings[at], frame.sample.at(at)) for at in places]
                yield _band(axes, rounds, means, number, text), f"{dimension}, {text}"
        axes.set(xlabel=f"round{unfinished}", ylabel="mean rating (1 to 7)", ylim=(1, 7))
        axes.set_xlim(rounds[0] - 0.5, rounds[-1] + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))

    told = f"run {short(read.name)}: {counted(read.agents, 'agent')}, {counted(len(rounds), 'round')}"
    return picture(draw, Caption("Mean ratings by round", (told, f"bands: {NOTE}")), kind, dark=dark)


def grid_plot(read: Read, rounds: Sequence[int], kind: PictureFormat, *, dark: bool = False) -> bytes:
    """The society in a round, or what changed from the first to the second of two: a coloured square an agent."""
    title, cells, low, high = map_cells(read.run, read.frame, rounds)

    def draw(axes: "Axes") -> tuple[()]:
        from matplotlib.colors import LinearSegmentedColormap
        from matplotlib.ticker import MaxNLocator

        colours = LinearSegmentedColormap.from_list("cells", SCALE)
        image = axes.imshow(cells, cmap=colours, vmin=low, vmax=high)
        unit = "alignment of the revision" if len(rounds) == 1 else "change of alignment"
        axes.figure.colorbar(image, ax=axes, label=f"{unit} ({low:g} to {high:g})")
        axes.set(xlabel="column", ylabel="row")
        axes.grid(visible=False)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        return ()

    side, rated = len(cells), int((~np.isnan(cells)).sum())
    told = f"run {short(read.name)}: {side} x {side} agents, {rated} of {cells.size} rated"
    told += "" if len(rounds) == 1 else " in both rounds"
    blank = "" if rated == cells.size else "; who was not rated is left blank"
    return picture(draw, Caption(title, (told, f"row by row from the top left{blank}")), kind, dark=dark)


def _whole_rounds(read: Read) -> tuple[Counts, str]:
    """The rounds that are whole, or the only one that has begun, and in words which one is not."""
    rounds, sizes = np.unique(read.frame.rounds, return_counts=True)
    if sizes[-1] == read.agents:
        return rounds, ""
    if len(rounds) == 1:
        return rounds, f" ({rounds[0]} is unfinished: {sizes[0]} of {read.agents} agents)"
    return rounds[:-1], f" ({rounds[-1]} is unfinished and left out)"


def _band(axes: "Axes", rounds: Counts, means: Sequence[Estimate], number: int, text: ScoredText) -> "Artist":
    """A line through `means` and the band of their intervals; gaps where there is none."""
    mean, low, high = (
        np.array([np.nan if value is None else value for value in values], dtype=float)
        for values in zip(*((each.mean, each.low, each.high) for each in means), strict=True)
    )
    colour = COLOURS[number]
    face = colour if text == "revision" else "none"
    (line,) = axes.plot(rounds, mean, STROKES[text], color=colour, marker=MARKERS[number])
    line.set(markersize=4, markerfacecolor=face)
    axes.fill_between(rounds, low, high, color=colour, alpha=0.15, linewidth=0)
    alone = _alone(~np.isnan(low))  # a band of one round has no width
    axes.vlines(rounds[alone], low[alone], high[alone], color=colour, alpha=0.4)
    return line


def _alone(there: Flags) -> Flags:
    """Which of those that are there stand between two that are not."""
    around = np.pad(there, 1)
    return there & ~around[:-2] & ~around[2:]
