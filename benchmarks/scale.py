"""Time, memory and disk by number of agents, with the scripted model. Knows only the command and its files."""

import json
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.command import KIB, Measured, measure
from benchmarks.figure import Figure, median_of, ratios

BYTES_OF_AN_ENTRY = 24
WORDS = (
    "why should people never lie steal trust share money work home child friend parent law rule fair vote city farm "
    "school doctor teacher soldier animal food drink game book love hate fear hope war peace old young rich poor risk"
)


class Society(NamedTuple):
    """A square of so many agents a side, for so many rounds."""

    side: int
    rounds: int

    @property
    def interactions(self) -> int:
        """How many there are."""
        return self.side**2 * self.rounds


# The smallest has as many interactions as the next, so that what a run takes at its begin weighs the same.
FULL = (Society(10, 20), Society(32, 2), Society(100, 2))
QUICK = (Society(10, 20), Society(50, 2))


class Sample(NamedTuple):
    """A run, what its files hold (bytes), and how its memory grew from round 0 to round 1."""

    run: Measured
    log_bytes: int
    memory_bytes: int
    growth: float | None


def scale_figures(folder: Path, repetitions: int, societies: Sequence[Society]) -> Iterator[Figure]:
    """Smallest first, in turn: a question of its own for each interaction."""
    smallest, largest = societies[0], societies[-1]
    questions = write_questions(folder / "many.txt", 3 * largest.side**2)
    samples: dict[Society, list[Sample]] = {society: [] for society in societies}
    for _ in range(repetitions):
        for society in societies:
            samples[society].append(_sample(folder, questions, society))
    each = {society: [_milliseconds(sample, society) for sample in samples[society]] for society in societies}
    for society in societies:
        yield from _one_size(society, samples[society], each[society])
    name = f"{largest.side**2:,} agents"
    times = ratios(each[largest], each[smallest])
    yield median_of(f"{name}: times the time of an interaction among 100", times, most=1.3)
    growth = [sample.growth for sample in samples[largest]]
    yield median_of(f"{name}: memory after round 2 beside round 1 and what was remembered", growth, most=1.05)
    if repetitions > 1:
        third = _sample(folder, questions, largest._replace(rounds=3))
        yield median_of(f"{name}: the same while a third round is under way", [third.growth])


def _one_size(society: Society, samples: Sequence[Sample], each: Sequence[float]) -> Iterator[Figure]:
    name = f"{society.side**2:,} agents, {society.rounds} rounds"
    yield median_of(f"{name}: an interaction", each, "ms")
    yield median_of(f"{name}: whole process", [sample.run.seconds for sample in samples], "s")
    yield median_of(f"{name}: peak memory", [sample.run.peak_mib for sample in samples], "MiB", most=1500)
    yield Figure(f"{name}: log and journal", samples[0].log_bytes // society.interactions, "B/interaction")
    yield Figure(f"{name}: memory files", samples[0].memory_bytes // society.side**2, "B/agent")


def _milliseconds(sample: Sample, society: Society) -> float:
    return float(1000 * sample.run.totals["wall_seconds"] / society.interactions)


def _sample(folder: Path, questions: Path, society: Society) -> Sample:
    """Take one; its files are removed, because those of 10,000 agents are a gigabyte."""
    run = folder / "runs" / "scale"
    source = ("--questions", questions, "--prior", "starter", "--embedder", "hash")
    options = (*source, "--grid", society.side, "--rounds", society.rounds, "--json", "--run-id", run.name)
    measured = measure(folder, "simulate", "--model", "scripted", *options)
    log = sum((run / name).stat().st_size for name in ("interactions.jsonl", "calls.jsonl"))
    memory = sum(file.stat().st_size for file in (run / "memory").glob("agent-*"))
    sample = Sample(measured, log, memory, _growth(measured, run / "interactions.jsonl", society))
    shutil.rmtree(run)
    return sample


def _growth(measured: Measured, log: Path, society: Society) -> float | None:
    """Resident memory when round 1 was in the log, beside that of round 0 and the answers remembered in between."""
    _, first, second = measured.lines[:3]
    if first.mib is None or second.mib is None:
        return None
    remembered = BYTES_OF_AN_ENTRY * society.side**2
    with log.open("rb") as lines:
        for line in islice(lines, society.side**2, 2 * society.side**2):
            remembered += len(json.loads(line)["revision"])
    return second.mib / (first.mib + remembered / KIB**2)


def write_questions(file: Path, count: int) -> Path:
    """So many different questions, the same ones each time."""
    random = Random(0)
    words, questions = WORDS.split(), dict[str, None]()
    while len(questions) < count:
        questions[" ".join(random.choices(words, k=12)).capitalize() + "?"] = None
    file.write_text("\n".join(questions) + "\n")
    return file
