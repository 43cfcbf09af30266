"""Characters that are not seen: what moves a cursor, reorders what is shown, or hides in a text. Knows no terminal.

Some of them belong to writing: joiners within emoji and between letters of scripts that join, ends of words in scripts
without blanks, selectors of the form of the character before them. There they are left; anywhere else, and all others
everywhere, they are shown as their codes.
"""

import re
from collections.abc import Callable
from typing import Final

# C0 without tab and newline, DEL, C1; Unicode's Default_Ignorable_Code_Point and its line and paragraph separators,
# byte order mark and interlinear marks: https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
_CONTROL: Final = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_BIDI: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_TAGS: Final = "\U000e0000-\U000e007f"
_OTHERS: Final = (
    "\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2028\u2029\u2060-\u2065\u206a-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0080-\U000e0fff"
)
_UNSEEN: Final = re.compile(f"[{_CONTROL}{_BIDI}{_TAGS}{_OTHERS}]+")
# Arabic, Syriac, N'Ko, the scripts of India and Sri Lanka, Tibetan, Myanmar, Khmer, Mongolian.
_JOINING: Final = "\u0600-\u08ff\u0900-\u0fff\u1000-\u109f\u1780-\u17d3\u1820-\u18aa"
# Thai, Lao, Myanmar and Khmer set no blanks between words; where a line may end stands a space of no width.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_SYMBOL: Final = "\xa9\xae\u203c-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_IDEOGRAPH: Final = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Flags of England, Scotland and Wales: the only ones that are written with tags.
_FLAGS: Final = "|".join("".join(chr(0xE0000 + ord(letter)) for letter in name) for name in ("gbeng", "gbsct", "gbwls"))
_WRITING: Final = re.compile(
    rf"(?<=[{_JOINING}])[\u200c\u200d]|(?<=[{_SYMBOL}])(?:\ufe0f?\u200d(?=[{_SYMBOL}])|[\ufe0e\ufe0f])"
    rf"|(?<=[{_UNSPACED}])\u200b(?=[{_UNSPACED}])"
    rf"|(?<=[0-9#*])\ufe0f(?=\u20e3)|(?<=[\u2200-\u22ff])\ufe00|(?<=[\u1820-\u18aa])[\u180b-\u180d]"
    rf"|(?<=[{_IDEOGRAPH}])[\ufe00-\ufe02\U000e0100-\U000e01ef]|(?<=\U0001f3f4)(?:{_FLAGS})\U000e007f"
)
# What shows another text than there is, or none, and never stands in ordinary writing by accident.
_HIDING: Final = re.compile(f"[\u202a-\u202e\u2066-\u2069{_TAGS}]")
_MOST: Final = 3


def unseen_as(code: Callable[[str], str], text: str) -> str:
    """`text` with `code` of each character that nobody sees in its place, but for those that belong to writing."""

    def replaced(found: re.Match[str]) -> str:
        return found[0] if _is_writing(found) else "".join(map(code, found[0]))

    return _UNSEEN.sub(replaced, text)


def hidden_in(text: str) -> list[str]:
    """The first few kinds of characters in `text` that hide or reorder what it says: `U+202E`, `U+E0041`."""
    runs = (run[0] for run in _UNSEEN.finditer(text) if not _is_writing(run))
    found = (f"U+{ord(character):04X}" for run in runs for character in _HIDING.findall(run))
    return list(dict.fromkeys(found))[:_MOST]


def _is_writing(found: re.Match[str]) -> bool:
    writing = _WRITING.match(found.string, found.start())
    return writing is not None and writing.end() == found.end()
