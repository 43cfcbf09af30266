"""Checkpoints of a training: whole or not there, gone on from by who made them, where they made them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tables import table

from sandbox.training.steps.checkpoints import RECORD, clear_staging, newest_whole, publish, staging

WEIGHTS, OPTIMIZER, INNER = "adapter_model.safetensors", "optimizer.pt", "ref/adapter_model.safetensors"


def keep(folder: Path, step: int) -> Path:
    """Make a checkpoint of what a trainer wrote, as the library writes it."""
    written = staging(folder / "checkpoints") / f"checkpoint-{step}"
    (written / "ref").mkdir(parents=True)
    for name in (WEIGHTS, OPTIMIZER, INNER, "training_args.bin", "README.md"):
        (written / name).write_text(f"{name} after {step} steps")
    (folder / "steps.jsonl").write_text(f'{{"step":{step}}}\n')
    return publish(written, folder / "steps.jsonl", folder / "checkpoints", step).path


def newest(folder: Path) -> tuple[int | None, tuple[str, ...]]:
    found = newest_whole(folder / "checkpoints")
    return found.checkpoint and found.checkpoint.step, found.passed_over


def test_the_last_two_are_kept_with_the_log_as_it_was_and_without_what_nobody_reads(tmp_path: Path) -> None:
    assert newest(tmp_path) == (None, ())
    for step in (999_990, 999_999, 1_000_008):
        path = keep(tmp_path, step)
    assert sorted(each.name for each in (tmp_path / "checkpoints").glob("step-*")) == ["step-1000008", "step-999999"]
    assert newest(tmp_path) == (1_000_008, ())
    assert (path / "steps.jsonl").read_text() == '{"step":1000008}\n'
    files = {each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file()}
    assert files == {RECORD, "steps.jsonl", WEIGHTS, OPTIMIZER, INNER}
    clear_staging(tmp_path / "checkpoints")
    assert not staging(tmp_path / "checkpoints").exists()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _of_step(path: Path, step: int) -> None:
    record = json.loads((path / RECORD).read_text())
    (path / RECORD).write_text(json.dumps(record | {"step": step}))


def _agreed(path: Path) -> None:
    """Another file, with its digest in the record: whoever does that has no secret to make the mark with."""
    other = path.parent / "step-000003"
    shutil.copy(other / OPTIMIZER, path / OPTIMIZER)
    record = json.loads((path / RECORD).read_text())
    record["files"][OPTIMIZER] = json.loads((other / RECORD).read_text())["files"][OPTIMIZER]
    (path / RECORD).write_text(json.dumps(record))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: _cut(path / WEIGHTS),
    "cut within": lambda path: _cut(path / INNER),
    "lacking": lambda path: (path / OPTIMIZER).unlink(),
    "more": lambda path: (path / "optimizer.bin").write_text("a pickle"),
    "linked": lambda path: _linked(path / OPTIMIZER),
    "log cut": lambda path: _cut(path / "steps.jsonl"),
    "no record": lambda path: (path / RECORD).unlink(),
    "no JSON": lambda path: (path / RECORD).write_text("{"),
    "another step": lambda path: _of_step(path, 5),
    "agreed": _agreed,
}


@table("damage", DAMAGE)
def test_what_is_torn_or_changed_is_passed_over_and_replaced(tmp_path: Path, damage: str) -> None:
    keep(tmp_path, 3)
    path = keep(tmp_path, 6)
    DAMAGE[damage](path)
    assert newest(tmp_path) == (3, ("step-000006",))
    assert keep(tmp_path, 4).name == "step-000004"
    assert not path.exists(), "what lies after the step that was gone on from is no checkpoint"
    keep(tmp_path, 6)
    assert newest(tmp_path) == (6, ())


def test_what_came_from_elsewhere_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    keep(there, 3)
    shutil.copytree(there, here)
    assert newest(here) == (None, ("step-000003",))
    (there / "checkpoints" / "step-000003").rename(there / "checkpoints" / "step-000009")
    assert newest(there) == (None, ("step-000009",))
    (there / "checkpoints" / "step-000009").rename(there / "checkpoints" / "step-000003")
    assert newest(there) == (3, ())
    monkeypatch.setenv("SANDBOX_STATE_DIR", str(tmp_path / "another user"))
    assert newest(there) == (None, ("step-000003",))
