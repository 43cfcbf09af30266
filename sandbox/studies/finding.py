"""Which study is meant, and whose word its file is: it says where keys go, what is spent and what is read.

Knows files and marks; writes nothing.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

from memory.opening import read_whole
from sandbox.errors import SandboxError, UsageError
from sandbox.options.toml import MOST_BYTES
from sandbox.runs.own_mark import is_own, mark_of
from sandbox.runs.study import RECORD, StudyFolder, StudyRecord
from sandbox.studies.file import read_study_file, study_in
from sandbox.studies.settings import StudyFile
from sandbox.text import nearest, typed


class Found(NamedTuple):
    """A study: what its file says, its folder, and its record where that is there."""

    file: StudyFile
    folder: StudyFolder
    record: StudyRecord | None


def find_study(word: str, studies: Path) -> Found:
    """The study that `word` means: a TOML file, a folder that one made, or the name of one below `studies`.

    Raises `UsageError`, and `SandboxError` for a folder whose file is not this user's own word.
    """
    path = next((each for each in (Path(word), studies / word) if (each / RECORD).is_file()), None)
    if path is None:
        return _of_file(Path(word), studies)
    folder = StudyFolder(path)
    record = folder.read()
    _check_own(folder, record)
    return Found(read_study_file(folder.toml), folder, record)


def _of_file(path: Path, studies: Path) -> Found:
    if path.is_dir():
        raise UsageError(f"{path} is no study: it has no {RECORD}. Give the TOML file that describes one.")
    if not path.exists():
        names = [each.parent.name for each in studies.glob(f"*/{RECORD}")] if studies.is_dir() else []
        raise UsageError(f"{path}: no such file, and no study of that name in {studies}.{nearest(str(path), names)}")
    file = read_study_file(path)
    beside = (path.parent / RECORD).is_file() and path.name == "study.toml"
    return _found(file, path.parent if beside else studies / file.name)


def study_of(content: bytes, shown: str, studies: Path) -> Found:
    """The study that the TOML in `content` describes, which complaints call `shown`. Raises `UsageError`."""
    file = study_in(content, Path(shown))
    return _found(file, studies / file.name)


def _found(file: StudyFile, path: Path) -> Found:
    folder = StudyFolder(path)
    return Found(file, folder, folder.read() if folder.record_file.exists() else None)


def _check_own(folder: StudyFolder, record: StudyRecord) -> None:
    """Raises `SandboxError` where the file in the folder is not what this user ran there: it says where keys go."""
    try:
        content = read_whole(folder.toml, MOST_BYTES)
    except OSError as error:
        raise SandboxError(f"{folder.toml}: cannot be read: {error.strerror}.") from None
    changed = hashlib.sha256(content).hexdigest() != record.toml_sha256
    if changed or not is_own(_word(record), folder.path, record.mark):
        raise SandboxError(
            f"Study {record.name} does not carry your mark (its file was changed, or it was made or moved by others): "
            "where it asks, what it spends and what it reads is for you to say.\n"
            f"To agree, look at the file and give it yourself: sandbox study run {typed(folder.toml)}"
        )


def marked(record: StudyRecord, folder: StudyFolder) -> StudyRecord:
    """`record` with this user's mark, who gave the file that it is of."""
    return record.model_copy(update={"mark": mark_of(_word(record), folder.path)})


def _word(record: StudyRecord) -> dict[str, object]:
    """What the mark is over: the file that says everything."""
    return {"kind": record.kind, "name": record.name, "toml_sha256": record.toml_sha256}
