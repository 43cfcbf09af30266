"""What a run studies beside answers is shown: groups, options with key and choices, persuaders, peers on revisions."""

import json
from pathlib import Path
from string import ascii_uppercase

import pytest
from analysed import studied_run
from conftest import Sandbox
from example_runs import log, scripted_run
from keyed_runs import question_file, society

from sandbox.inspection.report.records import compact
from sandbox.runs.reading import read_run
from sandbox.runs.studied import seen, studied


@pytest.fixture
def one(sandbox: Sandbox, tmp_path: Path) -> Path:
    return studied_run(sandbox, tmp_path)


@pytest.mark.slow
def test_the_head_of_a_run_and_of_its_report_says_it(one: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    told = dict(studied(read_run(one).manifest))
    assert told == {
        "groups": "farmers, nurses (blocks)",
        "evaluators see": "the answer, and no material",
        "peers rate": "draft and revision",
        "control": "30% of the agents are to convince others of a wrong answer",
    }
    assert "; ".join(f"{name}: {value}" for name, value in told.items()) in sandbox("inspect", "one").out
    assert sandbox("inspect", "one", "--html", "report.html").code == 0
    page = (tmp_path / "report.html").read_text()
    assert all(f'<dt>{name}</dt><dd dir="auto">{value}</dd>' in page for name, value in told.items())
    assert not list(studied(read_run(scripted_run(sandbox, tmp_path, "plain")).manifest))
    assert seen("truncated:1200") == "the first 1,200 characters of the material"
    assert seen("full") == "all of the material"


def test_a_story_tells_who_what_and_which(one: Path, sandbox: Sandbox) -> None:
    items = log(one)
    for item in (items[0], next(item for item in items if "persuader" in item)):
        told = sandbox("inspect", "one", "--interaction", item["id"]).out
        assert f", {item['group']}, speaks through scripted" in told
        for place, option in enumerate(item["options"]):
            marks = [("key", item["gold"]), *item["choice"].items()]
            own = [name for name, at in marks if at == place]
            assert f"  {ascii_uppercase[place]}  {option}{'  (' + ', '.join(own) + ')' if own else ''}\n" in told
        assert "Neighbours saw the answer, and no material." in told
        for each in item["feedback"]:
            assert f"Feedback of agent {each['agent']} ({each['group']}): {each['rating']} of 7" in told
        for each in item["revision_feedback"]:
            assert f"Agent {each['agent']} ({each['group']}) on the revision: {each['rating']} of 7" in told
        wrong = ascii_uppercase[item.get("persuader", 0)]
        assert (f"A persuader: it was to convince others of {wrong}, which is wrong" in told) == ("persuader" in item)


def test_keys_in_free_text_and_logs_of_others_are_told(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "free.jsonl"
    rows = [{"question": f"What is {at}?", "gold": f"it is {at}"} for at in range(9)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("--embedder", "hash", "--labels", "none", "--grid", 2, "--neighbours", 1, "--questions", path)
    assert sandbox("simulate", "--model", "scripted", *words, "--run-id", "free").code == 0
    run = tmp_path / "runs" / "free"
    assert f"Key\n  {log(run)[0]['gold_text']}\n" in sandbox("inspect", "free", "--interaction", "r000-a000").out
    item = log(run)[0] | {"options": ["x"] * 40, "gold": 39}
    lines = (run / "interactions.jsonl").read_text().splitlines()
    (run / "interactions.jsonl").write_text("\n".join([json.dumps(item), *lines[1:]]) + "\n")
    assert "  39  x  (key)\n" in sandbox("inspect", "free", "--interaction", "r000-a000").out


def test_a_report_holds_it_in_letters(one: Path) -> None:
    for item in read_run(one).interactions():
        told = compact(item)
        assert item.choice is not None
        assert (told["g"], told["o"], told["y"]) == (item.group, list(item.options or ()), item.gold)
        assert told["h"] == [item.choice.draft, item.choice.revision]
        assert told.get("p") == item.persuader
        assert [(each["a"], each["g"], each["r"]) for each in told["b"]] == [
            (each.agent, each.group, each.rating) for each in item.revision_feedback or ()
        ]
        assert [each["g"] for each in told["f"]] == [each.group for each in item.feedback]


def test_missing_ratings_of_revisions_by_peers_are_counted(sandbox: Sandbox, tmp_path: Path) -> None:
    from fake_endpoint import Behaviour, serve

    question_file(tmp_path)
    with serve(Behaviour(faults={"prose": 0.3})) as server:
        words = ("--model", "fake", "--base-url", server.base_url, "--max-missing", 1, "--run-id", "one")
        done = sandbox("simulate", *society(tmp_path), *words, "--peers-rate", "revision")
    assert done.code in (0, 3), done.err
    missed = [each for item in log(tmp_path / "runs" / "one") for each in item["revision_feedback"] if each["missing"]]
    assert missed
    why = json.loads(sandbox("inspect", "one", "--why", "--json").out)["tables"]
    rows = {row["measure"]: row for row in why["ratings"]}
    assert rows["feedback on revision"]["planned"] == 27 * 2
    assert sum(rows["feedback on revision"][reason] for reason in ("unparsable", "refused", "truncated")) == len(missed)
    summary = json.loads(sandbox("inspect", "one", "--json").out)
    shown = sum(row["missing"] for row in summary["tables"]["accounts by round"])
    counted = summary["manifest"]["totals"]["missing_ratings"]
    assert shown == sum(each["missing"] for each in summary["rounds"]) == counted
