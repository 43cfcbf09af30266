"""Runs with the scores of a rating in the place of their own (`--scores NAME`). Warns of one that is not whole."""

from collections.abc import Iterable

from sandbox.runs.rating.given import with_scores
from sandbox.runs.rating.reading import open_rating
from sandbox.runs.reading import Run
from sandbox.terminal import warn


def scored(runs: Iterable[Run], name: str | None) -> list[Run]:
    """`runs` with the scores of the rating of each that is called so, or as they are. Raises `UsageError`."""
    return [_scored(run, name) if name else run for run in runs]


def _scored(run: Run, name: str) -> Run:
    rating = open_rating(run, name)
    for warning in rating.warnings():
        warn(warning)
    return with_scores(run, rating)
