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


@pytest.mark.parametrize("approver", [pytest.param("observer", marks=pytest.mark.slow), "peers"])
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


def test_a_key_in_free_text_is_judged_and_never_pooled_with_others(sandbox: Sandbox, tmp_path: Path) -> None:
    free = tmp_path / "free.jsonl"
    lines = [{"question": f"What is {number} and one?", "gold": str(number + 1)} for number in range(6)]
    lines += [
        {"question": f"What is {number} less one?", "gold": 0, "options": ["more", "less"]} for number in range(6)
    ]
    free.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    words = (*LARGE[:4], "--grid", 4, "--rounds", 3, "--labels", "none", "--questions", free, "--run-id", "one")
    assert sandbox("simulate", *words).code == 0
    before = json.loads(sandbox("analyze", "sophistry", "one", "--json").out)
    assert {row["gold"] for row in before["tables"]["approval and accuracy"]} == {"key"}
    assert (
        sandbox("rate", "one", "--observer-model", "scripted", "--dimensions", "correctness", "--name", "right").code
        == 0
    )
    after = json.loads(sandbox("analyze", "sophistry", "one", "--json").out)["tables"]
    rows = [row for row in after["approval and accuracy"] if row["measure"] == "accuracy"]
    assert [row["gold"] for row in rows] == ["key", "judged"]
    folder = tmp_path / "runs"
    judged, told = (
        [json.loads(line) for line in (folder / path).read_text().splitlines()]
        for path in ("one.right/scores.jsonl", "one/interactions.jsonl")
    )
    right = {each["id"]: each["scores"]["revision"]["correctness"]["rating"] for each in judged}
    own = [right[each["id"]] for each in told if "gold_text" in each]
    assert rows[1]["after"]["mean"] == pytest.approx(sum(own) / len(own))
    assert [row["after"]["count"] for row in rows] == [48 - len(own), len(own)]
