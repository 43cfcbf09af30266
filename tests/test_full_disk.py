"""A disk that is full or read-only, real or as a limit of the process: a clear stop, nothing spoilt, resumable."""

import os
import resource
import shlex
import shutil
import stat
import subprocess
from functools import partial
from pathlib import Path

import pytest
from conftest import COMMAND, ROOT, Sandbox
from example_runs import SMALL

from sandbox.runs.directory import RunDirectory
from sandbox.runs.json_lines import read_lines
from sandbox.runs.locking import lock
from sandbox.runs.records import Interaction, JournalLine
from sandbox.runs.round_records import RoundSummary

LONG = (*SMALL, "--rounds", "12")
# A bytecode file that is cut short would break later tests.
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}


def run(words: list[str], cwd: Path, **options: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        words, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=120, **options
    )


def limited(bytes_: int, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command where no file can grow over `bytes_`."""
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (bytes_, bytes_))
    return run([*COMMAND, *arguments], cwd, preexec_fn=limit)


def unprivileged(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command as somebody to whom permissions apply: root writes anywhere."""
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    return run([*drop, *COMMAND, *arguments], cwd)


def assert_one_clear_message(err: str, *words: str) -> None:
    assert "Traceback" not in err
    message = err[err.index("Error: ") :].strip()
    assert len(message.splitlines()) <= 3
    assert all(word in message for word in words), message


def assert_nothing_is_spoilt(path: Path) -> None:
    directory = RunDirectory(path)
    directory.read_manifest()
    calls = list(read_lines(directory.calls, JournalLine))
    assert len({call.key for call in calls}) == len(calls) > 0
    for file, kind in ((directory.interactions, Interaction), (directory.rounds, RoundSummary)):
        list(read_lines(file, kind))
        assert file.read_bytes()[-1:] in (b"", b"\n")
    assert not list(path.rglob("*.tmp"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing stops."""
    folder = tmp_path_factory.mktemp("whole")
    assert run([*COMMAND, "simulate", *LONG, "--run-id", "one"], folder).returncode == 0
    return folder / "runs" / "one"


def log(path: Path) -> bytes:
    return (path / "interactions.jsonl").read_bytes()


@pytest.mark.parametrize("bytes_", [2_000, pytest.param(40_000, marks=pytest.mark.slow)])
def test_a_disk_that_is_full_from_the_start_leaves_nothing(tmp_path: Path, bytes_: int) -> None:
    done = limited(bytes_, "simulate", *SMALL, "--run-id", "one", cwd=tmp_path)
    assert done.returncode == 1
    assert_one_clear_message(done.stderr, "The run cannot be written: File too large.")
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.slow
def test_a_disk_that_fills_up_stops_the_run_and_it_can_go_on(sandbox: Sandbox, whole: Path, tmp_path: Path) -> None:
    limit = (whole / "calls.jsonl").stat().st_size // 2
    assert limit > (whole / "memory" / "questions.npy").stat().st_size
    done = limited(limit, "simulate", *LONG, "--run-id", "one", cwd=tmp_path)
    assert done.returncode == 1
    assert_one_clear_message(done.stderr, "The run cannot be written: File too large.")
    assert_nothing_is_spoilt(tmp_path / "runs" / "one")
    assert sandbox("simulate", "--resume", "one").code == 0
    assert log(tmp_path / "runs" / "one") == log(whole)


@pytest.fixture
def mounts(tmp_path: Path) -> None:
    (tmp_path / "trial").mkdir()
    trial = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "trial"]
    if not shutil.which("unshare") or run(trial, tmp_path).returncode:
        pytest.skip("this user may not mount a file system of their own")


def on_a_disk(script: str, folder: Path) -> None:
    """Run `script` in `folder`, where it may mount. `step NAME ...` runs the command and keeps NAME.err, NAME.code."""
    step = f'step() {{ n=$1; shift; c=0; {shlex.join(COMMAND)} "$@" >$n.out 2>$n.err || c=$?; echo $c >$n.code; }}'
    done = run(["unshare", "-m", "sh", "-euc", f"{step}\nmkdir runs\n{script}"], folder)
    assert done.returncode == 0, done.stderr


def assert_ended(folder: Path, name: str, code: int, *words: str) -> None:
    """The step `name` ended with `code`, and an error said `words`."""
    err = (folder / f"{name}.err").read_text()
    assert int((folder / f"{name}.code").read_text()) == code, err
    if code:
        assert_one_clear_message(err, *words)


FILLED = """
mount -t tmpfs -o size={size} none runs
step first simulate {arguments} --run-id one
step look inspect one
cp -r runs stopped
mount -o remount,size=64m runs
step again simulate --resume one
cp -r runs ended
"""


@pytest.mark.slow
@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize("share", [0.4, *(pytest.param(share, marks=pytest.mark.slow) for share in (0.7, 0.9, 0.98))])
def test_a_small_disk_stops_the_run_and_it_can_go_on(whole: Path, tmp_path: Path, share: float) -> None:
    used = sum(path.stat().st_size // 4096 + 1 for path in whole.rglob("*"))
    on_a_disk(FILLED.format(size=int(used * share) * 4096, arguments=" ".join(LONG)), tmp_path)
    assert_ended(tmp_path, "first", 1, "The run cannot be written: No space left on device.")
    assert_nothing_is_spoilt(tmp_path / "stopped" / "one")
    assert_ended(tmp_path, "look", 0)
    assert_ended(tmp_path, "again", 0)
    assert log(tmp_path / "ended" / "one") == log(whole)


READ_ONLY = """
mount -t tmpfs none runs
cp -r stopped runs/one
mount -o remount,ro runs
step new simulate {arguments} --run-id two
step first simulate --resume one
step look inspect one
step list inspect
mount -o remount,rw runs
step again simulate --resume one
cp -r runs ended
"""


@pytest.mark.slow
@pytest.mark.usefixtures("mounts")
def test_a_disk_that_became_read_only_is_named_and_read(whole: Path, tmp_path: Path) -> None:
    interrupted(whole, tmp_path / "stopped")
    on_a_disk(READ_ONLY.format(arguments=" ".join(LONG)), tmp_path)
    assert_ended(tmp_path, "new", 1, "runs: a run cannot be written there: Read-only file system. Use --runs FOLDER.")
    assert_ended(tmp_path, "first", 1, "The run cannot be written: Read-only file system.")
    assert_ended(tmp_path, "look", 0)
    assert "Run one interrupted" in (tmp_path / "look.out").read_text()
    assert "interrupted" in (tmp_path / "list.out").read_text()
    assert_ended(tmp_path, "again", 0)
    assert log(tmp_path / "ended" / "one") == log(whole)


def interrupted(whole: Path, path: Path) -> Path:
    """`whole` at `path` as a killed process leaves it: half of the journal, and a manifest that says `running`."""
    shutil.copytree(whole, path)
    for file in ("calls.jsonl", "interactions.jsonl", "rounds.jsonl"):
        data = (path / file).read_bytes()
        (path / file).write_bytes(data[: len(data) // 2])
    text = (path / "manifest.json").read_text()
    (path / "manifest.json").write_text(text.replace('"status": "complete"', '"status": "running"'))
    return path


@pytest.fixture
def permissions(tmp_path: Path) -> None:
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("permissions do not apply to root, and setpriv is not here")


@pytest.mark.slow
@pytest.mark.usefixtures("permissions")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs").chmod(0o555)
    done = unprivileged("simulate", *SMALL, "--run-id", "one", cwd=tmp_path)
    assert done.returncode == 1
    assert_one_clear_message(done.stderr, "runs: a run cannot be written there: Permission denied. Use --runs FOLDER.")
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.slow
@pytest.mark.usefixtures("permissions")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tag", "one", "--add", "x"), "runs/one.tags.json: cannot be written: Permission denied."),
        (("annotate", "one", "--annotator", "anna"), "Permission denied. It lies beside its run: copy that to"),
        (("pack", "one", "-o", "runs/new.tar.xz"), "--output runs/new.tar.xz: cannot be written: Permission denied."),
    ],
)
def test_what_cannot_be_written_beside_a_run_is_named(
    whole: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    shutil.copytree(whole, tmp_path / "runs" / "one")
    (tmp_path / "runs").chmod(0o555)
    done = unprivileged(*words, cwd=tmp_path)
    assert done.returncode == 1
    assert_one_clear_message(done.stderr, said)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["one"]


@pytest.mark.slow
@pytest.mark.usefixtures("permissions")
@pytest.mark.parametrize("protected", ["everything", pytest.param("journal", marks=pytest.mark.slow)])
def test_a_run_that_may_not_be_written_can_be_looked_at(whole: Path, tmp_path: Path, protected: str) -> None:
    path = interrupted(whole, tmp_path / "runs" / "one")
    with lock(RunDirectory(path)):
        protect(path, protected)
        assert "Run one running" in unprivileged("inspect", "one", cwd=tmp_path).stdout
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    done = unprivileged("simulate", "--resume", "one", cwd=tmp_path)
    assert done.returncode == 1
    assert_one_clear_message(done.stderr, "The run cannot be written: Permission denied.")
    shown = unprivileged("inspect", "one", "--interaction", "r000-a000", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "Run one interrupted" in unprivileged("inspect", "one", cwd=tmp_path).stdout
    assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before


def protect(path: Path, protected: str) -> None:
    """Take the right to write from everything, or from the journal alone."""
    for file in (path, *path.rglob("*")):
        if protected == "everything" or file.name == "calls.jsonl":
            file.chmod(stat.S_IMODE(file.stat().st_mode) & 0o555)


@pytest.mark.slow
def test_what_may_not_be_read_or_written_is_named(made_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    shutil.copytree(made_run, tmp_path / "runs" / "hidden")
    for path in (folder, tmp_path / "runs" / "hidden"):
        path.chmod(0)
    for words, code, said in (
        (["inspect", "hidden"], 2, "runs/hidden cannot be read: Permission denied."),
        (["export", "one", "-f", "dpo", "-o", "closed/set"], 1, "--out closed/set: cannot be made: Permission denied."),
    ):
        done = unprivileged(*words, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (code, "")
        assert_one_clear_message(done.stderr, said)
    for path in (folder, tmp_path / "runs" / "hidden"):
        path.chmod(0o700)


@pytest.mark.slow
def test_rows_that_cannot_be_put_down_are_told_at_once(made_run: Path, tmp_path: Path) -> None:
    done = limited(1, "export", str(made_run), "--format", "dpo", "--out", "set", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert_one_clear_message(done.stderr, "The rows cannot be put down on disk")
    assert not [*tmp_path.glob(".export-*")]
