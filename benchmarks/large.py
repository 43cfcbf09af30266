"""What the largest societies take, with the scripted model. Knows only the command."""

import shutil
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.command import measure
from benchmarks.figure import Figure, median_of
from benchmarks.scale import write_questions
from benchmarks.turn import Turn


class Large(NamedTuple):
    """A square of so many agents a side, for so many rounds."""

    side: int
    rounds: int

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.side**2:,} agents x {self.rounds}"


TEN_THOUSAND = Large(100, 2)
HUNDRED_THOUSAND = Large(316, 1)


def processor_time(society: Large) -> str:
    """The name of that figure."""
    return f"{society.name}: processor time"


def peak_memory(society: Large) -> str:
    """The name of that figure."""
    return f"{society.name}: peak memory"


def large_figures(turn: Turn, society: Large) -> Iterator[Figure]:
    """The whole command, with a question of its own for each interaction; its files are removed."""
    questions = turn.folder / "many.txt"
    if not questions.exists():
        write_questions(questions, society.side**2 * society.rounds)
    source = ("--questions", questions, "--prior", "starter", "--embedder", "hash")
    options = (*source, "--grid", society.side, "--rounds", society.rounds, "--json", "--run-id", "large")
    done = measure(turn.folder, "simulate", "--model", "scripted", *options, checkout=turn.checkout)
    shutil.rmtree(turn.folder / "runs")
    yield median_of(processor_time(society), [done.processor_seconds], "s")
    yield median_of(peak_memory(society), [done.peak_mib or done.rusage_mib], "MiB")
    yield median_of(f"{society.name}: whole process", [done.seconds], "s")
