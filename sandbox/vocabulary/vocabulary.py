"""All columns by what they are about, and the other names that are read. docs/columns.md says the same."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from sandbox.vocabulary import findings, folders, society
from sandbox.vocabulary.column import Column

SECTIONS: Final[Mapping[str, tuple[Column, ...]]] = MappingProxyType(
    {
        "Whose": society.WHOSE,
        "Of an interaction": society.INTERACTION,
        "Of a rating": society.JUDGED,
        "Of a round": society.ROUND,
        "Of a folder": folders.LISTED,
        "Of a study": folders.STUDY,
        "Of a comparison": findings.COMPARED,
        "Of what is missing": findings.REASONS,
        "Of observers": findings.OBSERVER,
        "Of groups": findings.GROUPS,
        "Of approval": findings.SOPHISTRY,
        "Of an evaluation": folders.EVALUATION,
        "Of a training": folders.TRAINING,
    }
)
# Orders of lists under two names: interactions were not always sorted by names of columns, and runs are also sorted by
# those of the list in CSV.
_ORDERS: Final = {
    "gain": "alignment_gain",
    "engagement-gain": "engagement_gain",
    "alignment": "revision_alignment",
    "engagement": "revision_engagement",
    "similarity": "recall_similarity",
    "models": "model",
    "alignment_after": "alignment",
    "cost_usd": "cost",
    "rounds_done": "rounds",
    "bytes": "size",
}


def columns() -> dict[str, Column]:
    """What is said of each column, by its name."""
    return {name: column for section in SECTIONS.values() for column in section for name in column.names}


def current(name: str, known: Collection[str]) -> str:
    """The one of the `known` names that `name` means, which may be another or an earlier one; `name` itself if none."""
    if name in known:
        return name
    now = _ORDERS.get(name, name.replace("-", "_").replace(" ", "_"))
    return now if now in known else name


def readable(known: Collection[str]) -> list[str]:
    """The `known` names, and behind them all others that mean one of these."""
    return [*known, *(name for name, now in _ORDERS.items() if now in known and name not in known)]
