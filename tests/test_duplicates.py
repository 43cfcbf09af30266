"""Which rows of an export say what was said before, exactly or nearly, and which of them stay."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from memory.disk import Vectors
from sandbox.export.account import Account
from sandbox.export.duplicates import without_duplicates, without_near_duplicates
from sandbox.export.rows import TrainingRow

VECTORS: Final = {"east": (1.0, 0.0), "eastward": (1.0, 0.0), "north east": (0.6, 0.8), "north": (0.0, 1.0)}


def row(*texts: str, kind: str = "dpo", prompt: str = "Why?") -> TrainingRow:
    return TrainingRow(kind, prompt, texts, {}, ())


def kept(*rows: TrainingRow) -> list[bool]:
    """Which of the rows stay; what goes is counted."""
    account = Account()
    stay = list(without_duplicates(rows, account))
    assert sum(counts["duplicate"] for counts in account.dropped.values()) == len(rows) - len(stay)
    return [any(each is other for other in stay) for each in rows]


def nearly(least: float, *rows: TrainingRow) -> list[str]:
    """The first texts of those that stay."""
    account = Account()
    stay = [each.texts[0] for each in without_near_duplicates(rows, least, embed, account)]
    assert sum(counts["near duplicate"] for counts in account.dropped.values()) == len(rows) - len(stay)
    return stay


def embed(texts: Sequence[str]) -> Vectors:
    return np.array([VECTORS[text] for text in texts], dtype=np.float32)


def test_a_pair_the_other_way_round_is_the_same_pair() -> None:
    assert kept(row("Yes.", "No."), row("No.", "Yes."), row("Yes.", "No."), row("Yes.", "Maybe.")) == [
        True, False, False, True,
    ]  # fmt: skip


def test_the_same_words_about_something_else_are_another_row() -> None:
    assert all(kept(row("Be kind."), row("Be kind.", prompt="How?"), row("Be kind.", kind="sft")))


def test_texts_that_only_read_the_same_together_are_different() -> None:
    assert all(kept(row("ab", "c"), row("a", "bc"), row("abc"), row("c", prompt="Why?ab")))


def test_near_ones_are_at_least_so_similar_to_one_that_stays() -> None:
    rows = [row(text) for text in ("east", "eastward", "north east", "north")]
    assert nearly(1, *rows) == ["east", "north east", "north"]
    assert nearly(0.7, *rows) == ["east", "north east"]
    assert nearly(0.5, *rows) == ["east", "north"]  # near to north east, which went itself


def test_near_ones_have_the_same_prompt_and_kind() -> None:
    assert nearly(0.9, row("east"), row("eastward", prompt="How?"), row("eastward", kind="sft")) == [
        "east", "eastward", "eastward",
    ]  # fmt: skip
    assert nearly(0.9) == []
