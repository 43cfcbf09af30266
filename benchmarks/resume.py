"""How soon a long run goes on where it ended, and in how much memory. Knows the command and the files of a run."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks.command import measure
from benchmarks.figure import Figure, median_of
from benchmarks.turn import Turn

# A thousand calls a round, of which the last round is left.
ROUNDS, QUICK_ROUNDS = 200, 5
A_CALL = "resume: until the first call leaves, for each call in the journal"


def resume_figures(turn: Turn) -> Iterator[Figure]:
    """A scripted run of 100 agents that is finished but for one round; the first turn makes it for all.

    What it held while it was made, from its begin to its end, is the memory that a resume is compared with.
    """
    rounds = QUICK_ROUNDS if turn.quick else ROUNDS
    made = turn.folder / "made" / "runs" / "long"
    if not made.is_dir():
        made.parents[1].mkdir()
        society = ("simulate", "--model", "scripted", "--questions", turn.questions, "--embedder", "hash", "--json")
        options = ("--rounds", rounds - 1, "--run-id", made.name)
        fresh = measure(made.parents[1], *society, *options, checkout=turn.checkout)
        (turn.folder / "fresh.json").write_bytes(orjson.dumps(fresh.peak_mib))
    calls = (rounds - 1) * 1000
    yield from _resumed(turn, made.parents[1], rounds, calls)
    if not turn.number:
        yield median_of(f"resume of {calls:,} calls: bare reading of their JSON", [_read(made)], "s")


def _resumed(turn: Turn, made: Path, rounds: int, calls: int) -> Iterator[Figure]:
    """In the place where the run was made, as its mark is for that folder: what it was is put back afterwards."""
    kept = turn.folder / "kept"
    shutil.copytree(made, kept)
    resumed = measure(made, "simulate", "--resume", "long", "--rounds", rounds, "--json", checkout=turn.checkout)
    shutil.rmtree(made)
    kept.rename(made)
    first, peak = resumed.lines[0], resumed.peak_mib
    fresh = orjson.loads((turn.folder / "fresh.json").read_bytes())
    beyond = None if peak is None or fresh is None else peak - fresh
    name = f"resume of {calls:,} calls"
    yield median_of(A_CALL, [1000 * first.seconds / calls], "ms")
    yield median_of(f"{name}: until the first call leaves", [first.seconds], "s", most=20)
    yield median_of(f"{name}: processor time until then", [first.processor_seconds], "s")
    yield median_of(f"{name}: peak memory", [peak], "MiB")
    yield median_of(f"{name}: peak memory beyond that of the run from its begin", [beyond], "MiB", most=160)


def _read(run: Path) -> float:
    started = time.perf_counter()
    with (run / "calls.jsonl").open("rb") as journal:
        for line in journal:
            orjson.loads(line)
    return time.perf_counter() - started
