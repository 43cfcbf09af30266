"""What every picture shares: its size, title and legend, how runs are told apart in it, its bytes.

Knows matplotlib and names, which can hold anything; no run.
"""

import colorsys
import io
import textwrap
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from sandbox.inspection.contrast import make_seen
from sandbox.terminal import harmless

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PictureFormat = Literal["png", "svg"]
Named: TypeAlias = "tuple[Artist, str]"  # what the legend explains, and its words
Draw: TypeAlias = "Callable[[Axes], Iterable[Named]]"
INCHES: Final = (7.0, 4.9)
DOTS_PER_INCH: Final = 150
# Told apart in print and by the colour-blind (Okabe and Ito 2008); `make_seen` fits them to a light or a dark page.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
# Of the circle of hues, so that each lies far from those before it; and how light they are, in turn.
_GOLDEN_ANGLE: Final = (3 - 5**0.5) / 2
_LIGHTNESS: Final = (0.35, 0.5, 0.65)
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
LINES: Final = ("-", "--", ":", "-.")
MOST_LOOKS: Final = len(COLOURS) * len(MARKERS) * len(LINES)
LONGEST_NAME: Final = 40
LONGEST_LINE: Final = 96  # letters that fit the width
_SMALL: Final = 8.0  # points
# In inches, of the legend: a line of it, what stands before a name, a letter.
_LINE, _HANDLE, _LETTER = 0.175, 0.7, 0.072
# What XML cannot hold, and what stands for it.
_NO_XML: Final = {0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}


class Look(NamedTuple):
    """How the curve of one run is drawn."""

    colour: str
    marker: str
    line: str


class Caption(NamedTuple):
    """What a picture shows, and in smaller lines of which runs and how."""

    title: str
    details: tuple[str, ...]

    def small(self) -> str:
        """The details, no line too long."""
        return "\n".join(textwrap.fill(line, LONGEST_LINE) for line in self.details)


def look(number: int) -> Look:
    """That of run `number`: no two of the first `MOST_LOOKS` share a colour."""
    return Look(
        _colour(number),
        MARKERS[number % len(MARKERS)],
        LINES[number // len(COLOURS) % len(LINES)],
    )


def _colour(number: int) -> str:
    """Those of `COLOURS` before any other; no two are the same."""
    if number < len(COLOURS):
        return COLOURS[number]
    parts = colorsys.hls_to_rgb(number * _GOLDEN_ANGLE % 1, _LIGHTNESS[number % len(_LIGHTNESS)], 0.6)
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)


def short(name: str) -> str:
    """`name` as one harmless line, cut in its middle if it is long."""
    line = " ".join(harmless(name).encode(errors="replace").decode().translate(_NO_XML).split())
    half = (LONGEST_NAME - 1) // 2
    return line if len(line) <= LONGEST_NAME else f"{line[:half]}…{line[-half:]}"


def picture(draw: "Draw", caption: Caption, kind: PictureFormat, *, dark: bool) -> bytes:
    """What `draw` draws on a new pair of axes, between its caption and a legend of what it returns.

    Neither the time nor chance is in the bytes.
    """
    return panels([(draw, INCHES[1])], caption, kind, dark=dark)


def panels(draws: "Sequence[tuple[Draw, float]]", caption: Caption, kind: PictureFormat, *, dark: bool) -> bytes:
    """The same of several pairs of axes below each other, each so many inches high, with one legend."""
    import matplotlib as mpl
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import to_rgba
    from matplotlib.figure import Figure

    settings: Any = {
        "svg.hashsalt": "sandbox",
        "svg.fonttype": "none",
        "text.parse_math": False,
        "axes.grid": True,
        "grid.alpha": 0.15 if dark else 0.25,
    }
    heights = [height for _, height in draws]
    with mpl.rc_context(), style.context("dark_background" if dark else "default"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from font")  # a name in a script that the font lacks
        mpl.rcParams.update(settings)
        figure = Figure(figsize=(INCHES[0], sum(heights)), dpi=DOTS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        all_axes = figure.subplots(len(draws), squeeze=False, height_ratios=heights)[:, 0]
        named = [each for (draw, _), axes in zip(draws, all_axes, strict=True) for each in draw(axes)]
        for axes in all_axes:
            make_seen(axes, to_rgba(mpl.rcParams["axes.facecolor"]))
        figure.suptitle(caption.title, fontsize="large")
        all_axes[0].set_title(caption.small(), fontsize=_SMALL)
        if named:
            _legend(figure, *zip(*named, strict=True))
        out = io.BytesIO()
        figure.savefig(out, format=kind, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return out.getvalue()


def _legend(figure: "Figure", handles: "Sequence[Artist]", names: Sequence[str]) -> None:
    """Below the axes, where it covers nothing: the picture grows by it."""
    columns = max(1, int(INCHES[0] / (_HANDLE + _LETTER * max(map(len, names)))))
    lines = -(-len(names) // columns)
    even = -(-len(names) // lines)
    style: Any = {"fontsize": _SMALL, "frameon": False, "handlelength": 3}
    figure.legend(handles, names, loc="outside lower center", ncols=even, **style)
    figure.set_size_inches(INCHES[0], figure.get_size_inches()[1] + _LINE * lines)
