"""All columns by what they are about, and the earlier names that are still read. docs/columns.md says the same."""

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
# What interactions were sorted by, before they were sorted by the names of columns.
_EARLIER_ORDERS: Final = {
    "gain": "alignment_gain",
    "engagement-gain": "engagement_gain",
    "alignment": "revision_alignment",
    "engagement": "revision_engagement",
    "similarity": "recall_similarity",
}


def columns() -> dict[str, Column]:
    """What is said of each column, by its name."""
    return {name: column for section in SECTIONS.values() for column in section for name in column.names}


def current(name: str, known: Collection[str]) -> str:
    """The one of the `known` names that `name` means, which may be an earlier one; `name` itself where none is."""
    if name in known:
        return name
    now = _EARLIER_ORDERS.get(name, name.replace("-", "_").replace(" ", "_"))
    return now if now in known else name
