"""The order of calls: wall time against what the graph allows, and what a run has whole that its budget stopped."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.command import BARRIER, fake_endpoint, measure
from benchmarks.derivation import graph
from benchmarks.figure import Figure, median_of
from benchmarks.runs import simulate

LATENCIES = {"log-normal": "lognormal:0.4:0.6", "heavy-tailed": "lognormal:0.4:0.6:0.01:10"}
TIMES_FASTER = {"log-normal": 1.5, "heavy-tailed": 2.0}
ENOUGH, FEW = 1000, 50
SIDE, BUDGET = 100, 20_000
STOPPED_BY_BUDGET = 4


def schedule_figures(folder: Path, questions: Path | str, repetitions: int, rounds: int, kind: str) -> Iterator[Figure]:
    """100 agents, latencies of median 400 ms and sigma 0.6; where they are heavy-tailed, 1 % take ten times as long.

    Each repetition has a seed, and so a graph and latencies, of its own.
    """
    walls, paths, with_barrier = [], [], []
    with fake_endpoint("--latency", LATENCIES[kind]) as server:
        for seed in range(repetitions):
            run = f"graph-{kind}-{seed}"
            options = ("--rounds", rounds, "--concurrency", ENOUGH, "--seed", seed)
            walls.append(simulate(folder, server, questions, *options, "--run-id", run)["wall_seconds"])
            paths.append(graph(folder / "runs" / run).longest_path)
            held = simulate(folder, server, questions, *options, "--run-id", f"{run}-barrier", program=BARRIER)
            with_barrier.append(held["wall_seconds"])
    name = f"{kind} latency, {rounds} rounds"
    yield median_of(name, walls, "s")
    yield median_of(f"{name}: longest path", paths, "s")
    yield median_of(f"{name}: with a barrier", with_barrier, "s")
    beyond = [wall / path for wall, path in zip(walls, paths, strict=True)]
    yield median_of(f"{name}: times the longest path", beyond, most=1.10)
    faster = [held / wall for held, wall in zip(with_barrier, walls, strict=True)]
    yield median_of(f"{name}: times faster than with a barrier", faster, least=TIMES_FASTER[kind])


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
