"""The whole rounds of a run as a table, a row each. Knows summaries of rounds."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from agents.protocol import DIMENSIONS
from sandbox.runs.reading import Run
from sandbox.runs.round_records import Mean, MeanGain, RoundSummary
from sandbox.vocabulary.names import score_columns

if TYPE_CHECKING:
    import pyarrow as pa


def flat_rounds(run: Run) -> "pa.Table":
    """Of each whole round its counts, and every mean with the count of what it is over. Raises `SandboxError`."""
    import pyarrow as pa

    rows = [_flat(summary) for summary in run.rounds()]
    return pa.Table.from_pylist(rows, schema())


def _flat(summary: RoundSummary) -> dict[str, Any]:
    row: dict[str, Any] = {
        "round": summary.round,
        "interactions": summary.interactions,
        "failed": summary.failed,
        "missing": summary.missing,
        "recall_rate": summary.recall_rate,
    }
    for name, mean in _means(summary):
        row |= {name: mean.mean, f"{name}_count": mean.count}
    return row


def _means(summary: RoundSummary) -> Iterator[tuple[str, Mean | MeanGain]]:
    for dimension in DIMENSIONS:
        each = (summary.scores.draft, summary.scores.revision, summary.gain)
        yield from zip(score_columns(dimension), (getattr(means, dimension) for means in each), strict=True)


def schema() -> "pa.Schema":
    """Its columns."""
    import pyarrow as pa

    means = [name for dimension in DIMENSIONS for name in score_columns(dimension)]
    return pa.schema(
        [
            *((name, pa.int64()) for name in ("round", "interactions", "failed", "missing")),
            ("recall_rate", pa.float64()),
            *(pair for name in means for pair in ((name, pa.float64()), (f"{name}_count", pa.int64()))),
        ]
    )
