"""The folder of a study: it appears whole, grows with its file, and one command at a time works on all of it.

Knows files and locks; not what a study asks.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sandbox
from memory.files import write_atomically
from memory.opening import open_regular
from sandbox.errors import SandboxError, UsageError, of_system
from sandbox.runs.clock import timestamp
from sandbox.runs.study import StudyFolder, StudyRecord
from sandbox.studies.cells import in_order, shown_values
from sandbox.studies.finding import marked
from sandbox.studies.planning import StudyPlan
from sandbox.studies.settings import StudyFile


@contextmanager
def opened(plan: StudyPlan, before: StudyRecord | None, *, alone: bool) -> Iterator[StudyRecord]:
    """The folder of `plan`, made or brought up to date, for as long as the block lasts.

    With `alone` no other command works on the study; else others may run single cells of it. Raises `SandboxError`.
    """
    folder = plan.folder
    record = _record(plan, before)
    if before is None:
        before = _made(folder, plan.file, record)
    with _locked(folder, alone=alone):
        _bring_up_to_date(plan, before, record)
        yield record


def _bring_up_to_date(plan: StudyPlan, before: StudyRecord, record: StudyRecord) -> None:
    """Write what the folder lacks of `plan`, unless another process has. Raises `SandboxError`."""
    folder = plan.folder
    now = folder.read()
    if (now.cells, now.toml_sha256, now.mark) == (record.cells, record.toml_sha256, record.mark):
        return
    if now != before:  # while this one planned, or its user was asked: its numbers may be those of other cells
        raise SandboxError(
            f"Another process changed study {folder.path.name} meanwhile. Run the same command again to plan it anew."
        )
    _check_same_study(plan, before)
    try:
        write_atomically(folder.toml, plan.file.content, durable=True)
        folder.write(record)
    except OSError as error:
        raise SandboxError(f"{folder.path}: the study cannot be written: {of_system(error)}.") from None


def _record(plan: StudyPlan, before: StudyRecord | None) -> StudyRecord:
    record = StudyRecord(
        schema_=1,
        name=plan.file.name,
        sandbox=sandbox.__version__,
        created=before.created if before else timestamp(),
        axes=tuple(axis.name for axis in plan.file.axes),
        cells=in_order([*(each.cell for each in plan.cells), *plan.retired]),
        toml_sha256=plan.file.sha256,
    )
    return marked(record, plan.folder)


def _made(folder: StudyFolder, file: StudyFile, record: StudyRecord) -> StudyRecord:
    """Make the folder, which appears whole; of many jobs that begin at once one makes it. What it holds now."""
    studies = folder.path.parent
    try:
        studies.mkdir(parents=True, exist_ok=True)
        draft = StudyFolder(Path(tempfile.mkdtemp(prefix=f".{folder.path.name}-", dir=studies)))
    except OSError as error:
        raise SandboxError(f"{studies}: a study cannot be written there: {error.strerror}. Use --studies.") from None
    try:
        draft.runs.mkdir()
        draft.toml.write_bytes(file.content)
        draft.write(record)
        umask = os.umask(0)
        os.umask(umask)
        draft.path.chmod(0o777 & ~umask)
        draft.path.rename(folder.path)
    except OSError as error:
        if not folder.record_file.is_file():
            raise SandboxError(f"{folder.path}: a study cannot be made there: {error.strerror}.") from None
        return folder.read()
    finally:
        shutil.rmtree(draft.path, ignore_errors=True)
    return record


def _check_same_study(plan: StudyPlan, before: StudyRecord) -> None:
    """Raises `UsageError` where none of the cells that were run is left: this is another study of that name."""
    kept = {each.cell.index for each in plan.cells}
    run = [cell for cell in before.cells if plan.folder.run_path(cell).exists()]
    if run and not any(cell.index in kept for cell in run):
        raise UsageError(
            f"{plan.file.path}: {plan.folder.path} holds another study of that name: none of its {len(run)} runs "
            f"would be left ({shown_values(run[0].values)}, ...).\nGive this one another name."
        )


@contextmanager
def _locked(folder: StudyFolder, *, alone: bool) -> Iterator[None]:
    file = open_regular(folder.lock, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        os.close(file)
        raise SandboxError(
            f"Study {folder.path.name} is being worked on by another process. Wait for it, or stop it first."
        ) from None
    try:
        yield
    finally:
        os.close(file)
