"""A folder appears whole or not at all, in no place where it would be in the way."""

import os
import re
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.errors import SandboxError, UsageError
from sandbox.runs.appearing import appearing


class WritingError(Exception):
    """What goes wrong while a folder is written."""


def fail(out: Path, runs: Path) -> None:
    """Begin a folder, and fail with something in it."""
    with suppress(WritingError), appearing(out, runs) as folder:
        (folder / "data").mkdir()
        raise WritingError


def notes(folder: Path) -> None:
    """Put a file of somebody else into a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "notes.txt").write_text("mine")


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one run."""
    run = tmp_path / "runs" / "one"
    run.mkdir(parents=True)
    (run / "calls.jsonl").touch()
    monkeypatch.chdir(tmp_path)
    return run.parent


@pytest.mark.parametrize("there", [False, True])
def test_it_is_there_at_the_end_and_not_before(tmp_path: Path, runs: Path, there: bool) -> None:
    out = tmp_path / "a" / "out"
    if there:  # an empty folder is nothing
        out.mkdir(parents=True)
    with appearing(out, runs) as folder:
        assert folder.parent == out.parent
        assert re.fullmatch(r"\.export-[0-9a-f]{8}\.tmp", folder.name)
        (folder / "rows").write_text("1")
        assert not (out / "rows").exists()
    assert (out / "rows").read_text() == "1"
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_it_has_the_rights_that_any_new_folder_has(tmp_path: Path, runs: Path) -> None:
    before = os.umask(0o027)
    try:
        with appearing(tmp_path / "out", runs):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750


def test_a_failure_takes_away_what_was_made_and_no_more(tmp_path: Path, runs: Path) -> None:
    (tmp_path / "a").mkdir()
    fail(tmp_path / "a" / "b" / "c" / "out", runs)
    assert not list((tmp_path / "a").iterdir())
    (tmp_path / "a" / "out").mkdir()
    fail(tmp_path / "a" / "out", runs)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["out"]


def test_what_others_put_there_meanwhile_stays(tmp_path: Path, runs: Path) -> None:
    out = tmp_path / "a" / "b" / "out"
    with pytest.raises(SandboxError, match="cannot be made"), appearing(out, runs):
        notes(out)
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    assert (out / "notes.txt").read_text() == "mine"
    with suppress(WritingError), appearing(tmp_path / "c" / "d" / "out", runs):
        notes(tmp_path / "c")
        raise WritingError
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", ["file", "full", "link"])
def test_nothing_is_overwritten(tmp_path: Path, runs: Path, name: str) -> None:
    (tmp_path / "file").write_text("mine")
    notes(tmp_path / "full")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="nothing is ever overwritten"), appearing(Path(name), runs):
        pass
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("place", ["runs/out", "runs/one/out", "runs/one/a/out", "elsewhere/../runs/out"])
def test_it_is_not_put_where_runs_are(tmp_path: Path, runs: Path, place: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="that is where runs are"), appearing(Path(place), runs):
        pass
    assert sorted(tmp_path.rglob("*")) == before


def test_the_folder_that_one_is_in_is_not_replaced(tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for out in (Path(), tmp_path / "here"):
        with pytest.raises(UsageError, match="it is in use"), appearing(out, runs):
            pass
    with appearing(Path("out"), runs):
        pass
    assert (tmp_path / "here" / "out").is_dir()
