"""Two checkouts measured in turn, by the commands of both from outside, and how they compare.

Knows which sections can be taken so, what ratio each of their figures is bound to, and not how they are taken.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from rich.console import Console

from benchmarks import embedded, first_call, large, resume, throughput
from benchmarks.command import ROOT
from benchmarks.figure import Figure, median_of, ratios
from benchmarks.hostile import hostile_figures
from benchmarks.machine import additions
from benchmarks.schedule import schedule_figures
from benchmarks.table import HERE, RATIO, THERE
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
# Bound in processor time and memory alone, which two processes on two cores take as one does.
AT_ONCE = {"ten-thousand", "hundred-thousand"}
SLOWER = 1.03
# What a figure here is at most, or at least, of that there. Of another section, the first figure is at most `SLOWER`,
# if it has no bound of its own.
MOST = {
    throughput.PROCESSOR_TIME: 0.5,
    resume.A_CALL: 1 / 3,
    first_call.COLD: 0.5,
    **{large.peak_memory(society): SLOWER for society in (large.TEN_THOUSAND, large.HUNDRED_THOUSAND)},
}
LEAST = {throughput.CALLS_A_SECOND: 2.0, embedded.CALLS_A_MINUTE: 1.4}


def beside_figures(
    checkout: Path, wanted: Sequence[str], turns: int, questions: Path | str, *, quick: bool
) -> Iterator[Figure]:
    """Each section `turns` times, with the code there and here in turn.

    Before and after, what a loop in Python takes, to tell how evenly the machine worked.
    """
    yield median_of("3,000,000 additions, before", [additions()], "s")
    for section in wanted:
        with tempfile.TemporaryDirectory() as theirs, tempfile.TemporaryDirectory() as ours:
            there = Turn(Path(theirs), 0, checkout, questions, quick)
            here = Turn(Path(ours), 0, ROOT, questions, quick)
            yield from compared(*_turns(section, (there, here), turns))
    yield median_of("3,000,000 additions, after", [additions()], "s")


def _turns(section: str, both: Sequence[Turn], turns: int) -> Iterator[Sequence[Mapping[str, Figure]]]:
    """The figures of each of `both`, turn by turn; in a turn one after the other, or `AT_ONCE`."""
    taken_so_far = []
    for number in range(turns):
        started = time.perf_counter()
        with ThreadPoolExecutor(len(both) if section in AT_ONCE else 1) as pool:
            numbered = [turn._replace(number=number) for turn in both]
            taken_so_far.append(list(pool.map(partial(taken, section), numbered)))
        seconds = time.perf_counter() - started
        Console(stderr=True).print(f"{section}: turn {number + 1} of {turns}, {seconds:.0f} s")
    return zip(*taken_so_far, strict=True)


def taken(section: str, turn: Turn) -> Mapping[str, Figure]:
    """The figures of one turn, by name."""
    return {figure.name: figure for figure in SECTIONS[section](turn)}


def compared(there: Sequence[Mapping[str, Figure]], here: Sequence[Mapping[str, Figure]]) -> Iterator[Figure]:
    """Figures by turn: the medians there and here, the latter with their bounds, and that of the ratio in each turn."""
    first = next(iter(here[0]))
    for name, figure in here[0].items():
        theirs, ours = _values(there, name), _values(here, name)
        yield median_of(name + THERE, theirs, figure.unit)
        yield median_of(name + HERE, ours, figure.unit, most=figure.most, least=figure.least)
        yield _bound(median_of(name + RATIO, ratios(ours, theirs)), figure, first=name == first)


def _values(turns: Sequence[Mapping[str, Figure]], name: str) -> list[float | None]:
    return [turn[name].value if name in turn else None for turn in turns]


def _bound(ratio: Figure, figure: Figure, *, first: bool) -> Figure:
    """Where nothing else is promised of the first `figure`, it is not to become worse."""
    name = figure.name
    if name in MOST or name in LEAST:
        return ratio._replace(most=MOST.get(name), least=LEAST.get(name))
    if not first or figure.bound != "-":
        return ratio
    return ratio._replace(least=1 / SLOWER) if figure.unit == "/s" else ratio._replace(most=SLOWER)
