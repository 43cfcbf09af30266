"""`sandbox inspect`: the list of runs, one interaction, and which other view is meant. Reads only.

Imports nothing that is only needed for figures: a list and a story should be there at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from sandbox.commands.unquoted import quotes_missed
from sandbox.errors import UsageError
from sandbox.export.names import EXPORT_KIND
from sandbox.figures.killed import was_killed
from sandbox.figures.records_at import find_interaction
from sandbox.figures.runs_list import Listed, check_status, listed_in, ordered, runs_data, runs_sheet
from sandbox.inspection.options import View
from sandbox.inspection.output import Answer, Shown, deliver
from sandbox.inspection.story import interaction_story, prompts_story
from sandbox.options.resolution import naming_places, resolve
from sandbox.progress.alive import alive
from sandbox.runs.kept_questions import KeptQuestion
from sandbox.runs.kinds import OtherKindError
from sandbox.runs.manifest import Manifest
from sandbox.runs.reading import Run, open_run
from sandbox.runs.records import Interaction, JournalLine, RoundSummary
from sandbox.terminal import plain, warn, write_json
from sandbox.text import typed

SCHEMAS: Final[dict[str, type[BaseModel]]] = {
    "interactions.jsonl": Interaction,
    "rounds.jsonl": RoundSummary,
    "calls.jsonl": JournalLine,
    "questions.jsonl": KeptQuestion,
    "manifest.json": Manifest,
}


def run_inspect(names: Sequence[str], flags: Mapping[str, Any], file: Path | None) -> int:
    """Show what the options ask of the runs called `names`, or the list of runs; the exit code."""
    resolved = resolve(View, flags, file)
    of_variables = resolved.of_variables()
    asked = resolved.without(of_variables)
    view = resolved.without(of_variables - asked.standing(len(names)))
    with naming_places(resolved), quotes_missed(View, view.runs):
        try:
            _show(names, view)
        except OtherKindError as error:
            return _open_elsewhere(error, names, view)
    return 0


def _open_elsewhere(error: OtherKindError, names: Sequence[str], view: View) -> int:
    """Show a folder of another kind with what knows it. Raises `UsageError` where nothing does, or more is asked."""
    if error.kind != EXPORT_KIND:
        raise error
    if len(names) > 1 or view != View(runs=view.runs, json=view.json, debug=view.debug):
        raise UsageError(
            f"{error.path} is a training set, and no run.\nLook at it: sandbox inspect {typed(error.path)}"
        )
    from sandbox.commands.check import run_check

    return run_check(error.path, trainers=None, json=view.json)


def _show(names: Sequence[str], view: View) -> None:
    view.check(len(names))
    if view.schema:
        write_json({file: kind.model_json_schema() for file, kind in SCHEMAS.items()})
    elif view.browse:
        _browse(names, view)
    elif not names:
        _deliver(_list(view), view)
    else:
        _runs([open_run(name, view.runs) for name in names], view)


def _runs(runs: Sequence[Run], view: View) -> None:
    if view.interaction and len(runs) == 1:
        with alive(f"Looking for {view.interaction}"):
            answer = _interaction(runs[0], view.interaction, view)
        _deliver(answer, view)
        return
    from sandbox.commands.figures import show_figures

    with alive("Counting lines"):
        warnings = [warning for run in runs for warning in run.warnings()]
    _warn(warnings)
    show_figures(runs, view)


def _deliver(answer: Answer, view: View) -> None:
    deliver(answer, json=view.json, csv=view.csv, table=view.table)


def _list(view: View) -> Answer:
    check_status(view.status)
    with alive(f"Looking through {view.runs}"):
        found, broken = listed_in(view.runs)
    _warn(broken)
    read = [each for each in found if view.status in (None, each.run.status) and _speaks(each.run, view.model)]
    kept, now = ordered(read, view.sort, reverse=view.reverse)[: view.limit], datetime.now(UTC)

    def shown() -> Iterator[Shown]:
        if read:
            yield runs_sheet(kept, now)
            yield from _killed(kept)
        elif found:
            yield plain(f"None of the {len(found)} runs in {view.runs} fits.")
        else:
            yield plain(f"No runs in {view.runs}. Make one: sandbox simulate --model scripted --questions starter")

    return Answer(
        sheets=lambda: [runs_data(kept, now)],
        document=lambda: [each.run.manifest.model_dump(mode="json") | each.figures(now) for each in kept],
        shown=shown,
    )


def _killed(runs: Sequence[Listed]) -> Iterator[Shown]:
    """How to go on with what was cut off, for the first of them."""
    if paths := [each.run.directory.path for each in runs if was_killed(each.run)]:
        these = "It was killed" if len(paths) == 1 else f"{len(paths)} of them were killed"
        yield plain(f"{these}, and can go on: sandbox simulate --resume {typed(paths[0])}")


def _speaks(run: Run, model: str | None) -> bool:
    models = run.manifest.models
    return model is None or model in (*models.agents, models.observer, *models.reported)


def _interaction(run: Run, wanted: str, view: View) -> Answer:
    found = find_interaction(run, wanted)
    if view.prompts:
        return _prompts(run, found)
    return Answer(document=lambda: found.model_dump(mode="json"), shown=lambda: [interaction_story(found)])


def _prompts(run: Run, found: Interaction) -> Answer:
    from sandbox.inspection.prompts_sent import prompts_sent  # brings templates and agents

    sent = list(prompts_sent(run, found))
    return Answer(
        document=lambda: {**found.model_dump(mode="json"), "prompts": [each.document() for each in sent]},
        shown=lambda: [prompts_story(sent)],
    )


def _browse(names: Sequence[str], view: View) -> None:
    from sandbox.inspection.browser.app import browse

    browse(view.runs, open_run(names[0], view.runs) if names else None)


def _warn(problems: Iterable[str]) -> None:
    for problem in problems:
        warn(problem)
