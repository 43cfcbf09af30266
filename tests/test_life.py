"""One agent's life: its rounds as the log has them, and its memory as the run saved it."""

import json
from pathlib import Path

from conftest import Sandbox
from example_runs import log, scripted_run

from memory import Memory


def test_a_life_has_a_row_a_round_and_the_memory_newest_first(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=4)
    tables = json.loads(sandbox("inspect", "one", "--agent", 4, "--json").out)["tables"]
    rounds, own = tables["agent 4 through the rounds"], [item for item in log(run) if item["agent"] == 4]
    assert [row["question"] for row in rounds] == [item["question"] for item in own]
    assert [row["revision_alignment"] for row in rounds] == [
        item["scores"]["revision"]["alignment"]["rating"] for item in own
    ]
    assert [row["recall_similarity"] for row in rounds] == [
        item["recall"] and item["recall"]["similarity"] for item in own
    ]
    entries = Memory.load(run / "memory" / "agent-004").entries()
    assert [row["question"] for row in tables["memory"]] == [entry.question for entry in reversed(entries)]
    assert tables["memory"][0]["answer"] == own[-1]["revision"]


def test_a_memory_that_is_not_saved_yet_is_said_to_be(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    for file in (run / "memory").glob("agent-004.*"):
        file.unlink()
    assert "not saved yet" in sandbox("inspect", "one", "--agent", 4).out
    (run / "memory" / "agent-003.faiss").write_bytes(b"x")
    broken = sandbox("inspect", "one", "--agent", 3)
    assert broken.code == 1
    assert "agent-003.faiss cannot be used" in broken.err
