"""`sandbox inspect`: the list of runs, a run with its rounds, one interaction. Reads only."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from sandbox.errors import SandboxError
from sandbox.inspect_view import interaction_story, round_table, run_summary, runs_table
from sandbox.manifest import Manifest
from sandbox.records import Interaction, JournalLine, RoundSummary
from sandbox.run_reading import Run, find_interaction, find_runs, open_run
from sandbox.terminal import error_console, plain, show, write_json

SCHEMAS: Final[dict[str, type[BaseModel]]] = {
    "interactions.jsonl": Interaction,
    "rounds.jsonl": RoundSummary,
    "calls.jsonl": JournalLine,
    "manifest.json": Manifest,
}


def run_inspect(name: str | None, runs: Path, interaction: str | None, *, schema: bool, json: bool) -> None:
    """Show what was asked for on stdout."""
    if schema:
        write_json({file: kind.model_json_schema() for file, kind in SCHEMAS.items()})
    elif name is None:
        _list(runs, json=json)
    elif interaction is not None:
        _interaction(open_run(name, runs), interaction, json=json)
    else:
        _summary(open_run(name, runs), json=json)


def _list(runs: Path, *, json: bool) -> None:
    found, broken = find_runs(runs)
    read = []
    for run in found:
        try:
            read.append((run, run.rounds()))
        except SandboxError as error:
            broken.append(str(error))
    _warn(broken)
    if json:
        write_json([run.manifest.model_dump(mode="json") for run in found])
    elif read:
        show(runs_table(read))
    else:
        show(plain(f"No runs in {runs}. Make one: sandbox simulate --model scripted --questions starter"))


def _summary(run: Run, *, json: bool) -> None:
    rounds = run.rounds()
    _warn(run.shortfall())
    if json:
        summaries = [summary.model_dump(mode="json") for summary in rounds]
        write_json({"manifest": run.manifest.model_dump(mode="json"), "rounds": summaries})
        return
    show(run_summary(run))
    show(round_table(rounds))


def _warn(problems: Iterable[str]) -> None:
    for problem in problems:
        error_console().print(plain(f"Warning: {problem}"), style="yellow")


def _interaction(run: Run, wanted: str, *, json: bool) -> None:
    found = find_interaction(run, wanted)
    if json:
        write_json(found.model_dump(mode="json"))
    else:
        show(interaction_story(found))
