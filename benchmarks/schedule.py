"""The order of calls: wall time against what the graph allows, and what a run has whole that its budget stopped."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.command import BARRIER, fake_endpoint, measure
from benchmarks.derivation import graph
from benchmarks.figure import Figure, median_of
from benchmarks.runs import simulate, society
from benchmarks.turn import Turn

LATENCIES = {"log-normal": "lognormal:0.4:0.6", "heavy-tailed": "lognormal:0.4:0.6:0.01:10"}
TIMES_THE_PATH = {"log-normal": 1.04, "heavy-tailed": 1.10}
TIMES_FASTER = {"log-normal": 1.5, "heavy-tailed": 2.0}
ENOUGH, FEW = 1000, 50
ROUNDS, QUICK_ROUNDS = 10, 5
# The journal of a run is read with the code that wrote it.
GRAPH = """
import sys; from pathlib import Path; from benchmarks.derivation import graph
print(graph(Path(sys.argv[1])).longest_path)
"""
SIDE, BUDGET = 100, 20_000
STOPPED_BY_BUDGET = 4


def schedule_figures(turn: Turn, kind: str) -> Iterator[Figure]:
    """100 agents, latencies of median 400 ms and sigma 0.6; where they are heavy-tailed, 1 % take ten times as long.

    Each turn has a seed, and so a graph and latencies, of its own.
    """
    run = f"graph-{kind}-{turn.number}"
    rounds = QUICK_ROUNDS if turn.quick else ROUNDS
    with fake_endpoint("--latency", LATENCIES[kind]) as server:
        asked = (*society(server, turn.questions), *_options(turn, rounds), "--run-id", run)
        wall = measure(turn.folder, *asked, checkout=turn.checkout).totals["wall_seconds"]
    derived = [sys.executable, "-c", GRAPH, str(turn.folder / "runs" / run)]
    path = float(measure(turn.folder, program=derived, checkout=turn.checkout).out)
    name = f"{kind} latency, {rounds} rounds"
    yield median_of(f"{name}: times the longest path", [wall / path], most=TIMES_THE_PATH[kind])
    yield median_of(name, [wall], "s")
    yield median_of(f"{name}: longest path", [path], "s")


def with_barrier(turn: Turn, kind: str) -> Iterator[Figure]:
    """The same, and beside a barrier between rounds."""
    figures = list(schedule_figures(turn, kind))
    yield from figures
    wall = figures[1]
    with fake_endpoint("--latency", LATENCIES[kind]) as server:
        options = (*_options(turn, QUICK_ROUNDS if turn.quick else ROUNDS), "--run-id", f"barrier-{kind}-{turn.number}")
        held = simulate(turn.folder, server, turn.questions, *options, program=BARRIER)["wall_seconds"]
    yield median_of(f"{wall.name}: with a barrier", [held], "s")
    faster = [held / wall.value] if wall.value else []
    yield median_of(f"{wall.name}: times faster than with a barrier", faster, least=TIMES_FASTER[kind])


def _options(turn: Turn, rounds: int) -> tuple[object, ...]:
    return ("--rounds", rounds, "--concurrency", ENOUGH, "--seed", turn.number)


def bounded_figures(folder: Path, questions: Path | str, repetitions: int, rounds: int) -> Iterator[Figure]:
    """The same society with 50 calls in flight: beside the sum of all latencies over 50."""
    walls, ideals = [], []
    with fake_endpoint("--latency", LATENCIES["log-normal"]) as server:
        for seed in range(repetitions):
            run = f"graph-few-{seed}"
            options = ("--rounds", rounds, "--concurrency", FEW, "--seed", seed, "--run-id", run)
            walls.append(simulate(folder, server, questions, *options)["wall_seconds"])
            ideals.append(graph(folder / "runs" / run).total_latency / FEW)
    name = f"50 in flight, {rounds} rounds"
    yield median_of(name, walls, "s")
    yield median_of(f"{name}: total latency / 50", ideals, "s")
    times = [wall / ideal for wall, ideal in zip(walls, ideals, strict=True)]
    yield median_of(f"{name}: times total latency / 50", times, most=1.08)


def stopped_figures(folder: Path, questions: Path | str) -> Iterator[Figure]:
    """10,000 scripted agents, a fifth of whose round is paid for."""
    society = ("--model", "scripted", "--questions", questions, "--embedder", "hash", "--grid", SIDE)
    options = ("--budget-calls", BUDGET, "--run-id", "stopped")
    stopped = measure(folder, "simulate", *society, *options, allowed=(STOPPED_BY_BUDGET,))
    run = folder / "runs" / "stopped"
    paid = Counter(_places(run / "calls.jsonl"))
    whole = sum(paid[place] for place in _places(run / "interactions.jsonl"))
    name = f"{SIDE**2:,} agents stopped at {BUDGET:,} calls"
    yield Figure(f"{name}: share of calls in whole interactions", round(whole / paid.total(), 4), least=0.90)
    yield median_of(f"{name}: whole process", [stopped.seconds], "s")


def _places(lines: Path) -> Iterator[tuple[int, int]]:
    """Round and agent of each line."""
    with lines.open("rb") as file:
        for line in map(json.loads, file):
            yield line["round"], line["agent"]
