"""Two checkouts measured in turn, each by its own benchmarks in processes of its own, and how they compare.

Knows how another checkout is run, and that the first figure of a section is the one that must not get worse.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.command import ROOT
from benchmarks.figure import Figure, median_of
from benchmarks.first_call import first_call_figures

SECTIONS = ("throughput", "log-normal", "resume", "first-call")
SLOWER = 1.03
ADDITIONS = 3_000_000
# Their benchmarks as they are, but for where they write.
PROGRAM = """
import sys, pathlib, benchmarks.__main__ as benchmarks
benchmarks.RESULTS = pathlib.Path(sys.argv.pop(1))
sys.exit(benchmarks.main())
"""


def beside_figures(checkout: Path, wanted: Sequence[str], turns: int, flags: Sequence[str]) -> Iterator[Figure]:
    """Each section `turns` times with the code there and here in turn, their benchmarks being given `flags`.

    Before and after, what a loop in Python takes, to tell how evenly the machine worked.
    """
    yield median_of("3,000,000 additions, before", [_additions()], "s")
    for section in wanted:
        there, here = [], []
        for turn in range(turns):
            there.append(taken(section, checkout, flags))
            here.append(taken(section, ROOT, flags))
            Console(stderr=True).print(f"{section}: turn {turn + 1} of {turns}")
        yield from compared(there, here)
    yield median_of("3,000,000 additions, after", [_additions()], "s")


def taken(section: str, checkout: Path, flags: Sequence[str] = ()) -> Mapping[str, Figure]:
    """The figures of a section with the code of `checkout`, by name; the last is what its processes used together.

    Raises `RuntimeError` if it gives none.
    """
    used = _processor_seconds()
    figures = _figures(section, checkout, flags)
    figures.append(median_of(f"{section}: processor time, of the endpoint too", [_processor_seconds() - used], "s"))
    return {figure.name: figure for figure in figures}


def _figures(section: str, checkout: Path, flags: Sequence[str]) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        if section == "first-call":  # taken from outside alone, so of checkouts that do not know it, too
            return list(first_call_figures(Path(folder), 1, checkout))
        results = Path(folder, "results.json")
        words = [sys.executable, "-c", PROGRAM, str(results), "--only", section, *flags]
        variables = {**os.environ, "PYTHONPATH": str(checkout)}
        done = subprocess.run(words, cwd=checkout, env=variables, capture_output=True, text=True, check=False)
        if not results.exists():
            raise RuntimeError(f"The benchmarks of {checkout} gave no figures of {section}: {done.stderr}")
        return [Figure(**figure) for figure in json.loads(results.read_text())["figures"]]


def _processor_seconds() -> float:
    """What processes that were started from here used so far, if they have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compared(there: Sequence[Mapping[str, Figure]], here: Sequence[Mapping[str, Figure]]) -> Iterator[Figure]:
    """Figures that both have, by turn: the medians, and their ratio, which has a bound for the first figure only."""
    first = next(iter(here[0]))
    for name in (name for name in here[0] if name in there[0]):
        unit = here[0][name].unit
        theirs = median_of(f"{name}: there", [turn[name].value for turn in there], unit)
        ours = median_of(f"{name}: here", [turn[name].value for turn in here], unit)
        yield from (theirs, ours)
        times = float(f"{ours.value / theirs.value:.4g}") if ours.value and theirs.value else None
        ratio = Figure(f"{name}: here / there", times)
        if name == first:
            ratio = ratio._replace(least=1 / SLOWER) if unit == "/s" else ratio._replace(most=SLOWER)
        yield ratio


def _additions() -> float:
    started = time.perf_counter()
    total = 0
    for number in range(ADDITIONS):
        total += number
    return time.perf_counter() - started
