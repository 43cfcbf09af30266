"""Rows whose texts hold special tokens, tags of thinking or characters that nobody sees: how many rows, and which.

Knows texts and marks; no column, no tokenizer and no trainer.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from agents.invisible import hidden_in
from agents.marks import PERHAPS, SPECIAL
from agents.thinking import NAMES, TAG
from sandbox.checking.names import MOST_PLACES, Code, Place, RowKind
from sandbox.checking.rows.column_check import listed
from sandbox.checking.rows.faults import Faults
from sandbox.checking.rows.kinds import ROLES
from sandbox.checking.rows.row_check import RowTexts

_LONGEST: Final = 40  # characters of a mark that are shown
_MOST: Final = 100  # different marks of a code that are counted one by one
_OTHERS: Final = "others"
# One quick look for all: what it finds is looked at again.
_SEEN: Final = re.compile(
    rf"<(?i:[/|]{{0,2}}(?:[a-z0-9]{{1,20}}[:_]){{0,3}}(?:{NAMES})|unused9[45]>|\|?channel)"
    rf"|\[(?i:/?think\]|begin final)|◁|{SPECIAL.pattern}"
)


class _Found(NamedTuple):
    code: Code
    mark: str


class Marks:
    """Counts rows by what their texts hold, and tells it in `faults` at the end."""

    def __init__(self, kind: RowKind, faults: Faults) -> None:
        self._are_known: Final = kind in ROLES
        self._faults: Final = faults
        self._rows: Final[Counter[Code]] = Counter()
        self._marks: Final[dict[Code, Counter[str]]] = {}
        self._places: Final[dict[Code, list[Place]]] = {}

    def look(self, row: Mapping[str, Any], said: RowTexts) -> None:
        """Look at what the row that is being read says; at all of it but raw replies where its kind is not known."""
        texts = (said.prompt, *said.answers) if self._are_known else tuple(texts_within(row, but="raw"))
        # One of these begins each of them, and most texts have none: to look for a character takes next to no time.
        seen = (each for text in texts if "<" in text or "[" in text or "◁" in text for each in _found(text))
        found = dict.fromkeys(map(_templated, seen) if _has_template(said) else seen)
        hidden = (_Found("hidden_text", each) for text in texts if not text.isascii() for each in hidden_in(text))
        if found := found | dict.fromkeys(hidden):
            self._note(found)

    def finish(self) -> None:
        """All rows were read."""
        for code, rows in self._rows.items():
            self._faults.add(code, _told(self._marks[code], rows), rows, self._places[code])

    def _note(self, found: Collection[_Found]) -> None:
        for code in {each.code for each in found}:
            self._rows[code] += 1
            if self._rows[code] <= MOST_PLACES:
                self._places.setdefault(code, []).append(Place(self._faults.file, self._faults.row))
        for code, mark in found:
            marks = self._marks.setdefault(code, Counter())
            marks[mark if mark in marks or len(marks) < _MOST else _OTHERS] += 1


def _found(text: str) -> Iterator[_Found]:
    # In HTML the two strike text through; one that nothing opened is an end.
    is_end = "</s>" in text and text.count("</s>") > text.count("<s>")
    for seen in _SEEN.finditer(text):
        if tag := TAG.match(text, seen.start()):
            yield _Found("thinking_tag", tag[0][:_LONGEST])
        elif mark := SPECIAL.match(text, seen.start()):
            is_perhaps = PERHAPS.fullmatch(mark[0]) and not (is_end and mark[0] == "</s>")
            yield _Found("perhaps_special" if is_perhaps else "special_token", mark[0][:_LONGEST])


def _has_template(said: RowTexts) -> bool:
    """Strings that begin with a mark were put into a chat template by whoever made them."""
    first = said.prompt or next(iter(said.answers), "")
    return said.styles == {"string"} and bool(SPECIAL.match(first.lstrip()))


def _templated(found: _Found) -> _Found:
    return found if found.code == "thinking_tag" else _Found("templated", found.mark)


def _told(marks: Counter[str], rows: int) -> str:
    """The marks, most frequent first, each with its rows where these are fewer than all."""
    return listed([mark if count == rows else f"{mark} ({count})" for mark, count in marks.most_common()])


def texts_within(value: object, but: str) -> Iterator[str]:
    """Every text within lists and objects, but those under keys that end with `but`."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            waiting += [inner for key, inner in each.items() if not key.endswith(but)]
