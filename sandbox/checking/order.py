"""The order of labelled rows, which KTO trainers keep: how labels are spread, and whether neighbours ask the same.

TRL and LLaMA-Factory pair each prompt with the completion of the row before it, to estimate how far the model moved.
Between rows of one prompt that estimate is wrong.
"""

from math import log
from typing import Final

from sandbox.checking.tally import Tally

RARE: Final = 0.2  # a share of one label below it is told


class LabelOrder:
    """Looks at the labels and prompts of a table, row by row."""

    def __init__(self, tally: Tally) -> None:
        self._tally: Final = tally
        self._counts: Final = {True: 0, False: 0}
        self._last: bool | None = None
        self._run = 0
        self._longest: tuple[int, str, int | None] = (0, "", None)
        self._prompt: int | None = None

    def add(self, label: bool | None, prompt: int | None) -> None:
        """The row at which the tally stands; None where it has no label, or no prompt."""
        if prompt is not None and prompt == self._prompt:
            self._tally.note("same_prompt_neighbours")
        self._prompt = prompt
        if label is None:
            return
        self._counts[label] += 1
        self._run = self._run + 1 if label == self._last else 1
        self._last = label
        if self._run > self._longest[0]:
            self._longest = self._run, self._tally.file, self._tally.row

    def finish(self) -> None:
        """Note what only all rows together show, at the end of the longest run."""
        good, bad = self._counts[True], self._counts[False]
        run, self._tally.file, self._tally.row = self._longest
        if not good + bad:
            return
        if not good or not bad:
            self._tally.note("one_label", f"all {'true' if good else 'false'}")
            return
        share = good / (good + bad)
        if not RARE <= share <= 1 - RARE:
            self._tally.note("label_imbalance", f"{good} true, {bad} false")
        if run > longest_by_chance(good, bad):
            self._tally.note("label_runs", f"{run} in a row")


def longest_by_chance(good: int, bad: int) -> float:
    """A run of one label that shuffled rows exceed about once in ten times their number.

    The longest run of a label of share p in n rows is about log(n (1 - p)) / log(1 / p); this is twice that, and three.
    """
    rows, most = good + bad, max(good, bad)
    share = most / rows
    return 2 * max(0.0, log(max(1.0, rows * (1 - share)))) / log(1 / share) + 3
