"""What each cell of a study came to, from the sums of its rounds and its manifest. No log of a complete one is read.

Knows cells and rounds; not how they are pooled.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from agents.protocol import DIMENSIONS
from sandbox.errors import SandboxError, of_either
from sandbox.figures.columns import Counts, Numbers
from sandbox.figures.frame import read_frame
from sandbox.figures.killed import counted
from sandbox.runs.manifest import Totals
from sandbox.runs.reading import Run
from sandbox.runs.round_records import Mean, MeanGain, RoundSummary
from sandbox.runs.study import Cell, Study
from sandbox.vocabulary.names import score_columns

# Means of the observer's ratings, in the order of every table; a gain is from draft to revision where both are rated.
MEASURES: Final = tuple(name for dimension in DIMENSIONS for name in score_columns(dimension))
BROKEN: Final = "broken"  # status of a cell whose run cannot be read
COMPLETE: Final = "complete"
_MOST_WARNINGS: Final = 10
_LARGEST: Final = 1 << 53  # counts beyond are no whole numbers as floats, and nobody's


class RoundSums(NamedTuple):
    """Of the whole rounds of a run: sums and counts of ratings, (rounds, measures), and how many interactions."""

    sums: Counts
    counts: Counts
    interactions: Counts


@dataclass(frozen=True, slots=True, eq=False)
class CellFigures:
    """A cell and its numbers. `sums` and `counts` of ratings are (rounds, measures), of whole rounds alone.

    `interactions` are those of each round. `seed` and `totals` are of its run, None where there is none of this cell.
    """

    cell: Cell
    status: str
    sums: Counts
    counts: Counts
    interactions: Counts
    seed: int | None = None
    totals: Totals | None = None
    scripted: bool = False

    @property
    def rounds(self) -> int:
        """How many are whole."""
        return len(self.interactions)

    def means(self) -> Numbers:
        """Of each measure over all its ratings, nan where there is none: every rating weighs the same."""
        return ratio(self.sums.sum(axis=0), self.counts.sum(axis=0))

    def by_round(self) -> Numbers:
        """The same of each round: (rounds, measures)."""
        return ratio(self.sums, self.counts)


class StudyFigures(NamedTuple):
    """The cells that a study has, by index, how many it has no more, and what is wrong with those that are broken."""

    study: Study
    cells: Sequence[CellFigures]
    retired: int
    warnings: Sequence[str]

    @property
    def axes(self) -> list[str]:
        """As the record of the study has them."""
        return self.study.record.all_axes

    @property
    def complete(self) -> list[CellFigures]:
        """Those whose figures may be pooled."""
        return [each for each in self.cells if each.status == COMPLETE]


def figures_of(study: Study) -> StudyFigures:
    """Reads every run of `study`; one that cannot be read is a `broken` cell, and a warning says why."""
    warnings: list[str] = []
    cells = [_figures(study, cell, warnings) for cell in study.record.cells if not cell.retired]
    if more := len(warnings[_MOST_WARNINGS:]):
        warnings[_MOST_WARNINGS:] = [f"{more} more of its cells cannot be read, and are left out."]
    return StudyFigures(study, cells, len(study.record.cells) - len(cells), warnings)


def _figures(study: Study, cell: Cell, warnings: list[str]) -> CellFigures:
    try:
        found = study.cell_run(cell)
        status = found.status
        if found.run is None or status == "another":
            return _nothing(cell, status)
        return _of_run(cell, status, counted(found.run))
    except (SandboxError, OSError) as error:
        warnings.append(f"Cell {cell.name} is left out: {of_either(error)}")
        return _nothing(cell, BROKEN)


def _nothing(cell: Cell, status: str) -> CellFigures:
    none = np.zeros((0, len(MEASURES)), dtype=np.int64)
    return CellFigures(cell, status, none, none, none[:, 0])


def _of_run(cell: Cell, status: str, run: Run) -> CellFigures:
    models = run.manifest.models
    return CellFigures(
        cell,
        status,
        *round_sums(run, status),
        seed=run.manifest.seed,
        totals=run.manifest.totals,
        scripted="scripted" in (*models.agents, models.observer),
    )


def round_sums(run: Run, status: str) -> RoundSums:
    """Those of `run`, which has that status. Raises `SandboxError` for what are no rounds of it."""
    if run.given:
        return _rescored(run)
    rounds = run.rounds()
    for problem in _problems(status, run, rounds):
        raise SandboxError(f"{run.directory.rounds}: {problem}.")
    pairs = np.array([list(_sums(each)) for each in rounds], dtype=np.int64).reshape(-1, len(MEASURES), 2)
    interactions = np.array([each.interactions for each in rounds], dtype=np.int64)
    return RoundSums(pairs[:, :, 0], pairs[:, :, 1], interactions)


def _rescored(run: Run) -> RoundSums:
    """With the scores of a rating, from columns: records take three times as long."""
    frame, agents = read_frame(run), run.manifest.config.agents
    each = [[frame.ratings["draft", name], frame.ratings["revision", name], frame.gain(name)] for name in DIMENSIONS]
    rounds = len(frame) // agents
    columns = np.concatenate(each)[:, : rounds * agents].reshape(len(MEASURES), rounds, agents)
    counts = (~np.isnan(columns)).sum(axis=2).T
    return RoundSums(np.nansum(columns, axis=2).T.astype(np.int64), counts, np.full(rounds, agents))


def _problems(status: str, run: Run, rounds: Sequence[RoundSummary]) -> Iterator[str]:
    """Why these are no rounds of this run: a folder can come from anybody."""
    config, totals = run.manifest.config, run.manifest.totals
    if len(rounds) > config.rounds or (status == COMPLETE and len(rounds) < config.rounds):
        yield f"it has {len(rounds)} of {config.rounds} rounds, and its run is {status}"
    for each in rounds:
        if each.interactions != config.agents or any(mean.count > config.agents for mean in _means(each)):
            yield f"round {each.round} is not one of {config.agents} agents"
    numbers = (totals.calls, totals.prompt_tokens, totals.completion_tokens, totals.missing_ratings, totals.failed)
    if max(*numbers, run.manifest.seed) > _LARGEST:
        yield "its manifest has a number that nothing comes to"


def _means(summary: RoundSummary) -> Iterator[Mean | MeanGain]:
    """In the order of `MEASURES`."""
    draft, revision, gain = summary.scores.draft, summary.scores.revision, summary.gain
    yield from (draft.alignment, revision.alignment, gain.alignment)
    yield from (draft.engagement, revision.engagement, gain.engagement)


def _sums(summary: RoundSummary) -> Iterator[tuple[int, int]]:
    """Sum and count of each: ratings are whole numbers, and so are gains."""
    return ((round((each.mean or 0.0) * each.count), each.count) for each in _means(summary))


def ratio(sums: Counts | Numbers, counts: Counts) -> Numbers:
    """Means, nan where nothing is counted."""
    means: Numbers = np.divide(sums, counts, out=np.full(counts.shape, np.nan), where=counts > 0)
    return means
