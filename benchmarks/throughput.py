"""How many calls a second, beside what the openai client does in a bare loop, and how evenly a bound is used."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.command import BARE_LOOP, ROOT, FakeServer, fake_endpoint, measure, processor_seconds
from benchmarks.figure import Figure, median_of
from benchmarks.runs import simulate, society
from benchmarks.turn import Turn

CALLS_A_SECOND = "zero latency: calls a second"
PROCESSOR_TIME = "zero latency: processor time of a call"
AT_ENDPOINT = "zero latency: processor time of the endpoint beside that"
ROUNDS, AT_ONCE = 5, 256
ENDPOINT_MOST = 0.9  # with more, the endpoint would be what is measured
SLOTS, LATENCY = 10, 0.1


def throughput_figures(turn: Turn) -> Iterator[Figure]:
    """5,000 calls at zero latency: the command, then the same bodies in a bare loop.

    Each checkout derives the bodies itself. An endpoint that uses less of its core than the command is not waited for.
    """
    with fake_endpoint() as server:
        run, begun = f"zero-{turn.number}", processor_seconds(server.pid)
        options = ("--rounds", ROUNDS, "--concurrency", AT_ONCE, "--run-id", run)
        ours = measure(turn.folder, *society(server, turn.questions), *options, checkout=turn.checkout)
        at_endpoint = _between(begun, processor_seconds(server.pid))
        most_at_once = server.stats()["most_in_flight"]
        bare = _bare(turn.folder, server, run, AT_ONCE, turn.checkout)
    calls, rate = ours.totals["calls"], ours.totals["calls"] / ours.totals["wall_seconds"]
    used = _between(ours.lines[0].processor_seconds, ours.lines[-1].processor_seconds)  # from the first call on
    yield median_of(CALLS_A_SECOND, [rate], "/s")
    yield median_of(PROCESSOR_TIME, [used and 1000 * used / calls], "ms")
    yield median_of(AT_ENDPOINT, [used and at_endpoint and at_endpoint / used], most=ENDPOINT_MOST)
    yield median_of("zero latency: most in flight at the endpoint", [most_at_once])
    yield median_of("zero latency: bare loop over post", [bare.rate], "/s")
    yield median_of("zero latency: times a bare loop over post", [rate / bare.rate], least=1.8)
    yield median_of("zero latency: processor time of a call of the bare loop", [bare.milliseconds], "ms")


def _between(begun: float | None, ended: float | None) -> float | None:
    return None if begun is None or ended is None else ended - begun


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
                bare.append(_bare(folder, server, run, SLOTS).rate * LATENCY / SLOTS)
    yield median_of("10 in flight, 100 ms each: part of the ideal", used, least=0.95)
    yield median_of("10 in flight, 100 ms each: part that a bare loop over post reaches", bare)
    yield median_of("10 in flight: what the endpoint takes for each", latencies, "ms")


class Bare(NamedTuple):
    """Calls a second of a bare loop, and what the processor took for each."""

    rate: float
    milliseconds: float


def _bare(folder: Path, server: FakeServer, run: str, workers: int, checkout: Path = ROOT) -> Bare:
    """A bare loop with the bodies of `run`."""
    sent = ("post", server.base_url, folder / "runs" / run, workers)
    told = json.loads(measure(folder, *sent, program=BARE_LOOP, checkout=checkout).out)
    return Bare(told["calls"] / told["seconds"], 1000 * told["processor_seconds"] / told["calls"])
