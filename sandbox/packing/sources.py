"""What is to be packed: which folder a name means, of which kind it is, that nobody works on it. Reads manifests."""

from pathlib import Path
from typing import NamedTuple

from sandbox.errors import SandboxError, UsageError
from sandbox.options.completion import RUN_ID
from sandbox.packing.layout import Kind
from sandbox.runs.annotation.reading import read_annotation
from sandbox.runs.directory import WorkDirectory
from sandbox.runs.evaluation.reading import read_evaluation
from sandbox.runs.kinds import MANIFEST, kind_of
from sandbox.runs.locking import is_held
from sandbox.runs.named import no_such_run, run_path, study_path
from sandbox.runs.rating.reading import read_rating
from sandbox.runs.reading import read_run
from sandbox.runs.study import read_study
from sandbox.runs.training.named import is_sweep
from sandbox.runs.training.reading import open_training
from sandbox.text import typed


class Source(NamedTuple):
    """A folder of `kind` whose manifest was read; `sandbox` is the version that began it."""

    folder: Path
    kind: Kind
    sandbox: str

    @property
    def name(self) -> str:
        """The name of the folder, also where it was reached as `.`."""
        return WorkDirectory(self.folder).name

    def check_idle(self) -> None:
        """Raises `SandboxError` if a process works on it: files that change belong together only now and then."""
        cells = [path.parent for path in self.folder.glob(f"runs/*/{MANIFEST}")] if self.kind == "study" else []
        for folder in (self.folder, *cells):
            if is_held(WorkDirectory(folder)):
                what = f"{folder} is being worked on by another process, so an archive of it would not fit together."
                raise SandboxError(f"{what}\nWait for it, or stop it (Ctrl-C): it can be packed as it is then.")


def source_named(name: str, runs: Path, studies: Path) -> Source:
    """What is called so. Raises `UsageError` for a name that is none, and `SandboxError` for what cannot be packed."""
    if path := run_path(name, runs, studies):
        source = _of_manifest(path)
    elif path := study_path(name, runs, studies):
        source = Source(path, "study", read_study(path).record.sandbox)
    elif is_sweep(name, runs):
        raise UsageError(f"{name} is a sweep of trainings, and an archive holds one: name one of them, as {name}/NAME.")
    else:
        raise UsageError(f"{no_such_run(name, runs, studies)}\nList them: sandbox inspect")
    if not RUN_ID.fullmatch(source.name):
        form = "up to 100 letters, digits, '.', '_' and '-', the first a letter or digit"
        raise UsageError(
            f"{path}: no name for an archive: it may have {form}.\nRename the folder: it goes by its name."
        )
    return source


def _of_manifest(path: Path) -> Source:
    kind = kind_of(path)
    if kind == "training":
        training = open_training(path)
        if training.manifest.status != "complete":
            what = f"{path} is {training.status}, and checkpoints stay where they were made: only their owner resumes."
            raise UsageError(f"{what}\nPack it when it is complete: sandbox train --resume {typed(path)}")
        return Source(path, "training", training.manifest.sandbox)
    if kind == "evaluation":
        return Source(path, "evaluation", read_evaluation(path).manifest.sandbox)
    if kind == "rating":
        return Source(path, "rating", read_rating(path).manifest.sandbox)
    if kind == "annotation":
        return Source(path, "annotation", read_annotation(path).manifest.sandbox)
    return Source(path, "simulation", read_run(path).manifest.sandbox)
