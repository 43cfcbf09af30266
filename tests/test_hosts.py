"""Where models were asked stands in the manifest, and a run that is taken up again goes nowhere else unless told to."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Finished, Sandbox
from example_runs import TINY, manifest
from odd_endpoint import Odd, api, odd

KEY = "sk-test-very-secret"
STOPPED = ("simulate", "--model", "m", *TINY, "--run-id", "one", "--budget-calls", 5)
RESUME = ("simulate", "--resume", "one", "--budget-calls", 1000)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def first() -> Iterator[Odd]:
    with odd(api("/v1", "m", "n")) as server:
        yield server


@pytest.fixture
def second() -> Iterator[Odd]:
    with odd(api("/v1", "m", "n")) as server:
        yield server


def url(server: Odd) -> str:
    return f"{server.origin}/v1"


def assert_refused(done: Finished, run: Path, before: Odd, now: Odd, *words: str) -> None:
    """Nothing was asked of `now`, both are named, and the run is as it was."""
    assert done.code == 2, done.err
    error = done.err[done.err.index("Error: ") :].strip()
    assert len(error.splitlines()) <= 3
    assert all(word in error for word in (url(before), url(now), *words)), error
    assert now.seen == []
    assert manifest(run)["status"] == "stopped"
    assert manifest(run)["models"]["endpoints"]["m"] == [url(before)]


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "SANDBOX_BASE_URL"])
def test_a_variable_that_was_changed_takes_a_run_to_no_other_host(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, run: Path, first: Odd, second: Odd, variable: str
) -> None:
    monkeypatch.setenv(variable, url(first))
    assert sandbox(*STOPPED).code == 4
    monkeypatch.setenv(variable, url(second))
    assert_refused(sandbox(*RESUME), run, first, second, f"--base-url {url(second)}", f"--base-url {url(first)}")
    assert sandbox(*RESUME, "--base-url", url(first)).code == 0
    assert second.seen == []


def test_a_variable_that_was_left_over_takes_a_run_to_no_other_host(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, run: Path, first: Odd, second: Odd
) -> None:
    assert sandbox(*STOPPED, "--base-url", url(first)).code == 4
    monkeypatch.setenv("SANDBOX_BASE_URL", url(second))
    assert_refused(sandbox(*RESUME), run, first, second)
    monkeypatch.delenv("SANDBOX_BASE_URL")
    monkeypatch.setenv("OPENAI_BASE_URL", url(second))
    assert sandbox(*RESUME).code == 0, "--base-url, which the run keeps, beats the variable of the client"
    assert second.seen == []


def test_a_file_that_was_changed_takes_a_run_to_no_other_host(
    sandbox: Sandbox, run: Path, first: Odd, second: Odd
) -> None:
    Path("own.toml").write_text(f'base_url = "{url(first)}"\n')
    assert sandbox(*STOPPED, "--config", "own.toml").code == 4
    Path("own.toml").write_text(f'base_url = "{url(second)}"\n')
    assert_refused(sandbox(*RESUME, "--config", "own.toml"), run, first, second, "--base-url")


def test_a_flag_takes_a_run_to_another_host_and_the_manifest_names_both(
    sandbox: Sandbox, run: Path, first: Odd, second: Odd
) -> None:
    assert sandbox(*STOPPED, "--base-url", url(first)).code == 4
    done = sandbox(*RESUME, "--base-url", url(second), "--budget-calls", 10)
    assert done.code == 4, done.err
    assert len(second.seen) > 2
    assert manifest(run)["models"]["endpoints"] == {"m": [url(first), url(second)]}
    asked = len(first.seen)
    assert sandbox(*RESUME).code == 0, "what was agreed to once is kept"
    assert len(first.seen) == asked


def test_the_observer_has_a_flag_of_its_own(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, run: Path, first: Odd, second: Odd
) -> None:
    observed = ("--model", "scripted", "--observer-model", "m", "--observer-base-url")
    words = (*TINY, "--run-id", "one", "--budget-calls", 30)
    assert sandbox("simulate", *observed, url(first), *words).code == 4
    monkeypatch.setenv("SANDBOX_OBSERVER_BASE_URL", url(second))
    assert_refused(sandbox(*RESUME), run, first, second, f"--observer-base-url {url(second)}")
    assert sandbox(*RESUME, "--observer-base-url", url(second)).code == 0
    assert second.seen


def test_a_model_of_a_file_follows_the_file_that_is_named(sandbox: Sandbox, run: Path, first: Odd, second: Odd) -> None:
    table = '[[society.models]]\nname = "m"\nbase_url = "{}"\n[[society.models]]\nname = "n"\nbase_url = "{}"\n'
    Path("two.toml").write_text(table.format(url(first), url(first)))
    words = ("simulate", "--config", "two.toml", *TINY, "--run-id", "one", "--budget-calls", 5)
    assert sandbox(*words).code == 4
    Path("two.toml").write_text(table.format(url(first), url(second)))
    assert sandbox(*RESUME, "--config", "two.toml").code == 0
    assert manifest(run)["models"]["endpoints"] == {"m": [url(first)], "n": [url(first), url(second)]}


def test_another_path_or_spelling_of_the_same_host_is_no_other_host(sandbox: Sandbox, run: Path, first: Odd) -> None:
    assert sandbox(*STOPPED, "--base-url", url(first)).code == 4
    Path("same.toml").write_text(f'base_url = "{first.origin.upper()}/v1/?v=1"\n')
    assert sandbox(*RESUME, "--config", "same.toml").code == 0
    assert manifest(run)["models"]["endpoints"] == {"m": [url(first)]}


def test_a_whole_run_asks_nobody_and_minds_no_variable(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, first: Odd, second: Odd
) -> None:
    assert sandbox("simulate", "--model", "m", *TINY, "--run-id", "one", "--base-url", url(first)).code == 0
    monkeypatch.setenv("SANDBOX_BASE_URL", url(second))
    assert sandbox(*RESUME).code == 0
    assert sandbox("simulate", "--replay", "one").code == 0
    assert second.seen == []


def test_a_run_made_before_manifests_said_where_goes_on(sandbox: Sandbox, run: Path, first: Odd, second: Odd) -> None:
    assert sandbox(*STOPPED, "--base-url", url(first)).code == 4
    document = manifest(run)
    del document["models"]["endpoints"], document["models"]["systems"]
    (run / "manifest.json").write_text(json.dumps(document))
    assert sandbox("inspect", "one").code == 0
    assert sandbox(*RESUME, "--base-url", url(first)).code == 0
    assert manifest(run)["models"]["endpoints"] == {"m": [url(first)]}


def test_a_manifest_with_an_address_that_is_none_agrees_to_nothing(
    sandbox: Sandbox, run: Path, first: Odd, second: Odd
) -> None:
    assert sandbox(*STOPPED, "--base-url", url(first)).code == 4
    document = manifest(run)
    document["models"]["endpoints"]["m"] = ["x\x1b[2J"]
    document["config"]["base_url"] = "http://host/v1?key=of-another-version"
    (run / "manifest.json").write_text(json.dumps(document))
    assert sandbox("inspect", "one").code == 0
    done = sandbox(*RESUME)
    assert (done.code, "--base-url BASE_URL" in done.err, "\x1b" in done.err) == (1, True, False)
    assert sandbox(*RESUME, "--base-url", url(second)).code == 0


def test_one_name_at_two_addresses_has_both(sandbox: Sandbox, run: Path, first: Odd, second: Odd) -> None:
    observed = ("--observer-base-url", f"{url(second)}?api-version=1")
    done = sandbox("simulate", "--model", "m", *TINY, "--run-id", "one", "--base-url", url(first), *observed)
    assert done.code == 0, done.err
    assert manifest(run)["models"]["endpoints"] == {"m": [url(first), url(second)]}


def test_models_in_this_process_are_nowhere(made_run: Path) -> None:
    assert manifest(made_run)["models"]["endpoints"] == {}


def test_agents_do_not_turn_to_the_host_of_an_observer_of_the_same_name(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, run: Path, first: Odd, second: Odd
) -> None:
    monkeypatch.setenv("OF_THE_OBSERVER", "sk-of-the-observer")
    own = ("--observer-base-url", url(second), "--observer-api-key-env", "OF_THE_OBSERVER")
    assert sandbox(*STOPPED, "--base-url", url(first), *own).code == 4
    second.seen.clear()
    monkeypatch.setenv("SANDBOX_BASE_URL", url(second))
    done = sandbox(*RESUME)
    assert (done.code, second.seen) == (2, []), done.err
    assert f"--base-url {url(first)} to stay" in done.err
    assert sandbox(*RESUME, "--base-url", url(first)).code == 0
    assert {seen.headers["authorization"] for seen in second.seen} == {"Bearer sk-of-the-observer"}


def test_the_default_key_goes_to_no_observer_of_the_same_name(
    sandbox: Sandbox, run: Path, first: Odd, second: Odd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", url(first))
    monkeypatch.setenv("JUDGE_KEY", "sk-of-the-judge")
    observer = ("--observer-model", "m", "--observer-base-url", url(second), "--observer-api-key-env", "JUDGE_KEY")
    assert sandbox(*STOPPED, *observer).code == 4
    assert manifest(run)["models"]["default_endpoint"] == url(first)
    monkeypatch.setenv("OPENAI_BASE_URL", url(second))
    done = sandbox(*RESUME)
    assert done.code == 2, done.err
    assert "another host" in done.err
    assert all(KEY not in str(seen) for seen in second.seen)
