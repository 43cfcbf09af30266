"""A stranger's path: from `git clone` to the first figure of a scripted society. Knows what the README has them type.

Packages come from where pip is told to look, and from its cache where it has one.
"""

import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.command import ROOT
from benchmarks.figure import Figure, median_of
from benchmarks.machine import additions

SOCIETY = ("--model", "scripted", "--questions", "starter", "--rounds", "3", "--run-id", "first")
STEPS: Sequence[tuple[str, Sequence[str]]] = (
    ("clone", ("git", "clone", "--quiet", str(ROOT), ".")),
    ("make setup", ("make", "setup")),
    ("simulate", (".venv/bin/sandbox", "simulate", *SOCIETY)),
    ("figure", (".venv/bin/sandbox", "inspect", "first", "--plot", "rounds", "-o", "first.svg")),
)


def stranger_figures(folder: Path) -> Iterator[Figure]:
    """Once, in `folder`, which is empty. Raises `RuntimeError` where a command fails."""
    before = additions()
    taken = [(name, _seconds(words, folder)) for name, words in STEPS]
    if not (folder / "first.svg").stat().st_size:
        raise RuntimeError("The figure is empty.")
    for name, seconds in taken:
        yield median_of(f"a stranger's path: {name}", [seconds], "s")
    yield median_of("a stranger's path: from git clone to the first figure", [sum(dict(taken).values())], "s", most=180)
    yield median_of("a stranger's path: 3,000,000 additions, before and after", [before, additions()], "s")


def _seconds(words: Sequence[str], folder: Path) -> float:
    started = time.perf_counter()
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed: {done.stderr[-1000:]}")
    return time.perf_counter() - started
