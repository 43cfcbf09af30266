"""Runs that others made: links, pipes and endless files in them are named, never followed, and never waited for."""

import fcntl
import os
import re
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Finished, Sandbox
from example_runs import STARTER, contents
from tables import table

from memory.files import write_atomically
from memory.opening import ForeignFileError, open_to_read
from sandbox.runs import json_lines
from sandbox.runs.directory import MOST_MANIFEST, RunDirectory
from sandbox.runs.locking import is_held, lock

LOGS = ("calls.jsonl", "interactions.jsonl", "rounds.jsonl")
ASKED = (*LOGS, "questions.jsonl", "prompts/draft.jinja", "memory/questions.npy", "memory/questions.jsonl")
REMEMBERED = ("memory/agent-000.faiss", "memory/agent-000.jsonl")
FOLDERS = ("memory", "prompts")
RESUME = ("simulate", "--rounds", 3, "--resume")
STORY = ("inspect", "--interaction", "r001-a003", "--prompts")
# Which command reads which file of a run.
READERS = {
    "manifest.json": (("inspect",), ("inspect", "--json"), ("simulate", "--replay"), ("export", "--format", "dpo")),
    "interactions.jsonl": (
        ("inspect",), ("inspect", "--json"), ("inspect", "--html", "report.html"), ("inspect", "--search", "the"),
        STORY, ("simulate", "--replay"), ("export", "--format", "dpo"), ("export", "--format", "parquet"),
    ),
    "calls.jsonl": (STORY, ("simulate", "--replay"), ("inspect", "--why")),
    "rounds.jsonl": (("inspect",),),
    "questions.jsonl": (("simulate", "--replay"),),
    "superseded.jsonl": (("simulate", "--replay"),),
    "prompts/draft.jinja": (STORY,),
    "prompts": (STORY,),
    "memory": (("simulate", "--replay"),),
    "memory/questions.npy": (("simulate", "--replay"),),
    "memory/questions.jsonl": (("simulate", "--replay"),),
    "memory/agent-000.jsonl": (("inspect", "--agent", 0),),
    "memory/agent-000.faiss": (("inspect", "--agent", 0),),
}  # fmt: skip


def _link(there: Path, victim: Path) -> None:
    there.rename(victim)
    there.symlink_to(victim)


def _dangling(there: Path, victim: Path) -> None:
    there.rename(victim.with_name("gone"))
    there.symlink_to(victim)


def _pipe(there: Path, victim: Path) -> None:
    there.rename(victim)
    os.mkfifo(there)


def _socket(there: Path, victim: Path) -> None:
    there.rename(victim)
    before = Path.cwd()
    os.chdir(there.parent)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(there.name)
    os.chdir(before)


def _folder(there: Path, victim: Path) -> None:
    there.rename(victim)
    there.mkdir()


def _hard_link(there: Path, victim: Path) -> None:
    victim.hardlink_to(there)


@contextmanager
def in_time(seconds: int = 20) -> Iterator[None]:
    """Whoever waits for a pipe is interrupted, and the test fails."""

    def interrupt(_number: int, _frame: object) -> None:
        raise TimeoutError("something waited for what never comes")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def attacked(made: Path, tmp_path: Path, name: str, attack: Callable[[Path, Path], None]) -> Path:
    """A copy of the run `made` in which `name` is no file of its own."""
    run = tmp_path / "runs" / "one"
    shutil.copytree(made, run)
    if name == "superseded.jsonl":
        (run / name).touch()
    attack(run / name, tmp_path / "victim")
    return run


def refused(done: Finished, run: Path, name: str) -> None:
    """One sentence that names the file."""
    text = done.out + done.err
    assert "Traceback" not in text
    assert "a fault of sandbox" not in text
    assert done.code == 1 or (done.code in (0, 2) and "it is" in done.err), text
    assert str(run / name) in text, text
    assert re.search(r"it is (a (link|pipe|socket|folder) where a regular file belongs|no folder, but)", text), text
    assert len(done.err[max(0, done.err.find("Error: ")) :].splitlines()) <= 3, text


@pytest.mark.slow
@table(
    ("name", "attack"),
    [
        *(
            (name, attack)
            for name in ("manifest.json", ".lock", "superseded.jsonl", *ASKED)
            for attack in (_link, _pipe)
        ),
        *(
            (name, attack)
            for name in ("calls.jsonl", "memory/questions.npy")
            for attack in (_dangling, _socket, _folder)
        ),
    ],
)
def test_resume_follows_no_link_and_waits_for_no_pipe(
    sandbox: Sandbox, made_run: Path, tmp_path: Path, name: str, attack: Callable[[Path, Path], None]
) -> None:
    run = attacked(made_run, tmp_path, name, attack)
    before = contents(tmp_path / "victim") if (tmp_path / "victim").exists() else None
    with in_time():
        refused(sandbox(*RESUME, run), run, name)
    assert (contents(tmp_path / "victim") if before else None) == before
    assert before or not (tmp_path / "victim").exists(), "made through a link that led nowhere"


@table("name", FOLDERS)
def test_a_folder_of_a_run_that_is_a_link_is_neither_read_nor_written_into(
    sandbox: Sandbox, made_run: Path, tmp_path: Path, name: str
) -> None:
    run = attacked(made_run, tmp_path, name, _link)
    before = contents(tmp_path / "victim")
    refused(sandbox(*RESUME, run), run, name)
    assert sandbox("inspect", "--runs", tmp_path / "runs").code == 0
    assert contents(tmp_path / "victim") == before


@table("name", REMEMBERED)
def test_what_agents_remember_is_put_in_the_place_of_a_link(
    sandbox: Sandbox, made_run: Path, tmp_path: Path, name: str
) -> None:
    run = attacked(made_run, tmp_path, name, _link)
    before = contents(tmp_path / "victim")
    assert sandbox(*RESUME, run).code == 0
    assert contents(tmp_path / "victim") == before
    assert not (run / name).is_symlink()


@table("name", LOGS)
@table("torn", [b"", b'{"torn'])
def test_nothing_is_appended_to_or_cut_off_a_file_that_has_another_name(
    sandbox: Sandbox, made_run: Path, tmp_path: Path, name: str, torn: bytes
) -> None:
    run = attacked(made_run, tmp_path, name, _hard_link)
    with (tmp_path / "victim").open("ab") as file:
        file.write(torn)
    before = (tmp_path / "victim").read_bytes()
    done = sandbox(*RESUME, run)
    assert (done.code, f"{run / name}: it has other names (hard links)" in done.err) == (1, True), done.err
    assert (tmp_path / "victim").read_bytes() == before
    assert sandbox("inspect", run).code == 0, "looking at it does no harm"


@pytest.mark.slow
@table("attack", [_link, _pipe])
@table(("name", "command"), [(name, command) for name, commands in READERS.items() for command in commands])
def test_readers_follow_no_link_and_wait_for_no_pipe(
    sandbox: Sandbox,
    made_run: Path,
    tmp_path: Path,
    name: str,
    command: tuple[object, ...],
    attack: Callable[[Path, Path], None],
) -> None:
    run = attacked(made_run, tmp_path, name, attack)
    before = contents(tmp_path)
    flags = ("--out", tmp_path / "out") if command[0] == "export" else ()
    listed = name == "rounds.jsonl"
    with in_time():
        done = sandbox(*command, *(("--runs", run.parent) if listed else (run,)), *flags)
    refused(done, run, name)
    assert contents(tmp_path) == before


def test_one_bad_manifest_hides_no_other_run(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    shutil.copytree(made_run, tmp_path / "runs" / "two")
    big = tmp_path / "runs" / "big"
    shutil.copytree(made_run, big)
    (big / "manifest.json").write_bytes((made_run / "manifest.json").read_bytes() + b" " * MOST_MANIFEST)
    for attack in (_link, _dangling, _pipe, _socket, _folder):
        shutil.copytree(made_run, run := tmp_path / "runs" / attack.__name__)
        attack(run / "manifest.json", tmp_path / attack.__name__)
    for number, hostile in enumerate((b"[" * 10**6, b'{"schema":' * 10**5, b'{"a":' * 10**5 + b"1", b"\0" * 10**6)):
        shutil.copytree(made_run, run := tmp_path / "runs" / f"deep-{number}")
        (run / "manifest.json").write_bytes(hostile)
    with in_time():
        done = sandbox("inspect")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines() if re.match(r"\s*(one|two|big) ", line)] == ["one", "two"]
    assert "big/manifest.json: cannot be read: it is larger than 16 MiB." in done.err
    assert len([line for line in done.err.splitlines() if line.startswith("Warning: ")]) == 10, done.err


@table("name", [*LOGS, "questions.jsonl", "memory/questions.npy", "memory/questions.jsonl", "prompts/draft.jinja"])
def test_no_command_reads_a_file_without_end(
    sandbox: Sandbox, made_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(json_lines, "LONGEST_LINE", 1 << 20)
    run = attacked(made_run, tmp_path, "manifest.json", lambda *_: None)
    lines = (run / name).read_bytes().count(b"\n")
    os.truncate(run / name, 1 << 40)  # a hole, which takes no place on the disk
    reader = READERS[name][-1]
    with in_time():
        for words in ((*RESUME, run), (*reader, *(() if reader == ("inspect",) else (run,)))):
            flags = ("--out", tmp_path / "out") if words[0] == "export" else ()
            done = sandbox(*words, *flags, "--runs", run.parent)
            said = f"{run / name}:{lines + 1}: a line of more than 1 MiB." in done.err
            assert said or re.search(
                r"(questions\.(npy|jsonl)|draft\.jinja)(:| cannot be used:) it is larger", done.err
            )


@table("attack", [_link, _pipe, _socket, _folder])
def test_a_replaced_template_is_a_file_inside_its_folder(
    sandbox: Sandbox, tmp_path: Path, attack: Callable[[Path, Path], None]
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "rule.jinja").write_text("Be brief.")
    words = ("simulate", "--model", "scripted", *STARTER, "--dry-run", "--prompts")
    (tmp_path / "linked").symlink_to(own)
    assert sandbox(*words, tmp_path / "linked").code == 0, "the folder is the user's own word"
    attack(own / "rule.jinja", tmp_path / "victim")
    with in_time():
        done = sandbox(*words, own)
    assert (done.code, f"template rule.jinja: {own / 'rule.jinja'}: it is a " in done.err) == (2, True), done.err


def test_a_template_without_end_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "rule.jinja").touch()
    os.truncate(tmp_path / "own" / "rule.jinja", 1 << 40)
    done = sandbox("simulate", "--model", "scripted", *STARTER, "--dry-run", "--prompts", "own")
    assert (done.code, "own/rule.jinja: it is larger than 1 MiB" in done.err) == (2, True), done.err


def test_a_run_may_lie_behind_a_link_that_the_user_made(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    made_run.rename(tmp_path / "moved")
    made_run.symlink_to(tmp_path / "moved")
    (tmp_path / "all").symlink_to(tmp_path / "runs")
    assert sandbox(*RESUME, "one", "--runs", "all").code == 0
    assert sandbox("simulate", "--replay", made_run).code == 0
    assert len(sandbox("inspect", "--csv", "--runs", "all").out.splitlines()) == 2


# Hooks cannot be taken away again: this one writes down nothing but while it is asked to.
OPENED: list[tuple[Path, int]] = []
LISTENING = [False]


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and LISTENING[0] and isinstance(arguments[0], str | bytes | os.PathLike):
        OPENED.append((Path.cwd() / os.fsdecode(arguments[0]), int(str(arguments[2]))))


def test_every_file_of_a_run_is_opened_in_the_one_way_that_follows_nothing(
    sandbox: Sandbox, made_run: Path, tmp_path: Path
) -> None:
    sys.addaudithook(_hear)
    commands = {command for commands in READERS.values() for command in commands} | {RESUME}
    LISTENING[0] = True
    for command in sorted(commands, key=str):
        flags = ("--out", tmp_path / "out") if command[0] == "export" else ()
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        (tmp_path / "report.html").unlink(missing_ok=True)
        assert sandbox(*command, made_run, *flags).code == 0, command
    LISTENING[0] = False
    inside = {path: flags for path, flags in OPENED if path.is_relative_to(made_run)}
    assert {path for path, flags in inside.items() if not flags & (os.O_NOFOLLOW | os.O_DIRECTORY)} == set()
    # What is opened beside a descriptor of its folder is heard of by its name alone.
    heard = {path.name for path, flags in OPENED if flags & os.O_NOFOLLOW}
    assert {Path(name).name for name in ("manifest.json", ".lock", *ASKED, *REMEMBERED, *FOLDERS)} <= heard


def test_a_journal_is_appended_to_by_one_process_even_where_the_lock_is_deleted(made_run: Path) -> None:
    directory = RunDirectory(made_run)
    with lock(directory):
        directory.lock.unlink()
        assert is_held(directory)
        with pytest.raises(Exception, match="is being worked on by another process"), lock(directory, patience=0):
            pass
    with lock(directory):
        pass


def test_the_lock_that_counts_is_the_file_at_its_path(made_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory, former, flock = RunDirectory(made_run), made_run / "former", fcntl.flock

    def replaced_just_before(file: int, operation: int) -> None:
        if not former.exists():
            directory.lock.rename(former)
            directory.lock.touch()
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", replaced_just_before)
    with lock(directory):
        assert former.exists()
        assert is_held(directory)


def test_a_file_is_not_written_through_a_name_that_lies_there(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"kept")
    (tmp_path / f".manifest.json.{os.getpid()}.tmp").symlink_to("victim")
    (tmp_path / "manifest.json").symlink_to("victim")
    write_atomically(tmp_path / "manifest.json", b"new")
    assert ((tmp_path / "victim").read_bytes(), (tmp_path / "manifest.json").read_bytes()) == (b"kept", b"new")
    with pytest.raises(ForeignFileError, match="a device"):
        open_to_read(Path("/dev/null"))
