"""Runs of an older schema are shown as far as they go, and said to be old; newer ones are refused."""

import json
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import aged


@pytest.mark.parametrize("lost", [(), ("forecast", "prior", "attempts"), ("totals", "models", "packages", "origins")])
def test_an_older_run_is_shown_and_said_to_be_old(sandbox: Sandbox, made_run: Path, lost: tuple[str, ...]) -> None:
    before = json.loads(sandbox("inspect", "one", "--json").out)["tables"]["alignment by round"]
    aged(made_run, *lost)
    done = sandbox("inspect", "one", "--json")
    assert done.code == 0, done.err
    assert "one was written in schema 0, which is older than 1" in done.err
    assert json.loads(done.out)["tables"]["alignment by round"] == before
    assert "one" in sandbox("inspect").out
    story = sandbox("inspect", "one", "--interaction", "r001-a003")
    assert story.code == 0, story.err
    assert "Feedback of agent" in story.out
    assert sandbox("inspect", "one", "--interactions", "--search", "helps").code == 0


def test_an_older_run_is_not_changed(sandbox: Sandbox, made_run: Path) -> None:
    aged(made_run, "forecast")
    done = sandbox("simulate", "--resume", "one")
    assert done.code == 1
    assert "not a manifest of schema 1" in done.err


@pytest.mark.parametrize("schema", [2, -1, "0", None])
def test_any_other_schema_is_refused(sandbox: Sandbox, made_run: Path, schema: object) -> None:
    document = json.loads((made_run / "manifest.json").read_text()) | {"schema": schema}
    (made_run / "manifest.json").write_text(json.dumps(document))
    done = sandbox("inspect", "one")
    assert done.code == 1
    assert "not a manifest of schema 1" in done.err


@pytest.mark.parametrize(
    "written",
    ['{"schema": 0, "config": {"grid": "wide"}}', "{}", "[]", '{"schema": 0, "config": {}}', '{"config": [1]}'],
)
def test_an_old_manifest_that_is_nonsense_or_says_nothing_is_refused(
    sandbox: Sandbox, made_run: Path, written: str
) -> None:
    (made_run / "manifest.json").write_text(written)
    for command in ("inspect", "pack"):
        done = sandbox(command, "one")
        assert done.code == 1
        assert "not a manifest of schema 1" in done.err
