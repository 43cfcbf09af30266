"""Which runs are meant by paths, patterns and names; what is left out is said. Reads manifests, no log.

A folder of another kind that a pattern hits is no run, and is left out in silence; one that is named is refused.
"""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sandbox.errors import SandboxError, UsageError, of_either
from sandbox.runs.complete_cells import complete_cells
from sandbox.runs.kinds import MANIFEST, STUDY_RECORD, OtherKindError
from sandbox.runs.named import run_path, study_path
from sandbox.runs.reading import Run, open_run, read_run
from sandbox.runs.study import read_study
from sandbox.text import counted, typed


class Found(NamedTuple):
    """The runs, each once, and what is to be known of what was left out."""

    runs: list[Run]
    notes: list[str]


def found_runs(patterns: Sequence[str], runs: Path, studies: Path) -> Found:
    """Those that `patterns` mean, in this order.

    Raises `UsageError` for a pattern without a run, and `SandboxError` for a named run that cannot be read.
    """
    by_path: dict[Path, Run] = {}
    notes: list[str] = []
    for pattern in patterns:
        for run in _of_pattern(pattern, runs, studies, notes):
            by_path.setdefault(run.directory.path.resolve(), run)
    return Found(list(by_path.values()), list(dict.fromkeys(notes)))


def _of_pattern(pattern: str, runs: Path, studies: Path, notes: list[str]) -> list[Run]:
    if not glob.has_magic(pattern) or os.path.lexists(pattern):
        return list(_named(pattern, runs, studies, notes))
    paths = _matching(pattern) or _matching(str(runs / pattern))
    before = len(notes)
    found = [run for path in paths for run in _at(path, notes)]
    if not found:
        hit = f"none of {counted(len(paths), 'path')} that match is one" if paths else "nothing matches"
        broken = " ".join(["", *notes[before : before + 1]])
        raise UsageError(f"{pattern}: no run: {hit}.{broken}\nList the runs: sandbox inspect --runs {typed(runs)}")
    return found


def _matching(pattern: str) -> list[Path]:
    """As a shell does it: by name, and hidden ones by a pattern with a dot alone."""
    return [Path(path) for path in sorted(glob.glob(pattern))]  # noqa: PTH207 - absolute patterns, too


def _named(name: str, runs: Path, studies: Path, notes: list[str]) -> Iterator[Run]:
    path = None if run_path(name, runs, studies) else study_path(name, runs, studies)
    if path:
        found = complete_cells(read_study(path))
        notes += found.notes
        yield from (run for _, run in found.some())
    elif _holds_runs(Path(name)):
        raise UsageError(f"{name} is a folder of runs, and no run. All of them: {str(Path(name) / '*')!r}")
    else:
        yield open_run(name, runs, studies)


def _holds_runs(path: Path) -> bool:
    return any(os.path.lexists(each / MANIFEST) for each in (path.iterdir() if path.is_dir() else ()))


def _at(path: Path, notes: list[str]) -> Iterator[Run]:
    """What is at a path that a pattern hit: a run, the runs of a study, or nothing."""
    try:
        if os.path.lexists(path / MANIFEST):
            yield read_run(path)
        elif os.path.lexists(path / STUDY_RECORD):
            found = complete_cells(read_study(path))
            notes += found.notes
            yield from (run for _, run in found.cells)
    except OtherKindError:
        return
    except (SandboxError, OSError) as error:
        notes.append(of_either(error))
