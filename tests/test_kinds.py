"""Folders of other kinds beside runs: readers of runs leave them alone in silence, and say what they are when named."""

import json
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import scripted_run


@pytest.fixture
def someday(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A folder beside a run, of a kind that nothing here knows."""
    folder = scripted_run(sandbox, tmp_path).parent / "judged"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"schema": 7, "kind": "someday", "run_id": "judged"}')
    return folder


def test_a_manifest_says_what_kind_it_is_of(sandbox: Sandbox, tmp_path: Path) -> None:
    manifest = json.loads((scripted_run(sandbox, tmp_path) / "manifest.json").read_text())
    assert manifest["kind"] == "simulation"
    assert list(manifest)[:3] == ["schema", "kind", "run_id"]


def test_other_kinds_are_skipped_in_silence(sandbox: Sandbox, someday: Path) -> None:
    listed = sandbox("inspect")
    assert (listed.code, listed.err) == (0, "")
    assert "one" in listed.out
    assert "judged" not in listed.out
    assert "Did you mean" not in sandbox("inspect", "judge").err


@pytest.mark.parametrize(
    "command",
    [("inspect",), ("export", "--format", "dpo", "--out", "set"), ("simulate", "--resume"), ("simulate", "--replay")],
    ids=" ".join,
)
def test_a_folder_of_another_kind_is_said_to_be_one(sandbox: Sandbox, someday: Path, command: tuple[str, ...]) -> None:
    before = sorted(path.read_bytes() for path in someday.iterdir())
    done = sandbox(*command, "judged")
    assert done.code == 2
    assert "judged is no run: its manifest says that it is of kind 'someday'." in done.err.splitlines()[-2]
    assert done.err.splitlines()[-1] == "List runs: sandbox inspect"
    assert sorted(path.read_bytes() for path in someday.iterdir()) == before


def test_a_training_set_is_opened_by_what_knows_it(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    made = sandbox("export", "one", "--format", "dpo", "--out", "pairs")
    assert made.code == 0, made.err
    shown = sandbox("inspect", "pairs")
    assert (shown.code, shown.out) == (0, sandbox("export", "--check", "pairs").out)
    assert json.loads(sandbox("inspect", "pairs", "--json").out)
    for words in (("one", "pairs"), ("pairs", "--why"), ("pairs", "--csv"), ("pairs", "--html", "report.html")):
        refused = sandbox("inspect", *words)
        assert (refused.code, refused.out) == (2, "")
        assert "is a training set, and no run.\nLook at it: sandbox inspect" in refused.err
    (tmp_path / "pairs" / "data" / "dpo" / "train.jsonl").unlink()
    assert sandbox("inspect", "pairs").code == sandbox("export", "--check", "pairs").code == 1


@pytest.mark.parametrize(
    "text", ['{"schema": 1, "kind": 3}', '{"schema": 1}', '["someday"]', "{", '{"schema": 1, "kind": "simulation"}']
)
def test_what_names_no_kind_is_a_run_and_a_broken_one_is_told(sandbox: Sandbox, someday: Path, text: str) -> None:
    (someday / "manifest.json").write_text(text)
    assert "judged" in sandbox("inspect").err
    assert "not a manifest of schema 1" in sandbox("inspect", "judged").err
