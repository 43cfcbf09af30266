"""Pictures of trainings: the loss by steps, and what each learnt of both ratings. Knows matplotlib, no file.

The same trainings give the same picture.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from sandbox.errors import UsageError
from sandbox.inspection.front_plot import legend_names
from sandbox.inspection.picture import (
    INCHES,
    LINES,
    MOST_LOOKS,
    Caption,
    Draw,
    Named,
    PictureFormat,
    look,
    panels,
    picture,
    short,
)
from sandbox.inspection.training.sheets import called
from sandbox.runs.training.manifest import Figure
from sandbox.runs.training.reading import Training
from sandbox.runs.training.words import taught_by_script
from sandbox.text import SCRIPTED_NOTE, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TrainingPlot = Literal["loss", "pareto"]
_BASE: Final = "#888888"
_MOST_PARTS: Final = 12  # that can be told apart; objectives have two or three
_LOSS, _PARTS = 3.4, 0.9  # inches of the loss above its parts, and those that the parts add
_NO_MARGINS: Final = (
    "--plot pareto: no training here has held-out margins of both ratings.\n"
    "Hold questions out of data that has both: sandbox export --format modpo --test 0.2"
)


def training_plot(
    trainings: Sequence[Training], what: TrainingPlot, kind: PictureFormat, *, dark: bool = False
) -> bytes:
    """The picture `what` as PNG or SVG. Raises `UsageError` where there is nothing to draw."""
    return (loss_plot if what == "loss" else margins_plot)(trainings, kind, dark=dark)


class _Curve(NamedTuple):
    """Numbers by steps; None where one is not known."""

    name: str
    steps: list[int]
    values: list[float | None]


def loss_plot(trainings: Sequence[Training], kind: PictureFormat, *, dark: bool = False) -> bytes:
    """The loss, and below it the parts, of one training; of several the loss of each. Raises `UsageError` for none."""
    curves, parts = _of_one(trainings[0]) if len(trainings) == 1 else (list(map(_of_several, trainings)), [])
    if not any(curve.steps for curve in curves):
        raise UsageError("--plot loss: no step was made yet, so there is nothing to draw.")
    names = _called(trainings) if len(trainings) > 1 else ["loss"]
    draws: list[tuple[Draw, float]] = [(partial(_lines, curves, names, "loss", 0), INCHES[1])]
    if parts:
        # What goes with a loss need not be on its scale: rewards of pairs are not.
        names = [short(part.name) for part in parts]
        draws = [(draws[0][0], _LOSS), (partial(_lines, parts, names, "parts", 1), INCHES[1] - _LOSS + _PARTS)]
    return panels(draws, Caption("Loss by step", (*_of(trainings), *_unlike(trainings))), kind, dark=dark)


def _unlike(trainings: Sequence[Training]) -> Iterator[str]:
    if len({each.manifest.objective for each in trainings}) > 1:
        yield "losses of different objectives are no measure of one another"


def _lines(curves: Sequence[_Curve], names: Sequence[str], label: str, first: int, axes: "Axes") -> Iterator[Named]:
    """A line for each of `curves`, whose look goes by its number, from `first` on."""
    from matplotlib.ticker import MaxNLocator

    lines = [_line(axes, curve, number) for number, curve in enumerate(curves, start=first)]
    axes.set(xlabel="step", ylabel=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    yield from zip(lines, names, strict=False)


def _of_one(training: Training) -> tuple[list[_Curve], list[_Curve]]:
    """Its loss, and each of the parts."""
    steps = list(training.steps())
    numbers = [step.step for step in steps]
    names = [*dict.fromkeys(name for step in steps for name in step.parts)][:_MOST_PARTS]
    parts = [_Curve(name, numbers, [step.parts.get(name) for step in steps]) for name in names]
    return [_Curve("loss", numbers, [step.loss for step in steps])], parts


def _of_several(training: Training) -> _Curve:
    steps = [(step.step, step.loss) for step in training.steps()]
    return _Curve(training.directory.name, [step for step, _ in steps], [loss for _, loss in steps])


def _line(axes: "Axes", curve: _Curve, number: int) -> Any:
    import numpy as np

    # strokes that differ as colours do: of two lines that lie on each other, both are seen
    colour, stroke = look(number % MOST_LOOKS).colour, LINES[number % len(LINES)]
    values = np.array(curve.values, dtype=float)
    marker = "o" if len(curve.steps) == 1 else ""  # a line through one point is none
    (line,) = axes.plot(curve.steps, values, stroke, color=colour, marker=marker, linewidth=1)
    return line


def margins_plot(trainings: Sequence[Training], kind: PictureFormat, *, dark: bool = False) -> bytes:
    """A point a training: its held-out margins of both ratings, with the base before it. Raises `UsageError`."""
    points = [(each, margins) for each in trainings if (margins := _margins(each, "after"))]
    if not points:
        raise UsageError(_NO_MARGINS)

    def draw(axes: "Axes") -> Iterator[Named]:
        bases = {margins for each in trainings if (margins := _margins(each, "before"))}
        for number, margins in enumerate(sorted(bases, key=lambda each: (each[0].mean, each[1].mean))):
            mark = _point(axes, margins, _BASE, "X")
            if not number:
                yield mark, "before" if len(bases) == 1 else "before, each"
        names = _called([each for each, _ in points])
        marks = [_point(axes, margins, *look(number % MOST_LOOKS)[:2]) for number, (_, margins) in enumerate(points)]
        yield from zip(marks, names, strict=False)
        axes.set(xlabel="margin by engagement (nats a token)", ylabel="margin by alignment (nats a token)")

    told = ("margin: log-prob of the higher rated answer less that of the lower rated", "bars: 95 % over questions")
    return picture(draw, Caption("Held-out margins by both ratings", (*_of(trainings), *told)), kind, dark=dark)


_Margins = tuple[Figure, Figure]  # by engagement and by alignment


def _margins(training: Training, when: Literal["before", "after"]) -> _Margins | None:
    """Of the first split that has both."""
    for measured in training.manifest.held_out.values():
        found = (measured.before if when == "before" else measured.after) or {}
        engagement, alignment = (found[each].margin if each in found else None for each in ("engagement", "alignment"))
        if engagement and alignment:
            return engagement, alignment
    return None


def _point(axes: "Axes", margins: _Margins, colour: str, marker: str) -> Any:
    x, y = margins
    bars: Any = {"color": colour, "alpha": 0.5, "linewidth": 0.8, "zorder": 1}
    if x.low is not None and x.high is not None:
        axes.hlines(y.mean, x.low, x.high, **bars)
    if y.low is not None and y.high is not None:
        axes.vlines(x.mean, y.low, y.high, **bars)
    (point,) = axes.plot([x.mean], [y.mean], linestyle="none", color=colour, marker=marker, markersize=7)
    return point


def _called(trainings: Sequence[Training]) -> list[str]:
    """What tells each from the others: its weights in a sweep, else its name."""
    weights = [each.manifest.config.weights or "" for each in trainings]
    is_sweep = len(trainings) > 1 and all(weights) and len({*weights}) == len(weights)
    return legend_names(weights if is_sweep else _names(trainings), "training")


def _names(trainings: Sequence[Training]) -> list[str]:
    names = called(trainings)
    return [names[each.directory.path] for each in trainings]


def _of(trainings: Sequence[Training]) -> tuple[str, ...]:
    """What is drawn, and that a script taught it."""
    first = trainings[0]
    one = f"training {short(first.directory.name)}: {first.manifest.objective} on {short(first.manifest.base.name)}"
    of = one if len(trainings) == 1 else counted(len(trainings), "training")
    return (of, SCRIPTED_NOTE) if any(taught_by_script(each.manifest) for each in trainings) else (of,)
