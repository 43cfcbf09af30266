"""Colours that can be seen on their page: words at least 4.5 to 1, lines and points 3 to 1 (WCAG 2.2, 1.4.3, 1.4.11).

Knows colours, and artists of matplotlib; not what is drawn.
"""

import colorsys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import Collection
    from matplotlib.lines import Line2D

WORDS: Final = 4.5
MARKS: Final = 3.0
_MORE: Final = 0.05  # than is asked for, which rounding to whole colours may take away
_HALVINGS: Final = 12

Colour = tuple[float, float, float, float]  # red, green, blue, opacity: each from 0 to 1


def make_seen(axes: "Axes", page: Colour) -> None:
    """Change what is drawn on `axes` as little as makes its words, lines and points contrast enough with the `page`.

    Areas stay as they are: a line or a point stands for each. So do words on coloured cells.
    """
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.colors import to_rgba

    for line in axes.lines:
        _line(line, page)
    for marks in axes.collections:
        if isinstance(marks, LineCollection | PathCollection):
            _marks(marks, page)
    for words in () if axes.images else axes.texts:
        words.set_color(seen(to_rgba(words.get_color(), words.get_alpha()), page, WORDS))


def _line(line: "Line2D", page: Colour) -> None:
    from matplotlib.colors import to_rgba

    own, face = to_rgba(line.get_color(), line.get_alpha()), to_rgba(line.get_markerfacecolor())
    found = seen(own, page, MARKS)
    line.set(color=found[:3], alpha=found[3])
    if face[3]:  # a ring has none
        line.set_markerfacecolor(seen(face, page, MARKS)[:3])


def _marks(marks: "Collection", page: Colour) -> None:
    from matplotlib.colors import to_rgba_array

    edges, faces = _each(to_rgba_array(marks.get_edgecolor())), _each(to_rgba_array(marks.get_facecolor()))
    marks.set_alpha(None)  # it is in the colours
    marks.set_edgecolor([seen(each, page, MARKS) for each in edges])
    marks.set_facecolor([seen(each, page, MARKS) if each[3] else each for each in faces])


def _each(colours: Iterable[Iterable[float]]) -> list[Colour]:
    return [(red, green, blue, opacity) for red, green, blue, opacity in colours]


def seen(colour: Colour, page: Colour, least: float) -> Colour:
    """The nearest to `colour` that contrasts so with the `page`: denser, and if need be darker or lighter."""
    if contrast(over(colour, page), page) >= least:
        return colour
    wanted, opaque = least + _MORE, (*colour[:3], 1.0)
    if contrast(opaque, page) >= wanted:
        return _first(lambda share: (*colour[:3], colour[3] + share * (1 - colour[3])), page, wanted)
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour[:3])
    end = 0.0 if luminance(page) > 0.5 else 1.0
    return _first(
        lambda share: (*colorsys.hls_to_rgb(hue, lightness + share * (end - lightness), saturation), 1.0), page, wanted
    )


def _first(at: Callable[[float], Colour], page: Colour, wanted: float) -> Colour:
    """`at` the least share from 0 to 1 that contrasts as `wanted`."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if contrast(over(at(middle), page), page) >= wanted else (middle, high)
    return at(high)


def over(colour: Colour, page: Colour) -> Colour:
    """What is seen of `colour` in front of an opaque `page`."""
    red, green, blue = (
        colour[3] * each + (1 - colour[3]) * behind for each, behind in zip(colour[:3], page[:3], strict=True)
    )
    return red, green, blue, 1.0


def contrast(one: Colour, other: Colour) -> float:
    """From 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: Colour) -> float:
    """Relative luminance of an opaque colour of sRGB, from 0 to 1."""
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
