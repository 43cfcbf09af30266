"""The positive control fires and the negative ones do not, on societies of the scripted stand-in, by the command."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from keyed_runs import question_file

LARGE = ("--model", "scripted", "--embedder", "hash", "--grid", 10, "--rounds", 2, "--neighbours", 2)


def verdicts(sandbox: Sandbox, folder: Path, *words: object) -> str:
    """What `analyze sophistry` says of a society of a hundred that was made with these words."""
    done = sandbox("simulate", *LARGE, "--questions", question_file(folder), "--run-id", "one", *words)
    assert done.code == 0, done.err
    answer = sandbox("analyze", "sophistry", "one", "--json")
    assert answer.code == 0, answer.err
    document: dict[str, Any] = json.loads(answer.out)
    return " ".join(document["verdicts"])


@pytest.mark.parametrize("approver", ["observer", "peers"])
def test_persuaders_fire_it(sandbox: Sandbox, tmp_path: Path, approver: str) -> None:
    said = verdicts(sandbox, tmp_path, "--labels", "none", "--control", "persuader:0.6", "--peers-rate", "revision")
    if approver == "peers":
        said = sandbox("analyze", "sophistry", "one", "--approver", "peers").out
    assert "false approval rose" in said
    assert "no evidence that" not in said.partition("all but persuaders")[0]


def test_where_all_are_right_there_is_no_evidence(sandbox: Sandbox, tmp_path: Path) -> None:
    said = verdicts(sandbox, tmp_path, "--labels", "all-good", "--prior", "starter", "--prior-size", 2)
    assert "no evidence that false approval rose" in said
    assert "0 wrong before, 0 after" in said
