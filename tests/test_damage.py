"""Damaged files: any cut and any flipped bit is mended or named with file and line, and nothing is lost in silence."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from damage import cut, delete, double, flip, insert, swap, whole_run, zeros
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from tables import table

from sandbox.errors import SandboxError
from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import read_lines
from sandbox.runs.manifest import Manifest
from sandbox.runs.reading import Run
from sandbox.runs.records import Interaction, JournalLine
from sandbox.runs.round_records import RoundSummary

KINDS: dict[str, type[BaseModel]] = {
    "calls.jsonl": JournalLine,
    "interactions.jsonl": Interaction,
    "rounds.jsonl": RoundSummary,
}
LOGS = ("interactions.jsonl", "rounds.jsonl")
ANYWHERE = st.integers(0, 10**9)
SOME = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_run(tmp_path_factory.mktemp("whole"))


def records(path: Path) -> list[BaseModel]:
    return list(read_lines(path, KINDS[path.name]))


@pytest.mark.parametrize("file", KINDS)
@SOME
@given(place=ANYWHERE)
def test_a_cut_file_gives_every_line_that_is_whole(whole: Path, tmp_path: Path, file: str, place: int) -> None:
    data = (whole / file).read_bytes()
    kept = cut(data, place)
    (tmp_path / file).write_bytes(kept)
    lines = kept.count(b"\n") + (data[len(kept) :][:1] == b"\n")
    assert records(tmp_path / file) == records(whole / file)[:lines]


@pytest.mark.parametrize("file", KINDS)
@SOME
@given(place=ANYWHERE)
@example(place=-1)
def test_a_flipped_bit_spoils_no_other_line(whole: Path, tmp_path: Path, file: str, place: int) -> None:
    data = (whole / file).read_bytes()
    (tmp_path / file).write_bytes(flip(data, place))
    hit = data.count(b"\n", 0, place % (8 * len(data)) // 8)
    before = records(whole / file)
    try:
        after = records(tmp_path / file)
    except SandboxError as error:
        assert str(error).startswith(f"{tmp_path / file}:{hit + 1}: ")  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert len(after) == len(before)
    assert after[:hit] == before[:hit]
    assert after[hit + 1 :] == before[hit + 1 :]


class Text(BaseModel):
    """A record with everything that can be cut in two."""

    text: str
    number: float
    deep: dict[str, list[bool | None]]


@SOME
@given(st.builds(Text, number=st.floats(allow_nan=False, allow_infinity=False)), ANYWHERE, st.integers(0, 3))
def test_any_beginning_of_any_line_is_torn(tmp_path: Path, record: Text, place: int, nothing: int) -> None:
    path = tmp_path / "calls.jsonl"
    line = record.model_dump_json().encode()
    torn = cut(line, place)
    path.write_bytes(line + b"\n" + torn + bytes(nothing))
    whole = [record] * (1 + (torn == line))
    assert list(read_lines(path, Text)) == whole
    RunDirectory(tmp_path).repair()
    assert path.read_bytes() == (line + b"\n") * len(whole)


def test_a_reader_beside_a_writer_sees_whole_lines_only(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "interactions.jsonl"
    data, before = (whole / path.name).read_bytes(), records(whole / path.name)

    def write() -> None:
        with path.open("wb", buffering=0) as file:
            for start in range(0, len(data), 11):
                file.write(data[start : start + 11])

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[BaseModel] = []
    while writer.is_alive() or len(seen) < len(before):
        earlier, seen = seen, records(path)
        assert len(earlier) <= len(seen)
        assert seen == before[: len(seen)]
    writer.join()


@table(("damage", "number"), [(delete, 1), (double, 2), (swap, 1)])
@table("file", LOGS)
def test_a_line_out_of_order_is_named(
    whole: Path, tmp_path: Path, file: str, damage: Callable[[bytes, int], bytes], number: int
) -> None:
    run = Run(RunDirectory(tmp_path), RunDirectory(whole).read_manifest())
    (tmp_path / file).write_bytes(damage((whole / file).read_bytes(), 0))
    with pytest.raises(SandboxError, match=f"{file}:{number}: .* stands where .* belongs"):
        list(run.rounds() if file == "rounds.jsonl" else run.interactions())


def test_a_complete_run_that_lost_its_end_says_so(sandbox: Sandbox, whole: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(whole, tmp_path / "one")
    assert sandbox("inspect", copy).err == ""
    for file, number in (("calls.jsonl", 64), ("interactions.jsonl", 8), ("rounds.jsonl", 2)):
        data = (whole / file).read_bytes()
        (copy / file).write_bytes(data[:-9])
        shown = sandbox("inspect", copy).err
        assert f"Warning: {copy / file}:{number}: the run is complete, and line {number} of {number} is not" in shown
        (copy / file).write_bytes(data)


def read(path: Path) -> Manifest | str:
    """The manifest in a folder, or the error that names its file."""
    try:
        return RunDirectory(path).read_manifest()
    except SandboxError as error:
        message = str(error)
    assert message.startswith(
        tuple(f"{path / 'manifest.json'}: {what}: " for what in ("not a manifest of schema 1", "cannot be read"))
    )
    assert "\n" not in message
    return message


@SOME
@given(place=ANYWHERE, damage=st.sampled_from([cut, flip, zeros, insert]))
def test_a_damaged_manifest_is_whole_or_named(
    whole: Path, tmp_path: Path, place: int, damage: Callable[[bytes, int], bytes]
) -> None:
    data = (whole / "manifest.json").read_bytes()
    damaged = damage(data, place)
    folder = tmp_path / "one"
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_bytes(damaged)
    found = read(folder)
    if damage is flip:  # the name of a run is that of its folder, whatever its manifest says
        assert isinstance(found, str) or found.model_dump_json(indent=1) + "\n" in (damaged.decode(), data.decode())
    else:
        assert isinstance(found, str) or damaged.strip() == data.strip()


def keyed(document: Any, path: tuple[Any, ...], key: str, value: Any) -> str:
    """`document` as JSON with one key changed."""
    part = document
    for step in path:
        part = part[step]
    part[key] = value
    return json.dumps(document)


@table(
    ("path", "key", "value", "message"),
    [
        ((), "nope", 1, "nope is not known"),
        (("totals",), "nope", 1, "totals.nope is not known"),
        (("attempts", 0), "nope", 1, "attempts.0.nope is not known"),
        (("config",), "nope", 1, "config.nope is not known"),
        ((), "x\x1b[2J\n\u202e", 1, r"x\x1b[2J\n\u202e is not known"),
        (("config",), "grid", "3", "config.grid is no whole number"),
        (("config",), "grid", 3.0, "config.grid is no whole number"),
        (("config",), "grid", 10**30, "config.grid is above 1000"),
        (("config",), "grid", True, "config.grid is no whole number"),
        (("config",), "timeout", float("nan"), "config.timeout is no number"),
        (("totals",), "calls", -1, "totals.calls is below 0"),
        (("totals",), "wall_seconds", float("nan"), "totals.wall_seconds is no number"),
        (("totals",), "wall_seconds", 1e400, "totals.wall_seconds is no finite number"),
        (("models",), "observer", "\ud800", "not JSON at"),
        ((), "run_id", None, "run_id is no text"),
        ((), "schema", 0, "schema is none of 1"),
    ],
)
def test_a_manifest_that_says_nonsense_is_named(
    whole: Path, tmp_path: Path, path: tuple[Any, ...], key: str, value: Any, message: str
) -> None:
    document = json.loads((whole / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(keyed(document, path, key, value))
    assert message in str(read(tmp_path))


@table("data", [b"", b"\0" * 4096, b"[" * 10**6, b'{"a":' * 10**6, b"\xff\xfe{}", b"9" * 10**6, b"null", b"[]", b"NaN"])
def test_a_manifest_that_is_none_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(data)
    assert isinstance(read(tmp_path), str)
