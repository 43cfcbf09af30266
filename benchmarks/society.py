"""A society of the scripted model with real embeddings: time, memory, one log, resume. Knows only the command."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.command import ROOT, Figure, measure
from memory import Memory

SHARED = ROOT.parent / "shared" / "data" / "hh-rlhf" / "harmless-base-test.jsonl.gz"


def society_figures(folder: Path, questions: Path | None, repetitions: int) -> Iterator[Figure]:
    """100 agents, 5 rounds, 5,000 calls."""
    source = str(questions or (SHARED if SHARED.is_file() else "starter"))
    society = ("simulate", "--model", "scripted", "--questions", source, "--rounds", "5")
    cold = measure(folder, *society, "--run-id", "cold")
    yield Figure("scripted, 5,000 calls, cold", round(cold.seconds, 2), "s", 45)
    yield Figure("peak memory, cold", round(cold.peak_mib), "MiB", 1500)
    warm = [measure(folder, *society, "--run-id", f"warm-{number}") for number in range(repetitions)]
    yield Figure("embeddings cached", round(median(run.seconds for run in warm), 2), "s", 15)
    yield Figure("peak memory, cached", round(max(run.peak_mib for run in warm)), "MiB", 1500)
    for concurrency in (1, 7, 256):
        measure(folder, *society, "--concurrency", str(concurrency), "--run-id", f"c{concurrency}")
    logs = (folder / "runs").glob("*/interactions.jsonl")
    digests = {hashlib.sha256(log.read_bytes()).hexdigest() for log in logs}
    yield Figure("remembered questions that recall another answer", wrong_recalls(folder / "runs" / "cold"), "", 1)
    yield Figure("different logs over concurrency 1, 7, 256 and repetition", len(digests), "", 2)


def resume_figures(folder: Path, questions: Path | None, *, quick: bool) -> Iterator[Figure]:
    """A run of 50,000 calls (5,000 if `quick`) that is finished but for one round."""
    source = str(questions or (SHARED if SHARED.is_file() else "starter"))
    rounds = 5 if quick else 50
    society = ("simulate", "--model", "scripted", "--questions", source, "--rounds", rounds - 1, "--run-id", "long")
    measure(folder, *society)
    resumed = measure(folder, "simulate", "--resume", "long", "--rounds", rounds, "--json")
    name = f"resume of {1000 * (rounds - 1):,} calls, until the first call leaves"
    yield Figure(name, round(resumed.first_line_seconds, 2), "s", 20)


def wrong_recalls(run: Path) -> int:
    """How many questions that an agent of `run` remembers do not recall their own answer, over all agents."""
    wrong = 0
    for file in (run / "memory").glob("agent-*.faiss"):
        memory = Memory.load(file.with_suffix(""))
        for entry in memory.entries():
            found = memory.recall(entry.question, 0.7, before_round=sys.maxsize)
            wrong += found is None or (found.question, found.answer) != (entry.question, entry.answer)
    return wrong
