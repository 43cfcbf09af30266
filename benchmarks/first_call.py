"""How long a large society of two models takes to begin. Knows only the command, of this checkout or another."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.command import ROOT, fake_endpoint, first_event
from benchmarks.figure import Figure, median_of

SOCIETY = ("--grid", 50, "--rounds", 20, "--scope", "mixed", "--questions", "starter", "--prior-size", 5)
MODELS = '[[society.models]]\nname = "scripted"\n[[society.models]]\nname = "fake"\nbase_url = "{}"\n'


def first_call_figures(folder: Path, repetitions: int, checkout: Path = ROOT) -> Iterator[Figure]:
    """From the start of the process until 2,500 agents begin to ask; the run is ended then."""
    with fake_endpoint() as server:
        (folder / "two.toml").write_text(MODELS.format(server.base_url))
        simulate = ("simulate", "--config", "two.toml", *SOCIETY, "--embedder", "hash")
        begins = '{"event":"started"'
        seconds = [first_event(folder, begins, *simulate, checkout=checkout) for _ in range(repetitions)]
    yield median_of("2,500 agents x 20 rounds, two models: until the first call leaves", seconds, "s")
