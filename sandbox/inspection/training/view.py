"""Trainings on a terminal: what was trained on what, held-out figures, and what was learnt to say. Computes nothing."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table

from sandbox.inspection.output import Shown
from sandbox.inspection.training.sheets import (
    NOTE,
    answers_sheet,
    held_out_sheet,
    held_out_shown,
    options_sheet,
    rows_sheet,
    trainings_sheet,
)
from sandbox.runs.tags import tags_told
from sandbox.runs.training.reading import Training
from sandbox.runs.training.records import AnswerLine
from sandbox.runs.training.words import going_on, outcome, sentences, serves, taught_by_script, what_next
from sandbox.sheet import Sheet
from sandbox.terminal import console, plain, plain_line
from sandbox.text import SCRIPTED_NOTE, counted

_FEW: Final = 5  # steps at each end, of which a mean loss is told
_WIDEST: Final = 120  # columns of two texts that are read side by side; a pipe has no width of its own
_LONGEST_QUESTION: Final = 500  # letters; --json has all of it


def training_view(training: Training) -> Iterator[Shown]:
    """One training: how it ended, its rows, options and figures, answers side by side, and what to do next."""
    yield Group(*map(plain_line, _lines(training)))
    yield from _held_out([training])
    yield from (sheet for sheet in (rows_sheet(training.manifest.rows), options_sheet(training)) if sheet.rows)
    yield from answers_view(list(training.answers()))
    yield from map(plain_line, _next(training))


def trainings_view(trainings: Sequence[Training]) -> Iterator[Shown]:
    """Several beside each other: what each is, and their held-out figures."""
    if any(taught_by_script(each.manifest) for each in trainings):
        yield plain_line(SCRIPTED_NOTE)
    yield trainings_sheet(trainings)
    yield from _held_out(trainings)
    for each in trainings:
        if each.status not in ("complete", "running"):
            yield plain_line(going_on(each.directory.path))


def _held_out(trainings: Sequence[Training]) -> Iterator[Shown]:
    """The figures, and what they are, once."""
    if not any(each.manifest.held_out for each in trainings):
        yield plain_line("Nothing was held out, so no figure says what was learnt: sandbox export --test 0.2")
        return
    yield from held_out_shown(trainings)
    yield plain_line(NOTE)


def training_sheets(trainings: Sequence[Training]) -> list[Sheet]:
    """Every table, for programs; those of one training alone where there is one."""
    both = [held_out_sheet(trainings), trainings_sheet(trainings)]
    if len(trainings) > 1:
        return both
    (one,) = trainings
    return [*both, rows_sheet(one.manifest.rows), options_sheet(one), answers_sheet(one)]


def _lines(training: Training) -> Iterator[str]:
    manifest = training.manifest
    yield outcome(manifest, training.status)
    yield from sentences(manifest)
    yield from tags_told(training.directory.path)
    if told := _loss(training):
        yield told
    if (made := manifest.adapter) and made.agreement:
        agreement = made.agreement
        prompts = counted(agreement.prompts, "prompt")
        yield f"served by llama.cpp it differs by {agreement.adapter:.3f} nats at most, over {prompts}"
    elif made and made.no_gguf:
        yield f"no adapter.gguf: {made.no_gguf}"


def _loss(training: Training) -> str:
    """`loss 4.05 -> 1.44, means of the first and the last 5 steps`; nothing where there is none."""
    losses = [step.loss for step in training.steps() if step.loss is not None]
    if not losses:
        return ""
    few = max(1, min(_FEW, len(losses) // 2))
    of = f"means of the first and the last {counted(few, 'step')}" if few > 1 else "of the first and the last step"
    return f"loss {fmean(losses[:few]):z.2f} -> {fmean(losses[-few:]):z.2f}, {of}"


def _next(training: Training) -> Iterator[str]:
    """The command to run after this one, where that is another."""
    path = training.directory.path
    if training.status == "complete":
        if serves(training.manifest):
            yield what_next(training.manifest, path)
    elif training.status != "running":
        yield going_on(path)


def answers_view(answers: Sequence[AnswerLine]) -> Iterator[RenderableType]:
    """Each question, and below it side by side what base and trained model say."""
    width = min(console().width, _WIDEST)
    for each in answers:
        yield plain(shortened(each.question, _LONGEST_QUESTION), style="bold")
        table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False, width=width)
        for column in ("base", "trained"):
            table.add_column(column, overflow="fold", ratio=1)
        table.add_row(*(plain(text or "(nothing)") for text in (each.base, each.trained)))
        yield table


def shortened(text: str, most: int) -> str:
    """Its end where it is longer: a society's own prompt ends with the question."""
    return text if len(text) <= most else f"… {text[-most:]}"
