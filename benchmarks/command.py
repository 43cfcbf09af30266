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
TRAINING_STEPS = [sys.executable, "-m", "benchmarks.training_steps"]


class Line(NamedTuple):
    """When a line of standard output came (seconds from the start); resident memory then, and its peak so far (MiB).

    `processor_seconds` are those of the process by then. These and memory are None where the system does not tell.
    """

    seconds: float
    mib: float | None = None
    peak_mib: float | None = None
    processor_seconds: float | None = None


class Measured(NamedTuple):
    """Wall seconds from start to exit, and standard output with when its lines came.

    `rusage_mib` is the peak memory of the process or of the one that started it, whichever is more; the processor time
    is that of the process and of those that it waited for.
    """

    seconds: float
    out: bytes
    lines: list[Line]
    rusage_mib: float
    processor_seconds: float

    @property
    def totals(self) -> dict[str, Any]:
        """The totals of a run that was measured with --json."""
        totals: dict[str, Any] = json.loads(self.out.splitlines()[-1])["totals"]
        return totals

    @property
    def peak_mib(self) -> float | None:
        """Peak resident memory (MiB) until the last line, which a run writes when everything is saved."""
        return max((line.peak_mib for line in self.lines if line.peak_mib), default=None)


def measure(
    folder: Path,
    *arguments: object,
    allowed: tuple[int, ...] = (0,),
    program: list[str] = COMMAND,
    checkout: Path = ROOT,
) -> Measured:
    """Run `program` in `folder`, with a cache of its own and the code of `checkout`.

    Raises `RuntimeError` unless its exit code is `allowed`.
    """
    words = [*program, *map(str, arguments)]
    started = time.perf_counter()
    lines: list[Line] = []
    out: list[bytes] = []
    own = variables(folder, checkout)
    with (
        (folder / "errors.txt").open("w+") as errors,
        subprocess.Popen(words, cwd=folder, env=own, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(_line(process.pid, time.perf_counter() - started))
            out.append(line)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode not in allowed:
        raise RuntimeError(f"{' '.join(words[1:])} failed: {(folder / 'errors.txt').read_text()}")
    return Measured(seconds, b"".join(out), lines, usage.ru_maxrss / KIB, usage.ru_utime + usage.ru_stime)


def first_message(folder: Path, begins: str, *arguments: object) -> float:
    """Seconds until the command says its first line to people, on standard error; it is ended then.

    Raises `RuntimeError` if that does not begin as it should.
    """
    started = time.perf_counter()
    words = [*COMMAND, *map(str, arguments)]
    with subprocess.Popen(words, cwd=folder, env=variables(folder), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        seconds = time.perf_counter() - started
        process.kill()
    if not line.startswith(begins):
        raise RuntimeError(f"{' '.join(words[3:])} began with {line!r}")
    return seconds


def first_event(folder: Path, begins: str, *arguments: object, checkout: Path = ROOT) -> Line:
    """When the command, with the code of `checkout`, tells its first event as JSON; it is ended then.

    Raises `RuntimeError` if that does not begin as it should.
    """
    words = [*COMMAND, *map(str, arguments), "--json"]
    errors = folder / "errors.txt"
    started = time.perf_counter()
    with (
        errors.open("w") as said,
        subprocess.Popen(
            words, cwd=folder, env=variables(folder, checkout), stdout=subprocess.PIPE, stderr=said, text=True
        ) as process,
    ):
        assert process.stdout is not None
        line = process.stdout.readline()
        event = _line(process.pid, time.perf_counter() - started)
        process.kill()
    if not line.startswith(begins):
        raise RuntimeError(f"{' '.join(words[3:])} began with {line!r}: {errors.read_text()}")
    return event


def variables(folder: Path, checkout: Path = ROOT) -> dict[str, str]:
    """The environment without settings and keys of whoever measures."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "OPENAI_"))}
    own = {"SANDBOX_CACHE_DIR": str(folder / "cache"), "SANDBOX_STATE_DIR": str(folder / "state")}
    return {**kept, **own, "PYTHONPATH": str(checkout)}


def _line(pid: int, seconds: float) -> Line:
    """What Linux tells of a process that was not waited for; of one that has ended, no memory any more.

    What `wait4` tells counts the memory of whoever started the process, too: good enough for an upper bound.
    """
    try:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    except OSError:
        return Line(seconds)
    resident, peak = (int(status[name].split()[0]) / KIB if name in status else None for name in ("VmRSS", "VmHWM"))
    return Line(seconds, resident, peak, processor_seconds(pid))


def processor_seconds(pid: int) -> float | None:
    """What a process used so far, its threads with it; None where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class FakeServer(NamedTuple):
    """A fake endpoint in a process of its own."""

    base_url: str
    pid: int

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
            base_url = process.stdout.readline().strip()
            if not base_url:
                raise RuntimeError(f"{' '.join(words[1:])} did not start.")
            yield FakeServer(base_url, process.pid)
        finally:
            process.kill()
