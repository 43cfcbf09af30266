"""The labels of KTO rows and their order, which trainers keep: what labels say, how they lie, what neighbours ask.

TRL and LLaMA-Factory pair each prompt with the completion of the row before it, to estimate how far the model moved;
TRL the first of a batch with the last. Between rows of one prompt, or one completion, that estimate is wrong.
"""

from math import exp, log
from typing import Final, NamedTuple

from sandbox.checking.rows.faults import Faults
from sandbox.export.names import KTO_BATCH

RARE: Final = 0.2  # a share of one label below it is told
_MEASURED: Final = ("validation", "test")  # where labels need not be in balance
_WORDS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class _Said(NamedTuple):
    """What a row asks and answers, by their hashes."""

    prompt: int | None
    answer: int | None


_NOTHING: Final = _Said(None, None)


class LabelOrder:
    """Looks at the labels and prompts of a table, row by row."""

    def __init__(self, faults: Faults) -> None:
        self._faults: Final = faults
        self._counts: Final = {True: 0, False: 0}
        self._last: bool | None = None
        self._run = 0
        self._longest: tuple[int, str, int | None] = (0, "", None)
        self._rows = 0
        self._before = self._begin = _NOTHING

    def add(self, label: bool | None, prompt: int | None, answer: int | None) -> None:
        """The next row; each part is None where the row has no label, no prompt or no answer."""
        self._beside(_Said(prompt, answer))
        if label is None:
            return
        self._counts[label] += 1
        self._run = self._run + 1 if label == self._last else 1
        self._last = label
        if self._run > self._longest[0]:
            self._longest = self._run, self._faults.file, self._faults.row

    def _beside(self, said: "_Said") -> None:
        """Compare a row with the one before, and the last of a batch with the first."""
        if said.prompt is not None and said.prompt == self._before.prompt:
            self._faults.note("same_prompt_neighbours")
        elif said.answer is not None and said.answer == self._before.answer:
            self._faults.note("same_answer_neighbours")
        if self._rows % KTO_BATCH == 0:
            self._begin = said
        elif self._rows % KTO_BATCH == KTO_BATCH - 1:
            self._end(said)
        self._before = said
        self._rows += 1

    def _end(self, said: "_Said") -> None:
        if any(mine is not None and mine == other for mine, other in zip(said, self._begin, strict=True)):
            self._faults.note("batch_ends")

    def finish(self) -> None:
        """Note what only all rows together show: of labels, at the end of the longest run."""
        if self._rows % KTO_BATCH == 1:
            self._faults.note("lone_row")
        elif self._rows % KTO_BATCH > 2:  # of two, the ends are neighbours
            self._end(self._before)
        if self._faults.table.split in _MEASURED:
            return
        good, bad = self._counts[True], self._counts[False]
        run, self._faults.file, self._faults.row = self._longest
        if not good + bad:
            return
        if not good or not bad:
            self._faults.note("one_label", f"all {'true' if good else 'false'}")
            return
        share = good / (good + bad)
        if not RARE <= share <= 1 - RARE:
            self._faults.note("label_imbalance", f"{good} true, {bad} false")
        if run > longest_by_chance(good, bad):
            self._faults.note("label_runs", f"{run} in a row")


def longest_by_chance(good: int, bad: int) -> float:
    """A run of one label that shuffled rows exceed about once in ten times their number.

    The longest run of a label of share p in n rows is about log(n (1 - p)) / log(1 / p); this is twice that, and three.
    Where the other label has only k rows, these part n rows in pieces, of which one is longer than x n in
    (k + 1) (1 - x)^k of all orders.
    """
    rows, most, rare = good + bad, max(good, bad), min(good, bad)
    share = most / rows
    usual = 2 * max(0.0, log(max(1.0, rows * (1 - share)))) / log(1 / share) + 3
    return max(usual, rows * (1 - exp(log(0.1 / (rare + 1)) / rare)))


def label_of(value: object, faults: Faults) -> bool | None:
    """What a label says, None where that is not clear; what is no truth value is noted. Nulls are counted elsewhere."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float) and value in (0, 1):
        faults.note("integer_label")
        return bool(value)
    if isinstance(value, str):
        faults.note("text_label")
        return _WORDS.get(value.strip().lower())
    faults.note("odd_label")
    return None
