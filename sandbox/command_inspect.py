"""`sandbox inspect`: shows what was asked for, as tables, CSV or one JSON document. Reads only."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from memory.disk import write_atomically
from sandbox.errors import SandboxError, UsageError
from sandbox.inspection.comparison import comparison_sheets, read_all
from sandbox.inspection.found import found_list, found_records, found_sheet
from sandbox.inspection.frame import Frame, read_frame
from sandbox.inspection.life import life_sheet, memory_sheet
from sandbox.inspection.output import documents, show_all, show_sheets
from sandbox.inspection.reasons import examples, interactions_sheet, ratings_sheet
from sandbox.inspection.records_at import find_interaction
from sandbox.inspection.run_view import map_sheet, map_view, summary_sheets, summary_view
from sandbox.inspection.runs_list import listed, ordered, runs_sheet
from sandbox.inspection.selection import SORT_KEYS, Selection, Span, in_order
from sandbox.inspection.sheet import Sheet
from sandbox.inspection.story import interaction_story, prompts_story
from sandbox.manifest import Manifest
from sandbox.records import Interaction, JournalLine, RoundSummary
from sandbox.resolution import nearest
from sandbox.run_reading import Run, find_runs, open_run
from sandbox.terminal import error_console, plain, show, write_json
from sandbox.text import bytes_shown
from sandbox.view_options import PlotKind, View

SCHEMAS: Final[dict[str, type[BaseModel]]] = {
    "interactions.jsonl": Interaction,
    "rounds.jsonl": RoundSummary,
    "calls.jsonl": JournalLine,
    "manifest.json": Manifest,
}
FEW: Final = 20


def run_inspect(names: Sequence[str], view: View) -> None:
    """Show what `view` asks of the runs called `names`, or the list of runs."""
    if view.schema:
        write_json({file: kind.model_json_schema() for file, kind in SCHEMAS.items()})
    elif view.browse:
        _browse(names, view)
    elif not names:
        if view.needs_a_run:
            raise UsageError("Name the run that is meant. List them: sandbox inspect")
        _list(view)
    else:
        _runs([open_run(name, view.runs) for name in names], view)


def _runs(runs: Sequence[Run], view: View) -> None:
    if not view.interaction:  # which is looked up at once, whatever the size of the log
        _warn(warning for run in runs for warning in run.warnings())
    if view.html:
        _report(runs, view.html)
    elif view.plot:
        _plot(runs, view.plot, view)
    elif len(runs) > 1:
        _compare(runs, view)
    else:
        _one(runs[0], view)


def _one(run: Run, view: View) -> None:
    if view.interaction:
        _interaction(run, view.interaction, view)
    elif view.prompts:
        raise UsageError("--prompts shows the prompts of one interaction: name it with --interaction r003-a042.")
    elif view.why:
        _why(run, read_frame(run), view)
    elif view.agent and view.agent.isdecimal() and not view.chooses:
        _life(run, read_frame(run), int(view.agent), view)
    elif view.chooses or view.agent:
        _interactions(run, read_frame(run), view)
    elif view.map:
        _map(run, read_frame(run), view.map, view)
    else:
        _summary(run, read_frame(run), view)


def _list(view: View) -> None:
    found, broken = find_runs(view.runs)
    read = []
    for run in found:
        if view.status in (None, run.status) and _speaks(run, view.model):
            try:
                read.append(listed(run))
            except SandboxError as error:
                broken.append(str(error))
    _warn(broken)
    kept = ordered(read, view.sort, reverse=view.reverse)[: view.limit]
    if view.json:
        write_json([each.document() for each in kept])
    elif read or view.csv:
        show_sheets([runs_sheet(kept)], view)
    else:
        which = "that fit" if found else f"in {view.runs}"
        show(plain(f"No runs {which}. Make one: sandbox simulate --model scripted --questions starter"))


def _speaks(run: Run, model: str | None) -> bool:
    models = run.manifest.models
    return model is None or model in (*models.agents, models.observer, *models.reported)


def _summary(run: Run, frame: Frame, view: View) -> None:
    if view.json:
        rounds = [summary.model_dump(mode="json") for summary in run.rounds()]
        manifest = {**run.manifest.model_dump(mode="json"), "status_now": run.status}
        write_json({"manifest": manifest, "rounds": rounds, "tables": documents(summary_sheets(frame))})
    elif view.csv or view.table:
        show_sheets(list(summary_sheets(frame)), view)
    else:
        for part in summary_view(run, frame):
            show(part)


def _interactions(run: Run, frame: Frame, view: View) -> None:
    by = view.sort or "round"
    if by not in SORT_KEYS:
        raise UsageError(f"--sort {by}: interactions have no such order.{nearest(by, SORT_KEYS)}")
    fits = in_order(frame, _selection(view).of(run, frame), by, reverse=view.reverse)
    kept = fits[: view.limit or (None if view.csv or view.json else FEW)]
    if view.json:
        records = [item.model_dump(mode="json") for item in found_records(run, kept)]
        write_json({"found": len(fits), "interactions": records})
        return
    more = "; --limit shows more" if len(kept) < len(fits) else ""
    note = f"{len(kept)} of {len(fits)} that fit{more}"
    show_sheets([(found_sheet if view.csv else found_list)(run, frame, kept, note)], view)


def _selection(view: View) -> Selection:
    return Selection(
        rounds=Span.parse(view.round) if view.round else None,
        agents=Span.parse(view.agent) if view.agent else None,
        label=view.label,
        model=view.model,
        search=view.search,
        min_gain=view.min_gain,
        max_gain=view.max_gain,
        min_disagreement=view.min_disagreement,
        missing=view.missing,
        failed=view.failed,
    )


def _interaction(run: Run, wanted: str, view: View) -> None:
    found = find_interaction(run, wanted)
    if view.prompts:
        _prompts(run, found, view)
    elif view.json:
        write_json(found.model_dump(mode="json"))
    else:
        show(interaction_story(found))


def _prompts(run: Run, found: Interaction, view: View) -> None:
    from sandbox.inspection.prompts_sent import prompts_sent  # brings templates and agents

    sent = list(prompts_sent(run, found))
    if view.json:
        write_json({**found.model_dump(mode="json"), "prompts": [each.document() for each in sent]})
    else:
        show(prompts_story(sent))


def _why(run: Run, frame: Frame, view: View) -> None:
    sheets = [interactions_sheet(run, frame), ratings_sheet(frame)]
    replies = [[each.interaction, each.rating, each.reason, each.raw] for each in examples(run, frame)]
    columns = ("interaction", "rating", "reason", "reply")
    sheets.append(Sheet("examples of missing ratings", columns, replies, texts=frozenset(columns)))
    show_all(sheets, view)


def _life(run: Run, frame: Frame, agent: int, view: View) -> None:
    count = run.manifest.config.grid**2
    if agent >= count:
        raise UsageError(f"--agent {agent}: no such agent. The run has 0 to {count - 1}.")
    sheets = [life_sheet(run, frame, agent), memory_sheet(run, agent)]
    show_all(sheets, view)


def _map(run: Run, frame: Frame, wanted: str, view: View) -> None:
    if view.csv or view.json:
        show_all([map_sheet(run, frame, wanted)], view)
        return
    for part in map_view(run, frame, wanted):
        show(part)


def _compare(runs: Sequence[Run], view: View) -> None:
    if view.needs_a_run or view.chooses:
        raise UsageError("Several runs are compared as wholes: name one run to look into it.")
    show_all(list(comparison_sheets(read_all(runs))), view)


def _browse(names: Sequence[str], view: View) -> None:
    from sandbox.inspection.browser import browse

    if len(names) > 1:
        raise UsageError("--browse begins with one run, or with the list of runs.")
    browse(view.runs, open_run(names[0], view.runs) if names else None)


def _report(runs: Sequence[Run], path: Path) -> None:
    from sandbox.inspection.report import write_report

    note = write_report(read_all(runs), path)
    which = "all" if note.interactions == note.of else f"{note.interactions:,} of"
    error_console().print(plain(f"{path} is written: {bytes_shown(note.size)}, {which} {note.of:,} interactions."))


def _plot(runs: Sequence[Run], kind: PlotKind, view: View) -> None:
    from sandbox.inspection.plots import plot

    path = view.output
    if path is None or path.suffix not in (".png", ".svg"):
        raise UsageError(f"--plot {kind} needs a file for the picture: -o {kind}.png or -o {kind}.svg")
    write_atomically(path, plot(read_all(runs), kind, path.suffix, view.map))
    error_console().print(plain(f"{path} is written."))


def _warn(problems: Iterable[str]) -> None:
    for problem in problems:
        error_console().print(plain(f"Warning: {problem}"), style="yellow")
