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
COMMAND = [sys.executable, "-c", "import sys; sys.argv[0] = 'sandbox'; from sandbox.cli import main; main()"]
KIB = 1024


class Figure(NamedTuple):
    """One measured value; it is met when it is below its bound."""

    name: str
    value: float
    unit: str
    bound: float

    @property
    def met(self) -> bool:
        """Whether the bound holds."""
        return self.value < self.bound


class Measured(NamedTuple):
    """Wall seconds, peak resident memory (MiB), standard output, and seconds until the first line of that."""

    seconds: float
    peak_mib: float
    out: bytes
    first_line_seconds: float


def measure(folder: Path, *arguments: object, allowed: tuple[int, ...] = (0,)) -> Measured:
    """Run the command in `folder`, with a cache of its own; raises `RuntimeError` unless its exit code is `allowed`."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "SANDBOX_CACHE_DIR": str(folder / "cache")}
    words = [*COMMAND, *map(str, arguments)]
    started = time.perf_counter()
    with (
        (folder / "errors.txt").open("w+") as errors,
        subprocess.Popen(words, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdout is not None
        first = process.stdout.readline()
        first_line = time.perf_counter() - started
        out = first + process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode not in allowed:
        raise RuntimeError(f"sandbox {' '.join(words[3:])} failed: {(folder / 'errors.txt').read_text()}")
    return Measured(seconds, usage.ru_maxrss / KIB, out, first_line)


def run_totals(measured: Measured) -> dict[str, Any]:
    """The totals of a run that was measured with --json."""
    totals: dict[str, Any] = json.loads(measured.out.splitlines()[-1])["totals"]
    return totals


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
