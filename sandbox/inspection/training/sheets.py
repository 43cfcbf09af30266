"""Trainings as tables: held-out figures before and after, what became of rows, options, answers. Computes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from agents.protocol import DIMENSIONS, Rated
from sandbox.runs.training.manifest import Figure, HeldOut, Measured, RowsUsed
from sandbox.runs.training.reading import Training
from sandbox.runs.training.words import dropped
from sandbox.sheet import Cell, Estimate, Sheet

# The fields of `HeldOut` that are figures.
FIGURES: Final = ("margin", "ranked", "best_loss", "reward")
_WHO: Final = ("training", "objective", "weights")
_FIGURE: Final = ("figure", "before", "after", "questions", "pairs")
NOTE: Final = (
    "mean [95 % interval] over questions that were not trained on; margin and best_loss in nats a token, ranked: the "
    "share of pairs with a margin above 0"
)
_TEXTS: Final = frozenset({*_WHO, "split", "dimension", "figure"})
# What is said elsewhere of a training, or is of one call.
_NO_OPTIONS: Final = frozenset({"objective", "out", "model", "json", "debug"})


class _Place(NamedTuple):
    """Where a figure stands: so figures of one kind stand together, whichever training they are of."""

    split: str
    rating: Rated
    figure: str


def held_out_sheet(trainings: Sequence[Training]) -> Sheet:
    """A row for each figure of each training, those of one kind below each other."""
    names = called(trainings)
    rows = [
        [*_who(training, names), place.split, place.rating, *_figure(training, place)]
        for place, training in _by_place(trainings)
    ]
    return Sheet("held out", (*_WHO, "split", "dimension", *_FIGURE), rows, NOTE, _TEXTS, keys=("training",))


def held_out_shown(trainings: Sequence[Training]) -> Iterator[Sheet]:
    """The same for a terminal: a table for each split and rating, and no name where there is one training."""
    who, names = _WHO if len(trainings) > 1 else (), called(trainings)
    for (split, rating), found in groupby(_by_place(trainings), lambda each: each[0][:2]):
        rows = [[*(_who(training, names) if who else []), *_figure(training, place)] for place, training in found]
        optional = ("questions", "pairs", *(each for each in who if each != "training"))
        texts = _TEXTS & {*who, "figure"}
        yield Sheet(
            f"held out: {split}, by {rating}", (*who, *_FIGURE), rows, None, texts, optional, (who or ("figure",))[:1]
        )


def _by_place(trainings: Sequence[Training]) -> list[tuple[_Place, Training]]:
    """Every figure that a training has, in the order of places; of each the trainings stay in theirs."""
    found = [(place, training) for training in trainings for place in _places(training)]
    splits = list(dict.fromkeys(place.split for place, _ in found))

    def order(place: _Place) -> tuple[int, int, int]:
        return splits.index(place.split), DIMENSIONS.index(place.rating), FIGURES.index(place.figure)

    return sorted(found, key=lambda each: order(each[0]))


def _places(training: Training) -> Iterator[_Place]:
    for split, measured in training.manifest.held_out.items():
        for rating, before in measured.before.items():
            after = _after(measured, rating)
            for figure in FIGURES:
                if getattr(before, figure) or (after and getattr(after, figure)):
                    yield _Place(split, rating, figure)


def _after(measured: Measured, rating: Rated) -> HeldOut | None:
    return (measured.after or {}).get(rating)


def _figure(training: Training, place: _Place) -> list[Cell]:
    measured = training.manifest.held_out[place.split]
    before, after = measured.before[place.rating], _after(measured, place.rating)
    figures = [_estimate(getattr(each, place.figure) if each else None) for each in (before, after)]
    return [place.figure, *figures, before.questions, before.pairs]


def _estimate(figure: Figure | None) -> Estimate | None:
    return Estimate(figure.mean, figure.low, figure.high, figure.n) if figure else None


def called(trainings: Sequence[Training]) -> Mapping[Path, str]:
    """The name of each by its path, with that of the folder around where two have one, as those of two sweeps."""
    names = {each.directory.path: each.directory.name for each in trainings}
    if len({*names.values()}) == len(names):
        return names
    return {path: f"{path.resolve().parent.name}/{name}" for path, name in names.items()}


def _who(training: Training, names: Mapping[Path, str]) -> list[Cell]:
    manifest = training.manifest
    return [names[training.directory.path], manifest.objective, manifest.config.weights]


def rows_sheet(rows_used: Mapping[str, RowsUsed]) -> Sheet:
    """What became of each part of the rows: considered = used + dropped."""
    rows: list[list[Cell]] = [
        [part, each.considered, each.used, each.cut, each.single, dropped(each)] for part, each in rows_used.items()
    ]
    columns = ("part", "considered", "used", "cut", "single", "dropped")
    return Sheet("rows", columns, rows, None, frozenset({"part", "dropped"}), (), ("part",))


def options_sheet(training: Training) -> Sheet:
    """The options that somebody set, and where."""
    manifest = training.manifest
    values = {name: value for name, value in asdict(manifest.config).items() if name not in _NO_OPTIONS}
    origins = {name: manifest.origins.get(name, "default") for name in values}
    rows: list[list[Cell]] = [
        [name, value if value is None else str(value), origins[name]]
        for name, value in values.items()
        if origins[name] != "default"
    ]
    return Sheet("options", ("option", "value", "origin"), rows, None, frozenset({"option", "value", "origin"}))


def answers_sheet(training: Training) -> Sheet:
    """What base and trained model answer to the same held-out questions."""
    rows: list[list[Cell]] = [[each.question, each.base, each.trained] for each in training.answers()]
    return Sheet("answers", ("question", "base", "trained"), rows, None, frozenset({"question", "base", "trained"}))


def trainings_sheet(trainings: Sequence[Training]) -> Sheet:
    """A row a training: what was trained on what, how far it came, what it took."""
    names = called(trainings)
    rows: list[list[Cell]] = [
        [
            *_who(each, names),
            each.status,
            each.manifest.data.name,
            each.manifest.base.name,
            each.manifest.steps,
            each.manifest.tokens,
            sum(attempt.processor_seconds for attempt in each.manifest.attempts),
        ]
        for each in trainings
    ]
    columns = (*_WHO, "status", "data", "base", "steps", "tokens", "processor_seconds")
    texts = frozenset({*_WHO, "status", "data", "base"})
    return Sheet("trainings", columns, rows, None, texts, ("objective", "tokens", "base", "data"), ("training",))
