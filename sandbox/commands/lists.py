"""What `sandbox inspect` lists: runs and studies, and the runs of one study. Prints nothing but warnings."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from sandbox.figures.cells_list import CELL_STATUSES, cells_data, cells_in_order, cells_of, cells_sheet
from sandbox.figures.killed import was_killed
from sandbox.figures.runs_list import Listed, check_status, listed_in, ordered, runs_data, runs_sheet
from sandbox.figures.studies_list import ListedStudy, studies_data, studies_in, studies_sheet
from sandbox.inspection.options import View
from sandbox.inspection.output import Answer, Shown
from sandbox.progress.alive import alive
from sandbox.runs.reading import Run
from sandbox.runs.study import Study
from sandbox.sheet import Sheet
from sandbox.terminal import plain, warn
from sandbox.text import typed


def list_of_runs(view: View) -> Answer:
    """The runs that `view` chooses, and the studies beside them unless it chooses. Raises `UsageError`."""
    check_status(view.status)
    with alive(f"Looking through {view.runs}"):
        found, broken = listed_in(view.runs)
        studies = _studies(view)
    _warn(broken)
    read = [each for each in found if view.status in (None, each.run.status) and _speaks(each.run, view.model)]
    kept, now = ordered(read, view.sort, reverse=view.reverse)[: view.limit], datetime.now(UTC)

    def shown() -> Iterator[Shown]:
        if read:
            yield runs_sheet(kept, now)
            yield from _killed(kept)
        elif found:
            yield plain(f"None of the {len(found)} runs in {view.runs} fits.")
        elif not studies:
            yield plain(f"No runs in {view.runs}. Make one: sandbox simulate --model scripted --questions starter")
        if studies:
            yield studies_sheet(studies, now)

    def sheets() -> list[Sheet]:
        """One alone by default: a file of CSV that programs read stays as it is when there are studies."""
        return [runs_data(kept, now), *([studies_data(studies, now)] if view.table else ())]

    def document() -> list[object]:
        rows = [each.run.manifest.model_dump(mode="json") | each.figures(now) for each in kept]
        return [*(row | {"run_id": each.run.name} for row, each in zip(rows, kept, strict=True)), *_rows(studies, now)]

    return Answer(sheets=sheets, document=None if view.table else document, shown=shown)


def _studies(view: View) -> list[ListedStudy]:
    """Those in the folder of studies; none where `view` asks for some of the runs."""
    if view.status or view.model or view.limit:
        return []
    studies, broken = studies_in(view.studies)
    _warn(broken)
    return studies


def _rows(studies: Sequence[ListedStudy], now: datetime) -> Iterator[object]:
    return (each.document(now) for each in studies)


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
