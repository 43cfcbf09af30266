"""A study as it lies on disk, put together from runs of the scripted model. Knows the command that makes a run."""

import hashlib
import json
import shutil
from pathlib import Path

from conftest import Sandbox
from example_runs import manifest, scripted_run

from sandbox.runs.study import Cell, StudyFolder, StudyRecord

RETIRED, ABSENT = 2, 3


def study_of_four(sandbox: Sandbox, tmp_path: Path, name: str = "labels", **options: object) -> Path:
    """Four cells: two complete ones of two labels, one retired, one that was not begun; the folder of the study."""
    folder = StudyFolder(tmp_path / "studies" / name)
    folder.runs.mkdir(parents=True)
    cells = [
        _cell(sandbox, tmp_path, folder, index, {"labels": labels, "seed": seed}, options)
        for index, (labels, seed) in enumerate([("all-good", 0), ("all-bad", 0), ("half", 0), ("all-good", 1)])
    ]
    folder.toml.write_text(f'name = "{name}"\n')
    digest = hashlib.sha256(folder.toml.read_bytes()).hexdigest()
    folder.write(
        StudyRecord(
            schema_=1, name=name, sandbox="0", created="2026-11-01T00:00:00Z", axes=("labels", "seed"),
            cells=tuple(cells), toml_sha256=digest,
        )
    )  # fmt: skip
    return folder.path


def _cell(
    sandbox: Sandbox, tmp_path: Path, folder: StudyFolder, index: int, values: dict[str, str | int], options: object
) -> Cell:
    name = f"{index:03d}-labels.{values['labels']}-seed.{values['seed']}"
    if index == ABSENT:
        return Cell(index=index, name=name, values=values, fingerprint="0" * 64)
    assert isinstance(options, dict)
    run = scripted_run(sandbox, tmp_path, name, **{"rounds": 1, **values, **options})
    shutil.move(run, folder.runs / name)
    shutil.rmtree(run.parent) if not any(run.parent.iterdir()) else None
    fingerprint = manifest(folder.runs / name)["fingerprint"]
    return Cell(index=index, name=name, values=values, fingerprint=fingerprint, retired=index == RETIRED)


def rewritten(study: Path, **changes: object) -> None:
    """Change what the record of `study` says."""
    record = study / "study.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | changes))
