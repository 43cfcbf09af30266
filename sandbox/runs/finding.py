"""Finds all runs in a folder, those of studies too, and all other kinds of folders and studies: newest first."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from sandbox.errors import SandboxError
from sandbox.runs.annotation.reading import Annotation, is_annotation, read_annotation
from sandbox.runs.evaluation.reading import Evaluation, is_evaluation, read_evaluation
from sandbox.runs.kinds import MANIFEST, STUDY_RECORD, OtherKindError
from sandbox.runs.rating.reading import Rating, is_rating, read_rating
from sandbox.runs.reading import Run, read_run
from sandbox.runs.study import Study, read_study
from sandbox.runs.training.reading import Training, is_training, open_training, swept

W = TypeVar("W", Evaluation, Rating, Annotation, Training)


def find_runs(runs: Path) -> tuple[list[Run], list[str]]:
    """Every run in folder `runs`, and of the studies in it, newest first; what is wrong with those that cannot be read.

    Folders of other kinds than simulations are left to who knows them.
    """
    found: list[Run] = []
    broken: list[str] = []
    for path in _folders(runs):
        try:
            if os.path.lexists(path / MANIFEST):
                found.append(read_run(path))
            elif os.path.lexists(path / STUDY_RECORD):
                found += _runs_of(read_study(path), broken)
        except OtherKindError:
            continue
        except SandboxError as error:
            broken.append(str(error))
    return sorted(found, key=lambda run: run.manifest.created, reverse=True), broken


def find_evaluations(runs: Path) -> tuple[list[Evaluation], list[str]]:
    """Every evaluation in folder `runs`, newest first, and what is wrong with those that cannot be read."""
    return _find(_folders(runs), is_evaluation, read_evaluation)


def find_ratings(runs: Path) -> tuple[list[Rating], list[str]]:
    """Every rating in folder `runs`, newest first, and what is wrong with those that cannot be read."""
    return _find(_folders(runs), is_rating, read_rating)


def find_annotations(runs: Path) -> tuple[list[Annotation], list[str]]:
    """Every annotation in folder `runs`, newest first, and what is wrong with those that cannot be read."""
    return _find(_folders(runs), is_annotation, read_annotation)


def find_trainings(runs: Path) -> tuple[list[Training], list[str]]:
    """Every training in folder `runs`, and of the sweeps in it, newest first; what is wrong with the others."""
    folders = _folders(runs)
    return _find([*folders, *(path for folder in folders for path in swept(folder))], is_training, open_training)


def _find(
    folders: Iterable[Path], is_one: Callable[[Path], bool], read: Callable[[Path], W]
) -> tuple[list[W], list[str]]:
    found: list[W] = []
    broken: list[str] = []
    for path in folders:
        try:
            if os.path.lexists(path / MANIFEST) and is_one(path):
                found.append(read(path))
        except SandboxError as error:
            broken.append(str(error))
    return sorted(found, key=lambda each: each.manifest.created, reverse=True), broken


def find_studies(studies: Path) -> tuple[list[Study], list[str]]:
    """Every study in folder `studies`, newest first, and what is wrong with those that cannot be read."""
    found: list[Study] = []
    broken: list[str] = []
    for path in _folders(studies):
        try:
            if os.path.lexists(path / STUDY_RECORD):
                found.append(read_study(path))
        except SandboxError as error:
            broken.append(str(error))
    return sorted(found, key=lambda study: study.record.created, reverse=True), broken


def _runs_of(study: Study, broken: list[str]) -> Iterator[Run]:
    for cell in study.record.cells:
        try:
            if run := study.cell_run(cell).run:
                yield run
        except SandboxError as error:
            broken.append(str(error))


def _folders(folder: Path) -> list[Path]:
    """What lies in `folder`, by name, but for what is hidden."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []
