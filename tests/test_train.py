"""`sandbox train`: every objective from an export to an adapter, what it refuses at once, what it writes of itself."""

import json
import os
import shlex
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Sandbox
from example_runs import scripted_run
from lessons import QUICK, exports, lesson, train, values
from tables import table
from tiny_jobs import renamed

from sandbox.options.training import TrainingConfig
from sandbox.training import planning

needs_library = pytest.mark.skipif(find_spec("trl") is None, reason="pip install 'society-sandbox[train]'")
pytestmark = [needs_library, renamed]
DATA = {"stable": "stable-alignment", "sft": "sft", "dpo": "dpo", "modpo": "modpo", "kto": "kto", "reward": "reward"}


def document(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.slow
@table(("objective",), [(objective,) for objective in DATA])
def test_an_objective_learns_from_its_export(sandbox: Sandbox, objective: str) -> None:
    here = lesson(sandbox)
    data, out = DATA[objective], here / f"trained-{objective}"
    train(sandbox, data, out.name, "--objective", objective, "--steps", 2, *_weights(objective))
    found = document(out)
    assert (found["kind"], found["status"], found["objective"], found["steps"]) == (
        "training",
        "complete",
        objective,
        2,
    )
    assert all(rows["considered"] == rows["used"] + sum(rows["dropped"].values()) for rows in found["rows"].values())
    before, after = (found["held_out"]["test"][when]["alignment"] for when in ("before", "after"))
    assert before["pairs"] == after["pairs"] > 5
    assert before["margin"] != after["margin"]
    steps = lines(out / "steps.jsonl")
    assert [step["step"] for step in steps] == [1, 2]
    assert sum(step["tokens"] for step in steps) == found["tokens"] > 0
    assert (found["adapter"]["gguf"] is None) == (objective == "reward")
    assert len(lines(out / "answers.jsonl")) == (objective != "reward")
    handed_on = [file for file in out.rglob("*") if "checkpoints" not in file.parts and file.is_file()]
    assert not [file for file in handed_on if file.suffix in (".bin", ".pt", ".pth")]
    assert not [file for file in handed_on if os.fspath(here).encode() in file.read_bytes()]


def _weights(objective: str) -> tuple[object, ...]:
    return ("--weights", "alignment=0.7,engagement=0.3") if objective == "modpo" else ()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_one_others(sandbox: Sandbox) -> None:
    here = lesson(sandbox)
    for out, seed in (("one", 0), ("two", 0), ("other", 1)):
        train(sandbox, "stable-alignment", out, "--objective", "stable", "--steps", 2, "--seed", seed)
    assert len(values(here / "one")) == 4
    assert values(here / "one") == values(here / "two")
    assert values(here / "one")["steps.jsonl"] != values(here / "other")["steps.jsonl"]
    assert document(here / "one")["fingerprint"] == document(here / "two")["fingerprint"]


@pytest.mark.slow
def test_a_sweep_is_one_training_for_each_weight(sandbox: Sandbox) -> None:
    here = lesson(sandbox)
    train(sandbox, "modpo", "out", "--objective", "modpo", "--steps", 1, "--sweep", "0.9,0.1")
    found = {path.name: document(path) for path in (here / "out").iterdir()}
    assert {name: each["config"]["weights"] for name, each in found.items()} == {
        "alignment-0.1": "alignment=0.1,engagement=0.9",
        "alignment-0.9": "alignment=0.9,engagement=0.1",
    }
    assert {each["status"] for each in found.values()} == {"complete"}
    (here / "out" / "alignment-0.1" / ".inputs.json").write_text("{}")  # as after a kill at the very end
    whole = sandbox("train", "--resume", "out")
    assert not list((here / "out").rglob(".inputs.json"))
    assert (whole.code, "Nothing is left to be done" in whole.err) == (0, True)
    assert whole.err.count("complete") == 2
    assert all(
        f"Weights `{each['config']['weights']}`" in (here / "out" / name / "README.md").read_text()
        for name, each in found.items()
    )
    adapter = sandbox("evaluate", "--suite", "starter", "--model", "local", "--adapter", "out", "--dry-run")
    assert (adapter.code, "a sweep of them: name one, such as out/alignment-0.1" in adapter.err) == (2, True)
    more = sandbox("train", "--resume", "out", "--steps", 9)
    assert (more.code, "complete" in more.err, "--steps 1 -> 9" in more.err) == (2, True, True), more.err


@pytest.mark.slow
def test_all_weights_are_trained_without_an_adapter(sandbox: Sandbox) -> None:
    here = lesson(sandbox)
    train(sandbox, "stable-alignment", "out", "--objective", "stable", "--steps", 1, "--full")
    found = document(here / "out")
    assert found["trainable"] == found["base"]["parameters"]
    assert (here / "out" / "model" / "model.safetensors").exists()
    assert not (here / "out" / "adapter").exists()
    assert found["adapter"]["no_gguf"].startswith("All weights were trained")


@pytest.mark.slow
def test_rows_are_counted_as_they_are_cut_and_dropped(sandbox: Sandbox) -> None:
    here = lesson(sandbox)
    done = sandbox("train", "dpo", "--objective", "dpo", "--model", "tiny", "--max-length", 8, "--out", "out")
    assert done.code == 2
    assert "Nothing is left to learn" in done.err
    assert "prompt too long" in done.err
    assert "Raise --max-length, which is 8" in done.err
    unrated = {"alignment": ([], Counter({"no engagement rating": 3}))}
    assert "--max-length" not in planning._nothing_left(unrated, TrainingConfig())
    assert not (here / "out").exists()


def unread(sandbox: Sandbox) -> Path:
    """The exports of a lesson, and what looks like its model as long as nobody reads it; making one takes torch."""
    here = exports(sandbox)
    (here / "tiny").mkdir(exist_ok=True)
    (here / "tiny" / "config.json").write_text("{}")
    return here


MISTAKES = [
    (("dpo",), "Say what the model learns by: --objective stable|sft|"),
    (
        ("dpo", "--objective", "stable", "--out", "new"),
        "--format stable-alignment --prompt draft --style conversational --test 0.2",
    ),
    (("dpo", "--objective", "dpo", "--margin", 1), "--margin is of stable"),
    (("dpo", "--objective", "dpo", "--steps", 1, "--epochs", 1), "--epochs and --steps both say how long"),
    (("modpo", "--objective", "modpo"), "--weights alignment=0.7,engagement=0.3"),
    (("modpo", "--objective", "modpo", "--sweep", "0.1,0.1"), "0.1 is there twice"),
    (("modpo", "--objective", "modpo", "--sweep", "0"), "--sweep 0: '0' is none of what is wanted"),
    (
        ("dpo", "--objective", "dpo", "--weights", "alignment=.7,engagement=.3", "--out", "new"),
        "dpo with --weights learns from modpo",
    ),
    (("modpo", "--objective", "modpo", "--sweep", "0.5,nan"), "--sweep 0.5,nan: 'nan'"),
    (("modpo", "--objective", "modpo", "--sweep", "0.1234567,0.1234568"), "0.123457 is there twice"),
    (("modpo", "--objective", "modpo", "--weights", "alignment=.5,alignment=.7,engagement=.3"), "there twice"),
    (("sft", "--objective", "rloo"), "--reward DIR"),
    (("sft", "--objective", "rloo", "--reward", "tiny", "--out", "new"), "is no training"),
    (("sft", "--objective", "sft", "--model", "sft", "--out", "new"), "no config.json"),
    (("tiny", "--objective", "sft", "--out", "new"), "no folder of sandbox export"),
    (("tiny/config.json", "--objective", "sft", "--out", "new"), "no folder of sandbox export"),
    (("dpo", "--objective", "dpo"), "Name the folder to make: --out DIR"),
    (("dpo", "--objective", "dpo", "--out", "tiny"), "nothing is ever overwritten"),
    (("--resume", "dpo"), "is no training"),
    ((), "Name the folder of sandbox export"),
    (("sft", "--objective", "sft", "--model", "locl", "--out", "new"), "Did you mean 'local'?"),
    (("tiny", "--objective", "sft", "--out", "new"), "--out DIR"),
]


@table(("words", "said"), MISTAKES)
def test_what_cannot_be_is_said_before_anything_is_made(sandbox: Sandbox, words: tuple[object, ...], said: str) -> None:
    unread(sandbox)
    done = sandbox("train", *words)
    assert (done.code, said in done.err) == (2, True), done.err
    assert len(done.err.splitlines()) <= 3


@pytest.mark.slow
def test_a_format_that_does_not_serve_is_refused_with_a_command_that_makes_one_that_does(sandbox: Sandbox) -> None:
    here = lesson(sandbox)
    scripted_run(sandbox, here, "lesson", rounds=1, grid=3)
    done = sandbox("export", "lesson", "--format", "alpaca", "--prompt", "draft", "--out", "alpaca")
    assert done.code == 0, done.err
    for data, objective in (("alpaca", "sft"), ("alpaca", "stable"), ("dpo", "kto")):
        words = ("--objective", objective, *QUICK, "--steps", 1, "--dry-run")
        refused = sandbox("train", data, *words)
        assert (refused.code, len(refused.err.splitlines())) == (2, 2), refused.err
        named = shlex.split(refused.err.partition("Make it: sandbox ")[2])
        made = sandbox(*named)
        assert made.code == 0, made.err
        trained = sandbox("train", named[-1], *words)
        assert trained.code == 0, trained.err


@pytest.mark.slow
def test_what_is_held_out_is_named_by_its_digest_and_where_nothing_is_that_is_said(sandbox: Sandbox) -> None:
    here = lesson(sandbox)
    train(sandbox, "dpo", "out", "--objective", "dpo", "--steps", 1)
    assert "data/dpo/test.jsonl" in document(here / "out")["data"]["files"]
    scripted_run(sandbox, here, "lesson", rounds=1, grid=3)
    made = sandbox("export", "lesson", "--format", "sft", "--out", "whole")
    assert made.code == 0, made.err
    done = train(sandbox, "whole", "blind", "--objective", "sft", "--steps", 1)
    assert "Warning: Nothing is held out" in done.err
    assert document(here / "blind")["held_out"] == {}


@pytest.mark.slow
def test_steps_that_the_library_would_not_make_are_no_training(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox.training.steps import keeping

    here = lesson(sandbox)
    train(sandbox, "reward", "judge", "--objective", "reward", "--steps", 1)
    words = ("dpo", "--objective", "rloo", "--reward", "judge", "--max-length", 320, *QUICK, "--batch", 4096)
    refused = sandbox("train", *words, "--steps", 2, "--out", "out")
    assert (refused.code, "--batch 4096" in refused.err, (here / "out").exists()) == (2, True, False), refused.err
    monkeypatch.setattr(keeping, "go_on", lambda *_: None)
    failed = sandbox("train", "dpo", "--objective", "dpo", *QUICK, "--steps", 2, "--out", "out")
    assert (failed.code, "ended after 0 of 2 steps" in failed.err) == (1, True), failed.err
    assert document(here / "out")["status"] == "failed"


@table(("variable", "value"), [("RANK", "1"), ("WORLD_SIZE", "4"), ("LOCAL_RANK", "0"), ("OMPI_COMM_WORLD_SIZE", "2")])
def test_one_of_several_processes_that_nobody_started_is_refused(sandbox: Sandbox, variable: str, value: str) -> None:
    unread(sandbox)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(variable, value)
        done = sandbox("train", "dpo", "--objective", "dpo", "--out", "new", *QUICK)
    assert (done.code, f"unset {variable}." in done.err, Path("new").exists()) == (2, True, False), done.err


@pytest.mark.slow
def test_what_a_launcher_says_of_precision_changes_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    here = lesson(sandbox)
    words = ("--objective", "stable", "--steps", 1)
    train(sandbox, "stable-alignment", "plain", *words)
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    train(sandbox, "stable-alignment", "told", *words)
    assert values(here / "told") == values(here / "plain")


@pytest.mark.slow
def test_a_model_that_reads_less_than_the_greatest_length_is_refused(sandbox: Sandbox) -> None:
    lesson(sandbox)
    done = sandbox("train", "dpo", "--objective", "dpo", "--out", "new", *QUICK, "--max-length", 4096)
    assert (done.code, "Say --max-length 2048." in done.err, Path("new").exists()) == (2, True, False), done.err


@pytest.mark.slow
def test_data_that_was_changed_is_not_trained_on(sandbox: Sandbox) -> None:
    here = lesson(sandbox)
    file = here / "dpo" / "data" / "dpo" / "train.jsonl"
    file.write_text(file.read_text().replace("kind", "rude").replace("e", "a", 1))
    done = sandbox("train", "dpo", "--objective", "dpo", "--model", "tiny", "--out", "out")
    assert (done.code, "is not what manifest.json says it is" in done.err) == (1, True), done.err


@pytest.mark.slow
def test_two_processes_learn_what_one_does_and_the_first_alone_writes(sandbox: Sandbox) -> None:
    here = lesson(sandbox)
    words = ("stable-alignment", "--objective", "stable", *QUICK, "--steps", 2)
    train(sandbox, "stable-alignment", "one", "--objective", "stable", "--steps", 2, "--batch", 4)
    launcher = ("torch.distributed.run", "--standalone", "--nproc_per_node", "2", "--module", "sandbox.training")
    done = subprocess.run(
        [sys.executable, "-m", *launcher, *map(str, words), "--out", "two"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    one, two = (lines(here / out / "steps.jsonl") for out in ("one", "two"))
    assert [step["loss"] for step in two] == pytest.approx([step["loss"] for step in one], abs=1e-5)
    assert [step["tokens"] for step in two] == [step["tokens"] for step in one]
    assert (document(here / "two")["ranks"], document(here / "two")["status"]) == (2, "complete")
    assert done.stderr.count("complete after") == 1


@pytest.mark.slow
def test_accumulation_changes_nothing(sandbox: Sandbox) -> None:
    here = lesson(sandbox)
    for passes in (1, 2, 4):
        words = ("--steps", 2, "--batch", 4 // passes, "--accumulate", passes)
        train(sandbox, "dpo", f"dpo-{passes}", "--objective", "dpo", *words)
        train(sandbox, "stable-alignment", f"stable-{passes}", "--objective", "stable", *words)
    for objective in ("dpo", "stable"):
        found = [lines(here / f"{objective}-{passes}" / "steps.jsonl") for passes in (1, 2, 4)]
        wholes = [[each for step in steps for each in (step["loss"], step["gradient_norm"])] for steps in found]
        assert wholes[1] == pytest.approx(wholes[0], abs=1e-5)
        assert wholes[2] == pytest.approx(wholes[0], abs=1e-5)
