"""How many calls a second, beside what the openai client does in a bare loop, and how evenly a bound is used."""

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.command import BARE_LOOP, FakeServer, fake_endpoint, measure
from benchmarks.figure import Figure, median_of
from benchmarks.runs import simulate

AT_ONCE = 256
SLOTS, LATENCY = 10, 0.1


def throughput_figures(folder: Path, questions: Path | str, repetitions: int) -> Iterator[Figure]:
    """5,000 calls at zero latency: this command, then the same bodies in bare loops, in turn."""
    ours: list[float] = []
    most_at_once: list[float] = []
    bare: dict[str, list[float]] = {"create": [], "post": []}
    for number in range(repetitions):
        with fake_endpoint() as server:
            run = f"zero-{number}"
            totals = simulate(folder, server, questions, "--rounds", 5, "--concurrency", AT_ONCE, "--run-id", run)
            ours.append(totals["calls"] / totals["wall_seconds"])
            most_at_once.append(server.stats()["most_in_flight"])
            for kind, rates in bare.items():
                rates.append(_bare_rate(folder, server, kind, run, AT_ONCE))
    yield median_of("zero latency: calls a second", ours, "/s")
    yield median_of("zero latency: most in flight at the endpoint", most_at_once)
    for kind, least in (("create", 1.3), ("post", 0.7)):
        yield median_of(f"zero latency: bare loop over {kind}", bare[kind], "/s")
        ratios = [rate / other for rate, other in zip(ours, bare[kind], strict=True)]
        yield median_of(f"zero latency: times a bare loop over {kind}", ratios, least=least)


def evenness_figures(folder: Path, questions: Path | str, repetitions: int, rounds: int) -> Iterator[Figure]:
    """A bound of 10 calls in flight that take 100 ms each, and a bare loop with the same bodies."""
    used, bare, latencies = [], [], []
    for number in range(repetitions):
        with fake_endpoint("--latency", LATENCY) as server:
            run = f"ten-{number}"
            totals = simulate(folder, server, questions, "--rounds", rounds, "--concurrency", SLOTS, "--run-id", run)
            used.append(totals["calls"] / totals["wall_seconds"] * LATENCY / SLOTS)
            latencies.append(1000 * server.stats()["mean_seconds"])
            if repetitions > 1:
                bare.append(_bare_rate(folder, server, "post", run, SLOTS) * LATENCY / SLOTS)
    yield median_of("10 in flight, 100 ms each: part of the ideal", used, least=0.95)
    yield median_of("10 in flight, 100 ms each: part that a bare loop over post reaches", bare)
    yield median_of("10 in flight: what the endpoint takes for each", latencies, "ms")


def _bare_rate(folder: Path, server: FakeServer, kind: str, run: str, workers: int) -> float:
    """Calls a second of a bare loop with the bodies of `run`."""
    measured = measure(folder, kind, server.base_url, folder / "runs" / run, workers, program=BARE_LOOP)
    answer = json.loads(measured.out)
    return float(answer["calls"] / answer["seconds"])
