"""All figures, in order. Knows which there are, not how they are taken."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.command import Figure, measure
from benchmarks.endpoint import fault_figures, limit_figures
from benchmarks.society import resume_figures, society_figures


def figures(folder: Path, questions: Path | None, *, quick: bool) -> Iterator[Figure]:
    """Take every figure, in a temporary `folder`; medians are of five, or of one if `quick`."""
    repetitions = 1 if quick else 5
    help_seconds = median(measure(folder, "--help").seconds for _ in range(repetitions))
    yield Figure("sandbox --help", round(help_seconds, 3), "s", 0.3)
    yield from society_figures(folder, questions, repetitions)
    yield from limit_figures(folder, repetitions)
    yield from fault_figures(folder)
    yield from resume_figures(folder, questions, quick=quick)
