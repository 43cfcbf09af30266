"""`sandbox.study`: many societies as one thing, from a file or a mapping to the end; the same call goes on with it."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, Unpack

from sandbox.api import keywords
from sandbox.api.given import given, path_of, plain
from sandbox.api.spoken import spoken
from sandbox.api.study_folder import Study
from sandbox.api.thread import waited_for
from sandbox.api.told import OnEvent, Told
from sandbox.api.told_cells import ToldCells
from sandbox.api.toml import toml_of
from sandbox.calls.costly import unagreed
from sandbox.options.config import Config
from sandbox.options.option import options as options_of
from sandbox.options.resolution import resolve
from sandbox.preparing.studying import asked
from sandbox.runs.study import read_study
from sandbox.studies.finding import Found, find_study, study_of
from sandbox.studies.opening import opened
from sandbox.studies.options import StudyOptions
from sandbox.studies.running import Running

_CALL = "sandbox.study"
Described = str | os.PathLike[str] | Mapping[str, Any]


def study(study: Described, on_event: OnEvent | None = None, **options: Unpack[keywords.StudyOptions]) -> Study:
    """Run every cell of a study that is not done, and go on with it by the same call; the study at its end.

    `study` is a TOML file, the folder or the name of a study that one made, or a mapping of what such a file holds:
    `{"name": ..., "base": {...}, "matrix": {"labels": ["mixed", "all-bad"]}}`. `options` are those of `sandbox study
    run`, by name (`jobs=8`, `budget_usd=5`). Events of a cell come as `OfCell`.

    Raises `UsageError` before anything is begun, `SandboxError` for what cannot go on, and `KeyboardInterrupt` after
    Ctrl-C, when the calls in flight of all cells are kept.
    """
    of_cells = options_of(Config)
    with spoken(StudyOptions, of_cells):
        call = given(StudyOptions, None, options, _CALL)
    with spoken(StudyOptions, of_cells, [*call.shown, *_values(study)]):
        return _run(_found(study, call.flags), call.flags, Told(on_event))


def _found(study: Described, flags: Mapping[str, Any]) -> Found:
    studies = resolve(StudyOptions, flags, None, only={"studies"}).config.studies
    if isinstance(study, Mapping):
        return study_of(toml_of(plain(study), _CALL), _CALL, studies)
    return find_study(path_of(study, _CALL), studies)


def _values(described: object) -> Iterator[str]:
    """The values in a mapping, as complaints show them."""
    if isinstance(described, Mapping | list | tuple):
        for each in described.values() if isinstance(described, Mapping) else described:
            yield from _values(each)
    else:
        yield str(described)


def _run(found: Found, flags: Mapping[str, Any], told: Told) -> Study:
    wish = asked(found, flags)
    tasks, plan = wish.tasks(), wish.plan
    if cost := wish.cost():
        raise unagreed(cost)
    with told.naming(f"{_CALL}("), opened(plan, found.record, alone=wish.options.cell is None):
        told.path = plan.folder.path
        cells = ToldCells(told)
        running = Running(plan, wish.cells, tasks, wish.options, cells)
        waited_for(running.run, running.stop)
    return Study(read_study(plan.folder.path), running.stopped_by, cells.errors)
