"""How fast the embedded model answers the society of `make demo`, and what it reads again. Knows the command.

llama.cpp tells what it read by its own metrics; the journal has the length of each prompt.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks.command import ROOT, measure
from benchmarks.figure import Figure, median_of
from benchmarks.turn import Turn

SOCIETY = ("--questions", "starter", "--grid", 3, "--radius", 2, "--rounds", 1, "--json")
COUNTED = [sys.executable, "-P", str(ROOT / "benchmarks" / "llama_metrics.py"), "metrics.txt"]
READ = "llamacpp:prompt_tokens_total"
CALLS_A_MINUTE = "embedded model: calls a minute"
NOT_READ_AGAIN = "embedded model: part of prompt tokens not read again"


def embedded_figures(turn: Turn) -> Iterator[Figure]:
    """Some ninety calls, the vectors of their questions in the cache."""
    if not turn.number:
        scripted = ("--model", "scripted", *SOCIETY, "--run-id", "vectors")
        measure(turn.folder, "simulate", *scripted, checkout=turn.checkout)
    run = f"demo-{turn.number}"
    demo = ("simulate", "--model", "local", *SOCIETY, "--run-id", run)
    done = measure(turn.folder, *demo, program=COUNTED, allowed=(0, 3), checkout=turn.checkout)
    totals = done.totals
    share = 1 - _read(turn.folder / "metrics.txt") / _asked(turn.folder / "runs" / run / "calls.jsonl")
    yield median_of(CALLS_A_MINUTE, [60 * totals["calls"] / totals["wall_seconds"]], "/min")
    yield median_of(NOT_READ_AGAIN, [share], least=0.55)
    yield median_of("embedded model: calls", [totals["calls"]])
    yield median_of("embedded model: processor time of the command", [done.processor_seconds], "s")
    yield median_of("embedded model: peak memory", [done.peak_mib], "MiB")


def _read(metrics: Path) -> float:
    """Prompt tokens that llama.cpp read, as it says itself."""
    (line,) = (line for line in metrics.read_text().splitlines() if line.startswith(READ))
    return float(line.split()[1])


def _asked(journal: Path) -> int:
    """Prompt tokens of all calls."""
    usages = [orjson.loads(line)["usage"] for line in journal.read_bytes().splitlines()]
    return sum(usage["prompt_tokens"] for usage in usages if usage)
