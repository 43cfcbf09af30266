"""A real llama.cpp server in a process of its own: killed, frozen, with a small context, a key, thinking templates."""

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import COMMAND, ROOT, Sandbox
from example_runs import manifest
from real_servers import (
    CLOSE,
    SOCIETY,
    RealServer,
    answer,
    interactions,
    journal,
    llama_cpp,
    save_gguf,
    texts,
    until_round,
)

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.slow

ROUNDS = ("--model", "tiny", *SOCIETY, "--rounds", 3, "--seed", 2, "--timeout", 2)
Process = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of each template."""
    folder = tmp_path_factory.mktemp("models")
    for template in ("plain", "thinking", "known"):
        save_gguf(folder / f"{template}.gguf", template)
    return folder


@pytest.fixture(scope="module")
def whole(models: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The log of a run whose server nobody disturbs."""
    folder = tmp_path_factory.mktemp("whole")
    with llama_cpp(models / "plain.gguf") as server:
        words = [*COMMAND, "simulate", *ROUNDS, "--base-url", server.base_url]
        subprocess.run(
            [str(word) for word in words], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True
        )
    return (folder / "runs" / "one" / "interactions.jsonl").read_bytes()


class Away(NamedTuple):
    """How a server goes away, and comes back."""

    go: Callable[[RealServer], None]
    come: Callable[[RealServer], None]


KILLED = Away(RealServer.kill, RealServer.start)
FROZEN = Away(RealServer.freeze, RealServer.thaw)
AWAY = pytest.mark.parametrize("away", [KILLED, FROZEN], ids=["killed", "frozen"])


def nobody_gets_an_answer(server: RealServer) -> None:
    """Come back when a call has waited for longer than the tries of the run do."""
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(f"{server.base_url}/models", timeout=3)


@AWAY
def test_a_server_that_comes_back_is_gone_on_with(
    process: Process, models: Path, run: Path, whole: bytes, away: Away
) -> None:
    with llama_cpp(models / "plain.gguf") as server:
        running = process("simulate", *ROUNDS, "--base-url", server.base_url)
        until_round(0, running)
        away.go(server)
        if away is FROZEN:
            nobody_gets_an_answer(server)
        away.come(server)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert (run / "interactions.jsonl").read_bytes() == whole
    totals = manifest(run)["totals"]
    assert totals["tries"] > totals["calls"] == len(journal(run))


@AWAY
def test_a_run_that_was_stopped_while_its_server_was_away_is_resumed(
    process: Process, models: Path, run: Path, whole: bytes, away: Away
) -> None:
    with llama_cpp(models / "plain.gguf") as server:
        running = process("simulate", *ROUNDS, "--base-url", server.base_url)
        until_round(0, running)
        away.go(server)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
        assert running.returncode == 130, err
        paid = len(journal(run))
        away.come(server)
        resumed = process("simulate", "--resume", "one")
        _, err = resumed.communicate(timeout=60)
    assert resumed.returncode == 0, err
    assert (run / "interactions.jsonl").read_bytes() == whole
    names = ("round", "agent", "stage", "neighbour", "dimension", "ask")
    asks = [tuple(each[name] for name in names) for each in journal(run)]
    assert len(set(asks)) == len(asks) == manifest(run)["totals"]["calls"]
    assert manifest(run)["attempts"][-1]["calls"] == len(asks) - paid


def test_a_server_that_is_not_there_yet_is_waited_for(process: Process, models: Path, run: Path) -> None:
    with llama_cpp(models / "plain.gguf") as server:
        server.kill()
        running = process(
            "simulate", "--model", "tiny", "--base-url", server.base_url, *SOCIETY, "--seed", 2, "--wait", 60
        )
        assert running.stderr is not None
        assert any("Waiting for it up to 60 s" in line for line in running.stderr)
        server.start()
        _, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert manifest(run)["status"] == "complete"


def test_prompts_that_do_not_fit_are_told_in_the_words_of_the_server(sandbox: Sandbox, models: Path, run: Path) -> None:
    with llama_cpp(models / "plain.gguf", "--context", 1024) as server:
        done = sandbox("simulate", "--model", "tiny", "--base-url", server.base_url, *SOCIETY)
    assert done.code == 3, done.err
    failed = [each["failed"] for each in interactions(run) if each["failed"]]
    assert {each["error"] for each in failed} == {"context_overflow"}
    errors = [each["error"] for each in journal(run) if each["error"]]
    assert {each["status"] for each in errors} == {400}
    assert all("exceeds the available context size (1024 tokens)" in each["words"] for each in errors)
    # Some fit, and all that could be asked was.
    assert any(each["reply"] for each in journal(run))
    assert done.err.count("exceeds the available context size") == 1
    assert "--retry-failed" not in done.err
    assert "exceeds the available context size" in sandbox("inspect", "one", "--why").out


@pytest.mark.parametrize("key", [None, "sk-not-the-right-one"])
def test_a_key_that_is_missing_or_wrong_is_named_by_its_variable(
    sandbox: Sandbox, models: Path, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    if key:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    with llama_cpp(models / "plain.gguf", "--key", "sk-the-right-one") as server:
        done = sandbox("simulate", "--model", "tiny", "--base-url", server.base_url, *SOCIETY)
    assert done.code == 1
    assert "OPENAI_API_KEY" in done.err
    assert "401" in done.err
    assert "not-the-right" not in done.err


def test_the_right_key_is_taken_and_written_nowhere(
    sandbox: Sandbox, models: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-the-right-one")
    with llama_cpp(models / "plain.gguf", "--key", "sk-the-right-one") as server:
        done = sandbox("simulate", "--model", "tiny", "--base-url", server.base_url, *SOCIETY, "--seed", 2)
    assert done.code == 0, done.err
    assert not [file for file in run.rglob("*") if file.is_file() and b"sk-the-right-one" in file.read_bytes()]


def test_a_thought_that_the_server_does_not_see_is_no_part_of_any_text(
    sandbox: Sandbox, models: Path, run: Path
) -> None:
    """The template opens the thought, so that its closing tag alone comes back."""
    with llama_cpp(models / "thinking.gguf") as server:
        done = sandbox("simulate", "--model", "tiny", "--base-url", server.base_url, *SOCIETY)
    assert done.code in (0, 3), done.err
    thought = [(said, reply) for said, reply in texts(run) if CLOSE in reply["text"]]
    assert thought
    assert [said for said, _ in thought] == [answer(reply["text"]) for _, reply in thought]
    held = manifest(run)["totals"]["calls_with_thinking"]
    assert len(thought) <= held < len(journal(run))
    assert f"{held} replies held thinking" in done.err


def test_a_thought_that_the_server_takes_apart_is_kept_in_the_journal_alone(
    sandbox: Sandbox, models: Path, run: Path
) -> None:
    with llama_cpp(models / "known.gguf") as server:
        done = sandbox("simulate", "--model", "tiny", "--base-url", server.base_url, *SOCIETY)
    assert done.code in (0, 3), done.err
    assert manifest(run)["models"]["structured"] == {"tiny": "json_schema"}
    replies = [each["reply"] for each in journal(run)]
    assert manifest(run)["totals"]["calls_with_thinking"] == sum(bool(each.get("thinking")) for each in replies) > 0
    assert all(said == answer(reply["text"]) for said, reply in texts(run))
    assert manifest(run)["totals"]["cached"]["calls"] == len(replies), "it says of every prompt what was in its slot"


def test_a_schema_that_the_server_cannot_combine_with_a_thought_is_done_without(
    sandbox: Sandbox, models: Path, run: Path
) -> None:
    """It says so with a 400 that names no schema; thoughts come back in both of their tags."""
    with llama_cpp(models / "known.gguf", "--reasoning-format", "none") as server:
        done = sandbox("simulate", "--model", "tiny", "--base-url", server.base_url, *SOCIETY)
    assert done.code in (0, 3), done.err
    assert manifest(run)["models"]["structured"] == {"tiny": "text"}
    assert all(each["reply"]["text"].startswith("<think>") for each in journal(run))
    assert all(said == answer(reply["text"]) for said, reply in texts(run))


def test_the_doctor_finds_it_good(sandbox: Sandbox, models: Path) -> None:
    with llama_cpp(models / "plain.gguf") as server:
        done = sandbox("doctor", "--json", "--model", "tiny", "--base-url", server.base_url, *SOCIETY[:4])
    assert done.code == 0, done.err
    found = {check["name"]: check for check in json.loads(done.out)}
    assert found["structured output"]["detail"] == "tiny obeys a JSON schema"
    assert found["seed"]["detail"] == "tiny answers the same to the same seed"
    assert {check["result"] for check in found.values()} == {"ok"}


def test_the_doctor_says_that_a_model_thinks(sandbox: Sandbox, models: Path) -> None:
    with llama_cpp(models / "known.gguf") as server:
        done = sandbox(
            "doctor", "--json", "--model", "tiny", "--base-url", server.base_url, *SOCIETY[:4], "--max-tokens", 3
        )
    assert done.code == 0, done.err
    found = {check["name"]: check for check in json.loads(done.out)}
    assert found["thinking"]["result"] == "warning"
    assert "--max-tokens" in found["thinking"]["fix"]
    assert found["structured output"]["result"] == "ok"
