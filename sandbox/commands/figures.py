"""`sandbox inspect` of whole runs: figures, lists of interactions, comparisons, reports and pictures. Reads only."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from sandbox.commands.pictures import write_picture
from sandbox.errors import UsageError
from sandbox.figures.comparison import comparison_sheets
from sandbox.figures.found import found_list, found_sheet
from sandbox.figures.frame import Frame, read_frame
from sandbox.figures.full_text import holding
from sandbox.figures.killed import counted
from sandbox.figures.life import life_sheet, memory_sheet
from sandbox.figures.reads import read_all
from sandbox.figures.reasons import examples, examples_sheet, why_sheets
from sandbox.figures.records_at import records_in_order
from sandbox.figures.selection import SORT_KEYS, Selection, in_order
from sandbox.figures.tagged import tag_keys
from sandbox.inspection.options import PlotKind, View
from sandbox.inspection.output import Answer, Parts, chosen, deliver, tables
from sandbox.inspection.run_view import map_sheet, map_view, rounds_of_map, summary_sheets, summary_view
from sandbox.inspection.story import replies_story
from sandbox.progress.alive import alive
from sandbox.runs.rating.given import scores_note
from sandbox.runs.reach import Reach
from sandbox.runs.reading import Run
from sandbox.runs.tags import tags_of
from sandbox.sheet import Sheet
from sandbox.span import Span
from sandbox.terminal import error_console, plain, warn
from sandbox.text import bytes_shown, nearest
from sandbox.vocabulary.vocabulary import current, readable

FEW: Final = 20


def show_figures(runs: Sequence[Run], view: View) -> None:
    """Show what `view` asks of `runs`."""
    if view.html:
        _report(runs, view.html)
    elif view.plot:
        _plot(runs, view.plot, view)
    else:
        with alive(f"Reading {', '.join(run.directory.name for run in runs)}"):
            answer = _compared(runs) if len(runs) > 1 else _of_one(runs[0], view)
        deliver(answer.noted(scores_note(runs)), json=view.json, csv=view.csv, table=view.table)


def _of_one(run: Run, view: View) -> Answer:
    if view.why:
        return _why(run, read_frame(run))
    if view.agent and view.agent.isdecimal() and not view.lists:
        return _life(run, read_frame(run), view.agent)
    if view.lists or view.agent is not None:
        return _interactions(run, view)
    if view.map is not None:
        return _map(run, read_frame(run), view.map)
    return _summary(counted(run), read_frame(run), view.table)


def _summary(run: Run, frame: Frame, table: str | None) -> Answer:
    def document() -> dict[str, Any]:
        return {
            "manifest": {**run.manifest.model_dump(mode="json"), "status_now": run.status},
            **tag_keys(tags_of(run.directory.path, [])),
            **({"scores": note} if (note := scores_note([run])) else {}),
            "rounds": [summary.model_dump(mode="json") for summary in run.rounds()],
            **tables(chosen(summary_sheets(frame), table)),
        }

    return Answer(sheets=lambda: summary_sheets(frame), document=document, shown=lambda: summary_view(run, frame))


def _interactions(run: Run, view: View) -> Answer:
    by = current(view.sort or "round", SORT_KEYS)
    if by not in SORT_KEYS:
        near = nearest(by, readable(SORT_KEYS))
        raise UsageError(f"--sort {by}: interactions have no such order.{near}\nThere are: {', '.join(SORT_KEYS)}.")
    with ThreadPoolExecutor(1) as beside:  # columns are parsed without Python, while texts are searched with it
        reading = beside.submit(read_frame, run)
        found = holding(run, view.search) if view.search is not None else None
        frame = reading.result()
    _check_names(frame, view)
    fits = in_order(frame, _selection(run, frame, view).of(run, frame, found), by, reverse=view.reverse)
    kept = fits[: view.limit or (None if view.csv or view.json else FEW)]

    def document() -> Parts:
        records = (item.model_dump_json() for item in records_in_order(run, kept.tolist()))
        return Parts(f'{{"found":{len(fits)},"interactions":[', records, "]}")

    def sheet() -> Sheet:
        if view.csv:
            return found_sheet(run, frame, kept)
        more = "; --limit shows more" if len(kept) < len(fits) else ""
        return found_list(
            run, frame, kept, by, f"{len(kept)} of {len(fits)} that fit, of {len(frame)} in the log{more}"
        )

    return Answer(sheets=lambda: [sheet()], document=document)


def _check_names(frame: Frame, view: View) -> None:
    """Raises `UsageError` for a label or a model that nobody in the run has: a slip, and no empty result."""
    for flag, wanted, names in (("label", view.label, frame.labels), ("model", view.model, frame.models)):
        known = sorted({name for name in names if name is not None})
        if wanted is not None and wanted not in known:
            there = ", ".join(known) or "none"
            raise UsageError(
                f"--{flag} {wanted}: nobody in this run has it.{nearest(wanted, known)} There is: {there}."
            )


def _selection(run: Run, frame: Frame, view: View) -> Selection:
    return Selection(
        rounds=_span(view.round, Reach.of_rounds(run, len(frame), "--round")) if view.round is not None else None,
        agents=_span(view.agent, Reach.of_agents(run)) if view.agent is not None else None,
        label=view.label,
        model=view.model,
        search=view.search,
        min_gain=view.min_gain,
        max_gain=view.max_gain,
        min_disagreement=view.min_disagreement,
        missing=view.missing,
        failed=view.failed,
    )


def _span(text: str, reach: Reach) -> Span:
    """Warns where the run has a part of it, and raises `UsageError` where it has nothing of it."""
    span = reach.reached(text)
    if told := reach.shortfall(span):
        warn(told)
    return span


def _why(run: Run, frame: Frame) -> Answer:
    missing = examples(run, frame)
    sheets = [*why_sheets(run, frame), examples_sheet(missing)]

    return Answer(sheets=lambda: sheets, shown=lambda: [*sheets, replies_story(missing)])


def _life(run: Run, frame: Frame, wanted: str) -> Answer:
    agent = Reach.of_agents(run).reached(wanted).first
    return Answer(sheets=lambda: [life_sheet(run, frame, agent), memory_sheet(run, agent)])


def _map(run: Run, frame: Frame, wanted: str) -> Answer:
    rounds = rounds_of_map(run, frame, wanted)
    return Answer(sheets=lambda: [map_sheet(run, frame, rounds)], shown=lambda: map_view(run, frame, rounds))


def _compared(runs: Sequence[Run]) -> Answer:
    reads = read_all(runs)
    return Answer(sheets=lambda: comparison_sheets(reads))


def _report(runs: Sequence[Run], path: Path) -> None:
    from sandbox.inspection.report.page import write_report

    with alive(f"Writing {path}"):
        note = write_report(read_all(runs), path)
    which = "all" if note.interactions == note.of else f"{note.interactions:,} of"
    error_console().print(plain(f"{path} is written: {bytes_shown(note.size)}, {which} {note.of:,} interactions."))


def _plot(runs: Sequence[Run], kind: PlotKind, view: View) -> None:
    from sandbox.inspection.plots import plot

    write_picture(kind, view.output, lambda form: plot(read_all(runs), kind, form, view.map))
