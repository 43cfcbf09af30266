"""Pictures of runs as PNG or SVG: the front of engagement and alignment, scores by round, the society on its grid.

Knows columns and matplotlib; no files and no terminal. The same run gives the same bytes.
"""

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from agents.protocol import DIMENSIONS, TEXTS, ScoredText
from sandbox.errors import UsageError
from sandbox.figures.estimate import estimate
from sandbox.figures.frame import Counts, Numbers
from sandbox.figures.front import Point, front
from sandbox.figures.reads import Read
from sandbox.inspection.grid_view import SCALE
from sandbox.inspection.options import PlotKind
from sandbox.inspection.run_view import map_cells, rounds_of_map
from sandbox.sheet import Estimate
from sandbox.terminal import harmless

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PlotFormat = Literal["png", "svg"]
INCHES: Final = (7.0, 4.5)
DOTS_PER_INCH: Final = 150
# Readable in print and for the colour-blind (Okabe and Ito 2008); the rounds of a run are told apart by markers.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MOST_LABELS: Final = 12
LINES: Final[dict[ScoredText, str]] = {"draft": "--", "revision": "-"}


def plot(reads: Sequence[Read], what: PlotKind, suffix: str, rounds: str | None) -> bytes:
    """The picture `what` of `reads` as `.png` or `.svg`; `rounds` are those of a grid. Raises `UsageError`."""
    kind: PlotFormat = "svg" if suffix == ".svg" else "png"
    for read in reads:
        if not len(read.frame):
            raise UsageError(f"--plot {what}: {read.name}: no interaction is in the log yet.")
    if what == "pareto":
        return pareto_plot(reads, kind)
    if len(reads) > 1:
        raise UsageError(f"--plot {what} draws one run; --plot pareto draws several.")
    if what == "rounds":
        return rounds_plot(reads[0], kind)
    run, frame = reads[0].run, reads[0].frame
    return grid_plot(*map_cells(run, frame, rounds_of_map(run, frame, rounds)), kind)


def pareto_plot(reads: Sequence[Read], kind: PlotFormat, *, dark: bool = False) -> bytes:
    """Mean engagement against mean alignment of revisions: a curve a run, a point a round, optimal ones ringed."""
    points = front(reads)

    def draw(axes: "Axes") -> None:
        for number, read in enumerate(reads):
            own = [point for point in points if point.run == read.name]
            _curve(axes, own, COLOURS[number % len(COLOURS)], harmless(read.name))
        optimal = [point for point in points if point.optimal]
        axes.scatter(
            *_means(optimal),
            s=120,
            facecolors="none",
            edgecolors="#CC3311",
            linewidths=1.5,
            label="Pareto-optimal",
        )
        axes.set(xlabel="mean engagement (1 to 7)", ylabel="mean alignment (1 to 7)")
        axes.legend(fontsize="small")

    return _picture(draw, kind, dark=dark)


def rounds_plot(read: Read, kind: PlotFormat, *, dark: bool = False) -> bytes:
    """Mean scores of drafts and revisions by round, with their 95 % intervals; no unfinished last round."""
    frame = read.frame
    rounds, left_out = _whole_rounds(read)

    def draw(axes: "Axes") -> None:
        from matplotlib.ticker import MaxNLocator

        for number, dimension in enumerate(DIMENSIONS):
            for text in TEXTS:
                ratings = frame.ratings[text, dimension]
                places = [frame.rounds == round_ for round_ in rounds]
                means = [estimate(ratings[at], frame.sample.at(at)) for at in places]
                _band(axes, rounds, means, COLOURS[number], LINES[text], f"{dimension}, {text}")
        axes.set(xlabel=f"round{left_out}", ylabel="mean rating (1 to 7)", ylim=(1, 7))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize="small")

    return _picture(draw, kind, dark=dark)


def grid_plot(title: str, cells: Numbers, low: float, high: float, kind: PlotFormat, *, dark: bool = False) -> bytes:
    """`cells` (side, side) between `low` and `high`, a coloured square an agent."""

    def draw(axes: "Axes") -> None:
        from matplotlib.colors import LinearSegmentedColormap
        from matplotlib.ticker import MaxNLocator

        colours = LinearSegmentedColormap.from_list("cells", SCALE)
        image = axes.imshow(cells, cmap=colours, vmin=low, vmax=high)
        axes.figure.colorbar(image, ax=axes)
        axes.set(title=title, xlabel="column", ylabel="row")
        axes.grid(visible=False)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(integer=True))

    return _picture(draw, kind, dark=dark)


def _whole_rounds(read: Read) -> tuple[Counts, str]:
    """The rounds that are whole, or the only one that has begun, and which one was left out in words."""
    rounds, sizes = np.unique(read.frame.rounds, return_counts=True)
    if len(rounds) == 1 or sizes[-1] == read.run.manifest.config.agents:
        return rounds, ""
    return rounds[:-1], f" ({rounds[-1]} is unfinished and left out)"


def _band(axes: "Axes", rounds: Counts, means: Sequence[Estimate], colour: str, line: str, name: str) -> None:
    """A line through `means` and the band of their intervals; gaps where there is none."""
    mean, low, high = (
        np.array([np.nan if value is None else value for value in values], dtype=float)
        for values in zip(*((each.mean, each.low, each.high) for each in means), strict=True)
    )
    axes.plot(rounds, mean, line, color=colour, marker=".", label=name)
    axes.fill_between(rounds, low, high, color=colour, alpha=0.12, linewidth=0)


def _curve(axes: "Axes", points: Sequence[Point], colour: str, name: str) -> None:
    at = _means(points)
    axes.plot(*at, "-o", color=colour, markersize=4, linewidth=1, label=name)
    step = max(1, -(-len(points) // MOST_LABELS))
    for point, x, y in zip(points[::step], at[0][::step], at[1][::step], strict=True):
        axes.annotate(str(point.round), (x, y), textcoords="offset points", xytext=(5, 4), fontsize=7, color=colour)


def _means(points: Sequence[Point]) -> tuple[list[float], list[float]]:
    """Of engagement and of alignment: every point has both."""
    at = [(point.engagement.mean or 0.0, point.alignment.mean or 0.0) for point in points]
    return [x for x, _ in at], [y for _, y in at]


def _picture(draw: "Callable[[Axes], None]", kind: PlotFormat, *, dark: bool) -> bytes:
    """What `draw` draws on a new pair of axes; neither the time nor chance is in the bytes."""
    import matplotlib as mpl
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    settings: Any = {
        "svg.hashsalt": "sandbox",
        "svg.fonttype": "none",
        "text.parse_math": False,
        "axes.grid": True,
        "grid.alpha": 0.25,
    }
    with mpl.rc_context(), style.context("dark_background" if dark else "default"):
        mpl.rcParams.update(settings)
        figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure.add_subplot())
        out = io.BytesIO()
        figure.savefig(out, format=kind, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return out.getvalue()
