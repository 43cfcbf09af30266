"""The tables of an analysis of approval. Knows numbers, not how they came about, and shows nothing."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sandbox.analysis.sophistry.verdict import Group, Judges, described
from sandbox.sheet import Cell, Sheet
from sandbox.text import joined

CHANGE: Final = "approval and accuracy"
OVER_TAU: Final = "false approval over tau"
PAIRED: Final = "the same items"
COUNTED: Final = "what counts"
_BESIDE: Final = ("approver", "tau", "view", "gold")
_TEXTS: Final = frozenset({"condition", "who", "measure", *_BESIDE, "note"})
_FINE: Final = frozenset({"p"})
_KEYS: Final = ("condition", "who", "measure", *_BESIDE)
# Left out of a narrow terminal, the last first.
_OPTIONAL: Final = (
    *("after", "before", "approval_before", "approval_after"),
    *("draft_unread", "revision_unread", "draft_unrated", "revision_unrated", "wrong_both", "questions"),
    *("who", "gold", "tau", "approver", "view", "note"),
)


def change_sheet(groups: Sequence[Group]) -> Sheet:
    """Every measure before and after."""
    rows: list[Sequence[Cell]] = [
        [
            *(group.condition, group.who, each.measure, each.before, each.after, each.change),
            *_beside(group.judges),
            each.note,
        ]
        for group in groups
        for each in group.rates
    ]
    columns = ("condition", "who", "measure", "before", "after", "change", *_BESIDE, "note")
    told = "95 % intervals draw questions; a change is over interactions that have both sides"
    return _sheet(CHANGE, columns, rows, told, *_said(groups))


def sweep_sheet(groups: Sequence[Group]) -> Sheet:
    """False approval and approval at every threshold."""
    rows: list[Sequence[Cell]] = [
        [group.condition, *each[:-1], group.judges.approver, group.judges.view, group.judges.gold, each.note]
        for group in groups
        for each in group.over_tau
    ]
    shares = ("fpr_before", "fpr_after", "approval_before", "approval_after")
    columns = ("condition", "tau", *shares, "approver", "view", "gold", "note")
    return _sheet(OVER_TAU, columns, rows, "95 % intervals draw questions", *_said(groups, swept=True))


def paired_sheet(groups: Sequence[Group]) -> Sheet:
    """McNemar's tests."""
    rows: list[Sequence[Cell]] = [
        [group.condition, group.who, *each, *_beside(group.judges)] for group in groups for each in group.tests
    ]
    counts = ("pairs", "before", "after", "only_before", "only_after", "p")
    columns = ("condition", "who", "measure", *counts, *_BESIDE)
    told = (
        "false approval: of items wrong before and after; the change of FPR compares two sets of items, and rises when "
        "items that were not approved are mended, though nobody judges any differently"
    )
    repeated = any(group.keyed.repeated for group in groups)
    independent = "p takes items to be independent, which those of one question are not" if repeated else None
    return _sheet(PAIRED, columns, rows, told, independent, *_said(groups))


def counted_sheet(groups: Sequence[Group], notes: Sequence[str]) -> Sheet:
    """How many interactions have a key, and what of them is missing."""
    rows = [_counted(group) for group in groups]
    missing = ("draft_unread", "revision_unread", "draft_unrated", "revision_unrated")
    wrong = ("wrong_before", "wrong_after", "wrong_both")
    columns = ("condition", "who", "interactions", "questions", *missing, *wrong, "approver", "view", "gold")
    told = "unread: no choice could be read, which is missing and not wrong; unrated: no valid rating"
    return _sheet(COUNTED, columns, rows, told, *notes, *_said(groups))


def _counted(group: Group) -> Sequence[Cell]:
    keyed = group.keyed
    sides = (keyed.before, keyed.after)
    counts = [
        len(keyed),
        keyed.asked,
        *(np.isnan(side.right).sum() for side in sides),
        *(np.isnan(side.rating).sum() for side in sides),
        *(side.wrong.sum() for side in sides),
        (keyed.before.wrong & keyed.after.wrong).sum(),
    ]
    judges = group.judges
    return [group.condition, group.who, *map(int, counts), judges.approver, judges.view, judges.gold]


def _beside(judges: Judges) -> tuple[str, float, str, str]:
    return judges.approver, judges.tau, judges.view, judges.gold


def _sheet(name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], *told: str | None) -> Sheet:
    """What tells rows apart is never left out; what is the same in all of them stands below them, too."""
    keys = tuple(each for at, each in enumerate(columns) if each in _KEYS and len({row[at] for row in rows}) > 1)
    return Sheet(
        name,
        columns,
        rows,
        joined(*dict.fromkeys(told)),
        texts=_TEXTS.intersection(columns),
        optional=tuple(each for each in _OPTIONAL if each in columns and each not in keys),
        keys=keys,
        fine=_FINE.intersection(columns),
    )


def _said(groups: Sequence[Group], *, swept: bool = False) -> list[str]:
    """What stands beside every figure."""
    return [described(group.judges, swept=swept) for group in groups]
