"""What a judge made of answers to questions whose key is a text: a rating of their correctness. Knows no key."""

from collections.abc import Iterable, Sequence
from typing import Final

from agents.protocol import TEXTS
from sandbox.analysis.observer.scored import Asked, scored
from sandbox.analysis.sophistry.reading import Judged
from sandbox.options.rating import CORRECTNESS
from sandbox.runs.json_lines import count_lines
from sandbox.runs.rating.reading import Rating, ratings_of
from sandbox.runs.reading import Run

SCALE: Final = (0, 1)  # wrong, right


def judges_of(run: Run) -> Sequence[Rating]:
    """The ratings of `run` on correctness, one that is called so first. Raises `SandboxError`."""
    found = [each for each in ratings_of(run) if (CORRECTNESS, SCALE) in _dimensions(each)]
    return sorted(found, key=lambda rating: rating.name != CORRECTNESS)


def judged(runs: Iterable[Run]) -> dict[str, Judged]:
    """By name of run what the first of its judges says; runs without one are left out. Raises `SandboxError`."""
    return {run.name: judged_by(run, judges[0]) for run in runs if (judges := judges_of(run))}


def judged_by(run: Run, rating: Rating) -> Judged:
    """What `rating` says of each interaction of `run`. Raises `SandboxError` that names a bad line."""
    size = count_lines(run.directory.interactions) if run.until is None else run.until
    columns = scored(rating, size, run.manifest.config.agents)
    draft, revision = (columns[Asked(text, CORRECTNESS, SCALE)].ratings for text in TEXTS)
    return Judged(draft, revision)


def _dimensions(rating: Rating) -> list[tuple[str, tuple[int, int]]]:
    return [(each.name, each.scale) for each in rating.manifest.dimensions]
