"""A training that is killed, stopped, or out of disk goes on to the same bytes, by `--resume` and nothing by hand."""

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from math import nan
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import ROOT, Finished, Sandbox
from tiny_model import make_tiny_model, texts_of

from sandbox.errors import SandboxError
from sandbox.runs.appended import JsonLines

RESULTS = (
    "adapter/adapter_model.safetensors", "adapter/adapter_config.json", "adapter.gguf", "steps.jsonl", "answers.jsonl",
)  # fmt: skip
SAME = ("steps", "tokens", "held_out", "rows", "adapter", "fingerprint")
# Runs the command line, and ends it as by `kill -9` at a call of a function: before or after it, or when half of the
# file that it wrote is there.
KILLED = """
import importlib, os, signal, sys
module, name, left, when = sys.argv.pop(1).split(":")
owner, left = importlib.import_module(module), int(left)
*parts, name = name.split(".")
for part in parts:
    owner = getattr(owner, part)
whole = getattr(owner, name)
def fatal(*given, **named):
    global left
    left -= 1
    if left:
        return whole(*given, **named)
    if when != "before":
        whole(*given, **named)
    if when == "torn":
        os.truncate(given[1], os.path.getsize(given[1]) // 2)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, name, fatal)
sys.argv[0] = "sandbox"
from sandbox.cli import main
main()
"""
STEP, TORN, SYNCED, NAMED, SAVED = (
    "sandbox.runs.appended:JsonLines.append", "torch:save", "sandbox.training.steps.checkpoints:_sync_one",
    "pathlib:Path.rename", "sandbox.training.made.saving:write_gguf",
)  # fmt: skip


def kills() -> list[str]:
    """Seven at steps, three while a checkpoint is written (the second of a process), in some order; one at the end."""
    draw = Random(18)
    at_steps = [f"{STEP}:{draw.randint(1, 3)}:{draw.choice(('before', 'after'))}" for _ in range(7)]
    in_checkpoints = [f"{TORN}:6:torn", f"{SYNCED}:20:before", f"{NAMED}:2:{draw.choice(('before', 'after'))}"]
    return [*draw.sample([*at_steps, *in_checkpoints], 10), f"{SAVED}:1:after"]


@pytest.fixture
def lesson(sandbox: Sandbox, tmp_path: Path) -> tuple[object, ...]:
    """The words of a training on what a small society said, but for how long and where to."""
    few = ("--questions", "starter", "--grid", 3, "--rounds", 2, "--run-id", "one")
    assert sandbox("simulate", "--model", "scripted", *few).code == 0
    assert sandbox("export", "one", "--format", "stable-alignment", "--test", 0.2, "--out", "data").code == 0
    make_tiny_model(tmp_path / "tiny", texts_of(tmp_path / "data"))
    how = ("--batch", 1, "--accumulate", 2, "--save-steps", 2, "--lora-rank", 4, "--answers", 1, "--threads", 1)
    return ("data", "--objective", "stable", "--model", "tiny", *how)


def results(folder: Path) -> dict[str, Any]:
    """The bytes of what came of it, and what the manifest says of it that no clock decides."""
    manifest = json.loads((folder / "manifest.json").read_text())
    return {name: (folder / name).read_bytes() for name in RESULTS} | {name: manifest[name] for name in SAME}


def at_step(monkeypatch: pytest.MonkeyPatch, wanted: int, act: Callable[[], object]) -> None:
    """When the next process in this one has logged so many steps, let `act` happen, once."""
    append, logged = JsonLines.append, [0]

    def acting(lines: JsonLines, records: Any) -> None:
        append(lines, records)
        logged[0] += 1
        if logged[0] == wanted:
            act()

    monkeypatch.setattr(JsonLines, "append", acting)


def limit_files(bytes_: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def out_of_disk(sandbox: Sandbox) -> Finished:
    """Go on where no file can grow over 50,000 bytes once a step was made: an adapter is larger."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    with pytest.MonkeyPatch.context() as patch:
        at_step(patch, 1, lambda: limit_files(50_000))
        try:
            return sandbox("train", "--resume", "parted")
        finally:
            limit_files(before)


def assert_refused(sandbox: Sandbox, parted: Path) -> None:
    """What would change results, more steps, and a copy, which anybody could have made."""
    shutil.copytree(parted, parted.with_name("copied"))
    for code, said, words in (
        (2, "--seed 0 -> 1; --threads 1 -> 2", ("parted", "--seed", 1, "--threads", 2)),
        (2, "train anew with --steps 9", ("parted", "--steps", 9)),
        (1, "does not carry your mark", ("copied",)),
    ):
        refused = sandbox("train", "--resume", *words)
        assert (refused.code, said in refused.err) == (code, True), refused.err


def interrupt(times: int) -> None:
    for _ in range(times):
        os.kill(os.getpid(), signal.SIGINT)


def no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def assert_told_what_is_left(sandbox: Sandbox) -> None:
    """Of a disk that is full when all steps are made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sandbox.training.made.saving.write_gguf", no_room)
        patch.setattr("sandbox.training.training.Drive._end", no_room)  # not even for the manifest
        unsaved = sandbox("train", "--resume", "parted")
    assert (unsaved.code, len(unsaved.err.partition("Error: ")[2].splitlines())) == (1, 2), unsaved.err
    assert f"{os.strerror(errno.ENOSPC)}.\nWhat was learnt before it stays." in unsaved.err


@pytest.mark.slow
def test_what_is_stopped_twice_and_runs_out_of_disk_goes_on_to_the_same_bytes(
    sandbox: Sandbox, lesson: tuple[object, ...], tmp_path: Path
) -> None:
    words = ("train", *lesson, "--steps", 6)
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    told = sandbox(*words, "--out", "whole", "--json")
    assert told.code == 0
    assert [json.loads(line)["event"] for line in told.out.splitlines()].count("step") == 6, "libraries print nothing"
    assert all(line.startswith("Reading the data") for line in told.err.splitlines()), told.err
    with pytest.MonkeyPatch.context() as patch:
        at_step(patch, 1, lambda: interrupt(2))
        assert sandbox(*words, "--out", "parted").code == 130
    assert not list((parted / "checkpoints").glob("step-*")), "the second Ctrl-C waits for nothing"
    with pytest.MonkeyPatch.context() as patch:
        at_step(patch, 2, lambda: interrupt(1))  # it has ended: the one at hand is the third
        stopped = sandbox("train", "--resume", "parted")
    assert stopped.code == 130
    assert "sandbox train --resume parted" in stopped.err
    assert sorted(each.name for each in (parted / "checkpoints").iterdir()) == ["step-000002", "step-000003"]
    assert json.loads((parted / "manifest.json").read_text())["stopped_by"] == "interrupt"
    assert_refused(sandbox, parted)
    full = out_of_disk(sandbox)
    assert full.code == 1
    assert "checkpoint of step 4 could not be written" in full.err
    assert "Traceback" not in full.err
    assert sorted(each.name for each in (parted / "checkpoints").iterdir()) == ["step-000002", "step-000003"]
    assert_told_what_is_left(sandbox)
    done = sandbox("train", "--resume", "parted")
    assert done.code == 0, done.err
    assert results(parted) == results(whole)
    kept = {path: path.read_bytes() for path in parted.rglob("*") if path.is_file()}
    again = sandbox("train", "--resume", "parted")
    assert again.code == 0
    assert "Nothing is left to be done" in again.err
    assert kept == {path: path.read_bytes() for path in parted.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_loss_that_is_no_number_ends_it_after_its_line(tmp_path: Path) -> None:
    from sandbox.training.steps.step_log import StepLog

    trainer = SimpleNamespace(parts={"loss": nan, "best": nan, "penalty": 0.5}, tokens=7)
    log = StepLog(tmp_path / "steps.jsonl", trainer, lambda _: None)
    state: Any = SimpleNamespace(global_step=3, is_world_process_zero=True)
    nothing: Any = None
    log.on_log(nothing, state, nothing, logs={"train_runtime": 3.0})
    with pytest.raises(SandboxError, match="loss of step 3"):
        log.on_log(nothing, state, nothing, logs={"loss": nan, "grad_norm": nan, "learning_rate": 0.1})
    log.close()
    (line,) = (tmp_path / "steps.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "step": 3, "loss": None, "parts": {"best": None, "penalty": 0.5}, "rate": 0.1, "gradient_norm": None,
        "tokens": 7,
    }  # fmt: skip
    assert (trainer.parts, trainer.tokens) == ({}, 0)


@pytest.mark.slow
def test_ten_kills_three_of_them_in_a_checkpoint_leave_the_same_bytes(
    sandbox: Sandbox, lesson: tuple[object, ...], tmp_path: Path
) -> None:
    words: tuple[object, ...] = ("train", *lesson, "--steps", 30, "--out")
    assert sandbox(*words, "whole").code == 0
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1"}
    given = (*words, "killed")
    for kill in kills():
        command = [sys.executable, "-c", KILLED, kill, *map(str, given)]
        ended = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert ended.returncode == -signal.SIGKILL, (kill, ended.stderr)
        given = ("train", "--resume", "killed")
    done = sandbox(*given)
    assert done.code == 0, done.err
    assert results(tmp_path / "killed") == results(tmp_path / "whole")
    kept = {each.name for each in (tmp_path / "killed" / "checkpoints").iterdir()}
    assert kept == {"step-000028", "step-000030"}
