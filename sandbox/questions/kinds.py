"""The kinds of question files: the ending of a name says which it is, nothing else does. Opens no file."""

from typing import Final

_TEXT: Final = (".jsonl", ".ndjson", ".json", ".txt", ".csv", ".tsv")
_PACKED: Final = (".gz", ".zst")
PARQUET: Final = ".parquet"
ENDINGS: Final = f"{', '.join(_TEXT)} (each also {' or '.join(_PACKED)}), {PARQUET}"


def kind_of(name: str) -> str | None:
    """`.jsonl`, `.txt`, ... whether compressed or not; None for a name that is of no kind."""
    low = name.lower()
    return PARQUET if low.endswith(PARQUET) else next((kind for kind in _TEXT if _bare(low).endswith(kind)), None)


def without_ending(name: str) -> str:
    """`train-00000-of-00002` of `train-00000-of-00002.jsonl.gz`."""
    return name[: len(_bare(name.lower())) - len(kind_of(name) or "")]


def _bare(low: str) -> str:
    return next((low.removesuffix(ending) for ending in _PACKED if low.endswith(ending)), low)
