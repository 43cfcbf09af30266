"""What an analysis found: tables, and the sentences that stand above them. Knows no analysis, and shows nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.sheet import Sheet

AnalysisName = Literal["sophistry", "representation", "observer", "pareto"]


@dataclass(frozen=True)
class Findings:
    """`verdicts` are sentences for people, whole ones; each of `sheets` begins with a column `condition`.

    What is drawn is drawn from the sheets alone, so that every mark of a picture is a number of a table.
    """

    name: AnalysisName
    sheets: Sequence[Sheet]
    verdicts: Sequence[str]

    def sheet(self, name: str) -> Sheet:
        """The table of this name. Raises `KeyError`."""
        return {each.name: each for each in self.sheets}[name]
