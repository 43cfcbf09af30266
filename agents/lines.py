"""The lines of what was said, without marks of emphasis, quotation and lists. Knows no words."""

import re
from typing import Final

from agents.spoken import Spoken

# Around a line: emphasis, quotations, code, headings, the frame of a quotation.
_FRAME: Final = " \t\r\n*_`\"'\u2018\u2019\u201c\u201d\u00ab\u00bb#>"
_STOPS: Final = ".!"
_LAST_WORD: Final = re.compile(r"(?<!\w)\w++\Z")


def bare_lines(text: str) -> list[str]:
    """The lines of `text` that say anything, each without what frames it."""
    return [line for line in (each.strip(_FRAME) for each in text.splitlines()) if line]


def unstopped(line: str) -> str:
    """`line` in one case, with neither what frames it nor a stop at its end, and with single blanks."""
    return " ".join(bare(line).casefold().split())


def bare(text: str) -> str:
    """`text` with neither what frames it nor a stop at its end."""
    return text.strip(_FRAME).rstrip(_STOPS).strip(_FRAME)


def without_half_word(said: Spoken, prose: str) -> str:
    """`prose`, with an ellipsis for a last word that the token limit may have cut, such as "A" of "Any"."""
    return _LAST_WORD.sub("\u2026", prose.rstrip(" ")) if said.finish == "length" else prose
