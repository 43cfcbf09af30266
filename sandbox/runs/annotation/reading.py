"""Opens annotations and reads what people said, also while they go on; finds those of a run. Knows no terminal.

An annotation goes by the names of folders, as a rating does: both can be copied and renamed together.
"""

import glob
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from sandbox.runs.annotation.directory import AnnotationDirectory
from sandbox.runs.annotation.records import ANNOTATION, AnnotationManifest, JudgedKey, JudgedLine
from sandbox.runs.annotation.shown import digest, values_of
from sandbox.runs.beside import beside, named_place, run_of
from sandbox.runs.json_lines import read_lines
from sandbox.runs.kinds import kind_of
from sandbox.runs.reading import Run
from sandbox.runs.records import interaction_id
from sandbox.runs.stored_texts import Stored, read_texts


class Sound(NamedTuple):
    """Judgements of texts that a run still has as they were shown, and how many others there are."""

    judged: Mapping[JudgedKey, JudgedLine]
    stale: int


class Annotation:
    """An annotation on disk."""

    def __init__(self, directory: AnnotationDirectory, manifest: AnnotationManifest) -> None:
        self.directory: Final = directory
        self.manifest: Final = manifest

    @property
    def name(self) -> str:
        """What the person is called: `anna` of `one.anna`."""
        return self.directory.name.removeprefix(f"{self.run_id}.")

    @property
    def run_id(self) -> str:
        """The run whose texts are judged, by the name of its folder."""
        return run_of(self.directory.name, self.manifest.annotator, self.manifest.run)

    @property
    def run_path(self) -> Path:
        """Where that run lies: beside this."""
        return named_place(self.directory.path).with_name(self.run_id)

    def judged(self) -> dict[JudgedKey, JudgedLine]:
        """The last word on each text and dimension, in the order of the first. Raises `SandboxError` for a bad line."""
        return {line.key: line for line in read_lines(self.directory.judgements, JudgedLine)}

    def sound(self, run: Run) -> Sound:
        """What counts of `run`, as it is by now. Raises `SandboxError` that names a bad line of either."""
        judged = self.judged()
        agents = run.manifest.config.agents
        texts = _texts(run, {place for key in judged if (place := key.place(agents)) is not None})
        values = values_of(run) if texts else ""
        kept = {key: line for key, line in judged.items() if _is_shown(line, texts.get(key.id), values)}
        return Sound(kept, len(judged) - len(kept))


def _texts(run: Run, places: Collection[int]) -> dict[str, Stored]:
    """By the id of its interaction."""
    last = max(places, default=-1) + 1
    found = read_texts(run, last if run.until is None else min(last, run.until), places)
    return {interaction_id(each.round, each.agent): each for each in found}


def _is_shown(line: JudgedLine, stored: Stored | None, values: str) -> bool:
    return stored is not None and line.text in stored.texts and line.shown == digest(values, stored, line.text)


def is_annotation(path: Path) -> bool:
    """Whether the manifest in the folder `path` says that it is an annotation's."""
    return kind_of(path) == ANNOTATION


def read_annotation(path: Path) -> Annotation:
    """The annotation in the folder `path`. Raises `SandboxError`."""
    directory = AnnotationDirectory(path)
    return Annotation(directory, directory.read_manifest())


def annotations_of(run: Run) -> Iterator[Annotation]:
    """All annotations of `run`, by name. Raises `SandboxError` for one that cannot be read."""
    first = beside(run.directory.path, "")
    for path in sorted(first.parent.glob(f"{glob.escape(first.name)}?*")):
        if is_annotation(path) and (found := read_annotation(path)).run_id == run.directory.name:
            yield found
