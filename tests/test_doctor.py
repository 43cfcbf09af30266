"""`sandbox doctor` against the fake endpoint: what it finds, how it says to mend it, and its exit codes."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Finished, Sandbox
from fake_endpoint import Behaviour, Body, serve, unused_url

KEY = "sk-test-very-secret"
DOCTOR = ("doctor", "--model", "fake", "--questions", "starter", "--embedder", "hash", "--json", "--base-url")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def checks(done: Finished) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in json.loads(done.out)}


def test_the_doctor_finds_a_good_endpoint_good(sandbox: Sandbox, tmp_path: Path) -> None:
    with serve(Behaviour(api_key=KEY)) as server:
        done = sandbox(*DOCTOR, server.base_url)
        assert done.code == 0, done.out
        found = checks(done)
        assert {name: check["result"] for name, check in found.items()} == dict.fromkeys(
            ["endpoint", "structured output", "seed", "embedder", "questions", "disk"], "ok"
        )
        assert found["endpoint"]["detail"] == server.base_url
        assert server.invalid == []
        words = sandbox(*[word for word in DOCTOR if word != "--json"], server.base_url)
        assert words.code == 0
        assert "ok      structured output: fake obeys a JSON schema" in words.out
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_looks_at_keys_and_populations(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"question": "Is it?", "options": ["Yes", "No"], "gold": 1}\n')
    groups = "".join(f'[[groups]]\nname = "{name}"\npersona = "You are {name}."\n' for name in ("north", "south"))
    (tmp_path / "people.toml").write_text(groups)
    (tmp_path / "unequal.toml").write_text(groups + "share = 8\n")
    (tmp_path / "lost.toml").write_text(groups + "share = 200\n")
    with serve(Behaviour(api_key=KEY)) as server:
        words = *(word if word != "starter" else "q.jsonl" for word in DOCTOR), server.base_url, "--population"
        found = checks(sandbox(*words, "people.toml"))
        assert found["questions"]["detail"] == "1 from q.jsonl, 0 prior pairs, 1 with key, 1 with options"
        assert found["population"]["detail"] == "50 north, 50 south"
        few = checks(sandbox(*words, "unequal.toml", "--grid", 3))["population"]
        assert (few["result"], "cannot give a p below 0.11" in few["detail"]) == ("warning", True)
        none = sandbox(*words, "lost.toml")
        assert none.code == 1
        assert checks(none)["population"]["fix"] == "use --grid 11 or larger, or give it a larger share"


@pytest.mark.parametrize(
    ("behaviour", "name", "result", "detail", "fix"),
    [
        (Behaviour(api_key="another"), "endpoint", "failed", "401", "OPENAI_API_KEY"),
        (Behaviour(revoked_after=0), "endpoint", "failed", "401", "OPENAI_API_KEY"),
        (Behaviour(models=["fake-2"]), "endpoint", "failed", "fake-2", "--model"),
        (Behaviour(models=None), "model", "warning", "gives no list of models", ""),
        (Behaviour(ignores_format=True), "structured output", "warning", "fake takes text", "missing"),
        (Behaviour(script=[None, "400"]), "seed", "failed", "answered 400", "Mend"),
        (Behaviour(revoked_after=2), "seed", "failed", "401", "Mend"),
        (Behaviour(revoked_after=5), "seed", "failed", "401", "Mend"),
        (Behaviour(script=[None, None, "length"]), "seed", "warning", "does not honour the seed", "journal"),
        (Behaviour(seeds="never"), "sampling", "warning", "fake does not sample", "do_sample"),
        (Behaviour(script=[None, "spent", "spent", "spent"]), "seed", "warning", "--max-tokens 256", "raise"),
    ],
)
def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(
    sandbox: Sandbox, behaviour: Behaviour, name: str, result: str, detail: str, fix: str
) -> None:
    with serve(behaviour) as server:
        done = sandbox(*DOCTOR, server.base_url)
    check = checks(done)[name]
    assert done.code == (1 if result == "failed" else 0)
    assert check["result"] == result
    assert detail in check["detail"]
    assert fix in check["fix"]
    assert KEY not in done.out + done.err
    assert "embedder" in checks(done)


@pytest.mark.parametrize(("thought", "result"), [("<think>Hm.</think>", "ok"), ("<think>Hm, ", "warning")])
def test_the_doctor_says_that_a_model_thinks(sandbox: Sandbox, thought: str, result: str) -> None:
    def thinking(body: Body, document: dict[str, Any]) -> dict[str, Any]:
        message = document["choices"][0]["message"]
        if "response_format" not in body:
            message["content"] = thought + message["content"]
        return document

    with serve(Behaviour(dialect=thinking)) as server:
        found = checks(sandbox(*DOCTOR, server.base_url))
    assert found["thinking"]["result"] == result
    assert "fake thinks before it answers" in found["thinking"]["detail"]
    assert "--max-tokens" in found["thinking"]["detail"]
    assert found["seed"]["result"] == "ok"


def test_the_doctor_finds_out_that_seeds_count_only_one_after_the_other(sandbox: Sandbox) -> None:
    asked = itertools.count()
    # What is asked at the same time is still there when the last of it comes.
    overlapping = Behaviour(seeds="alone", latency=lambda body: 0.0 if next(asked) < 4 else 0.5)
    with serve(overlapping) as server:
        done = sandbox(*DOCTOR, server.base_url)
    assert done.code == 0
    check = checks(done)["seed"]
    assert check["result"] == "warning"
    assert "only one after the other" in check["detail"]
    assert "--concurrency 1" in check["fix"]


@pytest.mark.parametrize(("behaviour", "calls"), [(Behaviour(), 7), (Behaviour(seeds="never"), 4)])
def test_the_doctor_asks_little(sandbox: Sandbox, behaviour: Behaviour, calls: int) -> None:
    with serve(behaviour) as server:
        done = sandbox(*DOCTOR, server.base_url, "--max-tokens", 99)
        assert done.code == 0, done.err
        assert len(server.requests) == calls
        assert {body["max_tokens"] for body in server.requests[1:]} == {99}


def test_the_doctor_finds_nobody_at_home(sandbox: Sandbox) -> None:
    done = sandbox(*DOCTOR, unused_url())
    assert done.code == 1
    assert "Cannot reach" in checks(done)["endpoint"]["detail"]
    assert "Start the server" in checks(done)["endpoint"]["fix"]


def test_a_folder_of_runs_that_is_a_file_is_found(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("none")
    words = ("--model", "scripted", "--embedder", "hash", "--questions", "starter", "--json")
    done = sandbox("doctor", *words, "--runs", "notes.txt")
    assert (done.code, checks(done)["disk"]["detail"]) == (1, f"{tmp_path / 'notes.txt'} is no folder")
