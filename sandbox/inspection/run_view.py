"""One run on a terminal: what it was, its accounts, its tables, its grid. Knows sheets and words, computes nothing."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from sandbox.figures.columns import Numbers
from sandbox.figures.frame import Frame
from sandbox.figures.killed import KILLED_NOTE, was_killed
from sandbox.figures.summary import accounts_sheet, every_round, grid, group_sheets, round_sheets, some_rounds
from sandbox.inspection.grid_view import WIDEST, block_side, grid_text
from sandbox.runs.adapters import who_taught
from sandbox.runs.reach import Reach
from sandbox.runs.reading import Run
from sandbox.runs.studied import studied
from sandbox.runs.tags import tags_told
from sandbox.runs.words import account, outcome, what_next
from sandbox.sheet import Cell, Sheet
from sandbox.terminal import console, plain, plain_line
from sandbox.text import SCRIPTED_NOTE, counted


def summary_sheets(frame: Frame) -> Iterator[Sheet]:
    """Every table of the summary of a run."""
    yield from round_sheets(frame)
    yield accounts_sheet(frame)
    yield from _group_sheets(frame)


def _group_sheets(frame: Frame) -> Iterator[Sheet]:
    yield from group_sheets(frame, "label", frame.labels)
    yield from group_sheets(frame, "model", frame.models)


def summary_view(run: Run, frame: Frame) -> Iterator[RenderableType]:
    """What was run, how it ended, its figures, the grid of the last round, and what to do next."""
    yield Group(*map(plain_line, _lines(run)))
    if not len(frame):
        yield plain("No interaction is in the log yet.")
        return
    shown = some_rounds(every_round(frame))
    if begun := len(frame) % run.manifest.config.agents:
        yield plain(
            f"Round {int(frame.rounds[-1])} is not whole: {begun} of {run.manifest.config.agents} interactions."
        )
    several = (sheet for sheet in _group_sheets(frame) if len(sheet.rows) > 1)
    for sheet in (*round_sheets(frame, *shown), accounts_sheet(frame, *shown), *several):
        yield sheet.table(console().width)
    yield from map_view(run, frame, rounds_of_map(run, frame))


def rounds_of_map(run: Run, frame: Frame, wanted: str | None = None) -> tuple[int, ...]:
    """One round, or two between which the change is wanted: those of a span, or the last that is whole.

    Where none is whole it is the one that has begun. Raises `UsageError`.
    """
    if wanted is not None:
        return Reach.of_rounds(run, len(frame), "--map").ends_reached(wanted)
    return (max(0, len(frame) // run.manifest.config.agents - 1),)


def map_view(run: Run, frame: Frame, rounds: Sequence[int]) -> Iterator[RenderableType]:
    """The alignment of revisions on the grid in a round, or the change from the first to the second of two."""
    title, cells, low, high = map_cells(run, frame, rounds)
    size = block_side(len(cells), WIDEST)
    blocks = f" A cell is the mean of {size} x {size} agents." if size > 1 else ""
    yield Text("")
    dots = " A dot is an agent without a rating." if np.isnan(cells).any() and size == 1 else ""
    yield plain(f"{title}, a cell an agent, row by row, from {low:g} to {high:g}.{blocks}{dots}")
    yield grid_text(cells, low, high)


def map_sheet(run: Run, frame: Frame, rounds: Sequence[int]) -> Sheet:
    """The same as a table: a row an agent."""
    title, cells, _, _ = map_cells(run, frame, rounds)
    rows: list[Sequence[Cell]] = [
        [row * len(cells) + column, row, column, None if np.isnan(value) else value]
        for (row, column), value in np.ndenumerate(cells)
    ]
    value = "alignment_change" if len(rounds) > 1 else "revision_alignment"
    return Sheet(title, ("agent", "row", "column", value), rows)


def map_cells(run: Run, frame: Frame, rounds: Sequence[int]) -> tuple[str, Numbers, float, float]:
    """Title, cells (side, side), and the least and the most that a cell can be; of one round or of two."""
    side = run.manifest.config.grid
    ratings = frame.ratings["revision", "alignment"]
    first, *others = (grid(frame, side, ratings, round_) for round_ in rounds)
    if not others:
        return f"Alignment of revisions in round {rounds[0]}", first, 1.0, 7.0
    return f"Change of alignment from round {rounds[0]} to {rounds[1]}", others[0] - first, -6.0, 6.0


def _lines(run: Run) -> Iterator[str]:
    manifest = run.manifest
    config, models = manifest.config, manifest.models
    yield outcome(manifest, run.status)
    yield (
        f"{config.grid} x {config.grid} agents, {counted(config.rounds, 'round')}, "
        f"{counted(config.neighbours, 'neighbour')} ({config.scope}), labels {config.labels}, seed {manifest.seed}"
    )
    yield f"agents: {', '.join(models.agents)}; observer: {models.observer}; embedder: {manifest.embedder.name}"
    yield from who_taught(manifest.adapters)
    yield f"{manifest.questions.count} questions from {manifest.questions.name}"
    if told := "; ".join(f"{name}: {value}" for name, value in studied(manifest)):
        yield told
    if was_killed(run):
        yield KILLED_NOTE
    yield from account(manifest)
    yield from tags_told(run.directory.path)
    if "scripted" in (*models.agents, models.observer):
        yield SCRIPTED_NOTE
    if run.status in ("stopped", "interrupted", "failed"):
        yield what_next(manifest, run.directory.path)
