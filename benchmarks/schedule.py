"""Wall time against what the graph of calls allows: its longest path, a bound in flight, and beside a barrier."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.command import BARRIER, fake_endpoint
from benchmarks.derivation import graph
from benchmarks.figure import Figure, middle
from benchmarks.runs import simulate

LATENCIES = {"log-normal": "lognormal:0.4:0.6", "heavy-tailed": "lognormal:0.4:0.6:0.01:10"}
TIMES_FASTER = {"log-normal": 1.5, "heavy-tailed": 2.0}
ENOUGH, FEW = 1000, 50


def schedule_figures(folder: Path, questions: Path | str, repetitions: int, rounds: int, kind: str) -> Iterator[Figure]:
    """100 agents, latencies of median 400 ms and sigma 0.6; where they are heavy-tailed, 1 % take ten times as long."""
    paths, faster = [], []
    with fake_endpoint("--latency", LATENCIES[kind]) as server:
        for number in range(repetitions):
            run = f"graph-{kind}-{number}"
            limits = ("--rounds", rounds, "--concurrency", ENOUGH)
            ours = simulate(folder, server, questions, *limits, "--run-id", run)["wall_seconds"]
            paths.append(ours / graph(folder / "runs" / run).longest_path)
            held = simulate(folder, server, questions, *limits, "--run-id", f"{run}-barrier", program=BARRIER)
            faster.append(held["wall_seconds"] / ours)
    name = f"{kind} latency, {rounds} rounds"
    yield middle(f"{name}: times the longest path", paths, most=1.10)
    yield middle(f"{name}: times faster than with a barrier", faster, least=TIMES_FASTER[kind])


def bounded_figures(folder: Path, questions: Path | str, repetitions: int, rounds: int) -> Iterator[Figure]:
    """The same society with 50 calls in flight: beside the sum of all latencies over 50."""
    times = []
    with fake_endpoint("--latency", LATENCIES["log-normal"]) as server:
        for number in range(repetitions):
            run = f"graph-few-{number}"
            bound = ("--rounds", rounds, "--concurrency", FEW, "--run-id", run)
            wall = simulate(folder, server, questions, *bound)["wall_seconds"]
            times.append(wall * FEW / graph(folder / "runs" / run).total_latency)
    yield middle("50 in flight: times total latency / 50", times, most=1.08)
