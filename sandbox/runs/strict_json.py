"""JSON that others wrote as a record, in memory that its length bounds. Knows pydantic, and no file."""

from typing import Final, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json

R = TypeVar("R", bound=BaseModel)
_SHORT: Final = 1 << 16  # bytes, of which no number of copies fills a memory


def read_strictly(kind: type[R], content: bytes) -> R:
    """The record that `content` is. Raises `ValidationError`.

    For each problem in JSON pydantic keeps a copy of what stands around it, thousands of one document. Of values of
    Python it keeps none, so what is long is looked at as such first: whatever that lets through has few problems.
    """
    if len(content) > _SHORT:
        try:
            document = from_json(content)
        except ValueError:
            document = None
        if document is not None:
            kind.model_validate(document)
    return kind.model_validate_json(content, strict=True)
