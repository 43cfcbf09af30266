"""Limits and faults of an endpoint, over real HTTP: how fast, how politely, and whether all is accounted for."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.command import fake_endpoint
from benchmarks.figure import Figure, median_of
from benchmarks.runs import simulate, simulate_with_faults

# 100 agents, 1 draft, 2 feedbacks, 1 revision, 2 joint scores.
SIX_HUNDRED = ("--neighbours", 2, "--radius", 3, "--observe", "joint")
FAULTS = {
    "429": 0.05, "429_bare": 0.03, "500": 0.05, "503": 0.03, "hang": 0.03,
    "reset": 0.03, "half": 0.03, "not_json": 0.03, "empty_choices": 0.02,
}  # fmt: skip


def limit_figures(folder: Path, repetitions: int) -> Iterator[Figure]:
    """600 calls to a server that lets 100 a second in, 100 at once, and asks others to come back in a second."""
    for latency in (0, 0.05):
        seconds, refusals, lost = [], [], 0
        for number in range(repetitions):
            with fake_endpoint("--rate", 100, "--burst", 100, "--retry-after", 1, "--latency", latency) as server:
                totals = simulate(folder, server, "starter", *SIX_HUNDRED, "--run-id", f"limit-{latency}-{number}")
                seconds.append(totals["wall_seconds"])
                refusals.append(server.stats()["answered"].get("429", 0))
                lost += 100 - totals["complete"]
        name = f"600 calls at 100 a second, {latency * 1000:.0f} ms each"
        yield median_of(name, seconds, "s", most=6.5)
        yield median_of(f"{name}: refusals", refusals, most=60)
        yield Figure(f"{name}: interactions lost", lost, most=0)


def fault_figures(folder: Path) -> Iterator[Figure]:
    """100 agents x 3 rounds at 200 ms, with and without 30 % faults of all kinds."""
    common = ("--rounds", 3, "--timeout", 2)
    with fake_endpoint("--latency", 0.2) as server:
        well = simulate(folder, server, "starter", *common, "--run-id", "well")
    flags = [word for name, share in FAULTS.items() for word in ("--fault", f"{name}={share}")]
    with fake_endpoint("--latency", 0.2, *flags) as server:
        faulty = simulate_with_faults(folder, server, "starter", *common, "--run-id", "faulty")
        twice = server.stats()["paid_twice"]
    yield median_of("30 % faults: times as long as without", [faulty["wall_seconds"] / well["wall_seconds"]], most=4)
    unaccounted = faulty["planned"] - faulty["complete"] - faulty["failed"]
    yield Figure("30 % faults: interactions unaccounted for", unaccounted, most=0)
    yield Figure("30 % faults: good replies paid twice", twice, most=0)
