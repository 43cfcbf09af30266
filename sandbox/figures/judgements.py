"""What one person's judgements come to, by text and dimension. Reads them alone, and nothing of their run."""

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Final

from agents.protocol import TEXTS
from sandbox.runs.annotation.reading import Annotation
from sandbox.runs.annotation.records import JudgedLine
from sandbox.sheet import Cell, Sheet

_COLUMNS: Final = ("text", "dimension", "n", "mean", "sd", "skipped")


def judgements_sheet(annotation: Annotation) -> Sheet:
    """A row for each text and dimension. Raises `SandboxError` that names a bad line."""
    lines = annotation.judged().values()
    rows = [
        [text, name, *_row([line for line in lines if (line.text, line.dimension) == (text, name)])]
        for text in TEXTS
        for name in annotation.manifest.dimensions
    ]
    return Sheet("judgements", _COLUMNS, rows, None, frozenset(_COLUMNS[:2]), ("sd",), ("dimension",))


def _row(lines: Sequence[JudgedLine]) -> list[Cell]:
    given = [line.rating for line in lines if line.rating is not None]
    mean, sd = fmean(given) if given else None, stdev(given) if len(given) > 1 else None
    return [len(given), mean, sd, len(lines) - len(given)]
