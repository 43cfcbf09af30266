"""How long `make test` takes. Knows how pytest is started there."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.command import ROOT
from benchmarks.figure import Figure, median_of
from benchmarks.machine import additions

# As in the Makefile, which would make the environment anew where that is older than its list.
TESTS = [sys.executable, "-m", "pytest", "--numprocesses", "auto", "--dist", "worksteal", "-m", "not slow"]


def suite_figures() -> Iterator[Figure]:
    """Once, with as many processes as there are cores. Raises `RuntimeError` if a test fails."""
    before = additions()
    started, used = time.perf_counter(), _processor_seconds()
    done = subprocess.run(TESTS, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"The tests failed, so their time says nothing: {done.stdout[-2000:]}")
    yield median_of("make test", [seconds], "s", most=180)
    yield median_of("make test: processor time", [_processor_seconds() - used], "s")
    yield median_of("make test: 3,000,000 additions, before and after", [before, additions()], "s")


def _processor_seconds() -> float:
    """What processes that were started from here used so far, if they have ended, and those that they waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
