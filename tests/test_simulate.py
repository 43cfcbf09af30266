"""`sandbox simulate` with the scripted model: what it writes, that it repeats, and how it refuses bad input."""

import hashlib
import json
import os
import stat
import subprocess
from itertools import groupby
from pathlib import Path
from statistics import fmean

import pytest
from conftest import COMMAND, ROOT, Sandbox
from example_runs import SMALL, manifest
from tables import table

from memory import Memory, VectorSpace
from sandbox.runs.json_lines import read_lines
from sandbox.runs.records import Interaction, JournalLine

FILES = {
    ".lock",
    ".verified.json",
    "calls.jsonl",
    "interactions.jsonl",
    "rounds.jsonl",
    "manifest.json",
    "memory",
    "prompts",
    "questions.jsonl",
}


def digest(run: Path) -> str:
    return hashlib.sha256((run / "interactions.jsonl").read_bytes()).hexdigest()


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Path:
    done = sandbox("simulate", *SMALL, "--rounds", 3, "--radius", 2, "--run-id", "one")
    assert done.code == 0, done.err
    assert done.out == ""
    return tmp_path / "runs" / "one"


def test_a_run_directory_is_whole(run: Path) -> None:
    assert {path.name for path in run.iterdir()} == FILES
    memory = {path.name for path in (run / "memory").iterdir()}
    assert {"questions.npy", "questions.jsonl", "agent-000.faiss", "agent-008.jsonl"} <= memory
    assert len(memory) == 2 + 2 * 9


def test_every_interaction_and_call_is_accounted_for(run: Path) -> None:
    interactions = list(read_lines(run / "interactions.jsonl", Interaction))
    calls = list(read_lines(run / "calls.jsonl", JournalLine))
    totals = manifest(run)["totals"]
    assert [(item.round, item.agent) for item in interactions] == [(r, a) for r in range(3) for a in range(9)]
    assert (totals["planned"], totals["complete"], totals["failed"]) == (27, 27, 0)
    assert totals["calls"] == totals["tries"] == len(calls) == 27 * 10
    assert len({call.key for call in calls}) == len(calls)
    assert totals["prompt_tokens"] == sum(call.usage.prompt_tokens for call in calls if call.usage)
    assert manifest(run)["status"] == "complete"
    assert manifest(run)["models"] == {
        "agents": ["scripted"],
        "observer": "scripted",
        "reported": ["scripted"],
        "structured": {},
        "endpoints": {},
        "default_endpoint": None,
        "served": {},
        "systems": [],
    }


def test_rounds_are_the_means_of_their_interactions(run: Path) -> None:
    lines = [json.loads(line) for line in (run / "interactions.jsonl").read_text().splitlines()]
    rounds = [json.loads(line) for line in (run / "rounds.jsonl").read_text().splitlines()]
    for number, group in groupby(lines, key=lambda line: line["round"]):
        items = list(group)
        for text in ("draft", "revision"):
            for name in ("alignment", "engagement"):
                expected = fmean(item["scores"][text][name]["rating"] for item in items)
                assert rounds[number]["scores"][text][name] == {"mean": pytest.approx(expected), "count": 9}
        gain = fmean(
            item["scores"]["revision"]["alignment"]["rating"] - item["scores"]["draft"]["alignment"]["rating"]
            for item in items
        )
        assert rounds[number]["gain"]["alignment"]["mean"] == pytest.approx(gain)
        assert rounds[number]["recall_rate"] == sum(item["recall"] is not None for item in items) / 9


def test_agents_remember_their_revisions_and_recall_them(run: Path) -> None:
    interactions = list(read_lines(run / "interactions.jsonl", Interaction))
    for agent in range(9):
        memory = Memory.load(run / "memory" / f"agent-{agent:03d}")
        mine = {item.question: (item.revision, item.round) for item in interactions if item.agent == agent}
        entries = {entry.question: (entry.answer, entry.round) for entry in memory.entries()}
        assert {question: entries[question] for question in mine} == mine
        for question, (revision, round_) in mine.items():
            recall = memory.recall(question, 0.7, before_round=99)
            assert recall is not None
            assert (recall.question, recall.answer, recall.round) == (question, revision, round_)
            assert memory.recall(question, 1.0, before_round=round_) is None or round_ > 0


def test_vectors_are_kept_with_the_run(run: Path) -> None:
    space = VectorSpace.load(run / "memory")
    interactions = list(read_lines(run / "interactions.jsonl", Interaction))
    assert {item.question for item in interactions} <= set(space.questions)


@pytest.mark.parametrize("concurrency", [1, 7, 256])
def test_concurrency_never_changes_the_log(run: Path, sandbox: Sandbox, concurrency: int) -> None:
    again = run.parent / f"c{concurrency}"
    done = sandbox(
        "simulate", *SMALL, "--rounds", 3, "--radius", 2, "--concurrency", concurrency, "--run-id", again.name
    )
    assert done.code == 0
    assert digest(again) == digest(run)
    assert manifest(again)["fingerprint"] == manifest(run)["fingerprint"]


@pytest.mark.parametrize("changed", [("--seed", "1"), ("--threshold", "0.1"), ("--labels", "all-bad")])
def test_what_changes_results_changes_the_fingerprint(run: Path, sandbox: Sandbox, changed: tuple[str, str]) -> None:
    sandbox("simulate", *SMALL, "--rounds", 3, "--radius", 2, *changed, "--run-id", "other")
    other = run.parent / "other"
    assert manifest(other)["fingerprint"] != manifest(run)["fingerprint"]
    assert digest(other) != digest(run)


def test_a_longer_run_begins_like_a_shorter_one(run: Path, sandbox: Sandbox) -> None:
    sandbox("simulate", *SMALL, "--rounds", 4, "--radius", 2, "--run-id", "longer")
    longer = run.parent / "longer"
    short = (run / "interactions.jsonl").read_bytes()
    assert (longer / "interactions.jsonl").read_bytes().startswith(short)
    assert manifest(longer)["fingerprint"] == manifest(run)["fingerprint"]


def test_good_and_bad_societies_begin_and_end_differently(sandbox: Sandbox, tmp_path: Path) -> None:
    for kind in ("all-good", "all-bad"):
        assert sandbox("simulate", *SMALL, "--labels", kind, "--rounds", 3, "--run-id", kind).code == 0
    good, bad = tmp_path / "runs" / "all-good", tmp_path / "runs" / "all-bad"
    remembered = [(run / "memory" / "agent-000.jsonl").read_text().splitlines()[:5] for run in (good, bad)]
    assert not set(remembered[0]) & set(remembered[1])
    ends = [json.loads((run / "rounds.jsonl").read_text().splitlines()[-1]) for run in (good, bad)]
    means = [end["scores"]["revision"]["alignment"]["mean"] for end in ends]
    assert means[0] > means[1] + 1


def test_joint_observation_takes_two_calls_and_gives_the_same_record(sandbox: Sandbox, tmp_path: Path) -> None:
    done = sandbox("simulate", *SMALL, "--observe", "joint", "--radius", 2, "--run-id", "joint")
    assert done.code == 0
    run = tmp_path / "runs" / "joint"
    calls = list(read_lines(run / "calls.jsonl", JournalLine))
    assert len(calls) == 9 * 8
    assert {call.dimension for call in calls} == {None, "both"}
    for item in read_lines(run / "interactions.jsonl", Interaction):
        assert item.scores.draft.alignment is not None
        assert item.scores.revision.engagement is not None


@pytest.mark.parametrize("scope", ["local", "global", "mixed"])
def test_every_scope_runs(sandbox: Sandbox, tmp_path: Path, scope: str) -> None:
    """Defect 16 of the original: the global option always died."""
    assert sandbox("simulate", *SMALL, "--scope", scope, "--run-id", scope).code == 0
    assert len(list(read_lines(tmp_path / "runs" / scope / "interactions.jsonl", Interaction))) == 9


def test_a_mixed_society_uses_each_model_by_its_share(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "mixed.toml").write_text('[[society.models]]\nname = "scripted"\nshare = 1\n')
    assert sandbox("simulate", "--config", "mixed.toml", *SMALL[2:], "--run-id", "mixed").code == 0
    assert manifest(tmp_path / "runs" / "mixed")["models"]["agents"] == ["scripted"]


def test_json_lines_on_stdout_and_nothing_else(sandbox: Sandbox) -> None:
    done = sandbox("simulate", *SMALL, "--rounds", 2, "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["event"] for event in events] == ["started", "round", "round", "finished"]
    assert events[-1]["totals"]["complete"] == 18
    assert events[0]["calls"]["draft"] == 18


def test_log_lines_name_the_stand_in_and_add_up(sandbox: Sandbox) -> None:
    done = sandbox("simulate", *SMALL, "--run-id", "one")
    assert "scripted is no language model" in done.err
    assert "9 interactions planned = 9 complete + 0 failed + 0 not reached." in done.err
    assert "Look at it: sandbox inspect runs/one" in done.err


def test_the_forecast_is_exact_about_calls_and_asks_nobody(sandbox: Sandbox, run: Path, tmp_path: Path) -> None:
    done = sandbox("simulate", *SMALL, "--rounds", 3, "--radius", 2, "--dry-run", "--json")
    forecast = json.loads(done.out)
    assert done.code == 0
    assert sum(forecast["calls"].values()) == manifest(run)["totals"]["calls"]
    assert forecast["origins"]["rounds"] == "flag"
    assert forecast["cost_usd"] == {"low": 0.0, "high": 0.0}
    assert forecast["prompt_tokens"] is forecast["completion_tokens"] is None, "a stand-in's words are no tokens"
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["one"]


def test_an_expensive_run_is_not_started_unasked(sandbox: Sandbox, tmp_path: Path) -> None:
    done = sandbox("simulate", "--questions", "starter", "--model", "gpt-4o", "--rounds", 50)
    assert done.code == 2
    assert "will cost about" in done.err
    assert "--yes" in done.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--gird", "3"], 2, "--gird: no such option. Did you mean '--grid'?"),
        (["--grid", "x"], 2, "--grid"),
        (["--grid", "1"], 2, "wanted is a whole number from 2 to 1000. The nearest is 2."),
        (["--grid", "0"], 2, "wanted is a whole number from 2 to 1000. The nearest is 2."),
        (["--rounds", "0"], 2, "--rounds 0: wanted is a whole number from 1"),
        (["--neighbours", "9"], 2, "--neighbours 9: a grid of 3 x 3 gives an agent only 8 others."),
        (["--labels", "nice"], 2, "--labels nice: wanted is one of"),
        (["--run-id", "../out"], 2, "--run-id '../out'"),
        (["--questions", "absent.txt"], 2, "absent.txt"),
        (["--questions", "empty.txt"], 2, "empty.txt"),
        (["--questions", "broken.jsonl"], 2, "'broken.jsonl', line 2: not JSON"),
        (["--questions", "plain.txt"], 2, "needs 5 prior pairs of a good and a bad answer, and plain.txt has no pairs"),
        (["--prior-size", "500"], 2, "has only 216 pairs"),
        (["--prompts", "nowhere"], 2, "--prompts nowhere: no such folder"),
        (["--embedder", "nowhere/at/all"], 2, "nowhere/at/all"),
        (["--config", "absent.toml"], 2, "--config absent.toml: no such file"),
        (["--runs", "plain.txt"], 1, "plain.txt: a run cannot be written there"),
    ],
)
def test_bad_input_is_one_clear_message_and_nothing_half_written(
    sandbox: Sandbox, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "empty.txt").write_text("\n\n")
    (tmp_path / "broken.jsonl").write_text('{"question": "Why?"}\n{"question": \n')
    (tmp_path / "plain.txt").write_text("Why is that so?\nHow can it be?\n")
    before = {path.name for path in tmp_path.iterdir()}
    done = sandbox("simulate", *SMALL, *arguments)
    assert done.code == code
    assert message in done.err
    error = done.err[done.err.index("Error: ") :].strip()
    assert len(error.splitlines()) <= 3
    assert "Traceback" not in done.err
    assert {path.name for path in tmp_path.rglob("*")} - before <= {"runs"}


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("draft", "{{ question | length }} {{ recall.quesion | fence('question') }}"),
        ("revision", "{{ question | length }}{{ draft | length }}{{ feedback[0].reason | fence('feedback') }}"),
        ("reask", '{% if form == "rating" %}{{ 1 / 0 }}{% endif %}'),
        ("draft", "{{ question | length }}{{ 1.5 | round(0, 'bogus') }}"),
    ],
)
def test_a_template_that_would_fail_in_mid_run_is_refused_before_it(
    sandbox: Sandbox, tmp_path: Path, name: str, source: str
) -> None:
    (tmp_path / f"{name}.jinja").write_text(f"{{% block user %}}{source}{{% endblock %}}")
    done = sandbox("simulate", *SMALL, "--prompts", tmp_path)
    assert done.code == 2
    assert f"template {name}.jinja cannot be rendered" in done.err
    assert not (tmp_path / "runs").exists()


def test_a_template_may_show_how_similar_a_recall_is(sandbox: Sandbox, tmp_path: Path) -> None:
    asked = "{{ question | fence('question') }}{% if recall %}{{ recall.similarity }}{% endif %}"
    source = f"{{% block user %}}{asked}{{% endblock %}}"
    (tmp_path / "draft.jinja").write_text(source)
    assert sandbox("simulate", *SMALL, "--prompts", tmp_path).code == 0


def test_a_prior_of_its_own_is_not_filtered(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text(
        "Why is it so hard to say no to a friend?\nHow do I tell neighbours to be quiet?\n"
    )
    arguments = ("--questions", "long.txt", "--prior", "starter", "--min-length", 30)
    assert sandbox("simulate", *SMALL, *arguments, "--run-id", "one").code == 0


def test_a_file_name_that_is_no_unicode_is_no_obstacle(sandbox: Sandbox, tmp_path: Path) -> None:
    name = b"q\xff.txt"
    (tmp_path / os.fsdecode(name)).write_text("Why is that so?\nHow can it be?\n")
    done = sandbox("simulate", *SMALL, "--labels", "none", "--questions", os.fsdecode(name), "--run-id", "one")
    assert done.code == 0, done.err
    assert manifest(tmp_path / "runs" / "one")["config"]["questions"] == "q?.txt"


def test_a_huge_number_of_rounds_is_forecast_at_once(sandbox: Sandbox) -> None:
    done = sandbox("simulate", *SMALL, "--rounds", 1_000_000, "--dry-run", "--json")
    assert json.loads(done.out)["interactions"] == 9_000_000


@pytest.mark.slow
@table(("stream", "arguments"), [("stdout", ["--json"]), ("stderr", [])])
def test_a_reader_that_goes_away_does_not_end_a_run(tmp_path: Path, stream: str, arguments: list[str]) -> None:
    command = [*COMMAND, "simulate", *SMALL, "--rounds", "20", "--run-id", "one", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, **{stream: subprocess.PIPE}) as process:  # type: ignore[call-overload]
        reader = getattr(process, stream)
        reader.readline()
        reader.close()
    assert process.returncode == 0
    assert manifest(tmp_path / "runs" / "one")["status"] == "complete"


def test_a_run_id_that_exists_is_refused(sandbox: Sandbox, run: Path) -> None:
    before = digest(run)
    done = sandbox("simulate", *SMALL, "--seed", 9, "--run-id", "one")
    assert (done.code, digest(run)) == (2, before)
    assert "Run one exists already" in done.err


def test_labels_none_needs_no_prior(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text("Why is that so?\nHow can it be?\n")
    done = sandbox("simulate", *SMALL, "--questions", "plain.txt", "--labels", "none", "--run-id", "none")
    assert done.code == 0, done.err
    first = next(read_lines(tmp_path / "runs" / "none" / "interactions.jsonl", Interaction))
    assert first.label is None
    assert first.recall is None


def test_a_runs_folder_that_is_read_only_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    runs = tmp_path / "locked"
    runs.mkdir()
    runs.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        (runs / "probe").mkdir()
    except PermissionError:
        pass
    else:
        pytest.skip("this user may write everywhere")
    done = sandbox("simulate", *SMALL, "--runs", runs)
    assert done.code == 1
    assert "cannot be written there" in done.err


def test_debug_shows_a_traceback_and_changes_no_exit_code(sandbox: Sandbox) -> None:
    done = sandbox("simulate", *SMALL, "--run-id", "../out", "--debug")
    assert done.code == 2
    assert "Traceback (most recent call last)" in done.err


def test_results_of_the_published_questions(sandbox: Sandbox, hh_rlhf: Path, tmp_path: Path) -> None:
    """Real questions and answers: 2,178 questions, 657 prior pairs, one question an agent and round."""
    done = sandbox(
        "simulate", "--model", "scripted", "--embedder", "hash", "--questions", hh_rlhf, "--rounds", 2, "--run-id", "hh"
    )
    assert done.code == 0, done.err
    run = tmp_path / "runs" / "hh"
    assert manifest(run)["questions"]["count"] == 2178
    assert manifest(run)["questions"]["dropped"] == {"duplicate": 134}
    assert manifest(run)["totals"]["calls"] == 2000
    items = list(read_lines(run / "interactions.jsonl", Interaction))
    assert len({item.question_id for item in items}) == len(items) == 200
