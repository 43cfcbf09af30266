"""Two checkouts measured in turn, by the commands of both from outside, and how they compare.

Knows which sections can be taken so, what ratio each of their figures is bound to, and not how they are taken.
"""

import resource
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from benchmarks import embedded, first_call, large, resume, throughput
from benchmarks.command import ROOT
from benchmarks.figure import Figure, median_of
from benchmarks.hostile import hostile_figures
from benchmarks.schedule import schedule_figures
from benchmarks.turn import Section, Turn

SECTIONS: Mapping[str, Section] = {
    "throughput": throughput.throughput_figures,
    "log-normal": partial(schedule_figures, kind="log-normal"),
    "resume": resume.resume_figures,
    "first-call": first_call.first_call_figures,
    "cold": first_call.cold_figures,
    "hostile": hostile_figures,
    "embedded": embedded.embedded_figures,
    "ten-thousand": partial(large.large_figures, society=large.TEN_THOUSAND),
    "hundred-thousand": partial(large.large_figures, society=large.HUNDRED_THOUSAND),
}
# Each of these turns takes minutes.
MOST_TURNS = {"embedded": 3, "hundred-thousand": 1}
SLOWER = 1.03
# What a figure here is at most, or at least, of that there; the first figure of another section is `SLOWER` at most.
MOST = {
    throughput.PROCESSOR_TIME: 0.5,
    resume.A_CALL: 1 / 3,
    first_call.COLD: 0.5,
    **{large.peak_memory(society): SLOWER for society in (large.TEN_THOUSAND, large.HUNDRED_THOUSAND)},
}
LEAST = {throughput.CALLS_A_SECOND: 2.0, embedded.CALLS_A_MINUTE: 1.4}
ADDITIONS = 3_000_000


def beside_figures(
    checkout: Path, wanted: Sequence[str], turns: int, questions: Path | str, *, quick: bool
) -> Iterator[Figure]:
    """Each section `turns` times, `MOST_TURNS` at most, with the code there and here in turn.

    Before and after, what a loop in Python takes, to tell how evenly the machine worked.
    """
    yield median_of("3,000,000 additions, before", [_additions()], "s")
    for section in wanted:
        there, here = [], []
        with tempfile.TemporaryDirectory() as theirs, tempfile.TemporaryDirectory() as ours:
            for number in range(least := min(turns, MOST_TURNS.get(section, turns))):
                started = time.perf_counter()
                there.append(taken(section, Turn(Path(theirs), number, checkout, questions, quick)))
                here.append(taken(section, Turn(Path(ours), number, ROOT, questions, quick)))
                seconds = time.perf_counter() - started
                Console(stderr=True).print(f"{section}: turn {number + 1} of {least}, {seconds:.0f} s")
        yield from compared(there, here)
    yield median_of("3,000,000 additions, after", [_additions()], "s")


def taken(section: str, turn: Turn) -> Mapping[str, Figure]:
    """The figures of one turn, by name; the last is what its processes used together."""
    used = _processor_seconds()
    figures = list(SECTIONS[section](turn))
    figures.append(median_of(f"{section}: processor time, of the endpoint too", [_processor_seconds() - used], "s"))
    return {figure.name: figure for figure in figures}


def _processor_seconds() -> float:
    """What processes that were started from here used so far, if they have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compared(there: Sequence[Mapping[str, Figure]], here: Sequence[Mapping[str, Figure]]) -> Iterator[Figure]:
    """Figures by turn: the medians there and here, the latter with their bounds, and their ratio."""
    first = next(iter(here[0]))
    for name, figure in here[0].items():
        theirs = median_of(f"{name}: there", _values(there, name), figure.unit)
        ours = median_of(f"{name}: here", _values(here, name), figure.unit, most=figure.most, least=figure.least)
        times = float(f"{ours.value / theirs.value:.4g}") if ours.value and theirs.value else None
        yield from (
            theirs,
            ours,
            _bound(Figure(f"{name}: here / there", times), name, figure.unit, first=name == first),
        )


def _values(turns: Sequence[Mapping[str, Figure]], name: str) -> list[float | None]:
    return [turn[name].value for turn in turns if name in turn]


def _bound(ratio: Figure, name: str, unit: str, *, first: bool) -> Figure:
    if name in MOST or name in LEAST:
        return ratio._replace(most=MOST.get(name), least=LEAST.get(name))
    if not first:
        return ratio
    return ratio._replace(least=1 / SLOWER) if unit == "/s" else ratio._replace(most=SLOWER)


def _additions() -> float:
    started = time.perf_counter()
    total = 0
    for number in range(ADDITIONS):
        total += number
    return time.perf_counter() - started
