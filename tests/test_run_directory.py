"""Files of a run: never overwritten, whole or absent, torn lines skipped, and errors that name file and line."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from sandbox.errors import SandboxError, UsageError
from sandbox.json_lines import JsonLines, read_lines, repair
from sandbox.run_directory import RunDirectory, check_run_id, create


class Line(BaseModel):
    number: int


@pytest.mark.parametrize("run_id", ["a", "demo-1", "2026.01_x", "A" * 100])
def test_good_run_ids(run_id: str) -> None:
    check_run_id(run_id)


@pytest.mark.parametrize(
    "run_id", ["", ".", "..", "../x", "a/b", "/tmp/x", ".hidden", "a b", "a\n", "A" * 101, "ä", "-x"]
)
def test_run_ids_cannot_leave_the_runs_folder(run_id: str) -> None:
    with pytest.raises(UsageError, match="--run-id"):
        check_run_id(run_id)


def test_a_run_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with create(runs, "one") as new:
        (new.draft.path / "file").write_text("x")
        assert not (runs / "one").exists()
        new.publish()
    assert [path.name for path in runs.iterdir()] == ["one"]
    with pytest.raises(ValueError, match="broken"), create(runs, "two"):
        raise ValueError("broken")
    assert [path.name for path in runs.iterdir()] == ["one"]


def test_a_run_is_never_overwritten(tmp_path: Path) -> None:
    with create(tmp_path, "one") as first, create(tmp_path, "one") as second:
        (first.draft.path / "file").write_text("x")
        first.publish()
        with pytest.raises(UsageError, match="cannot be created"):
            second.publish()
    with pytest.raises(UsageError, match="Run one exists already"):
        create(tmp_path, "one")
    assert (tmp_path / "one" / "file").read_text() == "x"


def test_files_have_the_users_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with create(tmp_path, "one") as new:
            (new.draft.path / "file").write_text("x")
            path = new.publish().path
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    assert stat.S_IMODE((path / "file").stat().st_mode) == 0o640


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SandboxError, match=r"file/runs: a run cannot be written there: Not a directory"):
        create(tmp_path / "file" / "runs", "one")


def test_appended_lines_are_there_at_once(tmp_path: Path) -> None:
    file = JsonLines(tmp_path / "lines.jsonl")
    file.append([Line(number=1), Line(number=2)])
    assert [line.number for line in read_lines(tmp_path / "lines.jsonl", Line)] == [1, 2]
    file.append([Line(number=3)])
    file.close()
    assert (tmp_path / "lines.jsonl").read_text() == '{"number":1}\n{"number":2}\n{"number":3}\n'


@given(st.integers(0, 42))
def test_a_torn_last_line_is_skipped(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    whole = b"".join(b'{"number":%d}\n' % number for number in range(3))
    path = tmp_path_factory.mktemp("torn") / "lines.jsonl"
    path.write_bytes(whole[:cut])
    assert [line.number for line in read_lines(path, Line)] == list(range(whole[:cut].count(b"\n")))


@pytest.mark.parametrize("tail", [b"", b"x", b"x" * 65_536, b"x" * 200_000])
@pytest.mark.parametrize("lines", [b"", b"{}\n", b"{}\n" * 40_000])
def test_a_torn_tail_of_any_size_is_cut_off(tmp_path: Path, lines: bytes, tail: bytes) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(lines + tail)
    repair(path)
    assert path.read_bytes() == lines


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"number":1}\n{"number":"x"}\n')
    with pytest.raises(SandboxError, match=r"lines.jsonl:2: number: Input should be a valid integer"):
        list(read_lines(path, Line))
    path.write_bytes(b'{"number":1}\n\xff\n')
    with pytest.raises(SandboxError, match=r"lines.jsonl:2: the line: Invalid JSON"):
        list(read_lines(path, Line))


def test_an_absent_file_has_no_lines_and_an_unreadable_one_is_named(tmp_path: Path) -> None:
    assert list(read_lines(tmp_path / "absent", Line)) == []
    with pytest.raises(SandboxError, match="cannot be read"):
        list(read_lines(tmp_path, Line))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "is not a run: it has no manifest.json"),
        ("{", "not a manifest of schema 1: the file: Invalid JSON"),
        ('{"schema": 2}', "not a manifest of schema 1: schema"),
        ("{}", "not a manifest of schema 1: schema"),
    ],
)
def test_a_bad_manifest_is_named(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(SandboxError, match=message):
        RunDirectory(tmp_path).read_manifest()
