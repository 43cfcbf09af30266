"""The society on its grid, a coloured cell an agent, on a terminal. Knows numbers and colours, not what they rate."""

from typing import Final

import numpy as np
from rich.style import Style
from rich.text import Text

from sandbox.inspection.frame import Numbers

WIDEST: Final = 26  # cells in a row that fit 80 columns; larger grids are shown in blocks
# Dark red over grey to dark green: light text stays readable on all of it, and no two neighbours look alike.
_WORST, _MIDDLE, _BEST = (140, 30, 30), (70, 70, 70), (25, 110, 50)


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


def _figure(value: float) -> str:
    return " · " if np.isnan(value) else f"{value:+.0f}".rjust(2) + " " if value < 0 else f"{value:2.0f} "


def _style(value: float, low: float, high: float) -> Style | str:
    if np.isnan(value):
        return ""
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    start, end, part = (_WORST, _MIDDLE, share * 2) if share < 0.5 else (_MIDDLE, _BEST, share * 2 - 1)
    red, green, blue = (round(one + (other - one) * part) for one, other in zip(start, end, strict=True))
    return Style(color="white", bgcolor=f"rgb({red},{green},{blue})")
