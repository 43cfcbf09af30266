"""The value of `--column`: `question=prompt,chosen=good`. Knows what a column can be read as, and no file."""

import re
from typing import Final

KEYS: Final = ("question", "considerate", "inconsiderate", "chosen", "rejected", "gold", "options", "material")
_NEXT: Final = re.compile(rf",(?=\s*(?:{'|'.join(KEYS)})\s*=)")


def named_columns(text: str) -> dict[str, str]:
    """The name of the column by what it is read as. Raises `ValueError`.

    A comma ends a name only where another key follows: names of columns hold commas, too.
    """
    named: dict[str, str] = {}
    for part in _NEXT.split(text):
        key, _, name = (each.strip() for each in part.partition("="))
        if key not in KEYS or key in named or not name:
            raise ValueError(part)
        named[key] = name
    return named


def names_columns(text: str | None) -> bool:
    """Whether `named_columns` can read it; nothing is nothing to read."""
    try:
        return text is None or bool(named_columns(text))
    except ValueError:
        return False
