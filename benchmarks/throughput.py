"""How many calls a second, beside what the openai client does in a bare loop, and how evenly a bound is used."""

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.command import BARE_LOOP, FakeServer, fake_endpoint, measure
from benchmarks.figure import Figure, middle
from benchmarks.runs import simulate

AT_ONCE = 256
SLOTS, LATENCY = 10, 0.1


def throughput_figures(folder: Path, questions: Path | str, repetitions: int) -> Iterator[Figure]:
    """5,000 calls at zero latency: this command, then the same bodies in bare loops, in turn."""
    ours: list[float] = []
    bare: dict[str, list[float]] = {"create": [], "post": []}
    with fake_endpoint() as server:
        for number in range(repetitions):
            run = f"zero-{number}"
            totals = simulate(folder, server, questions, "--rounds", 5, "--concurrency", AT_ONCE, "--run-id", run)
            ours.append(totals["calls"] / totals["wall_seconds"])
            for kind, rates in bare.items():
                rates.append(_bare_rate(folder, server, kind, run))
    yield middle("zero latency: calls a second", ours, "/s")
    for kind, least in (("create", 1.3), ("post", 0.7)):
        yield middle(f"zero latency: bare loop over {kind}", bare[kind], "/s")
        ratios = [rate / other for rate, other in zip(ours, bare[kind], strict=True)]
        yield middle(f"zero latency: part of a bare loop over {kind}", ratios, least=least)


def evenness_figures(folder: Path, questions: Path | str, repetitions: int, rounds: int) -> Iterator[Figure]:
    """A bound of 10 calls in flight that take 100 ms each."""
    used = []
    with fake_endpoint("--latency", LATENCY) as server:
        for number in range(repetitions):
            bound = ("--rounds", rounds, "--concurrency", SLOTS, "--run-id", f"ten-{number}")
            totals = simulate(folder, server, questions, *bound)
            used.append(totals["calls"] / totals["wall_seconds"] * LATENCY / SLOTS)
        bare = _bare_rate(folder, server, "post", "ten-0", SLOTS, calls=1000) * LATENCY / SLOTS
    yield middle("10 in flight, 100 ms each: part of the ideal", used, least=0.95)
    yield middle("10 in flight, 100 ms each: part that a bare loop over post reaches", [bare])


def _bare_rate(
    folder: Path, server: FakeServer, kind: str, run: str, at_once: int = AT_ONCE, calls: int | None = None
) -> float:
    """Calls a second of a bare loop with the bodies of `run`, or so many of them."""
    bodies = ("--calls", calls) if calls else ()
    words = (kind, server.base_url, folder / "runs" / run, at_once, *bodies)
    answer = json.loads(measure(folder, *words, program=BARE_LOOP).out)
    return float(answer["calls"] / answer["seconds"])
