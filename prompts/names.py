"""The templates by name: which variables each gets, and which take in which. Knows no text."""

from collections.abc import Mapping
from typing import Final

REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "data": frozenset(),
    "rule": frozenset(),
    "values": frozenset(),
    "draft": frozenset({"question"}),
    "feedback": frozenset({"question", "draft"}),
    "revision": frozenset({"question", "draft", "feedback"}),
    "score_alignment": frozenset({"question", "text"}),
    "score_engagement": frozenset({"question", "text"}),
    "score_both": frozenset({"question", "text"}),
    "reask": frozenset({"form"}),
}
# Told beside others, by runs that have such questions or agents; a run keeps those that it has a use for.
SITUATIONAL: Final[Mapping[str, frozenset[str]]] = {
    "options": frozenset({"letters"}),
    "persona": frozenset({"persona"}),
    "persuader": frozenset({"letter"}),
    "reflection": frozenset({"question", "draft"}),
    "reflected": frozenset({"reflection"}),
}
# The step of an extension, which gives its text.
OF_STEP: Final = "reflection"
OPTIONAL: Final[Mapping[str, frozenset[str]]] = {
    "draft": frozenset({"recall"}),
    "feedback": frozenset({"recall"}),
    "revision": frozenset({"average"}),
    "reflection": frozenset({"feedback", "average"}),
}
# Included by others, never rendered alone, and what each of them may include in its turn.
INCLUDED: Final[Mapping[str, frozenset[str]]] = {
    "data": frozenset(),
    "values": frozenset({"data"}),
    "rule": frozenset({"data", "values"}),
}
# What a user's folder can replace.
REPLACEABLE: Final = tuple(name for name in (*REQUIRED, *SITUATIONAL) if name not in ("data", OF_STEP))


def variables_of(name: str) -> frozenset[str]:
    """Every variable that template `name` gets."""
    return required_of(name) | OPTIONAL.get(name, frozenset())


def required_of(name: str) -> frozenset[str]:
    """Those of them that it must show."""
    return REQUIRED[name] if name in REQUIRED else SITUATIONAL[name]
