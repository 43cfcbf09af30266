"""Limits and faults of an endpoint, over real HTTP: how fast, how politely, and whether all is accounted for."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.command import FakeServer, Figure, fake_endpoint, measure, run_totals

QUESTIONS = ("--questions", "starter", "--embedder", "hash", "--json")
# 100 agents, 1 draft, 2 feedbacks, 1 revision, 2 joint scores.
SIX_HUNDRED = ("--neighbours", 2, "--radius", 3, "--observe", "joint")
FAULTS = {
    "429": 0.05, "429_bare": 0.03, "500": 0.05, "503": 0.03, "hang": 0.03,
    "reset": 0.03, "half": 0.03, "not_json": 0.03, "empty_choices": 0.02,
}  # fmt: skip


def limit_figures(folder: Path, repetitions: int) -> Iterator[Figure]:
    """600 calls to a server that lets 100 a second in, 100 at once, and asks others to come back in a second."""
    for latency in (0, 0.05):
        runs = []
        for number in range(repetitions):
            with fake_endpoint("--rate", 100, "--burst", 100, "--retry-after", 1, "--latency", latency) as server:
                totals = simulate(folder, server, *SIX_HUNDRED, "--run-id", f"limit-{latency}-{number}")
                runs.append((totals, server.stats()["answered"]))
        name = f"600 calls at 100 a second, {latency * 1000:.0f} ms each"
        yield Figure(name, round(median(totals["wall_seconds"] for totals, _ in runs), 2), "s", 6.5)
        yield Figure(f"{name}: refusals", median(answered.get("429", 0) for _, answered in runs), "", 60)
        yield Figure(f"{name}: interactions lost", sum(100 - totals["complete"] for totals, _ in runs), "", 1)


def fault_figures(folder: Path) -> Iterator[Figure]:
    """100 agents x 3 rounds at 200 ms, with and without 30 % faults of all kinds."""
    common = ("--rounds", 3, "--timeout", 2)
    with fake_endpoint("--latency", 0.2) as server:
        well = simulate(folder, server, *common, "--run-id", "well")
    flags = [word for name, share in FAULTS.items() for word in ("--fault", f"{name}={share}")]
    with fake_endpoint("--latency", 0.2, *flags) as server:
        faulty = simulate(folder, server, *common, "--run-id", "faulty")
        twice = server.stats()["paid_twice"]
    slower = faulty["wall_seconds"] / well["wall_seconds"]
    yield Figure("30 % faults: times as long as without", round(slower, 2), "", 4)
    unaccounted = faulty["planned"] - faulty["complete"] - faulty["failed"]
    yield Figure("30 % faults: interactions unaccounted for", unaccounted, "", 1)
    yield Figure("30 % faults: good replies paid twice", twice, "", 1)


def simulate(folder: Path, server: FakeServer, *arguments: object) -> dict[str, Any]:
    """Run a society on `server`; its totals."""
    endpoint = ("--model", "fake", "--base-url", server.base_url)
    return run_totals(measure(folder, "simulate", *endpoint, *QUESTIONS, *arguments, allowed=(0, 3)))
