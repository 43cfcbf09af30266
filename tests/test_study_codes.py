"""How a study ends: its exit code in every combination of how its cells end, and what it needs before it begins."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest
from conftest import Sandbox
from fake_endpoint import Behaviour, serve

from sandbox.options.config import Config
from sandbox.runs.study import Cell
from sandbox.studies.conduct import Conduct, Why, exit_code
from sandbox.studies.task import Ended, Task

WHOLE = Ended(0, 0, "complete")
PARTLY = Ended(0, 3, "complete")
FAILED = Ended(0, 1, None)
SPENT = Ended(0, 4, "stopped", "budget")
CUT_OFF = Ended(0, 130, "stopped", "interrupt")
UNBEGUN = Ended(0, 130, None, "interrupt")


class Scripted:
    """A backend of one job that ends cells as it is told, and is interrupted in that of this number."""

    jobs = 1

    def __init__(self, ends: Sequence[Ended], interrupted: int | None) -> None:
        self._ends = list(ends)
        self._interrupted = interrupted
        self.conduct: Conduct | None = None

    async def run(self, task: Task, report: object) -> Ended:
        if task.cell.index == self._interrupted and self.conduct:
            self.conduct.stop("interrupt")
        return self._ends[task.cell.index]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None: ...

    def stop(self) -> None: ...


CASES: list[tuple[list[Ended], int | None, int, Why | None]] = [
    ([WHOLE, WHOLE], None, 0, None),
    ([WHOLE, PARTLY], None, 3, None),
    ([FAILED, WHOLE, FAILED, FAILED], None, 3, None),
    ([FAILED, FAILED, FAILED, WHOLE], None, 3, "failures"),
    ([SPENT, WHOLE], None, 4, "budget"),
    ([FAILED, SPENT], None, 4, "budget"),
    ([CUT_OFF, WHOLE], 0, 130, "interrupt"),
    ([WHOLE, WHOLE], 0, 130, "interrupt"),
    ([WHOLE, WHOLE], 1, 0, "interrupt"),
    ([WHOLE, PARTLY], 1, 3, "interrupt"),
    ([FAILED, SPENT, UNBEGUN], 2, 4, "budget"),
]


@pytest.mark.parametrize(("ends", "interrupted", "code", "why"), CASES)
def test_the_exit_code_says_how_all_of_it_ended(
    ends: list[Ended], interrupted: int | None, code: int, why: Why | None
) -> None:
    backend = Scripted(ends, interrupted)
    cells = [Cell(index=index, name=str(index), values={}, fingerprint="") for index in range(len(ends))]
    conduct = backend.conduct = Conduct([Task(cell, Config(), {}) for cell in cells], lambda *_: None)
    asyncio.run(conduct.run(backend))
    assert (exit_code(conduct, []), conduct.stopped_by) == (code, why)


def test_a_bad_day_ends_as_one_though_it_cuts_cells_off(sandbox: Sandbox, tmp_path: Path) -> None:
    with serve(Behaviour(api_key="right")) as server:
        (tmp_path / "study.toml").write_text(STUDY.format(server.base_url, "[0, 1, 2, 3, 4]"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KEY_OF_OBSERVER", "wrong")
            done = sandbox("study", "run", "study.toml")
    assert done.code == 3, done.err
    assert "The first 3 cells that ended all failed" in done.err
    assert "None by" not in done.err


def test_keys_of_what_is_asked_again_are_missed_before_anything_is(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(Behaviour(script=[None, "400"])) as server:
        (tmp_path / "study.toml").write_text(STUDY.format(server.base_url, "[0]"))
        monkeypatch.setenv("KEY_OF_OBSERVER", "right")
        assert sandbox("study", "run", "study.toml").code == 3
        monkeypatch.delenv("KEY_OF_OBSERVER")
        done = sandbox("study", "run", "study.toml", "--retry-failed")
        assert (done.code, done.err) == (
            2, "Error: KEY_OF_OBSERVER: no key is there, and cells need it. Set it, and try again.\n",
        )  # fmt: skip
        assert sandbox("study", "run", "study.toml").code == 3, "there is nothing to be asked"


def test_budgets_of_cells_stop_no_other_and_are_what_is_to_grow(sandbox: Sandbox, tmp_path: Path) -> None:
    text = STUDY.replace("concurrency = 1", "budget_calls = 20").replace('observer_model = "fake"\n', "")
    text = text.replace('observer_base_url = "{}"\nobserver_api_key_env = "KEY_OF_OBSERVER"\n', "")
    (tmp_path / "study.toml").write_text(text.format("[0, 1]"))
    done = sandbox("study", "run", "study.toml")
    assert done.code == 4
    assert done.err.splitlines()[-1].endswith("studies/one, with a larger budget of each cell in its file")
    (tmp_path / "study.toml").write_text(text.format("[0, 1]").replace("= 20", "= 200"))
    assert sandbox("study", "run", "study.toml").code == 0


STUDY = """name = "one"
[base]
questions = "starter"
embedder = "hash"
model = "scripted"
observer_model = "fake"
observer_base_url = "{}"
observer_api_key_env = "KEY_OF_OBSERVER"
concurrency = 1
max_failures = 1.0
max_missing = 1.0
grid = 2
neighbours = 1
prior_size = 5
[matrix]
seed = {}
"""
