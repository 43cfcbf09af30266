"""The figures and how each is taken. Knows the command line and what it writes, nothing between the two."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from memory import Memory

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data" / "hh-rlhf" / "harmless-base-test.jsonl.gz"
COMMAND = [sys.executable, "-c", "import sys; sys.argv[0] = 'sandbox'; from sandbox.cli import main; main()"]
KIB = 1024


class Figure(NamedTuple):
    """One measured value; it is met when it is below its bound."""

    name: str
    value: float
    unit: str
    bound: float

    @property
    def met(self) -> bool:
        """Whether the bound holds."""
        return self.value < self.bound


class Measured(NamedTuple):
    """Wall seconds and peak resident memory (MiB) of a process."""

    seconds: float
    peak_mib: float


def figures(folder: Path, questions: Path | None, repetitions: int) -> Iterator[Figure]:
    """Take every figure, in a temporary `folder`, over `repetitions` where a median is meant."""
    help_seconds = median(measure(folder, "--help").seconds for _ in range(repetitions))
    yield Figure("sandbox --help", round(help_seconds, 3), "s", 0.3)
    yield from society_figures(folder, str(questions or (SHARED if SHARED.is_file() else "starter")), repetitions)


def society_figures(folder: Path, questions: str, repetitions: int) -> Iterator[Figure]:
    """100 agents, 5 rounds, 5,000 calls of the scripted model, with real embeddings."""
    society = ("simulate", "--model", "scripted", "--questions", questions, "--rounds", "5")
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
    yield Figure("different logs over concurrency 1, 7, 64, 256 and repetition", len(digests), "", 2)


def wrong_recalls(run: Path) -> int:
    """How many questions that an agent of `run` remembers do not recall their own answer, over all agents."""
    wrong = 0
    for file in (run / "memory").glob("agent-*.faiss"):
        memory = Memory.load(file.with_suffix(""))
        for entry in memory.entries():
            found = memory.recall(entry.question, 0.7, before_round=sys.maxsize)
            wrong += found is None or (found.question, found.answer) != (entry.question, entry.answer)
    return wrong


def measure(folder: Path, *arguments: str) -> Measured:
    """Run the command in `folder`, with a cache of its own; raises `RuntimeError` if it fails."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "SANDBOX_CACHE_DIR": str(folder / "cache")}
    started = time.perf_counter()
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"sandbox {' '.join(arguments)} failed: {errors.decode()}")
    return Measured(time.perf_counter() - started, usage.ru_maxrss / KIB)
