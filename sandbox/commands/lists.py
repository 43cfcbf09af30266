"""What `sandbox inspect` lists: runs, what lies beside them, studies, and the runs of one. Prints warnings alone."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from sandbox.commands.lists_beside import beside
from sandbox.figures.cells_list import CELL_STATUSES, cells_data, cells_in_order, cells_of, cells_sheet
from sandbox.figures.killed import was_killed
from sandbox.figures.runs_list import Listed, check_status, listed_in, ordered, runs_data, runs_sheet
from sandbox.figures.tagged import tagged_data, tagged_sheet
from sandbox.figures.where import Where, where
from sandbox.inspection.options import View
from sandbox.inspection.output import Answer, Shown
from sandbox.options.tagging import split_tags
from sandbox.progress.alive import alive
from sandbox.runs.manifest import SIMULATION
from sandbox.runs.study import Study
from sandbox.sheet import Sheet
from sandbox.terminal import plain, warn
from sandbox.text import nearest, typed


def list_of_runs(view: View) -> Answer:
    """The runs that `view` chooses, and what is beside them unless it chooses. Raises `UsageError`."""
    check_status(view.status)
    asked = where(view.where)
    with alive(f"Looking through {view.runs}"):
        found, broken = listed_in(view.runs)
        others = beside(view, asked, broken)
    _warn(broken)
    read = [each for each in found if view.status in (None, each.run.status) and _chosen(each, view, asked)]
    kept, now = ordered(read, view.sort, reverse=view.reverse)[: view.limit], datetime.now(UTC)

    def shown() -> Iterator[Shown]:
        if read:
            yield runs_sheet(kept, now)
            yield from _killed(kept)
        elif found:
            yield plain(f"None of the {len(found)} runs in {view.runs} fits.{_near(view, found)}")
        elif not others:
            yield plain(f"No runs in {view.runs}. Make one: sandbox simulate --model scripted --questions starter")
        yield from others.sheets(now)

    def sheets() -> list[Sheet]:
        """One alone by default: a file of CSV that programs read stays as it is when there are others."""
        return [runs_data(kept, now), *(others.data(now) if view.table else ())]

    def document() -> list[object]:
        rows = [each.run.manifest.model_dump(mode="json") | each.figures(now) for each in kept]
        named = (row | {"run_id": each.run.name} for row, each in zip(rows, kept, strict=True))
        return [*named, *others.rows(now)]

    return Answer(sheets=sheets, document=None if view.table else document, shown=shown)


def _killed(runs: Sequence[Listed]) -> Iterator[Shown]:
    """How to go on with what was cut off, for the first of them."""
    if paths := [each.run.directory.path for each in runs if was_killed(each.run)]:
        these = "It was killed" if len(paths) == 1 else f"{len(paths)} of them were killed"
        yield plain(f"{these}, and can go on: sandbox simulate --resume {typed(paths[0])}")


def list_of_cells(study: Study, view: View) -> Answer:
    """The runs of `study` that `view` chooses. Raises `UsageError`."""
    check_status(view.status, CELL_STATUSES)
    asked = where(view.where)
    with alive(f"Looking through {study.folder.path}"):
        found, broken = cells_of(study)
    _warn(broken)
    read = [
        each
        for each in found
        if view.status in (None, each.status)
        and (_chosen(each.listed, view, asked) if each.listed else not (view.model or view.where or view.tag))
    ]
    kept, now = cells_in_order(study, read, view.sort, reverse=view.reverse)[: view.limit], datetime.now(UTC)

    def shown() -> Iterator[Shown]:
        if not read:
            yield plain(f"None of the {len(found)} cells of {study.folder.path} fits.")
            return
        yield tagged_sheet(cells_sheet(study, kept, now), [each.tags for each in kept])
        if any(each.status not in ("complete", "running") and not each.cell.retired for each in kept):
            yield plain(f"Go on with it: sandbox study run {typed(study.folder.path)}")

    return Answer(
        sheets=lambda: [tagged_data(cells_data(study, kept, now), [each.tags for each in kept])],
        document=lambda: [each.document(now) for each in kept],
        shown=shown,
    )


def _chosen(each: Listed, view: View, asked: Where) -> bool:
    """Whether its models, settings and tags are those that are wanted."""
    manifest = each.run.manifest
    models = (*manifest.models.agents, manifest.models.observer, *manifest.models.reported)
    return view.model in (None, *models) and asked.fits(SIMULATION, manifest) and each.tags.has(split_tags(view.tag))


def _near(view: View, found: Iterable[Listed]) -> str:
    """The tag that may be meant where none of what was `found` has one that is wanted."""
    there = {tag for each in found for tag in each.tags.tags}
    return next((nearest(tag, there) for tag in split_tags(view.tag) if tag not in there), "")


def _warn(problems: Iterable[str]) -> None:
    for problem in problems:
        warn(problem)
