"""How long each row is, and whether it fits into a context: counted by a tokenizer where there is one, else estimated.

A tokenizer counts a row as a chat template puts it; texts are taken for what a user says. Knows rows and no tokenizer.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sandbox.checking.names import RowKind
from sandbox.checking.rows.faults import Faults
from sandbox.checking.rows.kinds import roles
from sandbox.checking.rows.row_check import RowTexts
from sandbox.checking.rows.sizes import tokens

UNMEASURED: Final = frozenset[RowKind]({"interactions", "unknown"})
_Turn = Mapping[str, str]


class Size(NamedTuple):
    """Tokens of what is asked, and of that with an answer."""

    asked: int
    whole: int


# Counts turns and an answer to them; None where the template does not take them.
Count = Callable[[Sequence[_Turn], str], Size | None]


class Measure:
    """Measures rows for a context of `max_length` tokens; `count` is a tokenizer's."""

    def __init__(self, max_length: int, count: Count | None = None) -> None:
        self._max_length: Final = max_length
        self._count: Final = count
        self._how: Final = "counted" if count else "estimated"

    def measured(self, row: Mapping[str, Any], said: RowTexts, kind: RowKind, faults: Faults) -> int:
        """The tokens of a row with its longest answer; what does not fit is noted in `faults`."""
        size = self._size(row, said, kind)
        if kind not in UNMEASURED:
            if roles(kind).prompts and size.asked >= self._max_length:
                faults.note("prompt_too_long", self._how)
            elif size.whole > self._max_length:
                faults.note("row_too_long", self._how)
        return size.whole

    def _size(self, row: Mapping[str, Any], said: RowTexts, kind: RowKind) -> Size:
        if self._count and said.answers and kind not in UNMEASURED:
            turns = _turns(row, said, kind)
            counted = [self._count(turns, answer) for answer in said.answers]
            if found := [size for size in counted if size]:
                return Size(max(size.asked for size in found), max(size.whole for size in found))
        asked = tokens(said.prompt)
        return Size(asked, asked + max(map(tokens, said.answers), default=0))


def _turns(row: Mapping[str, Any], said: RowTexts, kind: RowKind) -> Sequence[_Turn]:
    """What comes before an answer, as turns."""
    if turns := _conversation(row, kind):
        return [{name: str(turn.get(name)) for name in ("role", "content")} for turn in turns]
    parts = [row.get(name) for name in ("instruction", "input")]
    text = "\n\n".join(part for part in parts if isinstance(part, str) and part) or said.prompt.removesuffix("\n")
    return [{"role": "user", "content": text}] if text else []


def _conversation(row: Mapping[str, Any], kind: RowKind) -> Sequence[Mapping[str, Any]]:
    """The turns before an answer; none where the row has it as a text."""
    prompts = roles(kind).prompts
    value = row.get(prompts[0] if prompts else "messages")
    turns = [turn for turn in value if isinstance(turn, dict)] if isinstance(value, list) else []
    return turns if prompts else turns[:-1]
