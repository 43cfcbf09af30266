"""What `simulate --dry-run` says, the answer first, and what a run made of it."""

import json
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import SMALL, manifest

from agents.endpoints.local import cores
from sandbox.calls.accounts import Accounts
from sandbox.calls.forecast import LOCAL_CORE_SECONDS
from sandbox.calls.prices import Prices
from sandbox.progress.events import Started
from sandbox.progress.panel import progress_line
from sandbox.runs.manifest import Manifest
from sandbox.runs.words import against_forecast

OTHERS = [*SMALL[2:], "--dry-run"]  # all but the model


def test_the_answer_comes_first_and_then_what_somebody_chose(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("threshold = 0.5\n")
    done = sandbox("simulate", *SMALL, "--dry-run", "--seed", 5, "--config", "run.toml")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "86 calls, for 9 interactions; re-asks come on top."
    assert lines[1] == "Time: this machine's alone, as no language model is asked."
    assert lines[2] == "No tokens and no cost: scripted is no language model."
    rows = [line.split() for line in lines]
    assert ["seed", "5", "flag"] in rows
    assert any(row[:2] == ["threshold", "0.5"] for row in rows)
    assert "temperature" not in done.out, "nobody set it"
    assert "other options at the default; --json has all." in done.out
    assert ["feedback", "32"] in rows


def test_a_long_address_is_shown_whole(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"http://127.0.0.1:9/{'deep/' * 20}v1"
    done = sandbox("simulate", *OTHERS, "--model", "m", "--base-url", address)
    assert done.out.count(address) == 2
    assert "none is sent" in done.out
    assert "at least 4 replies one after another" in done.out


def test_the_first_thing_that_a_run_lacks_is_its_key(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    observed = ("--observer-base-url", "http://127.0.0.1:9/v1", "--observer-api-key-env", "JUDGE_KEY")
    line = ("simulate", *OTHERS, "--model", "gpt-4o-mini", *observed)
    done = sandbox(*line)
    assert (done.code, "Missing: JUDGE_KEY, OPENAI_API_KEY. Set them" in done.out) == (0, True)
    assert json.loads(sandbox(*line, "--json").out)["missing_keys"] == ["JUDGE_KEY", "OPENAI_API_KEY"]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-secret")
    monkeypatch.setenv("JUDGE_KEY", "another-secret")
    done = sandbox(*line)
    assert "Missing" not in done.out
    assert "OPENAI_API_KEY" in done.out
    assert "secret" not in done.out + done.err


def test_a_priced_model_is_forecast_and_an_unknown_price_is_unknown(sandbox: Sandbox) -> None:
    priced = json.loads(sandbox("simulate", *OTHERS, "--model", "gpt-4o-mini", "--json").out)
    assert 0 < priced["cost_usd"]["low"] < priced["cost_usd"]["high"]
    assert priced["prompt_tokens"]["low"] < priced["prompt_tokens"]["high"]
    unknown = json.loads(sandbox("simulate", *OTHERS, "--model", "some-model", "--json").out)
    assert unknown["cost_usd"] is None
    mixed = ("--model", "gpt-4o-mini", "--observer-model", "scripted", "--json")
    assert json.loads(sandbox("simulate", *OTHERS, *mixed).out)["prompt_tokens"]["low"] < priced["prompt_tokens"]["low"]


def test_limits_and_this_machine_tell_how_long_it_takes(sandbox: Sandbox) -> None:
    limited = ("--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--rpm", 43)
    assert "Time: at least 2 min 00 s, by --rpm and --tpm." in sandbox("simulate", *OTHERS, *limited).out
    assert json.loads(sandbox("simulate", *OTHERS, *limited, "--json").out)["least_minutes"] == 2.0
    here = json.loads(sandbox("simulate", *OTHERS, "--model", "local", "--json").out)
    assert here["local_seconds"] == pytest.approx(86 * LOCAL_CORE_SECONDS / cores())


def test_of_a_run_that_was_stopped_only_the_part_is_compared(sandbox: Sandbox, tmp_path: Path) -> None:
    assert sandbox("simulate", *SMALL, "--budget-calls", 30, "--run-id", "one").code == 4
    recorded = manifest(tmp_path / "runs" / "one")
    calls = recorded["totals"]["calls"]
    assert recorded["forecast"]["prompt_tokens"] is None
    recorded["models"] |= {"agents": ["m"], "observer": "m"}
    recorded["forecast"] |= {"prompt_tokens": [900, 1800], "completion_tokens": [90, 180], "cost_usd": [0.9, 9.0]}
    recorded["totals"] |= {"prompt_tokens": 444, "completion_tokens": 55, "cost_usd": 1.5}
    said = against_forecast(Manifest.model_validate(recorded))
    share = calls / 86
    assert said == (
        f"Forecast -> actual: {calls} of 86 calls; {900 * share:.0f}-{1800 * share:.0f} -> 444 prompt tokens; "
        f"{90 * share:.0f}-{180 * share:.0f} -> 55 completion tokens; cost ${0.9 * share:.2f}-{9 * share:.2f} -> $1.50."
    )


def test_the_first_replies_correct_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    accounts = Accounts(Prices.load(None))
    started = Started("one", Path("one"), 10, "things", {"draft": 100}, accounts, [], list, seconds=6.0)
    assert "10 min 00 s left" in progress_line(started), "as it was forecast"
    accounts.dispatched()
    now += 8 * 12.0
    accounts.calls["draft"] = 8
    assert "13 min 48 s left" in progress_line(started), "half forecast, half seen: 92 calls of 9 s"
