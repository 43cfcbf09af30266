"""One row of a question file: which keys it may have, and what an HH-RLHF transcript says first.

Knows no file format and no question set; whoever reads a file says where the row stands.
"""

import re
from collections.abc import Collection, Mapping
from itertools import islice
from typing import Final, NamedTuple

from sandbox.errors import UsageError

KEYS: Final = "`question` (and perhaps `considerate` and `inconsiderate`), or `chosen` and `rejected`"
_TURN: Final = re.compile(r"(?:\A|\n\n)(Human|Assistant): ?")


class Row(NamedTuple):
    """One row, its texts as the file has them: not stripped, not normalised. An answer not there is None."""

    question: str
    considerate: str | None = None
    inconsiderate: str | None = None


def row(fields: Mapping[str, object], place: str) -> Row:
    """Make a row of an object or a table row; a `UsageError` begins with `place` (file and line).

    The question of `chosen` and `rejected` is the first human turn of chosen; its answers are the first
    assistant turns of both. They are left out if rejected begins with another question.
    """
    if known_keys(fields, place)[0] == "question":
        considerate, inconsiderate = (_answer(fields, key, place) for key in Row._fields[1:])
        return Row(_text(fields, "question", place), considerate, inconsiderate)
    chosen = first_exchange(_text(fields, "chosen", place))
    rejected = first_exchange(_text(fields, "rejected", place))
    if chosen is None:
        raise UsageError(f'{place}: no human turn in `chosen`\nwanted: "\\n\\nHuman: …\\n\\nAssistant: …"')
    if rejected is None or rejected[0].strip() != chosen[0].strip():
        return Row(chosen[0])
    return Row(chosen[0], chosen[1], rejected[1])


def known_keys(found: Collection[str], place: str) -> tuple[str, ...]:
    """Those of the keys found that are read; `question` goes before `chosen` and `rejected`."""
    if "question" in found:
        return tuple(key for key in Row._fields if key in found)
    if "chosen" in found and "rejected" in found:
        return "chosen", "rejected"
    shown = ", ".join(repr(key)[:40] for key in islice(found, 6)) or "nothing"
    raise UsageError(f"{place}: found {shown}\nwanted: {KEYS}")


def first_exchange(transcript: str) -> tuple[str, str] | None:
    r"""First human turn of an HH-RLHF transcript and the first assistant turn after it ("" if there is none).

    Turns begin with `\n\nHuman: ` and `\n\nAssistant: `. None if there is no human turn.
    """
    parts = _TURN.split(transcript)
    turns = iter(zip(parts[1::2], parts[2::2], strict=True))
    question = next((text for role, text in turns if role == "Human"), None)
    answer = next((text for role, text in turns if role == "Assistant"), "")
    return None if question is None else (question, answer)


def _text(fields: Mapping[str, object], key: str, place: str) -> str:
    value = fields[key]
    if not isinstance(value, str):
        found = "missing" if value is None else f"no text but {type(value).__name__}"
        raise UsageError(f"{place}: `{key}` is {found}")
    return value


def _answer(fields: Mapping[str, object], key: str, place: str) -> str | None:
    return None if fields.get(key) is None else _text(fields, key, place)
