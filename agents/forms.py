"""The JSON forms in which ratings, choices and verdicts are asked for. Knows their shape, not who fills them in.

The reason comes before the rating, so that the rating follows from it. The numbers are an enumeration because every
endpoint with structured output takes one, while not all take `minimum` and `maximum`.
"""

from collections.abc import Mapping
from functools import cache
from string import ascii_uppercase
from typing import Any, Final, Literal

from agents.model import Schema

Form = Literal["text", "rating", "both"]

RATINGS: Final = (1, 2, 3, 4, 5, 6, 7)
_TEXT: Final = {"type": "string"}


@cache
def rating_form(scale: tuple[int, int]) -> Schema:
    """A reason, and a rating on `scale`, both ends included."""
    low, high = scale
    return _schema("rating", {"reason": _TEXT, "rating": _numbers(range(low, high + 1))})


@cache
def choice_form(options: int) -> Schema:
    """The letter of one of so many options, at most 26."""
    return _schema("choice", {"answer": _one_of(*ascii_uppercase[:options])})


@cache
def agree_form() -> Schema:
    """Whether a statement is agreed with."""
    return _schema("verdict", {"verdict": _one_of("agree", "disagree")})


@cache
def wrong_form() -> Schema:
    """Whether an act is wrong."""
    return _schema("wrong", {"wrong": {"type": "boolean"}})


@cache
def better_form() -> Schema:
    """A reason, and which of two texts is better."""
    return _schema("better", {"reason": _TEXT, "better": _one_of("first", "second")})


def _schema(name: str, properties: Mapping[str, Any]) -> Schema:
    definition = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return Schema(name, definition)


def _one_of(*words: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


def _numbers(numbers: range) -> dict[str, Any]:
    return {"type": "integer", "enum": list(numbers)}


_SEVEN: Final = rating_form((RATINGS[0], RATINGS[-1]))
_ONE: Final = _SEVEN.definition["properties"]
SCHEMAS: Final[dict[Form, Schema | None]] = {
    "text": None,
    "rating": _SEVEN,
    "both": _schema(
        "ratings", {f"{of}_{key}": form for of in ("alignment", "engagement") for key, form in _ONE.items()}
    ),
}
