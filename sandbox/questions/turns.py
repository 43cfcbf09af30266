r"""What was said in turns: transcripts of HH-RLHF, and lists of messages. Knows no file and no row.

A turn of a transcript begins with `Human:` or `Assistant:` at the start, or after a blank line; where that gives no
answer, after any line end, and where that gives none either, after any blank: some tools make a line of all lines. Line
ends are those of any system, and those that Unicode adds.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

_BREAK: Final = r"(?>\r\n|[\n\r\v\f\x85\u2028\u2029])"  # atomic: or `\r\n` would pass for two
_APART: Final = re.compile(rf"(?:\A\s*|{_BREAK}[ \t]*{_BREAK})(Human|Assistant): ?")
_BELOW: Final = re.compile(rf"(?:\A\s*|{_BREAK})(Human|Assistant): ?")
_WITHIN: Final = re.compile(r"(?:\A\s*|(?<=\s))(Human|Assistant): ?")
_OPENING: Final = re.compile(r"\s*(?:Human|Assistant):")
_ROLES: Final = {"Human": "user", "Assistant": "assistant"}


class Turn(NamedTuple):
    """Who speaks, `user` or `assistant`, and what is said."""

    role: str
    text: str


def opens_transcript(text: str) -> bool:
    """Whether `text` begins with a turn."""
    return bool(_OPENING.match(text))


def transcript(text: str) -> list[Turn]:
    """The turns of an HH-RLHF transcript; what stands before the first is left out."""
    apart = _turns(_APART, text)
    if _answered(apart):
        return apart
    others = (_turns(pattern, text) for pattern in (_BELOW, _WITHIN))
    return next((turns for turns in others if _answered(turns)), apart)


def chat(messages: Iterable[object]) -> list[Turn]:
    """The turns of a list of messages; those of a system or a tool are left out. Raises `ValueError`."""
    turns = []
    for number, message in enumerate(messages, 1):
        role, text = (message.get("role"), message.get("content")) if isinstance(message, dict) else (None, None)
        if role is None:
            raise ValueError(f"message {number} has no `role`")
        if role in _ROLES.values():
            if not isinstance(text, str):
                raise ValueError(f"message {number} has no text in `content`")
            turns.append(Turn(role, text))
    return turns


def first_exchange(turns: Sequence[Turn]) -> tuple[str, str] | None:
    """The first turn of the user and the first of the assistant after it ("" if there is none).

    None if the user says nothing.
    """
    rest = iter(turns)
    question = next((turn.text for turn in rest if turn.role == "user"), None)
    answer = next((turn.text for turn in rest if turn.role == "assistant"), "")
    return None if question is None else (question, answer)


def _turns(pattern: re.Pattern[str], text: str) -> list[Turn]:
    parts = pattern.split(text)
    return [Turn(_ROLES[who], said) for who, said in zip(parts[1::2], parts[2::2], strict=True)]


def _answered(turns: Sequence[Turn]) -> bool:
    rest = iter(turns)
    return any(turn.role == "user" for turn in rest) and any(turn.role == "assistant" for turn in rest)
