"""Runs side by side: what was set differently, what they scored, the same cases paired, and the front they reach."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final, NamedTuple

import numpy as np

from agents.protocol import DIMENSIONS, Rated
from sandbox.figures.estimate import difference, estimate, mean_of
from sandbox.figures.frame import Counts, Frame, Numbers, read_frame
from sandbox.figures.killed import counted
from sandbox.runs.reading import Run
from sandbox.sheet import Cell, Estimate, Sheet

_SAME_FOR_NO_RUN: Final = frozenset({"run_id", "runs", "json", "yes", "debug"})


class Read(NamedTuple):
    """A run and its interactions, under a `name` that no other run beside it has."""

    name: str
    run: Run
    frame: Frame


class Point(NamedTuple):
    """What the revisions of one round of a run come to: the picture of the paper has one point for each."""

    run: str
    round: int
    engagement: float
    alignment: float
    optimal: bool


def read_all(runs: Sequence[Run]) -> list[Read]:
    """Their frames. A run is named by its id, where two have the same by its path, and given twice with a number."""
    ids = Counter(run.manifest.run_id for run in runs)
    names = [run.manifest.run_id if ids[run.manifest.run_id] == 1 else str(run.directory.path) for run in runs]
    names = [f"{name} ({names[:at].count(name) + 1})" if name in names[:at] else name for at, name in enumerate(names)]
    return [Read(name, counted(run), read_frame(run)) for name, run in zip(names, runs, strict=True)]


def comparison_sheets(reads: Sequence[Read]) -> Iterator[Sheet]:
    """Everything about two or more runs; the first is what the others are compared with."""
    yield settings_sheet(reads)
    yield from scores_sheets(reads)
    for other in reads[1:]:
        yield paired_sheet(reads[0], other)
    yield costs_sheet(reads)
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
    return Sheet("what was set differently", columns, rows, note, frozenset(columns))


def scores_sheets(reads: Sequence[Read]) -> Iterator[Sheet]:
    """For each dimension a row a run: means of its revisions and of the gains over its drafts; `n` interactions."""
    for dimension in DIMENSIONS:
        rows: list[Sequence[Cell]] = [[read.name, len(read.frame), *_scores(read.frame, dimension)] for read in reads]
        yield Sheet(f"{dimension} by run", ("run", "n", "revision", "gain"), rows, texts=frozenset({"run"}))


def paired_sheet(base: Read, other: Read) -> Sheet:
    """Revisions of `other` against those of `base` for the same question of the same agent.

    Where no case is the same, the difference of the means of all.
    """
    mine, theirs = _matched(other.frame, base.frame)
    rows = [_against(other.frame, base.frame, (mine, theirs), dimension) for dimension in DIMENSIONS]
    name = f"{other.name} against {base.name}"
    note = None if mine.size else "no question was asked of the same agent in both: means of all, not paired"
    if mine.size and not any(row[1] for row in rows):
        note = "no pair was rated on both sides"
    return Sheet(name, ("score", "pairs", "difference", "win", "tie", "loss"), rows, note, frozenset({"score"}))


def costs_sheet(reads: Sequence[Read]) -> Sheet:
    """A row a run: calls, tokens, USD, seconds."""
    rows: list[Sequence[Cell]] = []
    for read in reads:
        totals = read.run.manifest.totals
        tokens = totals.prompt_tokens + totals.completion_tokens
        rows.append([read.name, totals.calls, tokens, totals.cost_usd, totals.wall_seconds, totals.failed])
    return Sheet("costs", ("run", "calls", "tokens", "usd", "seconds", "failed"), rows, texts=frozenset({"run"}))


def front_sheet(reads: Sequence[Read]) -> Sheet:
    """A row a run: its Pareto-optimal rounds among all rounds of all runs, and the first of them."""
    points = front(reads)
    rows: list[list[Cell]] = []
    for read in reads:
        optimal = [point.round for point in points if point.run == read.name and point.optimal]
        size = read.run.manifest.config.agents
        first = optimal[0] if optimal else None
        reached = None if first is None else (first + 1) * size
        rows.append([read.name, ", ".join(map(str, optimal)) or None, first, reached])
    columns = ("run", "optimal rounds", "first", "interactions until then")
    note = "a round is optimal if no other is better in alignment or engagement and as good in the other"
    return Sheet("Pareto front", columns, rows, note, frozenset({"run", "optimal rounds"}))


def front(reads: Sequence[Read]) -> list[Point]:
    """The points of all runs, optimal ones marked."""
    return with_front([point for read in reads for point in curve(read)])


def with_front(points: Sequence[Point]) -> list[Point]:
    """The same points; optimal are those that no other is at least as good as in both, and better in one."""
    at = np.array([(point.engagement, point.alignment) for point in points]).reshape(-1, 2)
    beaten = [bool(np.any(np.all(at >= own, axis=1) & np.any(at > own, axis=1))) for own in at]
    return [point._replace(optimal=not lost) for point, lost in zip(points, beaten, strict=True)]


def curve(read: Read) -> Iterator[Point]:
    """One point a whole round where both dimensions were rated: what has begun may turn out otherwise."""
    frame, size = read.frame, read.run.manifest.config.agents
    for round_ in range(len(frame) // size):
        at = frame.rounds == round_
        alignment, engagement = (mean_of(frame.ratings["revision", name][at]) for name in DIMENSIONS)
        if alignment is not None and engagement is not None:
            yield Point(read.name, round_, engagement, alignment, optimal=False)


def _settings(run: Run) -> dict[str, Cell]:
    manifest = run.manifest
    options = {name: value for name, value in asdict(manifest.config).items() if name not in _SAME_FOR_NO_RUN}
    found: dict[str, object] = {**options, "questions sha256": manifest.questions.sha256, "sandbox": manifest.sandbox}
    found |= {f"prompt {name}": digest for name, digest in manifest.prompts.items()}
    return {name: value if isinstance(value, Cell) else str(value) for name, value in found.items()}


def _scores(frame: Frame, dimension: Rated) -> tuple[Estimate, Estimate]:
    return estimate(frame.ratings["revision", dimension]), estimate(frame.gain(dimension))


def _against(frame: Frame, base: Frame, places: tuple[Counts, Counts], dimension: Rated) -> list[Cell]:
    own, others = frame.ratings["revision", dimension], base.ratings["revision", dimension]
    if not places[0].size:
        return [dimension, 0, difference(own, others), None, None, None]
    differences: Numbers = own[places[0]] - others[places[1]]
    known = differences[~np.isnan(differences)]
    won, lost = int((known > 0).sum()), int((known < 0).sum())
    return [dimension, known.size, estimate(known), won, known.size - won - lost, lost]


def _matched(frame: Frame, other: Frame) -> tuple[Counts, Counts]:
    """Places in both of the same question of the same agent; where it was asked more than once, in order."""
    waiting: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place in range(len(other) - 1, -1, -1):
        waiting[other.question_ids[place], int(other.agents[place])].append(place)
    mine, theirs = [], []
    for place in range(len(frame)):
        if same := waiting.get((frame.question_ids[place], int(frame.agents[place]))):
            mine.append(place)
            theirs.append(same.pop())
    return np.array(mine, dtype=np.int64), np.array(theirs, dtype=np.int64)
