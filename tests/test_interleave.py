"""The order of kto rows, for any labels and prompts."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sandbox.export.interleave import Queue, interleaved
from sandbox.export.names import KTO_BATCH
from sandbox.export.spool import Stored

Kind = tuple[bool, int, int]  # label, prompt, answer


def stored(number: int, label: bool, group: int, answer: int) -> Stored:
    return Stored("kto", "train", label, 0, number, number, group, answer, 1, b"", str(number).encode())


def laid_out(kinds: list[Kind]) -> tuple[list[Stored], int]:
    """The rows in order, and how many were left out."""
    rows = [stored(number, *kind) for number, kind in enumerate(kinds)]
    queues = {}
    for label in (True, False):
        those = [row for row in rows if row.label == label]
        queues[label] = Queue(iter(those), len(those))
    return list(interleaved(queues)), sum(queue.end() for queue in queues.values())


def laid_beside(rows: list[Stored]) -> Iterator[tuple[Stored, Stored]]:
    """Each row, and the one whose answer its prompt is compared with: TRL turns the answers of a batch by one."""
    for start in range(0, len(rows), KTO_BATCH):
        batch = rows[start : start + KTO_BATCH]
        yield from zip(batch, [batch[-1], *batch[:-1]], strict=True)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 9)), max_size=60))
def test_no_row_is_laid_beside_its_like_and_none_is_lost_or_doubled(kinds: list[Kind]) -> None:
    rows, left_out = laid_out(kinds)
    for row, other in [*laid_beside(rows), *pairwise(rows)]:
        assert row.group != other.group
        assert row.answer != other.answer
    assert len(rows) + left_out == len(kinds)
    assert max(Counter(row.origin for row in rows).values(), default=1) == 1


@given(st.integers(1, 40), st.integers(1, 40))
def test_labels_are_as_even_as_they_can_be(wanted: int, unwanted: int) -> None:
    kinds = [(True, n, n) for n in range(wanted)] + [(False, 100 + n, 100 + n) for n in range(unwanted)]
    rows, left_out = laid_out(kinds)
    assert left_out == (1 if len(kinds) % KTO_BATCH == 1 else 0)  # one row alone would be compared with itself
    for end in range(1, len(rows) + 1):
        expected = end * wanted / len(kinds)
        assert abs(sum(row.label for row in rows[:end]) - expected) <= 1


def test_nearly_all_rows_find_a_place_where_there_are_prompts_enough() -> None:
    random = Random(3)
    kinds = [(random.random() < 0.6, random.randrange(50), random.randrange(10_000)) for _ in range(2000)]
    rows, left_out = laid_out(kinds)
    assert left_out < 60
    assert len(rows) > 1940


def test_one_prompt_alone_gives_nothing_to_compare() -> None:
    rows, left_out = laid_out([(True, 0, 0), (False, 0, 1), (True, 0, 2)])
    assert (len(rows), left_out) == (0, 3)


def test_what_waits_is_bounded() -> None:
    rows, left_out = laid_out([(True, 0, n) for n in range(3000)] + [(False, 1, 5000 + n) for n in range(5)])
    assert len(rows) + left_out == 3005
    assert [row.group for row in rows] == [0, 1] * 5
