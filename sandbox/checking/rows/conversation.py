"""A text, or a list of turns with a role and a content: which of the two a value is, and what is wrong with its turns.

Knows the two ways in which turns are written; not what a trainer makes of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from sandbox.checking.names import Code
from sandbox.export.names import Style

RowPart = Literal["prompt", "answer", "whole"]
TurnRole = Literal["system", "user", "assistant", "tool"]


class Keys(NamedTuple):
    """How turns are written: the names of the two keys, and who each role is."""

    role: str
    content: str
    speakers: Mapping[str, TurnRole]


CHATML: Final = Keys(
    "role",
    "content",
    {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"},
)
SHAREGPT: Final = Keys(
    "from",
    "value",
    {
        "system": "system", "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant",
        "observation": "tool", "function_call": "tool", "tool": "tool",
    },
)  # fmt: skip


class Said(NamedTuple):
    """What a value says: its style (None: neither), all of its text, and what is wrong."""

    style: Style | None
    text: str
    problems: Sequence[Code]


def said(value: object, part: RowPart, keys: Keys = CHATML) -> Said:
    """Look at a prompt, an answer, or a whole conversation."""
    if type(value) is str:
        return Said("string", value, ())
    if not isinstance(value, list):
        return Said(None, "", ("not_text",))
    if not value:
        return Said("conversational", "", ("empty_conversation",))
    if not all(isinstance(turn, dict) for turn in value):
        return Said(None, "", ("not_text",))
    return Said("conversational", _text(value, keys), tuple(dict.fromkeys(_problems(value, part, keys))))


def last_answer(turns: Sequence[Mapping[str, Any]], keys: Keys) -> tuple[str, str]:
    """The text of a whole conversation up to its last turn, and that turn's."""
    return _text(turns[:-1], keys), _text(turns[-1:], keys)


def _text(turns: Sequence[Mapping[str, Any]], keys: Keys) -> str:
    return "\n\n".join([_content(turn.get(keys.content)) for turn in turns])


def _content(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(part["text"]) for part in content if isinstance(part, dict) and part.get("text"))
    return ""


def _problems(turns: Sequence[Mapping[str, Any]], part: RowPart, keys: Keys) -> Iterator[Code]:
    speakers: list[TurnRole] = []
    for turn in turns:
        role = turn.get(keys.role)
        if not isinstance(role, str):
            yield "bad_message"
        elif not _says_something(turn, keys):
            yield "null_content"
        elif role not in keys.speakers:
            yield "unknown_role"
        else:
            speakers.append(keys.speakers[role])
    if len(speakers) == len(turns):
        yield from _order(speakers, part)


def _says_something(turn: Mapping[str, Any], keys: Keys) -> bool:
    content = turn.get(keys.content)
    return isinstance(content, str | list) or bool(turn.get("tool_calls"))


def _order(speakers: list[TurnRole], part: RowPart) -> Iterator[Code]:
    if part == "answer" and speakers[0] != "assistant":
        yield "answer_not_assistant"
        return
    if part == "whole" and speakers[-1] != "assistant":
        yield "no_answer"
    unasked = part == "prompt" and speakers[-1] == "assistant"
    if unasked or ("tool" not in speakers and not _alternate(speakers, part)):
        yield "role_order"


def _alternate(speakers: list[TurnRole], part: RowPart) -> bool:
    """Whether user and assistant take turns, after a word of the system at most. Tools speak in any order."""
    turns = speakers[1:] if speakers[0] == "system" and part != "answer" else speakers
    first, second = ("assistant", "user") if part == "answer" else ("user", "assistant")
    return bool(turns) and all(turn == (second if place % 2 else first) for place, turn in enumerate(turns))
