"""What `sandbox inspect` lists: runs, what lies beside them, studies, and the runs of one. Prints warnings alone."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sandbox.figures.cells_list import CELL_STATUSES, cells_data, cells_in_order, cells_of, cells_sheet
from sandbox.figures.evaluations_list import (
    ListedEvaluation,
    evaluations_data,
    evaluations_in,
    evaluations_sheet,
)
from sandbox.figures.killed import was_killed
from sandbox.figures.ratings_list import ListedRating, ratings_data, ratings_in, ratings_sheet
from sandbox.figures.runs_list import Listed, check_status, listed_in, ordered, runs_data, runs_sheet
from sandbox.figures.studies_list import ListedStudy, studies_data, studies_in, studies_sheet
from sandbox.figures.trainings_list import ListedTraining, listed_trainings_sheet, trainings_data, trainings_in
from sandbox.inspection.options import View
from sandbox.inspection.output import Answer, Shown
from sandbox.progress.alive import alive
from sandbox.runs.reading import Run
from sandbox.runs.study import Study
from sandbox.sheet import Sheet
from sandbox.terminal import plain, warn
from sandbox.text import typed


def list_of_runs(view: View) -> Answer:
    """The runs that `view` chooses, and what is beside them unless it chooses. Raises `UsageError`."""
    check_status(view.status)
    with alive(f"Looking through {view.runs}"):
        found, broken = listed_in(view.runs)
        beside = _beside(view)
    _warn(broken)
    read = [each for each in found if view.status in (None, each.run.status) and _speaks(each.run, view.model)]
    kept, now = ordered(read, view.sort, reverse=view.reverse)[: view.limit], datetime.now(UTC)

    def shown() -> Iterator[Shown]:
        if read:
            yield runs_sheet(kept, now)
            yield from _killed(kept)
        elif found:
            yield plain(f"None of the {len(found)} runs in {view.runs} fits.")
        elif not any(beside):
            yield plain(f"No runs in {view.runs}. Make one: sandbox simulate --model scripted --questions starter")
        yield from (sheet for sheet in beside.sheets(now) if sheet.rows)

    def sheets() -> list[Sheet]:
        """One alone by default: a file of CSV that programs read stays as it is when there are others."""
        return [runs_data(kept, now), *(beside.data(now) if view.table else ())]

    def document() -> list[object]:
        rows = [each.run.manifest.model_dump(mode="json") | each.figures(now) for each in kept]
        named = (row | {"run_id": each.run.name} for row, each in zip(rows, kept, strict=True))
        return [*named, *beside.rows(now)]

    return Answer(sheets=sheets, document=None if view.table else document, shown=shown)


class _Beside(NamedTuple):
    """What is listed beside runs."""

    evaluations: list[ListedEvaluation]
    ratings: list[ListedRating]
    trainings: list[ListedTraining]
    studies: list[ListedStudy]

    def rows(self, now: datetime) -> list[object]:
        """For JSON."""
        beside = (self.evaluations, self.ratings, self.trainings, self.studies)
        return [each.document(now) for kind in beside for each in kind]

    def sheets(self, now: datetime) -> list[Sheet]:
        """For people."""
        beside = [evaluations_sheet(self.evaluations, now), ratings_sheet(self.ratings, now)]
        return [*beside, listed_trainings_sheet(self.trainings, now), studies_sheet(self.studies, now)]

    def data(self, now: datetime) -> list[Sheet]:
        """For programs."""
        beside = [evaluations_data(self.evaluations, now), ratings_data(self.ratings, now)]
        return [*beside, trainings_data(self.trainings, now), studies_data(self.studies, now)]


def _beside(view: View) -> _Beside:
    """Evaluations, ratings, trainings among runs, studies in their folder; none where `view` asks for some runs."""
    if view.status or view.model or view.limit:
        return _Beside([], [], [], [])
    evaluations, broken = evaluations_in(view.runs)
    ratings, worse = ratings_in(view.runs)
    trainings, bad = trainings_in(view.runs)
    studies, more = studies_in(view.studies)
    _warn([*broken, *worse, *bad, *more])
    return _Beside(evaluations, ratings, trainings, studies)


def _killed(runs: Sequence[Listed]) -> Iterator[Shown]:
    """How to go on with what was cut off, for the first of them."""
    if paths := [each.run.directory.path for each in runs if was_killed(each.run)]:
        these = "It was killed" if len(paths) == 1 else f"{len(paths)} of them were killed"
        yield plain(f"{these}, and can go on: sandbox simulate --resume {typed(paths[0])}")


def list_of_cells(study: Study, view: View) -> Answer:
    """The runs of `study` that `view` chooses. Raises `UsageError`."""
    check_status(view.status, CELL_STATUSES)
    with alive(f"Looking through {study.folder.path}"):
        found, broken = cells_of(study)
    _warn(broken)
    read = [
        each
        for each in found
        if view.status in (None, each.status)
        and (view.model is None or (each.listed and _speaks(each.listed.run, view.model)))
    ]
    kept, now = cells_in_order(study, read, view.sort, reverse=view.reverse)[: view.limit], datetime.now(UTC)

    def shown() -> Iterator[Shown]:
        if not read:
            yield plain(f"None of the {len(found)} cells of {study.folder.path} fits.")
            return
        yield cells_sheet(study, kept, now)
        if any(each.status not in ("complete", "running") and not each.cell.retired for each in kept):
            yield plain(f"Go on with it: sandbox study run {typed(study.folder.path)}")

    return Answer(
        sheets=lambda: [cells_data(study, kept, now)],
        document=lambda: [each.document(now) for each in kept],
        shown=shown,
    )


def _speaks(run: Run, model: str | None) -> bool:
    models = run.manifest.models
    return model is None or model in (*models.agents, models.observer, *models.reported)


def _warn(problems: Iterable[str]) -> None:
    for problem in problems:
        warn(problem)
