"""Keys, populations, the evaluator's view, peers who rate revisions, persuaders: each option of a society by itself.

What runs without them record is held by `test_same_bytes`.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import TWISTS, log
from fake_endpoint import Behaviour, Body, serve
from keyed_runs import QUESTIONS, population_file, question_file, society

from sandbox.figures.records_at import find_interaction
from sandbox.inspection.prompts_sent import prompts_sent
from sandbox.runs.reading import open_run

ALL = ("--population", "POPULATION", "--evaluator-view", "truncated:4", "--peers-rate", "revision",
       "--control", "persuader:0.3")  # fmt: skip
EACH: dict[str, tuple[str, ...]] = {
    "keys": (),
    "population": ALL[:2],
    "view": ALL[2:4],
    "peers": ALL[4:6],
    "control": ALL[6:],
    "all": ALL,
}


LENIENT = ("--max-failures", 1, "--max-missing", 1)
SCRIPTED = ("--model", "scripted")


def simulated(sandbox: Sandbox, folder: Path, run_id: str, *words: object, codes: Collection[int] = (0,)) -> Path:
    given = [population_file(folder) if word == "POPULATION" else word for word in words]
    done = sandbox("simulate", *society(folder), "--run-id", run_id, *given)
    assert done.code in codes, done.err
    return folder / "runs" / run_id


@pytest.mark.slow
@pytest.mark.parametrize("name", EACH)
def test_the_bytes_are_the_same_whatever_is_in_flight_and_the_journal_gives_them_again(
    sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    logs = []
    with serve(Behaviour(faults=TWISTS, latency=lambda body: 0.001 * (len(str(body)) % 5))) as server:
        for concurrency in (1, 256):
            words = ("--model", "fake", "--base-url", server.base_url, "--concurrency", concurrency, *LENIENT)
            run = simulated(sandbox, tmp_path, f"c{concurrency}", *EACH[name], *words, codes=(0, 3))
            logs.append((run / "interactions.jsonl").read_bytes())
            assert sandbox("simulate", "--replay", run).code == 0
    assert logs[0] == logs[1]
    assert json.loads((run / "manifest.json").read_text())["forecast"]["calls"] == 9 * 3 * (
        8 + 2 * (name in ("peers", "all"))
    )


def test_a_run_stopped_by_its_budget_goes_on_to_the_same_bytes(sandbox: Sandbox, tmp_path: Path) -> None:
    whole = simulated(sandbox, tmp_path, "whole", *SCRIPTED, *ALL)
    cut = simulated(sandbox, tmp_path, "cut", *SCRIPTED, *ALL, "--budget-calls", 100, codes=(4,))
    (tmp_path / "population.toml").unlink()
    (tmp_path / "keyed.jsonl").unlink()
    assert sandbox("simulate", "--resume", cut, "--budget-calls", 10_000).code == 0
    assert (cut / "interactions.jsonl").read_bytes() == (whole / "interactions.jsonl").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("at", [20, 90, 200])
def test_killed_and_resumed_it_ends_with_the_same_bytes(
    sandbox: Sandbox, tmp_path: Path, process: Callable[..., "Popen[str]"], at: int
) -> None:
    started: list[Popen[str]] = []
    asked: list[Body] = []

    def kill(body: Body) -> float:
        asked.append(body)
        if len(asked) == at and started:
            started[0].kill()
        return 0.001

    given = [population_file(tmp_path) if word == "POPULATION" else word for word in ALL]
    with serve(Behaviour(latency=kill)) as server:
        words = ("--model", "fake", "--base-url", server.base_url)
        whole = simulated(sandbox, tmp_path, "whole", *ALL, *words)
        asked.clear()
        started.append(process("simulate", *society(tmp_path), *words, *given, "--run-id", "cut"))
        assert started[0].wait(60) == -9
        assert sandbox("simulate", "--resume", "cut").code == 0
    cut = tmp_path / "runs" / "cut"
    assert (cut / "interactions.jsonl").read_bytes() == (whole / "interactions.jsonl").read_bytes()
    assert sandbox("simulate", "--replay", cut).code == 0


def test_records_say_what_was_chosen_by_whom(sandbox: Sandbox, tmp_path: Path) -> None:
    run = simulated(sandbox, tmp_path, "one", *SCRIPTED, *ALL)
    interactions = log(run)
    persuaders = {each["agent"] for each in interactions if "persuader" in each}
    assert len(persuaders) == 3, "three tenths of nine agents"
    groups = {each["agent"]: each["group"] for each in interactions}
    assert [groups[agent] for agent in range(9)] == ["farmers"] * 3 + ["nurses"] * 6
    for each in interactions:
        assert each["options"][each["gold"]] in ("4", "6", "green", "a whale", "Monday")
        for text in ("draft", "revision"):
            assert each[text].endswith(f"Answer: {'ABC'[each['choice'][text]]}")
        assert ("persuader" in each) == (each["agent"] in persuaders)
        if "persuader" in each:
            assert each["persuader"] != each["gold"]
            assert each["choice"] == {"draft": each["persuader"], "revision": each["persuader"]}
        assert [given["agent"] for given in each["revision_feedback"]] == [given["agent"] for given in each["feedback"]]
        for given in (*each["feedback"], *each["revision_feedback"]):
            assert given["group"] == groups[given["agent"]]
            assert 1 <= given["rating"] <= 7
    wrong = [each for each in interactions if each["choice"]["revision"] != each["gold"]]
    assert {each["agent"] for each in wrong} > persuaders, "unlabelled scripted agents do not know every key"


@pytest.mark.slow
def test_each_is_told_what_belongs_to_it_and_no_more(sandbox: Sandbox, tmp_path: Path) -> None:
    run = simulated(sandbox, tmp_path, "one", *SCRIPTED, *ALL)
    opened = open_run(str(run), run.parent)
    seen: Counter[str] = Counter()
    questions = {each["question"]: each for each in QUESTIONS}
    for item in log(run):
        question = questions[item["question"]]
        for sent in prompts_sent(opened, find_interaction(opened, item["id"])):
            assert sent.is_exact, sent.key
            system, user = (message.content for message in sent.messages)
            stage = sent.key.stage
            seen[stage] += 1
            of_peers = "feedback" in stage
            assert (question["material"] in user) == (not of_peers)
            assert question["material"][:4] in user
            assert f"B) {question['options'][1]}" in user
            persona = {"farmers": "a farmer of seventy", "nurses": "a nurse of thirty"}
            speaker = next((given for given in item["feedback"] if given["agent"] == sent.key.neighbour), item)
            for group, words in persona.items():
                assert (words in system) == (group == speaker["group"] and not stage.startswith("score"))
            assert ("End your answer with a line" in system) == (stage in ("draft", "revision"))
            told = f"the right option is {'ABC'[item['persuader']]}" if "persuader" in item else "the right option is"
            assert (told in system) == ("persuader" in item and stage in ("draft", "revision"))
            if stage == "revision_feedback":
                assert item["revision"] in user
                assert "another member drafted" in user, "in the words in which drafts are rated"
    assert seen["revision_feedback"] == seen["feedback"] == 54


def test_a_key_that_is_always_in_one_place_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "first.jsonl"
    lines = [
        {"question": f"What is {number} and one?", "options": ["right", "wrong"], "gold": 0} for number in range(5)
    ]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    asked = (*SCRIPTED, "--embedder", "hash", "--labels", "none", "--grid", 3, "--dry-run", "--questions")
    assert "The right option is always A" in sandbox("simulate", *asked, path).out
    assert "The right option is always" not in sandbox("simulate", *asked, question_file(tmp_path)).out


def test_a_share_of_good_agents(sandbox: Sandbox, tmp_path: Path) -> None:
    words = ("--model", "scripted", "--embedder", "hash", "--questions", "starter", "--grid", 4, "--prior-size", 2)
    for labels, share, good in (("mixed", 0.3, 5), ("half", 0.3, 5), ("mixed", 0, 0), ("half", 1, 16)):
        run = f"{labels}-{share}"
        assert sandbox("simulate", *words, "--run-id", run, "--labels", labels, "--good", share).code == 0
        drawn = [each["label"] for each in log(tmp_path / "runs" / run)]
        assert drawn.count("good") == good
        assert (drawn == ["good"] * good + ["bad"] * (16 - good)) == (labels == "half" or share in (0, 1))


def refused(sandbox: Sandbox, *words: object) -> str:
    done = sandbox("simulate", "--model", "scripted", "--embedder", "hash", "--grid", 3, *words)
    assert done.code == 2
    assert len(done.err.strip().splitlines()) <= 3
    return done.err


def test_options_that_cannot_hold_are_refused_before_anything_is_made(sandbox: Sandbox, tmp_path: Path) -> None:
    plain, keyed = ("--questions", "starter", "--labels", "none"), ("--questions", question_file(tmp_path))
    assert "--labels all-good" in refused(sandbox, *plain[:2], "--labels", "all-good", "--good", 0.3)
    assert "--labels none" in refused(sandbox, *plain, "--good", 0.3)
    assert "from 0 to 1" in refused(sandbox, "--good", 1.5)
    assert "has options and a key" in refused(sandbox, *plain, "--control", "persuader:0.2")
    assert "persuader:SHARE" in refused(sandbox, *keyed, "--control", "persuader:0")
    assert "persuader:SHARE" in refused(sandbox, *keyed, "--control", "persuader:20")
    assert "has any" in refused(sandbox, *plain, "--evaluator-view", "answer-only")
    assert "truncated:N" in refused(sandbox, *keyed, "--evaluator-view", "truncated:0")
    assert "one of revision" in refused(sandbox, *keyed, "--peers-rate", "drafts")
    assert not (tmp_path / "runs").exists()


def test_another_population_cannot_go_on_with_a_run(sandbox: Sandbox, tmp_path: Path) -> None:
    run = simulated(sandbox, tmp_path, "one", *SCRIPTED, *ALL)
    other = tmp_path / "other.toml"
    other.write_text((tmp_path / "population.toml").read_text().replace("thirty", "forty"))
    done = sandbox("simulate", "--resume", run, "--rounds", 4, "--population", other)
    assert done.code == 2
    assert "--population" in done.err


def test_what_it_will_take_is_forecast_with_all_of_it(sandbox: Sandbox, tmp_path: Path) -> None:
    words = [population_file(tmp_path) if word == "POPULATION" else word for word in ALL]
    asked = ("simulate", *society(tmp_path), *SCRIPTED, *words, "--dry-run")
    told: dict[str, Any] = json.loads(sandbox(*asked, "--json").out)
    assert told["calls"]["revision_feedback"] == 54
    assert told["society"] == {
        "questions": {"with_key": 5, "with_options": 5, "with_material": 5},
        "evaluator_view": "truncated:4",
        "groups": {"farmers": 3, "nurses": 6},
        "placement": "blocks",
        "persuaders": 3,
        "peers_rate": "revision",
        "step": None,
        "good": None,
    }
    shown = " ".join(sandbox(*asked).out.split())
    assert "Of 5 questions 5 have a key, 5 have options, 5 have material." in shown
    assert "Neighbours see the first 4 characters of the material." in shown
    assert "Population: 3 farmers, 6 nurses, in blocks." in shown
    assert "3 persuaders with a wrong key" in shown
    assert "Neighbours rate the revision, too." in shown
    small = sandbox(*asked, "--grid", 2).out
    assert "\nGroups of 1, 3 agents: a permutation test over agents cannot give a p below 0.25 " in small
    assert "\nUse a larger --grid, or fewer groups.\n" in small
