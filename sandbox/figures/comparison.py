"""Runs side by side: what was set differently, what they scored, the same cases paired, and the front they reach."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final

from agents.protocol import DIMENSIONS, Rated
from sandbox.figures.estimate import CHANGED, NOTE, estimate
from sandbox.figures.frame import Frame
from sandbox.figures.front import front_sheet
from sandbox.figures.paired import paired_sheet
from sandbox.figures.reads import Read, common_note, in_common
from sandbox.runs.reading import Run
from sandbox.sheet import Cell, Estimate, Sheet
from sandbox.text import joined
from sandbox.vocabulary.names import score_columns

_SAME_FOR_NO_RUN: Final = frozenset({"run_id", "runs", "json", "yes", "debug"})


def comparison_sheets(reads: Sequence[Read]) -> Iterator[Sheet]:
    """Everything about two or more runs; the first is what the others are compared with.

    What they scored is compared over the rounds that are whole in all of them.
    """
    yield settings_sheet(reads)
    common, said = in_common(reads), common_note(reads)
    yield from scores_sheets(common, said)
    for other in common[1:]:
        yield paired_sheet(common[0], other, said)
    yield costs_sheet(reads, said)
    yield front_sheet(reads)


def settings_sheet(reads: Sequence[Read]) -> Sheet:
    """The options whose values differ, and models and questions."""
    settings = [_settings(read.run) for read in reads]
    names = dict.fromkeys(name for each in settings for name in each)
    rows: list[list[Cell]] = []
    for name in names:
        values = [each.get(name) for each in settings]
        if len(set(values)) > 1:
            rows.append([name, *values])
    columns = ("option", *(read.name for read in reads))
    note = None if rows else "no option differs"
    every = frozenset(columns)
    return Sheet("what was set differently", columns, rows, note, every, called=every)


def scores_sheets(reads: Sequence[Read], said: str | None = None) -> Iterator[Sheet]:
    """For each dimension a row a run: means of its revisions and of the gains over its drafts."""
    for dimension in DIMENSIONS:
        rows: list[Sequence[Cell]] = [
            [read.name, read.whole_rounds, len(read.frame), *_scores(read.frame, dimension)] for read in reads
        ]
        columns = ("run", "rounds_done", "interactions", *score_columns(dimension)[1:])
        yield Sheet(f"{dimension} by run", columns, rows, joined(said, NOTE), frozenset({"run"}))


def costs_sheet(reads: Sequence[Read], said: str | None = None) -> Sheet:
    """A row a run: calls, tokens, USD, seconds, of all that it did."""
    rows: list[Sequence[Cell]] = []
    for read in reads:
        totals = read.run.manifest.totals
        tokens = totals.prompt_tokens + totals.completion_tokens
        rows.append([read.name, totals.calls, tokens, totals.cost_usd, totals.wall_seconds, totals.failed])
    columns = ("run", "calls", "tokens", "cost_usd", "wall_seconds", "failed")
    note = "of all that each run did, in all its rounds" if said else None
    return Sheet("costs", columns, rows, note, frozenset({"run"}))


def _settings(run: Run) -> dict[str, Cell]:
    manifest = run.manifest
    options = {name: value for name, value in asdict(manifest.config).items() if name not in _SAME_FOR_NO_RUN}
    found: dict[str, object] = {**options, "questions sha256": manifest.questions.sha256, "sandbox": manifest.sandbox}
    found |= {f"prompt {name}": digest for name, digest in manifest.prompts.items()}
    return {name: value if isinstance(value, Cell) else str(value) for name, value in found.items()}


def _scores(frame: Frame, dimension: Rated) -> tuple[Estimate, Estimate]:
    ratings, gains = frame.ratings["revision", dimension], frame.gain(dimension)
    return estimate(ratings, frame.sample), estimate(gains, frame.sample, CHANGED)
