"""What a trainer does with a fault, and with rows that have none, looked up in the table of claims."""

from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from sandbox.checking.names import Code, RowKind, Verdict
from sandbox.checking.trainers.claims import CLAIMS, TAKES, Claim
from sandbox.checking.trainers.folder_claims import FOLDER_CLAIMS
from sandbox.export.names import Style, Trainer


class Does(NamedTuple):
    """What happens, and why. An empty reason goes with `fine`."""

    verdict: Verdict
    why: str = ""


FINE: Final = Does("fine")
EVERY_CLAIM: Final[Sequence[Claim]] = (*FOLDER_CLAIMS, *CLAIMS)


@cache
def does(trainer: Trainer, code: Code, kind: RowKind | None, style: Style | None, *, ours: bool = False) -> Does:
    """What `trainer` does with rows of this kind and style that have `code`; a kind of None is the whole folder.

    `ours` are folders that `sandbox export` made, with their configurations.
    """
    for claim in EVERY_CLAIM:
        fits = (claim.kinds is None or kind in claim.kinds) and (ours or not claim.ours)
        if claim.code == code and trainer in claim.trainers and fits and claim.style in (None, style):
            return Does(claim.verdict, claim.why)
    return FINE


@cache
def takes(trainer: Trainer, kind: RowKind, style: Style | None) -> Does:
    """What `trainer` makes of rows of this kind and style when nothing is wrong with them."""
    for rule in TAKES:
        if kind in rule.kinds and trainer in rule.trainers and rule.style in (None, style):
            return Does(rule.verdict, rule.why)
    return FINE
