"""Files of a run: never overwritten, whole or absent, torn lines skipped, and errors that name file and line."""

import json
import os
import re
import resource
import stat
from pathlib import Path

import pytest
from pydantic import BaseModel
from tables import table

from sandbox.errors import SandboxError, UsageError
from sandbox.runs.appended import JsonLines, repair
from sandbox.runs.directory import RunDirectory, check_run_id, create
from sandbox.runs.json_lines import count_lines, read_lines
from sandbox.runs.locking import is_held, lock


class Line(BaseModel):
    number: int


@table("run_id", ["a", "demo-1", "2026.01_x", "A" * 100])
def test_good_run_ids(run_id: str) -> None:
    check_run_id(run_id)


@table("run_id", ["", ".", "..", "../x", "a/b", "/tmp/x", ".hidden", "a b", "a\n", "A" * 101, "ä", "-x"])
def test_run_ids_cannot_leave_the_runs_folder(run_id: str) -> None:
    with pytest.raises(UsageError, match="--run-id"):
        check_run_id(run_id)


def test_a_run_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with create(runs, "one", RunDirectory) as new:
        (new.draft.path / "file").write_text("x")
        assert not (runs / "one").exists()
        new.publish()
    assert [path.name for path in runs.iterdir()] == ["one"]
    with pytest.raises(ValueError, match="broken"), create(runs, "two", RunDirectory):
        raise ValueError("broken")
    assert [path.name for path in runs.iterdir()] == ["one"]


def test_a_run_is_never_overwritten(tmp_path: Path) -> None:
    with create(tmp_path, "one", RunDirectory) as first, create(tmp_path, "one", RunDirectory) as second:
        (first.draft.path / "file").write_text("x")
        first.publish()
        with pytest.raises(UsageError, match="cannot be created"):
            second.publish()
    with pytest.raises(UsageError, match="Run one exists already"):
        create(tmp_path, "one", RunDirectory)
    assert (tmp_path / "one" / "file").read_text() == "x"


def test_files_have_the_users_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with create(tmp_path, "one", RunDirectory) as new:
            (new.draft.path / "file").write_text("x")
            path = new.publish().path
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    assert stat.S_IMODE((path / "file").stat().st_mode) == 0o640


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SandboxError, match=r"file/runs: a run cannot be written there: a part of that"):
        create(tmp_path / "file" / "runs", "one", RunDirectory)


def test_appended_lines_are_there_at_once(tmp_path: Path) -> None:
    file = JsonLines(tmp_path / "lines.jsonl")
    file.append([Line(number=1), Line(number=2)])
    assert [line.number for line in read_lines(tmp_path / "lines.jsonl", Line)] == [1, 2]
    file.append([Line(number=3)])
    file.close()
    assert (tmp_path / "lines.jsonl").read_text() == '{"number":1}\n{"number":2}\n{"number":3}\n'


@table(
    "tail",
    [b"{", b'{"number"', b'{"number":1', b'{"a":-1.5e', b'{"a":"\xf0\x9f', b'{"a":"\\', b'{"a":"\\u00',
     b'{"a":[{"b":tru', b'{"a":"' + b"x" * 200_000, b"\0", b"\0" * 200_000, b'{"number":1\0\0'],
)  # fmt: skip
@table("lines", [b"", b'{"number":1}\n' * 3])
def test_a_torn_tail_is_skipped_and_cut_off(tmp_path: Path, lines: bytes, tail: bytes) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(lines + tail)
    assert len(list(read_lines(path, Line))) == count_lines(path) == lines.count(b"\n")
    assert path.read_bytes() == lines + tail
    repair(path)
    assert path.read_bytes() == lines


@table("nothing", [b"", b"\0", b"\0" * 4096])
def test_a_line_that_only_lacks_its_newline_is_kept(tmp_path: Path, nothing: bytes) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"number":1}\n{"number":2}' + nothing)
    assert list(read_lines(path, Line)) == [Line(number=1), Line(number=2)]
    repair(path)
    assert path.read_bytes() == b'{"number":1}\n{"number":2}\n'


@table(
    "tail",
    [b"x", b"1", b"[", b"[1]", b'"a', b'{"number":1}*', b'{"number":1}{', b'{"number" 1', b'{"number":nul1',
     b'{"a":1]', b'{"a":"\x01', b'\0{"number":1}', b' {"number":1', b"\xff", b'{"a":' * 1000],
)  # fmt: skip
def test_any_other_tail_is_named_and_left_alone(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"number":1}\n' * 2 + tail)
    for use in (repair, count_lines, lambda path: list(read_lines(path, Line))):
        with pytest.raises(SandboxError, match=r"lines.jsonl:3: (not JSON|no JSON object)"):
            use(path)
    assert path.read_bytes() == b'{"number":1}\n' * 2 + tail


def test_what_is_whole_or_absent_needs_no_repair(tmp_path: Path) -> None:
    repair(tmp_path / "absent.jsonl")
    assert not (tmp_path / "absent.jsonl").exists()
    for data in (b"", b'{"number":1}\n', b"no json, but a line\n"):
        (tmp_path / "lines.jsonl").write_bytes(data)
        repair(tmp_path / "lines.jsonl")
        assert (tmp_path / "lines.jsonl").read_bytes() == data


@table(
    ("line", "problem"),
    [
        (b'{"number":"x"}', "number is no whole number"),
        (b'{"number":"1"}', "number is no whole number"),
        (b'{"number":1.0}', "number is no whole number"),
        (b"{}", "number is missing"),
        (b"\xff", "not JSON at column 1"),
        (b"", "not JSON: it ends too early"),
        (b'{"number":1}\0', "not JSON at column 13"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: bytes, problem: str) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"number":1}\n' + line + b"\n" + b'{"number":1}\n')
    read = read_lines(path, Line)
    assert next(read) == Line(number=1)
    with pytest.raises(SandboxError, match=f"lines.jsonl:2: {re.escape(problem)}"):
        next(read)


def test_a_reader_stops_where_the_file_ended_when_it_came_there(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"number":1}\n{"number":2}')
    read = read_lines(path, Line)
    assert [next(read), next(read)] == [Line(number=1), Line(number=2)]
    with path.open("ab") as file:
        file.write(b'\n{"number":3}\n')
    assert list(read) == []


def test_what_does_not_fit_on_the_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    file = JsonLines(tmp_path / "lines.jsonl")
    file.append([Line(number=1)])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            file.append([Line(number=2)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    file.append([Line(number=3)])
    file.close()
    assert (tmp_path / "lines.jsonl").read_bytes() == b'{"number":1}\n{"number":3}\n'


def test_an_absent_file_has_no_lines_and_an_unreadable_one_is_named(tmp_path: Path) -> None:
    assert list(read_lines(tmp_path / "absent", Line)) == []
    with pytest.raises(SandboxError, match="cannot be read"):
        list(read_lines(tmp_path, Line))


@table(
    ("text", "message"),
    [
        (None, "is not a run: it has no manifest.json"),
        ("{", "not a manifest of schema 1: not JSON"),
        ('{"schema": 2}', "not a manifest of schema 1: schema"),
        ("{}", "not a manifest of schema 1: schema"),
        (json.dumps({"models": {str(place): {} for place in range(20_000)}}), "of schema 1: schema is missing"),
        (json.dumps({"models": [[]] * 300_000}), "cannot be read: it holds more than 250,000 values"),
    ],
)
def test_a_bad_manifest_is_named(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(SandboxError, match=message):
        RunDirectory(tmp_path).read_manifest()


def test_a_run_is_held_while_somebody_works_on_it(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    assert not is_held(directory)
    assert list(tmp_path.iterdir()) == []
    with lock(directory):
        assert is_held(directory)
        with pytest.raises(SandboxError, match="is being worked on by another process"), lock(directory, patience=0):
            pass
    assert not is_held(directory)
