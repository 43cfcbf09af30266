"""Runs the command and the fake endpoint as processes, and takes their time and memory. Knows no figure."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
KIB = 1024
COMMAND = [sys.executable, "-c", "import sys; sys.argv[0] = 'sandbox'; from sandbox.cli import main; main()"]
BARRIER = [sys.executable, "-m", "benchmarks.barrier"]
BARE_LOOP = [sys.executable, "-m", "benchmarks.bare_loop"]


class Line(NamedTuple):
    """When a line of standard output came (seconds from the start); resident memory then, and its peak so far (MiB)."""

    seconds: float
    mib: float
    peak_mib: float


class Measured(NamedTuple):
    """Wall seconds, and standard output with when its lines came."""

    seconds: float
    out: bytes
    lines: list[Line]

    @property
    def totals(self) -> dict[str, Any]:
        """The totals of a run that was measured with --json."""
        totals: dict[str, Any] = json.loads(self.out.splitlines()[-1])["totals"]
        return totals

    @property
    def peak_mib(self) -> float:
        """Peak resident memory (MiB) until the last line, which a run writes when everything is saved."""
        return self.lines[-1].peak_mib


def measure(
    folder: Path, *arguments: object, allowed: tuple[int, ...] = (0,), program: list[str] = COMMAND
) -> Measured:
    """Run `program` in `folder`, with a cache of its own; raises `RuntimeError` unless its exit code is `allowed`."""
    words = [*program, *map(str, arguments)]
    started = time.perf_counter()
    lines: list[Line] = []
    out = b""
    with (
        (folder / "errors.txt").open("w+") as errors,
        subprocess.Popen(words, cwd=folder, env=_variables(folder), stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(Line(time.perf_counter() - started, *_resident_mib(process.pid)))
            out += line
    seconds = time.perf_counter() - started
    if process.returncode not in allowed:
        raise RuntimeError(f"{' '.join(words[1:])} failed: {(folder / 'errors.txt').read_text()}")
    return Measured(seconds, out, lines)


def first_message(folder: Path, *arguments: object) -> float:
    """Seconds until the command says its first line to people, on standard error; it is ended then."""
    started = time.perf_counter()
    words = [*COMMAND, *map(str, arguments)]
    with subprocess.Popen(words, cwd=folder, env=_variables(folder), stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        process.stderr.readline()
        seconds = time.perf_counter() - started
        process.kill()
    return seconds


def _variables(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "SANDBOX_CACHE_DIR": str(folder / "cache")}


def _resident_mib(pid: int) -> tuple[float, float]:
    """Resident memory of a process that is still there and its peak, as Linux tells; no number elsewhere.

    What `wait4` tells counts the memory of whoever started the process, too.
    """
    try:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        resident, peak = (int(status[name].split()[0]) / KIB for name in ("VmRSS", "VmHWM"))
    except (OSError, KeyError):
        return float("nan"), float("nan")
    return resident, peak


class FakeServer:
    """A fake endpoint in a process of its own."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def stats(self) -> dict[str, Any]:
        """What it counted."""
        with urllib.request.urlopen(self.base_url.removesuffix("/v1") + "/stats") as answer:
            counts: dict[str, Any] = json.load(answer)
        return counts


@contextmanager
def fake_endpoint(*flags: object) -> Iterator[FakeServer]:
    """Serve with these flags of `python -m fake_endpoint`, until the block ends."""
    words = [sys.executable, "-m", "fake_endpoint", "--unchecked", *map(str, flags)]
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    with subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield FakeServer(process.stdout.readline().strip())
        finally:
            process.kill()
