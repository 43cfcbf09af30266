"""Variables and files that change a run which is taken up again are told, and slips in their names are named."""

from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import SMALL, contents, manifest


def test_a_variable_that_makes_a_run_longer_is_told_before_it_is_paid(
    sandbox: Sandbox, made_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_ROUNDS", "3")
    done = sandbox("simulate", "--resume", "one")
    assert done.code == 0
    told = "Warning: Run one goes on with other options than before: --rounds 2 -> 3 (SANDBOX_ROUNDS), so more calls"
    assert told in done.err
    assert done.err.index(told) < done.err.index("Round 2:")
    assert "other options" not in sandbox("simulate", "--resume", "one").err, "it is as before now"
    monkeypatch.delenv("SANDBOX_ROUNDS")
    (tmp_path / "more.toml").write_text("rounds = 4\ntimeout = 9.5\n")
    done = sandbox("simulate", "--resume", "one", "--config", "more.toml")
    assert "--timeout 60.0 -> 9.5 (more.toml)" in done.err
    assert "--rounds 3 -> 4 (more.toml)" in done.err
    assert "other options" not in sandbox("simulate", "--resume", "one", "--rounds", 5).err, "a flag was just given"
    assert manifest(made_run)["config"]["rounds"] == 5


def test_what_a_flag_asks_for_is_not_blamed_on_a_variable(
    sandbox: Sandbox, made_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = manifest(made_run)["config"]["rounds"] + 1
    monkeypatch.setenv("SANDBOX_CONCURRENCY", "3")
    done = sandbox("simulate", "--resume", "one", "--rounds", rounds)
    assert (done.code, "more calls are made" in done.err) == (0, False)
    assert "(SANDBOX_CONCURRENCY)." in done.err


def test_a_variable_that_would_change_results_is_named(
    sandbox: Sandbox, made_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(made_run)
    monkeypatch.setenv("SANDBOX_SEED", "5")
    refused = sandbox("simulate", "--resume", "one")
    assert (refused.code, "--seed (SANDBOX_SEED) 0 -> 5" in refused.err) == (2, True)
    monkeypatch.setenv("SANDBOX_ROUNDS", "1")
    assert "--rounds (SANDBOX_ROUNDS) 2 -> 1 (a run can only grow)" in sandbox("simulate", "--resume", "one").err
    assert contents(made_run) == before


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SANDBOX_ROUND", "3", "SANDBOX_ROUND is no option, and changes nothing. Did you mean 'SANDBOX_ROUNDS'?"),
        ("SANDBOX_INSPECT_LIMITS", "3", "SANDBOX_INSPECT_LIMITS is no option, and changes nothing. Did you mean 'SAN"),
        ("SANDBOX_QQQQ", "", "SANDBOX_QQQQ is no option, and changes nothing."),
        ("SANDBOX_BASE_URL", "", "SANDBOX_BASE_URL is empty, and counts as not set."),
        ("SANDBOX_EXPORT_OUT", "", "SANDBOX_EXPORT_OUT is empty, and counts as not set."),
    ],
)
def test_variables_that_give_nothing_are_named_once(
    sandbox: Sandbox, made_run: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    for words in (("inspect", "--json"), ("simulate", "--replay", "one"), ("questions", "show", "--questions", "x")):
        done = sandbox(*words)
        assert done.err.count(f"Warning: The variable {message}") == 1
        assert message not in done.out
    assert made_run.is_dir()


def test_variables_that_are_read_elsewhere_are_no_slips(
    sandbox: Sandbox, made_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SANDBOX_CACHE_DIR", "SANDBOX_DEBUG", "SANDBOX_INSPECT_LIMIT", "SANDBOX_EXPORT_SEED", "SANDBOX_GRID"):
        monkeypatch.setenv(name, "1")
    assert sandbox("inspect").err == ""
    assert made_run.is_dir()


def test_an_empty_base_url_is_not_blamed_on_a_flag(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_BASE_URL", " ")
    done = sandbox("simulate", "--model", "m", "--dry-run", "--questions", "starter")
    assert (done.code, "(SANDBOX_BASE_URL)" in done.err) == (2, True)


def test_prices_that_are_gone_keep_no_run_from_going_on(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('date = "2026-01-01"\n[models]\n')
    made = sandbox("simulate", *SMALL, "--prices", "mine.toml", "--budget-calls", 20, "--run-id", "one")
    assert made.code == 4, made.err
    (tmp_path / "mine.toml").unlink()
    done = sandbox("simulate", "--resume", "one", "--budget-calls", 1000)
    assert done.code == 0, done.err
    assert "--prices mine.toml -> the bundled ones (that file is gone)" in done.err
    assert manifest(tmp_path / "runs" / "one")["config"]["prices"] is None
