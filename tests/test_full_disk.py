"""A disk that is full, made with the limit that the system sets on the size of files: a clear stop, and resumable."""

import resource
import subprocess
from functools import partial
from pathlib import Path

import pytest
from conftest import COMMAND, ROOT, Sandbox

SMALL = ("--model", "scripted", "--questions", "starter", "--embedder", "hash", "--grid", "3", "--prior-size", "5")


def limited(bytes_: int, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command where no file can grow over `bytes_`."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        # A bytecode file that is cut short would break later tests.
        env={"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (bytes_, bytes_)),
    )


@pytest.mark.parametrize("bytes_", [2_000, 40_000])
def test_a_disk_that_is_full_from_the_start_leaves_nothing(tmp_path: Path, bytes_: int) -> None:
    done = limited(bytes_, "simulate", *SMALL, "--run-id", "one", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: The run cannot be written: File too large.")
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_disk_that_fills_up_stops_the_run_and_it_can_go_on(sandbox: Sandbox, tmp_path: Path) -> None:
    assert sandbox("simulate", *SMALL, "--rounds", 12, "--run-id", "whole").code == 0
    whole = tmp_path / "runs" / "whole"
    limit = (whole / "calls.jsonl").stat().st_size // 2
    assert limit > (whole / "memory" / "questions.npy").stat().st_size
    done = limited(limit, "simulate", *SMALL, "--rounds", "12", "--run-id", "one", cwd=tmp_path)
    assert done.returncode == 1
    assert "The run cannot be written: File too large." in done.stderr
    assert "Traceback" not in done.stderr
    assert sandbox("simulate", "--resume", "one").code == 0
    assert (tmp_path / "runs" / "one" / "interactions.jsonl").read_bytes() == (
        whole / "interactions.jsonl"
    ).read_bytes()
