"""Which folder a name means: that of a run, of a cell, or of a study. Reads nothing but the name in a study's TOML."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from sandbox.options.completion import RUN_ID
from sandbox.options.toml import read_toml
from sandbox.runs.kinds import MANIFEST, OPENED, STUDY_RECORD, kind_of
from sandbox.runs.manifest import SIMULATION
from sandbox.text import nearest, typed

TOML: Final = ".toml"
STUDY_TOML: Final = "study.toml"
# Names that are compared with one that is not there.
_MOST_NAMES: Final = 10_000


def run_path(name: str, runs: Path, studies: Path | None = None) -> Path | None:
    """The folder with a manifest that is called so: a path, a name in folder `runs`, or `STUDY/CELL`."""
    paths = [Path(name), runs / name]
    if study := study_path(str(Path(name).parent), runs, studies) if "/" in name else None:
        paths.append(study / "runs" / Path(name).name)
    return next((path for path in paths if os.path.lexists(path / MANIFEST)), None)


def study_path(name: str, runs: Path, studies: Path | None = None) -> Path | None:
    """The folder with a record of a study that is called so.

    That is a path, a name in folder `studies` or `runs`, or the file that asks for the study.
    """
    folders = [folder for folder in (studies, runs) if folder]
    called = name_in_toml(Path(name)) if name.endswith(TOML) else None
    beside = [Path(name).parent] if Path(name).name == STUDY_TOML else []  # the copy that the study keeps
    paths = [Path(name), *beside, *(folder / each for each in (called, name) if each for folder in folders)]
    return next((path for path in paths if os.path.lexists(path / STUDY_RECORD)), None)


def name_in_toml(file: Path) -> str | None:
    """The `name` of the study that `file` asks for; None where it says none. Raises `UsageError` for no TOML."""
    name = read_toml(file, str(file)).get("name") if file.is_file() else None
    return name if isinstance(name, str) and RUN_ID.fullmatch(name) else None


def names_in(runs: Path, studies: Path | None) -> list[str]:
    """Names of the runs, of the evaluations, of the ratings and of the studies in these folders."""
    found = [path.name for path in _with(MANIFEST, runs) if _is_known(path)]
    return found + [path.name for folder in (runs, studies) if folder for path in _with(STUDY_RECORD, folder)]


def _is_known(path: Path) -> bool:
    return kind_of(path) in {SIMULATION, *OPENED}


def _with(file: str, folder: Path) -> Iterator[Path]:
    """The folders in `folder` that have such a file."""
    for path in islice(folder.iterdir(), _MOST_NAMES) if folder.is_dir() else ():
        if not path.name.startswith(".") and os.path.lexists(path / file):
            yield path


def no_such_run(name: str, runs: Path, studies: Path | None = None) -> str:
    """That there is none called so, and the nearest id."""
    for path in (Path(name), runs / name):
        if other := _other(path):
            return f"{path} {other}"
    where = f"in {runs}" if runs.is_dir() else f"in {runs}, which is no folder"
    return f"{name}: no such run, as a path or {where}.{nearest(name, names_in(runs, studies))}"


def _other(path: Path) -> str | None:
    """What is said of `path`, where something is that is no run; None where nothing is."""
    if path.is_dir():
        readable = os.access(path, os.X_OK)
        return "is no run: it has no manifest.json." if readable else "cannot be read: Permission denied."
    if path.is_file():
        packed = f" Unpack it: sandbox unpack {typed(path)}" if path.name.endswith(".tar.xz") else ""
        return f"is a file, and a run is a folder.{packed}"
    return None
