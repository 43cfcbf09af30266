"""What is asked of runs where nobody says it, and for which questions their logs have something. Knows no figure."""

from collections.abc import Sequence
from typing import Literal

from sandbox.analysis.pools import Pool
from sandbox.figures.log_blocks import read_columns
from sandbox.runs.reading import Run


def approver_of(pools: Sequence[Pool]) -> Literal["observer", "peers"]:
    """Peers where all runs had them rate both texts: the two sides of a change need one approver."""
    rated = (run.manifest.config.peers_rate == "revision" for pool in pools for run in pool.runs)
    return "peers" if all(rated) else "observer"


def groups_by(pools: Sequence[Pool]) -> Literal["group", "label"]:
    """The groups of a population where all runs have one, else labels."""
    return "group" if all(run.manifest.population for pool in pools for run in pool.runs) else "label"


def has_keys(run: Run) -> bool:
    """Whether a question of its log has a key, without which nothing is right or wrong."""
    import pyarrow as pa

    keys = read_columns(run, pa.schema([("gold", pa.int64()), ("gold_text", pa.string())]))
    return any(column.null_count < len(keys) for column in keys.columns)
