"""Handing over: an archive has the same bytes everywhere, and what is unpacked is what was packed."""

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trained
from conftest import Sandbox
from example_runs import contents, scripted_run
from example_studies import small_study

from sandbox.commands import packing as commands
from sandbox.packing.tar import TooLongError, head
from sandbox.packing.xz import packed
from sandbox.runs.directory import RunDirectory
from sandbox.runs.locking import lock

# What `xz` made of these bytes when the settings were chosen: another machine or library that makes something else
# of them makes other archives.
TEXT = b"".join(b'{"round": %d, "agent": %d}\n' % divmod(number, 9) for number in range(20_000))
TEXT_PACKED = "f29bb28be706237ce0f56432284b7aba2fa4859e0f0e8a290bebc6c8d42fa7d4"


def document(sandbox: Sandbox, *words: object) -> dict[str, Any]:
    """What a command says with `--json`."""
    done = sandbox(*words, "--json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def listing(archive: Path) -> dict[str, Any]:
    """Its first member, read by Python's own reader."""
    with tarfile.open(archive) as members:
        first = members.next()
        assert first
        assert first.name.endswith("/pack.json")
        file = members.extractfile(first)
        assert file
        found: dict[str, Any] = json.load(file)
        return found


def files(folder: Path) -> dict[str, bytes]:
    """What lies in `folder`, by path."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_the_bytes_follow_from_files_and_name_alone(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    first = document(sandbox, "pack", "one")
    assert (first["path"], first["kind"], first["name"]) == ("one.tar.xz", "simulation", "one")
    archive = (tmp_path / "one.tar.xz").read_bytes()
    assert (first["sha256"], first["size"]) == (hashlib.sha256(archive).hexdigest(), len(archive))
    other = tmp_path / "elsewhere" / "one"
    other.mkdir(parents=True)
    umask = os.umask(0o077)
    try:
        for path in sorted((path for path in made_run.rglob("*") if path.is_file()), reverse=True):
            copy = other / path.relative_to(made_run)
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, copy)
            os.utime(copy, (1, 1))
        for leftover in (".verified.json", ".manifest.json.0123.tmp", "table.csv"):
            (other / leftover).write_text("of this machine")
        again = document(sandbox, "pack", "elsewhere/one", "-o", "again.tar.xz")
    finally:
        os.umask(umask)
    assert (tmp_path / "again.tar.xz").read_bytes() == archive
    assert again["left"] == []


def test_what_is_unpacked_is_the_same_run_and_is_replayed_and_packed_alike(
    sandbox: Sandbox, made_run: Path, tmp_path: Path
) -> None:
    before = contents(made_run)
    assert sandbox("pack", "one").code == 0
    assert contents(made_run) == before
    done = document(sandbox, "unpack", "one.tar.xz", "--runs", "received")
    assert (done["path"], done["files"]) == ("received/one", len(listing(tmp_path / "one.tar.xz")["files"]))
    sent, received = files(made_run), files(tmp_path / "received" / "one")
    assert received.items() < sent.items()
    absent = sorted(sent.keys() - received.keys())
    assert absent[:2] == [".lock", ".verified.json"]
    assert all(path.startswith("memory/agent-") for path in absent[2:])
    assert len(absent) == 2 + 2 * 9
    assert "give the same 18 interactions" in sandbox("simulate", "--replay", "received/one").out
    assert sandbox("pack", "received/one", "-o", "again.tar.xz").code == 0
    assert (tmp_path / "again.tar.xz").read_bytes() == (tmp_path / "one.tar.xz").read_bytes()


def test_memories_come_along_if_asked_for_and_come_back_without_a_call(
    sandbox: Sandbox, made_run: Path, tmp_path: Path
) -> None:
    assert sandbox("pack", "one", "--memory").code == 0
    assert sandbox("unpack", "one.tar.xz", "-o", "with").code == 0
    names = sorted(path.name for path in (made_run / "memory").iterdir())
    assert sorted(path.name for path in (tmp_path / "with" / "memory").iterdir()) == names
    assert sandbox("pack", "one", "-o", "less.tar.xz").code == 0
    assert sandbox("unpack", "less.tar.xz", "-o", "without").code == 0
    assert len(list((tmp_path / "without" / "memory").iterdir())) == 2
    done = sandbox("simulate", "--resume", "without")
    assert done.code == 0, done.err
    for name in names:
        assert (tmp_path / "without" / "memory" / name).read_bytes() == (made_run / "memory" / name).read_bytes()


@pytest.mark.slow
def test_tags_and_notes_come_along_beside_the_folder(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    study = small_study(sandbox, tmp_path)
    cell = min((study / "runs").iterdir())
    for name in ("one", "small", f"small/{cell.name}"):
        assert sandbox("tag", name, "--add", "seen", "--note", "Look here.").code == 0
    (made_run / ".tags.json").write_text("what is in the folder is not what lies beside it")
    sent = (tmp_path / "runs" / "one.tags.json").read_bytes()
    assert document(sandbox, "pack", "one")["left"] == []
    assert sandbox("unpack", "one.tar.xz", "-o", "new/two").code == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["two", "two.tags.json"]
    assert (tmp_path / "new" / "two.tags.json").read_bytes() == sent
    assert ".tags.json" not in files(tmp_path / "new" / "two")
    with tarfile.open(tmp_path / "one.tar.xz") as archive:
        assert archive.getnames()[:2] == ["one/pack.json", "one.tags.json"]
    assert sandbox("pack", "small").code == 0
    assert sandbox("unpack", "small.tar.xz", "--studies", "new").code == 0
    assert (tmp_path / "new" / "small.tags.json").is_file()
    assert [path for path in files(tmp_path / "new" / "small") if path.endswith("tags.json")] == [
        f"runs/{cell.name}.tags.json"
    ]
    shutil.rmtree(tmp_path / "new" / "two")
    done = sandbox("unpack", "one.tar.xz", "-o", "new/two")
    assert (done.code, "new/two.tags.json is there already" in done.err) == (2, True)


def test_other_tools_read_an_archive(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    assert sandbox("pack", "one").code == 0
    with tarfile.open(tmp_path / "one.tar.xz") as archive:
        archive.extractall(tmp_path / "python", filter="data")
    assert sandbox("unpack", "one.tar.xz", "-o", "ours").code == 0
    (tmp_path / "python" / "one" / "pack.json").unlink()
    assert files(tmp_path / "python" / "one") == files(tmp_path / "ours")
    if shutil.which("tar") and shutil.which("xz"):
        listed = subprocess.run(["tar", "-tf", "one.tar.xz"], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert listed.stdout.split()[:2] == ["one/pack.json", "one/calls.jsonl"]


def test_the_settings_give_the_bytes_that_they_gave_elsewhere() -> None:
    assert hashlib.sha256(b"".join(packed([TEXT]))).hexdigest() == TEXT_PACKED
    assert b"".join(packed(TEXT[at : at + 7] for at in range(0, len(TEXT), 7))) == b"".join(packed([TEXT]))


@pytest.mark.parametrize(("path", "size"), [("a/b.jsonl", 0), ("a/b.jsonl", 8**11), (f"{'a' * 100}/b/{'c' * 90}", 5)])
def test_a_head_says_to_python_what_it_is_of(path: str, size: int) -> None:
    found = tarfile.TarInfo.frombuf(head(path, size), "ascii", "strict")
    assert (found.name, found.size, found.mode, found.uid, found.mtime, found.isreg()) == (
        path,
        size,
        0o644,
        0,
        0,
        True,
    )
    with pytest.raises(TooLongError):
        head("a" * 101, 1)


@pytest.fixture
def kinds(sandbox: Sandbox, made_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """The name of a folder of each kind, which is made when it is asked for."""

    def make(kind: str) -> str:
        if kind == "study":
            return small_study(sandbox, tmp_path).name
        if kind == "training":
            folder = trained.trained(tmp_path / "runs" / "lesson")
            for name in ("adapter/adapter_config.json", "adapter/adapter_model.safetensors", "adapter.gguf"):
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_text(name)
            (folder / "checkpoints" / "step-000012").mkdir(parents=True)
            return folder.name
        words = {
            "evaluation": ("evaluate", "--suite", "starter", "--model", "scripted", "--run-id", "asked"),
            "rating": ("rate", "one", "--observer-model", "scripted", "--name", "again"),
            "annotation": ("annotate", "one", "--annotator", "anna"),
        }[kind]
        monkeypatch.setattr("sys.stdin", io.StringIO("5\n3\nq\n"))
        done = sandbox(*words)
        assert done.code in (0, 3), done.err
        return {"evaluation": "asked", "rating": "one.again", "annotation": "one.anna"}[kind]

    return make


CAME = {
    "evaluation": ("runs/asked", {"manifest.json", "suites/starter-choice.jsonl", "answers.jsonl", "summary.csv"}),
    "rating": ("runs/one.again", {"manifest.json", "prompts/score_alignment.jinja", "scores.jsonl", "calls.jsonl"}),
    "annotation": ("runs/one.anna", {"manifest.json", "judgements.jsonl"}),
    "training": ("runs/lesson", {"manifest.json", "adapter/adapter_model.safetensors", "adapter.gguf", "steps.jsonl"}),
    "study": ("studies/small", {"study.json", "study.toml"}),
}


@pytest.mark.parametrize("kind", CAME)
def test_every_kind_of_folder_goes_and_comes(
    sandbox: Sandbox, tmp_path: Path, kinds: Callable[[str], str], kind: str
) -> None:
    name, (place, some) = kinds(kind), CAME[kind]
    packed = document(sandbox, "pack", name)
    assert (packed["kind"], packed["name"], packed["left"]) == (kind, name, [])
    (tmp_path / place).rename(tmp_path / "before")
    done = document(sandbox, "unpack", f"{name}.tar.xz")
    assert (done["path"], done["kind"], done["files"], done["bytes"]) == (place, kind, packed["files"], packed["bytes"])
    there, before = files(tmp_path / place), files(tmp_path / "before")
    assert some <= there.keys()
    assert there.items() <= before.items()
    assert not [path for path in there if Path(path).name.startswith(".") or "checkpoints" in path]
    if kind in ("rating", "annotation"):
        assert sandbox("unpack", f"{name}.tar.xz", "--runs", "alone").out.splitlines()[1] == (
            "It is of texts of a run that is not beside it: unpack that too, as alone/one."
        )
    assert sandbox(*(("study", "show", name) if kind == "study" else ("inspect", name))).code == 0
    if kind == "study":
        assert len([path for path in there if path.endswith("/interactions.jsonl")]) == 20
    elif kind not in ("training", "annotation"):
        assert sandbox({"evaluation": "evaluate", "rating": "rate"}[kind], "--replay", name).code == 0


def test_what_cannot_be_packed_says_why(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    shutil.copytree(made_run, tmp_path / "runs" / "linked")
    shutil.move(tmp_path / "runs" / "linked" / "prompts", tmp_path / "prompts")
    (tmp_path / "runs" / "linked" / "prompts").symlink_to(tmp_path / "prompts")
    shutil.copytree(made_run, tmp_path / "runs" / "log")
    (tmp_path / "runs" / "log" / "calls.jsonl").unlink()
    (tmp_path / "runs" / "log" / "calls.jsonl").symlink_to(made_run / "calls.jsonl")
    shutil.copytree(made_run, tmp_path / "runs" / "a b")
    shutil.copytree(made_run, tmp_path / "runs" / "odd")
    (tmp_path / "runs" / "odd" / "prompts" / "DRAFT.jinja").write_text("x")
    trained.trained(tmp_path / "runs" / "begun", status="stopped", stopped_by="interrupt", adapter=None)
    trained.trained(tmp_path / "runs" / "sweep" / "alignment-0.5")
    (tmp_path / "there.tar.xz").write_text("mine")
    before = set(tmp_path.rglob("*"))
    cases = (
        (("none",), 2, "none: no such run, as a path or in runs."),
        (
            ("one", "-o", "there.tar.xz"),
            2,
            "--output there.tar.xz: it is there already, and nothing is ever overwritten.",
        ),
        (("one", "-o", "nowhere/x"), 2, "--output nowhere/x: there is no folder nowhere."),
        (("linked",), 1, "runs/linked/prompts is no folder, but a link or a file."),
        (("log",), 1, "runs/log/calls.jsonl cannot be packed: it is a link where a regular file belongs."),
        (("a b",), 2, "runs/a b: no name for an archive"),
        (("odd",), 1, "runs/odd cannot be packed: two files differ from prompts/draft.jinja only in capitals."),
        (("begun",), 2, "runs/begun is stopped, and checkpoints stay where they were made"),
        (("sweep",), 2, "sweep is a sweep of trainings, and an archive holds one"),
        ((), 2, "RUN is missing: sandbox pack RUN."),
        (("one", "two"), 2, "two: one word too many."),
        (("one", "--memories"), 2, "--memories: no such option. Did you mean '--memory'?"),
    )
    for words, code, said in cases:
        done = sandbox("pack", *words)
        assert (done.code, said in done.err) == (code, True), done.err
        assert len(done.err.splitlines()) <= 3
    with lock(RunDirectory(made_run)):
        done = sandbox("pack", "one")
    assert (done.code, "runs/one is being worked on by another process" in done.err) == (1, True)
    assert set(tmp_path.rglob("*")) == before
    assert (tmp_path / "there.tar.xz").read_text() == "mine"


def test_what_people_put_into_a_run_stays_there_and_is_told(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    (made_run / "notes\x1b[2J.txt").write_text("mine")
    (made_run / "prompts" / "old").mkdir()
    done = sandbox("pack", "one")
    assert done.code == 0
    assert "Not in the archive, as no run has it: notes" in done.err
    assert "\x1b" not in done.err + done.out
    assert document(sandbox, "pack", "one", "-o", "again.tar.xz")["left"] == ["notes\x1b[2J.txt", "prompts/old"]


def test_a_file_that_changes_meanwhile_makes_no_archive(
    sandbox: Sandbox, made_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made_run / "rounds.jsonl").write_bytes((made_run / "rounds.jsonl").read_bytes() * 2)

    def change(*_: object) -> None:
        (made_run / "rounds.jsonl").write_text("{}\n")

    monkeypatch.setattr(commands, "_told", lambda *_: change)
    done = sandbox("pack", "one")
    assert (done.code, done.out) == (1, "")
    assert "runs/one/rounds.jsonl changed while it was packed." in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_an_interrupt_leaves_no_archive(
    sandbox: Sandbox, made_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "_told", lambda *_: lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    assert sandbox("pack", "one").code == 130
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


@pytest.mark.slow
def test_a_run_of_5000_interactions_takes_less_than_a_third(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, grid=10, rounds=50)
    assert len((run / "interactions.jsonl").read_bytes().splitlines()) == 5000
    done = document(sandbox, "pack", "one", "--memory")
    assert done["size"] < done["bytes"] / 3
    assert document(sandbox, "unpack", "one.tar.xz", "-o", "two")["bytes"] == done["bytes"]
