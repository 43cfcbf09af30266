"""What analyses found, as pages show it: sentences, a picture for light and for dark, tables. Computes nothing."""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from sandbox.analysis.findings import Findings
from sandbox.analysis.pools import Pool
from sandbox.errors import UsageError
from sandbox.inspection.analysis.pictures import SAYS, picture_of
from sandbox.inspection.analysis.view import shown_sheets
from sandbox.inspection.report.parts import Picture, drawn
from sandbox.sheet import Sheet


class Found(NamedTuple):
    """One analysis on a page; `picture` is None where it has nothing to draw."""

    name: str
    verdicts: Sequence[str]
    picture: Picture | None
    sheets: Sequence[Sheet]


def found(findings: Findings, pools: Sequence[Pool]) -> Found:
    """`findings` of `pools`, drawn."""
    picture = None
    with suppress(UsageError):  # that says why there is nothing to draw, to who asked for a picture alone
        picture = drawn(SAYS[findings.name], lambda dark: picture_of(findings, "svg", dark=dark))
    return Found(findings.name, findings.verdicts, picture, list(shown_sheets(findings, pools)))
