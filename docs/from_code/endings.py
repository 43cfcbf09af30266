"""How calls and ratings fail: the closed sets of the code, in the words of the format."""

from collections.abc import Mapping
from typing import get_args

from agents.model import ErrorKind
from agents.replies import Missing
from from_code.markdown import code, table
from from_code.meanings import meanings


def error_kinds() -> str:
    """Each kind with which a call can fail for good."""
    return _explained("kind", get_args(ErrorKind), meanings("Journal line"))


def missing() -> str:
    """Each reason why there is no rating."""
    return _explained("reason", get_args(Missing), meanings("Ratings"))


def _explained(head: str, words: tuple[str, ...], explained: Mapping[str, str]) -> str:
    return table((head, "when"), ((code(word), explained[word]) for word in words))
