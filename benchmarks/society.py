"""A society of the scripted model with real embeddings: start, time, memory, resume. Knows only the command."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.command import first_message, measure
from benchmarks.figure import Figure, middle
from memory import Memory


def start_figures(folder: Path, questions: Path | str, repetitions: int) -> Iterator[Figure]:
    """Until the command answers at all."""
    helps = [measure(folder, "--help").seconds for _ in range(repetitions)]
    yield middle("sandbox --help", helps, "s", most=0.3)
    society = ("simulate", "--model", "scripted", "--questions", questions)
    firsts = [first_message(folder, *society) for _ in range(repetitions)]
    yield middle("sandbox simulate: first line", firsts, "s", most=1.0)


def society_figures(folder: Path, questions: Path | str, repetitions: int) -> Iterator[Figure]:
    """100 agents, 5 rounds, 5,000 calls."""
    society = ("simulate", "--model", "scripted", "--questions", questions, "--rounds", "5", "--json")
    cold = measure(folder, *society, "--run-id", "cold")
    yield middle("scripted, 5,000 calls, cold", [cold.seconds], "s", most=45)
    yield middle("cold: until the first call leaves", [cold.lines[0].seconds], "s")
    yield middle("peak memory, cold", [cold.peak_mib], "MiB", most=1500)
    warm = [measure(folder, *society, "--run-id", f"warm-{number}") for number in range(repetitions)]
    yield middle("scripted, 5,000 calls, embeddings cached", [run.seconds for run in warm], "s", most=15)
    yield middle("cached: until the first call leaves", [run.lines[0].seconds for run in warm], "s")
    yield middle("peak memory, cached", [run.peak_mib for run in warm], "MiB", most=1500)
    for concurrency in (1, 7, 256):
        measure(folder, *society, "--concurrency", str(concurrency), "--run-id", f"c{concurrency}")
    logs = (folder / "runs").glob("*/interactions.jsonl")
    digests = {hashlib.sha256(log.read_bytes()).hexdigest() for log in logs}
    wrong = wrong_recalls(folder / "runs" / "cold")
    yield Figure("remembered questions that recall another answer", wrong, most=0)
    yield Figure("different logs over concurrency 1, 7, 256 and repetition", len(digests), most=1)


def resume_figures(folder: Path, questions: Path | str, rounds: int) -> Iterator[Figure]:
    """A run of 1,000 calls a round that is finished but for one round."""
    society = ("simulate", "--model", "scripted", "--questions", questions, "--rounds", rounds - 1, "--run-id", "long")
    measure(folder, *society)
    resumed = measure(folder, "simulate", "--resume", "long", "--rounds", rounds, "--json")
    name = f"resume of {1000 * (rounds - 1):,} calls, until the first call leaves"
    yield middle(name, [resumed.lines[0].seconds], "s", most=20)


def wrong_recalls(run: Path) -> int:
    """How many questions that an agent of `run` remembers do not recall their own answer, over all agents."""
    wrong = 0
    for file in (run / "memory").glob("agent-*.faiss"):
        memory = Memory.load(file.with_suffix(""))
        for entry in memory.entries():
            found = memory.recall(entry.question, 0.7, before_round=sys.maxsize)
            wrong += found is None or (found.question, found.answer) != (entry.question, entry.answer)
    return wrong
