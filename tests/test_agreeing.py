"""What is printed of a run that is not its user's word: a line that a shell takes as it stands, and nobody forges."""

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import COMMAND, ROOT, Sandbox
from example_runs import TINY, manifest
from odd_endpoint import Odd, api, odd
from tables import table

from sandbox.options.config import Config, SocietyModel
from sandbox.runs import own_mark
from sandbox.simulation.agreeing import command

KEY, OTHER = "sk-of-the-victim", "aws-of-the-victim"
NAMES = ("m", "n\N{GRINNING FACE} \"'")


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("CLOUD_SECRET", OTHER)
    monkeypatch.setenv("SANDBOX_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def server() -> Iterator[Odd]:
    with odd(api("/v1", *NAMES)) as found:
        yield found


@pytest.fixture
def society(sandbox: Sandbox, run: Path, server: Odd) -> Path:
    """A run of two models, each with an endpoint of its own, that its budget stopped."""
    tables = [f"{{ name = {json.dumps(name, ensure_ascii=False)}, base_url = " for name in NAMES]
    placed = [f'{table}"{server.origin}/v1?of={number}" }}' for number, table in enumerate(tables)]
    Path("own.toml").write_text(f"society.models = [{', '.join(placed)}]")
    assert sandbox("simulate", "--config", "own.toml", *TINY, "--budget-calls", 5, "--run-id", "one").code == 4
    return run


def received(run: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> None:
    """Copy `run`, as if somebody else had made it so."""
    there = run.parent / "received"
    shutil.copytree(run, there)
    document = manifest(there)
    change(document)
    (there / "manifest.json").write_text(json.dumps(document))


def refusal(sandbox: Sandbox, *words: object) -> list[str]:
    done = sandbox("simulate", "--resume", "received", *words)
    assert done.code == 1, done.err
    lines: list[str] = done.err[done.err.index("Error: ") :].strip().split("\n")
    assert len(lines) == 3, lines
    return lines


def in_a_shell(line: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """What comes of pasting the command of a refusal."""
    (folder / "bin").mkdir(exist_ok=True)
    program = folder / "bin" / "sandbox"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{program.parent}:{os.environ['PATH']}"}
    words = ["sh", "-c", line.partition(": ")[2]]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_line_for_a_mixed_society_can_be_pasted(
    sandbox: Sandbox, society: Path, server: Odd, tmp_path: Path
) -> None:
    received(society, lambda document: document["config"]["society"][1].update(api_key_env="CLOUD_SECRET"))
    lines = refusal(sandbox, "--budget-calls", 99)
    assert "--base-url" not in lines[2], "nobody is asked at the default endpoint"
    server.seen.clear()
    done = in_a_shell(lines[2], tmp_path)
    assert done.returncode == 0, done.stderr
    used = {seen.path.partition("?")[2]: seen.headers["authorization"] for seen in server.seen}
    assert used == {"of=0": "Bearer none", "of=1": f"Bearer {OTHER}"}
    assert sandbox("simulate", "--resume", "received", "--rounds", 2).code == 0


@table(
    "hostile",
    [
        {"base_url": "http://h/$(touch here)"},
        {"base_url": "http://h/`touch${IFS}here`"},
        {"base_url": "http://h/v1';touch${IFS}here;'"},
        {"api_key_env": "$(touch here)"},
        {"api_key_env": "A\nTo agree: touch here"},
        {"base_url": "http://h/v1\nTo agree: touch here"},
        {"base_url": "https://api.open\u0430i.com/v1"},
        {"name": "m\u202e"},
        {"name": "m" * 9_000},
        {"name": "'; touch here; '"},
    ],
)
def test_nothing_in_a_society_of_others_is_a_command(tmp_path: Path, hostile: dict[str, str]) -> None:
    models = (SocietyModel(name="n"), SocietyModel(**({"name": "m", "base_url": "http://h/v1"} | hostile)))  # type: ignore[arg-type]
    for words in (["true"], ["true", "--config", "own.toml"], ["true", "--config=own.toml"]):
        line = command(words, Config(society=models), ["society"])
        assert line.isprintable()
        assert len(line) < 5_000
        subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, check=False)
        assert list(tmp_path.iterdir()) == []


def test_no_name_of_others_begins_a_line_of_a_refusal(sandbox: Sandbox, run: Path, server: Odd) -> None:
    model = "m\nTo agree: touch here\n"
    words = ("simulate", "--model", model, *TINY, "--budget-calls", 5, "--run-id", "one")
    assert sandbox(*words, "--base-url", f"{server.origin}/v1").code == 4
    assert "\nTo agree" not in sandbox("inspect", "one").out

    def forged(document: dict[str, Any]) -> None:
        document["config"].update(base_url=None, observer_base_url="http://h\nTo agree: x")
        document["config"].update(observer_api_key_env="A\tB" + "A" * 999)
        document["models"]["endpoints"] = {model: ["http://api.open\u0430i.com\nTo agree: y"]}

    received(run, forged)
    lines = refusal(sandbox)
    assert r"m\nTo agree: touch here\n at https://api.openai.com/v1" in lines[1]
    assert r"(before: http://api.open\u0430i.com\nTo agree: y)" in lines[1]
    assert "AAA ...;" in lines[1]


def test_a_run_of_another_embedder_can_be_replayed_and_resumed_without_it(sandbox: Sandbox, made_run: Path) -> None:
    received(made_run, lambda document: document["config"].update(embedder="./theirs"))
    assert sandbox("simulate", "--replay", "received").code == 0
    done = sandbox("simulate", "--resume", "received")
    assert (done.code, "Nothing is left" in done.err) == (0, True), done.err
    assert refusal(sandbox, "--rounds", 30)[2].endswith("--rounds 30 --embedder ./theirs")
    assert sandbox("simulate", "--resume", "received", "--rounds", 30, "--dry-run").code == 0
    Path("theirs").mkdir()
    done = sandbox("simulate", "--resume", "received", "--rounds", 30, "--embedder", "./theirs")
    assert "theirs holds no usable sentence model" in done.err, "once it is said it is opened"


def test_the_secret_of_another_user_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_mark.mark_of({}, tmp_path)
    file = tmp_path / "state" / "own-runs.key"
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
    assert "another user's: set SANDBOX_STATE_DIR" in (own_mark.trouble() or "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_run_that_gets_no_mark_says_so_at_once(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, server: Odd
) -> None:
    monkeypatch.setenv("SANDBOX_STATE_DIR", "relative")
    words = ("simulate", *TINY, "--budget-calls", 5)
    done = sandbox(*words, "--model", "m", "--base-url", f"{server.origin}/v1")
    assert "This run gets no mark" in done.err
    assert "SANDBOX_STATE_DIR" in done.err
    assert "mark" not in sandbox(*words, "--model", "scripted").err


def test_a_configuration_can_be_piped_into_a_resume(sandbox: Sandbox, society: Path, tmp_path: Path) -> None:
    """A pipe is read once, and the folder of the runs is looked up in it before everything else."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = subprocess.Popen([sys.executable, "-c", f"open({str(pipe)!r}, 'w').write('budget_calls = 7')"])
    assert sandbox("simulate", "--resume", "one", "--config", pipe).code == 4
    writer.wait()
    assert manifest(society)["config"]["budget_calls"] == 7
