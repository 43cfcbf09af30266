"""Finds runs and reads their records, also while a run goes on. Knows no terminal."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sandbox.errors import SandboxError, UsageError
from sandbox.json_lines import read_lines
from sandbox.manifest import Manifest
from sandbox.records import Interaction, RoundSummary
from sandbox.resolution import nearest
from sandbox.run_directory import RunDirectory, is_held


class Run(NamedTuple):
    """A run on disk."""

    directory: RunDirectory
    manifest: Manifest

    @property
    def status(self) -> str:
        """As the manifest says, but `interrupted` for a run that says `running` and that nobody works on."""
        dead = self.manifest.status == "running" and not is_held(self.directory)
        return "interrupted" if dead else self.manifest.status

    def rounds(self) -> list[RoundSummary]:
        """The summaries of its whole rounds so far."""
        return list(read_lines(self.directory.rounds, RoundSummary))

    def interactions(self) -> Iterator[Interaction]:
        """Its interactions so far, in (round, agent) order."""
        return read_lines(self.directory.interactions, Interaction)


def find_runs(runs: Path) -> tuple[list[Run], list[str]]:
    """Every run in folder `runs`, oldest first, and what is wrong with those that cannot be read."""
    found: list[Run] = []
    broken: list[str] = []
    for path in sorted(runs.glob("*/manifest.json")) if runs.is_dir() else ():
        if path.parent.name.startswith("."):
            continue
        try:
            directory = RunDirectory(path.parent)
            found.append(Run(directory, directory.read_manifest()))
        except SandboxError as error:
            broken.append(str(error))
    return sorted(found, key=lambda run: run.manifest.created), broken


def open_run(name: str, runs: Path) -> Run:
    """The run with this path or id. Raises `UsageError` that names the nearest id."""
    for path in (Path(name), runs / name):
        if (path / "manifest.json").is_file():
            directory = RunDirectory(path)
            return Run(directory, directory.read_manifest())
    ids = [run.directory.path.name for run in find_runs(runs)[0]]
    raise UsageError(f"{name}: no such run, as a path or in {runs}.{nearest(name, ids)}\nList them: sandbox inspect")


def find_interaction(run: Run, wanted: str) -> Interaction:
    """The interaction with id `wanted`. Raises `UsageError`."""
    last = None
    for interaction in run.interactions():
        if interaction.id == wanted:
            return interaction
        last = interaction
    known = f"It has r000-a000 to {last.id}." if last else "It has no interactions yet."
    raise UsageError(f"{wanted}: no such interaction in run {run.manifest.run_id}. {known}")
