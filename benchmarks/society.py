"""A society of the scripted model with real embeddings: start, time, memory. Knows only the command."""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.command import first_message, measure
from benchmarks.figure import Figure, median_of
from benchmarks.runs import different_logs
from memory import Memory


def start_figures(folder: Path, questions: Path | str, repetitions: int) -> Iterator[Figure]:
    """Until the command answers at all."""
    helps = [measure(folder, "--help").seconds for _ in range(repetitions)]
    yield median_of("sandbox --help", helps, "s", most=0.3)
    society = ("simulate", "--model", "scripted", "--questions", questions)
    firsts = [first_message(folder, "Reading questions from ", *society) for _ in range(repetitions)]
    yield median_of("sandbox simulate: first line", firsts, "s", most=1.0)


def society_figures(folder: Path, questions: Path | str, repetitions: int) -> Iterator[Figure]:
    """100 agents, 5 rounds, 5,000 calls."""
    society = ("simulate", "--model", "scripted", "--questions", questions, "--rounds", "5", "--json")
    cold = measure(folder, *society, "--run-id", "cold")
    yield median_of("scripted, 5,000 calls, cold", [cold.seconds], "s", most=45)
    yield median_of("cold: until the first call leaves", [cold.lines[0].seconds], "s")
    yield median_of("peak memory, cold", [cold.peak_mib], "MiB", most=1500)
    names = [f"warm-{number}" for number in range(repetitions)]
    warm = [measure(folder, *society, "--run-id", name) for name in names]
    yield median_of("scripted, 5,000 calls, embeddings cached", [run.seconds for run in warm], "s", most=15)
    yield median_of("cached: until the first call leaves", [run.lines[0].seconds for run in warm], "s")
    yield median_of("peak memory, cached", [run.peak_mib for run in warm], "MiB", most=1500)
    for concurrency in (1, 7, 256):
        names.append(f"at-once-{concurrency}")
        measure(folder, *society, "--concurrency", concurrency, "--run-id", names[-1])
    logs = different_logs([folder / "runs" / name for name in ("cold", *names)])
    wrong = wrong_recalls(folder / "runs" / "cold")
    yield Figure("remembered questions that recall another answer", wrong, most=0)
    yield Figure("different logs over concurrency 1, 7, 256 and repetition", logs, most=1)


def wrong_recalls(run: Path) -> int:
    """How many questions that an agent of `run` remembers do not recall their own answer, over all agents."""
    wrong = 0
    for file in (run / "memory").glob("agent-*.faiss"):
        memory = Memory.load(file.with_suffix(""))
        for entry in memory.entries():
            found = memory.recall(entry.question, 0.7, before_round=sys.maxsize)
            wrong += found is None or (found.question, found.answer) != (entry.question, entry.answer)
    return wrong
