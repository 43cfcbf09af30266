"""The society on its grid, a coloured cell an agent, on a terminal, and the colours of cells wherever they are shown.

Knows numbers and colours, not what they rate.
"""

from typing import Final

import numpy as np
from rich.style import Style
from rich.text import Text

from sandbox.figures.columns import Numbers
from sandbox.inspection.contrast import luminance

WIDEST: Final = 26  # cells in a row that fit 80 columns; larger grids are shown in blocks
_MIDDLE: Final = 0.179  # the luminance with which white and black contrast alike
# Dark orange (low) over grey to dark blue (high), told apart by the colour-blind; evenly spaced.
SCALE: Final = ("#8f3b00", "#db833a", "#d9d9d6", "#5f9fcd", "#0d4675")


def grid_text(cells: Numbers, low: float, high: float) -> Text:
    """`cells` (side, side) between `low` and `high`, each with its number; a dot where there is none."""
    blocks = in_blocks(cells, WIDEST)
    return Text("\n").join(
        Text.assemble(*((_figure(value), _style(value, low, high)) for value in row)) for row in blocks
    )


def block_side(side: int, most: int) -> int:
    """How many agents one cell stands for in each direction, so that at most `most` cells stand in a row."""
    return -(-side // most)


def in_blocks(cells: Numbers, most: int) -> Numbers:
    """Means of square blocks of cells, so that at most `most` stand in a row."""
    size = block_side(len(cells), most)
    if size == 1:
        return cells
    count = -(-len(cells) // size)
    padded = np.full((count * size, count * size), np.nan)
    padded[: len(cells), : len(cells)] = cells
    parts = padded.reshape(count, size, count, size).swapaxes(1, 2).reshape(count, count, -1)
    known = ~np.isnan(parts)
    sums, counts = np.where(known, parts, 0.0).sum(axis=2), known.sum(axis=2)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def colour(share: float) -> str:
    """The colour of a cell that lies at `share`, 0 to 1, of the way from the lowest value to the highest."""
    at = min(1.0, max(0.0, share)) * (len(SCALE) - 1)
    before = min(int(at), len(SCALE) - 2)
    mixed = zip(_parts(SCALE[before]), _parts(SCALE[before + 1]), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * (at - before)):02x}" for one, other in mixed)


def ink(background: str) -> str:
    """White or black, whichever reads better on `background`."""
    red, green, blue = (part / 255 for part in _parts(background))
    return "#ffffff" if luminance((red, green, blue, 1.0)) < _MIDDLE else "#000000"


def _parts(code: str) -> bytes:
    return bytes.fromhex(code[1:])


def _figure(value: float) -> str:
    return " · " if np.isnan(value) else f"{value:+.0f}".rjust(2) + " " if value < 0 else f"{value:2.0f} "


def _style(value: float, low: float, high: float) -> Style | str:
    if np.isnan(value):
        return ""
    background = colour((value - low) / (high - low))
    return Style(color=ink(background), bgcolor=background)
