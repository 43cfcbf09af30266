"""How long it takes to begin: a large society of two models, and a cold one. Knows only the command.

A cold one has no vector in its cache. Its first call is the first that the endpoint receives beyond the probe of it.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator

from benchmarks.command import COMMAND, Line, fake_endpoint, first_event, variables
from benchmarks.figure import Figure, median_of
from benchmarks.turn import Turn

SOCIETY = ("--grid", 50, "--rounds", 20, "--scope", "mixed", "--questions", "starter", "--prior-size", 5)
MODELS = '[[society.models]]\nname = "scripted"\n[[society.models]]\nname = "fake"\nbase_url = "{}"\n'
BEGINS = '{"event":"started"'
COLD = "cold start of the default embedder: until the first call leaves"
PROBES, LOOK_SECONDS, MOST_SECONDS = 1, 0.01, 120


def first_call_figures(turn: Turn) -> Iterator[Figure]:
    """From the start of the process until 2,500 agents begin to ask; the run is ended then."""
    with fake_endpoint() as server:
        (turn.folder / "two.toml").write_text(MODELS.format(server.base_url))
        simulate = ("simulate", "--config", "two.toml", *SOCIETY, "--embedder", "hash")
        first = first_event(turn.folder, BEGINS, *simulate, checkout=turn.checkout)
    yield from _of(first, "2,500 agents x 20 rounds, two models: until the first call leaves")


def cold_figures(turn: Turn) -> Iterator[Figure]:
    """Of a society that discusses all the questions, scripted, and of a run of defaults at an endpoint."""
    simulate = ("simulate", "--model", "scripted", "--questions", turn.questions)
    _forget(turn)
    yield from _of(first_event(turn.folder, BEGINS, *simulate, checkout=turn.checkout), COLD)
    _forget(turn)
    yield median_of(
        "starter set, nothing cached: until the endpoint has the first call", [_at_endpoint(turn)], "s", most=3
    )


def _of(first: Line, name: str) -> Iterator[Figure]:
    yield median_of(name, [first.seconds], "s")
    yield median_of(f"{name}: processor time", [first.processor_seconds], "s")


def _forget(turn: Turn) -> None:
    shutil.rmtree(turn.folder / "cache", ignore_errors=True)


def _at_endpoint(turn: Turn) -> float:
    """Raises `RuntimeError` if none comes."""
    with fake_endpoint() as server:
        words = [*COMMAND, "simulate", "--model", "fake", "--base-url", server.base_url, "--questions", "starter"]
        own, quiet = variables(turn.folder, turn.checkout), subprocess.DEVNULL
        started = time.perf_counter()
        with subprocess.Popen(words, cwd=turn.folder, env=own, stdout=quiet, stderr=quiet) as process:
            seconds = 0.0
            while process.poll() is None and seconds < MOST_SECONDS and server.stats()["requests"] <= PROBES:
                time.sleep(LOOK_SECONDS)
                seconds = time.perf_counter() - started
            asked = server.stats()["requests"] > PROBES
            process.kill()
    if not asked:
        raise RuntimeError(f"{' '.join(words[3:])} asked nothing in {seconds:.0f} s")
    return seconds
