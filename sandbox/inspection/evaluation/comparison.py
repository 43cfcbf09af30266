"""Evaluations compared with the first of them, for people. Computes nothing: `sandbox/scores/paired.py` does."""

from collections.abc import Iterator, Sequence

from sandbox.inspection.evaluation.numbers import digits_of, interval
from sandbox.inspection.evaluation.view import scripted
from sandbox.inspection.output import Shown
from sandbox.runs.adapters import who_taught
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.scores.paired import Difference, notes
from sandbox.sheet import Cell, Sheet
from sandbox.terminal import plain_line
from sandbox.text import SCRIPTED_NOTE, joined

_COLUMNS = ("suite", "measure", "pairs", "base", "other", "difference", "only_base", "only_other", "p")


def compared_view(evaluations: Sequence[Evaluation], found: Sequence[Sequence[Difference]]) -> Iterator[Shown]:
    """The first of `evaluations` with each other one, by what `found` says of them in turn."""
    base, *others = evaluations
    yield plain_line(f"Compared with {base.name}, by the same samples of the same items.")
    for line in dict.fromkeys(line for each in evaluations for line in who_taught(each.manifest.adapters)):
        yield plain_line(line)
    if any(map(scripted, evaluations)):
        yield plain_line(SCRIPTED_NOTE)
    yield from (compared_sheet(base, other, own) for other, own in zip(others, found, strict=True))


def compared_sheet(base: Evaluation, other: Evaluation, differences: Sequence[Difference]) -> Sheet:
    """How much more each measure is in `other`; below it why an interval lacks, and what has no partner."""
    rows = [_row(each) for each in differences]
    alone = ", ".join(f"{each.unpaired:,} of {each.suite}" for each in differences if each.unpaired)
    note = joined(*notes(differences), f"values on one side alone, which are left out: {alone}" if alone else None)
    optional = ("base", "other", "only_base", "only_other")
    return Sheet(
        f"{other.name} against {base.name}", _COLUMNS, rows, note, frozenset(_COLUMNS[:2]), optional, _COLUMNS[:2]
    )


def _row(each: Difference) -> list[Cell]:
    means = (_mean(value, digits_of(each.difference)) for value in (each.base, each.other))
    p = None if each.p is None else f"{each.p:.3f}" if each.p >= 0.001 else f"{each.p:.1e}"
    return [
        each.suite,
        each.measure,
        each.pairs,
        *means,
        interval(each.difference, "+"),
        each.only_base,
        each.only_other,
        p,
    ]


def _mean(value: float | None, digits: int) -> str | None:
    return None if value is None else f"{value:.{digits}f}"
