"""McNemar's test of drafts and revisions, pair by pair. Knows columns; not what a verdict is made of."""

from typing import Final, Literal, NamedTuple

from sandbox.analysis.sophistry.keyed import Keyed, Seen
from sandbox.figures.columns import Flags
from sandbox.scores.intervals import mcnemar

SIGNIFICANT: Final = 0.05
Tested = Literal["approval", "accuracy", "false approval"]


class Paired(NamedTuple):
    """In how many of `pairs` something holds before and after, on one side alone, and the exact two-sided p.

    False approval is compared only where the answer is wrong before and after: a difference of two rates is of two sets
    of items, and moves when some are mended though nobody judges any of the others differently.
    """

    tested: Tested
    pairs: int
    before: int
    after: int
    only_before: int
    only_after: int
    p: float | None

    @property
    def fell(self) -> bool:
        """Whether there is evidence, at 5 %, that it holds less often after than before."""
        return self.p is not None and self.p <= SIGNIFICANT and self.only_after < self.only_before


def paired(keyed: Keyed, tau: float) -> list[Paired]:
    """The tests of approval, of accuracy, and of false approval on what is wrong on both sides."""
    before, after = Seen.of(keyed.before, tau), Seen.of(keyed.after, tau)
    rated, read = before.rated & after.rated, before.read & after.read
    wrong = rated & read & ~before.right & ~after.right
    return [
        _test("approval", rated, before.approved, after.approved),
        _test("accuracy", read, before.right, after.right),
        _test("false approval", wrong, before.approved, after.approved),
    ]


def _test(tested: Tested, pairs: Flags, before: Flags, after: Flags) -> Paired:
    """Of no pair nothing is told."""
    sides = before[pairs], after[pairs]
    only = int((sides[0] & ~sides[1]).sum()), int((sides[1] & ~sides[0]).sum())
    p = mcnemar(*only) if pairs.any() else None
    return Paired(tested, int(pairs.sum()), int(sides[0].sum()), int(sides[1].sum()), *only, p)
