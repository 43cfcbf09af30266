"""The society over the rounds as a report embeds it: the alignment of each cell of the grid in each round, coloured.

Knows columns and the grid; no HTML.
"""

from typing import Any, Final

import numpy as np

from sandbox.figures.columns import Numbers
from sandbox.figures.reads import Read
from sandbox.figures.summary import evenly, grid
from sandbox.inspection.grid_view import block_side, colour, in_blocks, ink

WIDEST: Final = 40  # cells in a row; in larger grids a cell is the mean of a block of agents
MOST_ROUNDS: Final = 500
HEATS: Final = 13  # a colour for each half of a rating, or for each whole change of one


def society_map(read: Read) -> dict[str, Any]:
    """Rounds, the place among them of the last whole one, and the rows of cells of each; null where there is none.

    `block` is how many agents a cell stands for in each direction; `labels` are those of agents, where it is one.
    """
    side = read.run.manifest.config.grid
    rounds = np.unique(read.frame.rounds)
    kept = rounds[evenly(len(rounds), min(MOST_ROUNDS, len(rounds)))].tolist()
    block = block_side(side, WIDEST)
    return {
        "side": side,
        "block": block,
        "all": len(rounds),
        "rounds": kept,
        "shown": _last_whole(read, kept),
        "labels": read.frame.labels[: side * side].tolist() if block == 1 else [],
        "cells": [_cells(read, round_) for round_ in kept],
    }


def heat_style() -> str:
    """The rules of the colours of cells, `heat-0` for the lowest."""
    colours = [colour(heat / (HEATS - 1)) for heat in range(HEATS)]
    return "".join(f".heat-{heat} {{ background: {each}; color: {ink(each)}; }}\n" for heat, each in enumerate(colours))


def _last_whole(read: Read, rounds: list[int]) -> int:
    whole = len(read.frame) // read.run.manifest.config.agents
    return max(0, sum(round_ < whole for round_ in rounds) - 1)


def _cells(read: Read, round_: int) -> list[list[float | int | None]]:
    ratings = read.frame.ratings["revision", "alignment"]
    cells = in_blocks(grid(read.frame, read.run.manifest.config.grid, ratings, round_), WIDEST)
    return [[_short(value) for value in row] for row in cells]


def _short(value: Numbers) -> float | int | None:
    number = float(value)
    if np.isnan(number):
        return None
    return int(number) if number.is_integer() else round(number, 2)
