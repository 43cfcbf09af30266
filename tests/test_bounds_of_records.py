"""Numbers of a received log are some that a run can have, in every field, for every reader; else the line is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import log
from peaks import measured
from tables import table

Line = dict[str, Any]


def put(value: object, *path: str | int) -> Callable[[Line], None]:
    """What puts `value` at `path` of a line."""

    def change(line: Any) -> None:
        for part in path[:-1]:
            line = line[part]
        line[path[-1]] = value

    return change


SCORE, HEARD = ("scores", "revision", "alignment", "rating"), ("feedback", 0, "rating")
RECALL = {"question": "Q", "answer": "A", "similarity": 0.9, "round": 0}
# Those that the reader of columns has to see, too.
IN_COLUMNS = [
    *(put(rating, *place) for place in (SCORE, HEARD) for rating in (0, 8, 99, -1, 4.0, 4.5, "4", True, 10**30)),
    put("rude", *SCORE[:-1], "missing"), put("rude", "feedback", 0, "missing"), put("ugly", "label"),
    put({**RECALL, "similarity": 1.5}, "recall"), put({**RECALL, "similarity": -7.0}, "recall"),
    put({"stage": "dream", "neighbour": None, "error": "empty"}, "failed"),
    put({"stage": "draft", "neighbour": None, "error": "dream"}, "failed"),
    put(10**9, "agent"), put(-1, "agent"), put(10**9, "round"),
]  # fmt: skip
IN_RECORDS = [
    put([9, 9], "position"), put([-1, 0], "position"), put(10**9, "feedback", 0, "agent"),
    put(2, "feedback", 0, "agent"),
    put({**RECALL, "round": -2}, "recall"), put("r009-a002", "id"),
]  # fmt: skip


def spoilt(run: Path, change: Callable[[Line], None]) -> None:
    """`run` with its third interaction changed, which is that of agent 2."""
    lines = (run / "interactions.jsonl").read_text().splitlines()
    line = json.loads(lines[2])
    change(line)
    (run / "interactions.jsonl").write_text("\n".join([*lines[:2], json.dumps(line), *lines[3:], ""]))


@pytest.mark.parametrize("view", [(), ("--agent", 1), ("--why",), ("--map", "0")])
def test_the_reader_of_columns_names_the_line(sandbox: Sandbox, made_run: Path, view: tuple[object, ...]) -> None:
    whole = (made_run / "interactions.jsonl").read_text()
    for change in IN_COLUMNS if not view else IN_COLUMNS[:3]:
        (made_run / "interactions.jsonl").write_text(whole)
        spoilt(made_run, change)
        done = sandbox("inspect", made_run, *view)
        assert (done.code, "interactions.jsonl:3: " in done.err) == (1, True), (done.err, log(made_run)[2])


def test_the_reader_of_records_names_the_line(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    whole = (made_run / "interactions.jsonl").read_text()
    for change in (*IN_COLUMNS[::4], *IN_RECORDS):
        (made_run / "interactions.jsonl").write_text(whole)
        spoilt(made_run, change)
        for words in (("inspect", made_run, "--interaction", "r000-a002"), ("export", made_run, "--format", "sft")):
            done = sandbox(*words, *(("--out", tmp_path / "out") if words[0] == "export" else ()))
            assert (done.code, "interactions.jsonl:3: " in done.err) == (1, True), (words, done.err)
        assert not (tmp_path / "out").exists()


@table(
    "change",
    [
        put(9.0, "scores", "draft", "alignment", "mean"), put(6.5, "gain", "engagement", "mean"), put(-1, "missing"),
        put(1.5, "recall_rate"), put(-3, "scores", "draft", "alignment", "count"),
    ],
)  # fmt: skip
def test_a_round_that_cannot_be_is_named(sandbox: Sandbox, made_run: Path, change: Callable[[Line], None]) -> None:
    lines = (made_run / "rounds.jsonl").read_text().splitlines()
    line = json.loads(lines[1])
    change(line)
    (made_run / "rounds.jsonl").write_text(f"{lines[0]}\n{json.dumps(line)}\n")
    done = sandbox("inspect", made_run, "--json")
    (made_run / "rounds.jsonl").write_text("\n".join([*lines, ""]))
    assert (done.code, "rounds.jsonl:2: " in done.err) == (1, True), done.err


@pytest.mark.slow
def test_what_is_no_record_takes_no_more_memory_than_one_that_is(made_run: Path, tmp_path: Path) -> None:
    """Each key that a manifest lacks was kept with a copy of the 240,000 that it has: 900 MB."""
    _, usual = measured(tmp_path, "inspect", made_run)
    (made_run / "manifest.json").write_text(json.dumps({"schema": 1} | {f"m{place}": 1 for place in range(240_000)}))
    done, peak = measured(tmp_path, "inspect", made_run)
    assert (done.code, "not a manifest of schema 1: " in done.err) == (1, True), done.err
    assert peak < usual + 300
