"""The folder of a study that others touched, or that another process works on: nothing is written astray or lost."""

import asyncio
import gc
import json
from collections.abc import Callable
from contextlib import nullcontext
from errno import ENOSPC
from pathlib import Path
from typing import Any, Self

import pytest
from conftest import Sandbox
from example_studies import changed

from sandbox.commands import study as command
from sandbox.options.config import Config
from sandbox.progress.alive import alive
from sandbox.runs.reading import read_run
from sandbox.runs.study import Cell
from sandbox.society.fingerprint import fingerprint
from sandbox.society.plan import make_plan
from sandbox.society.sources import Sources
from sandbox.studies.conduct import Conduct
from sandbox.studies.task import Ended, Task

FILE = """name = "two"
[base]
questions = "starter"
embedder = "hash"
model = "scripted"
grid = 2
neighbours = 1
prior_size = 5
[matrix]
seed = [0, 1]
"""
Spoil = Callable[[Any], None]


@pytest.fixture
def study(sandbox: Sandbox, tmp_path: Path) -> Path:
    """The folder of a study of two cells, of which the first is complete."""
    (tmp_path / "study.toml").write_text(FILE)
    assert sandbox("study", "run", "study.toml", "--cell", 0).code == 0
    return tmp_path / "studies" / "two"


@pytest.mark.parametrize("inner", ["runs", "runs/001-seed-1"])
def test_no_run_is_written_through_a_link(sandbox: Sandbox, study: Path, tmp_path: Path, inner: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if inner == "runs":
        (study / inner).rename(tmp_path / "kept")
    (study / inner).symlink_to(elsewhere)
    done = sandbox("study", "run", "study.toml")
    assert done.code == 1
    assert done.err == f"Error: studies/two/{inner} is a link, which is not followed.\n"
    assert [*elsewhere.iterdir()] == []


def same_index(record: Any) -> None:
    record["cells"][1]["index"] = 0


def same_name(record: Any) -> None:
    record["cells"][1]["name"] = record["cells"][0]["name"]


@pytest.mark.parametrize(("spoil", "field"), [(same_index, "index"), (same_name, "name")])
def test_two_cells_never_share_a_place(sandbox: Sandbox, study: Path, spoil: Spoil, field: str) -> None:
    changed(study / "study.json", spoil)
    done = sandbox("study", "run", "study.toml")
    assert done.code == 1
    assert f"study.json: no record of a study: two cells have the {field}" in done.err
    assert [path.name for path in study.glob("runs/*")] == ["000-seed-0"]


def test_a_study_that_grew_while_this_one_was_planned_is_not_overwritten(
    sandbox: Sandbox, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both would give the next index to another cell."""
    file = tmp_path / "study.toml"

    def grown_meanwhile(text: str) -> Any:
        monkeypatch.setattr(command, "alive", alive)
        file.write_text(FILE.replace("[0, 1]", "[0, 1, 7]"))
        assert sandbox("study", "run", "study.toml").code == 0
        return nullcontext()

    file.write_text(FILE.replace("[0, 1]", "[0, 1, 8]"))
    monkeypatch.setattr(command, "alive", grown_meanwhile)
    done = sandbox("study", "run", "study.toml")
    assert done.code == 1
    assert "Another process changed study two meanwhile. Run the same command again" in done.err
    cells = json.loads((study / "study.json").read_text())["cells"]
    assert [cell["name"] for cell in cells] == ["000-seed-0", "001-seed-1", "002-seed-7"]


def test_a_complete_run_that_cannot_grow_has_failed(sandbox: Sandbox, study: Path, tmp_path: Path) -> None:
    journal = study / "runs" / "000-seed-0" / "calls.jsonl"
    journal.write_text(journal.read_text().replace('"ask":0', '"ask":7', 1))
    (tmp_path / "study.toml").write_text(FILE.replace("[base]", "[base]\nrounds = 2"))
    done = sandbox("study", "run", "study.toml", "--json")
    assert done.code == 3
    events = [json.loads(line) for line in done.out.splitlines()]
    ended = {each["cell"]: (each["index"], each["code"]) for each in events if each["event"] == "cell_ended"}
    assert ended == {"000-seed-0": (0, 1), "001-seed-1": (1, 0)}, "every event has the name of its cell"
    assert {name: events[-1][name] for name in ("complete", "failed", "left")} == {
        "complete": 1, "failed": 1, "left": 0,
    }  # fmt: skip


def test_a_run_of_another_embedder_is_none_of_this_cell(sandbox: Sandbox, study: Path) -> None:
    """Its name says the same, and its vectors are of another model."""
    path = study / "runs" / "000-seed-0"

    def of_another(manifest: Any) -> None:
        manifest["embedder"]["digest"] = "0" * 64
        plan = make_plan(read_run(path).manifest.config, None, Sources())
        manifest["fingerprint"] = fingerprint(plan, "0" * 64)

    changed(path / "manifest.json", of_another)
    done = sandbox("study", "run", "study.toml")
    assert done.code == 2
    assert "--embedder hash is another model than it was.\nPut back" in done.err
    assert "give the study another name" in done.err
    assert not (study / "runs" / "001-seed-1").exists()


class AtOnce:
    """A backend whose cells all end in the same moment."""

    jobs = 3

    def __init__(self) -> None:
        self._all = asyncio.Barrier(3)

    async def run(self, task: Task, report: object) -> Ended:
        await self._all.wait()
        return Ended(task.cell.index, 0, "complete")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None: ...

    def stop(self) -> None: ...


def test_an_output_that_is_full_is_told_once_however_many_cells_had_something_to_say() -> None:
    untold: list[object] = []

    def full(*_: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    async def conducted() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: untold.append(context))
        cells = [Cell(index=index, name=str(index), values={}, fingerprint="") for index in range(3)]
        with pytest.raises(OSError, match="No space"):
            await Conduct([Task(cell, Config(), {}) for cell in cells], full).run(AtOnce())
        gc.collect()

    asyncio.run(conducted())
    assert untold == []
