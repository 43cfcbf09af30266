"""The JSON forms in which ratings are asked for. Knows their shape, not who fills them in.

The reason comes before the rating, so that the rating follows from it. The numbers are an enumeration because every
endpoint with structured output takes one, while not all take `minimum` and `maximum`.
"""

from typing import Any, Final, Literal

from agents.model import Schema

Form = Literal["text", "rating", "both"]

RATINGS: Final = (1, 2, 3, 4, 5, 6, 7)


def _schema(name: str, prefixes: tuple[str, ...]) -> Schema:
    properties: dict[str, Any] = {}
    for prefix in prefixes:
        properties[f"{prefix}reason"] = {"type": "string"}
        properties[f"{prefix}rating"] = {"type": "integer", "enum": list(RATINGS)}
    definition = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return Schema(name, definition)


SCHEMAS: Final[dict[Form, Schema | None]] = {
    "text": None,
    "rating": _schema("rating", ("",)),
    "both": _schema("ratings", ("alignment_", "engagement_")),
}
