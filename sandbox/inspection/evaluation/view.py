"""One evaluation on a terminal: who answered and judged what, its accounts, its numbers. Computes nothing."""

from collections.abc import Iterator, Sequence
from typing import Final

from sandbox.figures.killed import KILLED_NOTE
from sandbox.inspection.evaluation.numbers import number_sheets
from sandbox.inspection.output import Shown
from sandbox.runs.adapters import who_taught
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.evaluation.words import account, outcome, what_next
from sandbox.runs.tags import tags_told
from sandbox.scores.number import Number
from sandbox.terminal import plain_line
from sandbox.text import SCRIPTED_NOTE, counted

MOST_ROWS: Final = 20


def evaluation_view(evaluation: Evaluation, numbers: Sequence[Number]) -> Iterator[Shown]:
    """How it ended, its accounts, and its numbers: of a long table the first ones."""
    yield from map(plain_line, [*evaluation_lines(evaluation), *tags_told(evaluation.directory.path)])
    if not numbers:
        yield plain_line("No answer is in the log yet.")
    yield from number_sheets(numbers, MOST_ROWS)
    if evaluation.status in ("stopped", "interrupted", "failed"):
        yield plain_line(what_next(evaluation.manifest, evaluation.directory.path))


def evaluation_lines(evaluation: Evaluation) -> Iterator[str]:
    """Sentences on what was evaluated and what it took."""
    manifest = evaluation.manifest
    yield outcome(manifest, evaluation.status)
    yield f"model: {model_of(evaluation)}; judge: {manifest.judge or 'none'}; seed {manifest.seed}"
    yield from who_taught(manifest.adapters)
    yield "suites: " + ", ".join(_suite(each.name, each.items, each.dropped) for each in manifest.suites)
    if evaluation.status == "interrupted":
        yield KILLED_NOTE
    yield from account(manifest)
    if scripted(evaluation):
        yield SCRIPTED_NOTE


def model_of(evaluation: Evaluation) -> str:
    """Who answered, or where the answers come from."""
    manifest = evaluation.manifest
    return (
        f"stored answers of {manifest.answers_of}"
        if manifest.answers_of
        else ", ".join(manifest.models.agents) or "none is asked"
    )


def scripted(evaluation: Evaluation) -> bool:
    """Whether the stand-in answered or judged."""
    models = evaluation.manifest.models
    return "scripted" in (*models.agents, evaluation.manifest.judge)


def _suite(name: str, items: int, dropped: dict[str, int]) -> str:
    left = "".join(f", {count} {reason} left out" for reason, count in dropped.items() if count)
    return f"{name} ({counted(items, 'item')}{left})"
