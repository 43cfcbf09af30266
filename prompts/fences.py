"""Fences around what models and question sets wrote, which no text can leave. Knows no template.

To a model more than `</answer>` can look like the end of an answer: letters, brackets and slashes of other alphabets,
letters set apart or with marks that nobody sees between them, a tag in characters that are not seen at all. The first
character of each becomes `&lt;`. Every other text stays as it is, byte for byte: requests are known by their hash.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Final

TAGS: Final = ("question", "draft", "answer", "feedback", "earlier_question", "earlier_answer")
_FORGED_TAG: Final = re.compile(rf"<(?=\s*+(?:/\s*+)?+(?:{'|'.join(TAGS)})\b)", re.IGNORECASE)

# What looks like a bracket, a slash or a letter of our tags once compatibility forms, accents and case are undone: from
# Unicode's https://www.unicode.org/Public/security/latest/confusables.txt, small capitals, digits for letters.
_BRACKETS: Final = "<\u02c2\u1438\u16b2\u2039\u2329\u276e\u2770\u27e8\u27ea\u29fc\u3008\u300a\xab\U0001d236"
_ALIKE: Final = {
    "<": _BRACKETS,
    "/": "\\\u2044\u2215\u2216\u2571\u2572\u27cb\u27cd\u29f5\u29f8\u29f9\u3033\u30ce\u4e3f",
    "a": "4@\u0251\u03b1\u0430\u0581\u1d00\u237a\u13aa\ua4ee",
    "b": "8\u0185\u0253\u0299\u0432\u044c\u13cf\u13f4\ua4d0",
    "c": "\u03f2\u0441\u1d04\u2ca5\u13df\ua4da",
    "d": "\u0257\u0501\u13e7\u146f\u1d05\u13a0\ua4d3",
    "e": "3\u025b\u03b5\u0435\u0454\u04bd\u1d07\u212e\u13ac\ua4f0",
    "f": "\u0192\u0584\ua730\ua4dd",
    "i": "1l|!\u0131\u0269\u026a\u029f\u03b9\u0456\u04cf\u05c0\u05d5\u13a5\u2223\u13c6\ua4f2",
    "k": "\u0138\u03ba\u043a\u1d0b\u13e6\ua4d7",
    "n": "\u0274\u03b7\u0438\u043d\u043f\u0578\u057c\ua4e0",
    "o": "0\u03bf\u043e\u0585\u05e1\u0665\u06f5\u1d0f\u1d11\ua4f3",
    "q": "\u051b\u0563\u0566",
    "r": "\u0280\u0433\u044f\u1d26\u2c85\u13a1\u13d2\ua4e3",
    "s": "5$\u01bd\u0455\ua731\u13d5\u13da\ua4e2",
    "t": "7+\u03c4\u0442\u1d1b\u2ca7\u13a2\ua4d4",
    "u": "v\u028b\u03c5\u0446\u057d\u1d1c\ua4f4",
    "w": "\u026f\u03c9\u0448\u0461\u051d\u0561\u1d21\u13b3\u13d4\ua4ea",
}
_FILLERS: Final = "\u115f\u1160\u3164\uffa0"  # letters that nobody sees
_PLAIN: Final = str.maketrans(
    {**{each: letter for letter, alike in _ALIKE.items() for each in alike}, **dict.fromkeys(_FILLERS, "")}
)
_TAG_CHARACTERS: Final = range(0xE0020, 0xE007F)  # ASCII that nobody sees
_UNHIDDEN: Final = {each: each - 0xE0000 for each in _TAG_CHARACTERS}
# The alphabet in parentheses, on dark circles, on dark squares, and as halves of flags, which come apart into nothing.
_LETTERS_OF_SIGNS: Final = (0x249C, 0x1F150, 0x1F170, 0x1F1E6)
_ALPHABET: Final = 26
# What may close: a bracket with neither a letter nor another mark of ASCII behind it, but for slashes. It saves work.
_MAY_CLOSE: Final = re.compile(rf"[{_BRACKETS}\u226e\ufe64\uff1c]\s*+[^!-.0-\[\]-~]|\U000e003c")
_APART: Final = "|".join(
    r"[\s_.*'\"`-]{0,3}+".join(tag.replace("_", "").translate(_PLAIN)) for tag in sorted(TAGS, key=len, reverse=True)
)
_FORGED_END: Final = re.compile(rf"<\s*+/[\s/*'\"`]*+(?:{_APART})(?![a-z_])")


def fence(text: str, tag: str) -> str:
    """`text` between `<tag>` lines; a tag of ours inside the text is made harmless, so text cannot close its fence.

    Raises `ValueError` for a tag that is none of `TAGS`: nothing would make that one harmless.
    """
    if tag not in TAGS:
        raise ValueError(f"no fence is called {tag!r}; there are {', '.join(TAGS)}")
    return f"<{tag}>\n{_without_tags(text)}\n</{tag}>"


def _without_tags(text: str) -> str:
    if text.isascii() and "<" not in text:  # as most texts are
        return text
    forged = {found.start() for found in _FORGED_TAG.finditer(text)}
    if _MAY_CLOSE.search(text):
        for reading, places in _readings(text):
            forged.update(places[place] for place in _forged_ends(reading))
    if not forged:
        return text
    return "".join("&lt;" if place in forged else character for place, character in enumerate(text))


def _readings(text: str) -> Iterator[tuple[str, Sequence[int]]]:
    """The ways in which a model may read `text`: as it is seen; with what is hidden in tag characters; that alone.

    With each, where in the text its characters stand.
    """
    whole = range(len(text))
    yield text, whole
    if hidden := [place for place, character in enumerate(text) if ord(character) in _TAG_CHARACTERS]:
        yield text.translate(_UNHIDDEN), whole
        yield "".join(map(text.__getitem__, hidden)).translate(_UNHIDDEN), hidden


def _forged_ends(reading: str) -> Iterator[int]:
    """Where each closing tag of ours begins that stands in `reading`, in whatever letters."""
    plain = list(map(_folded, reading))
    begins: list[int] = []
    for found in _FORGED_END.finditer("".join(plain)):
        begins = begins or list(accumulate(map(len, plain), initial=0))
        yield bisect_right(begins, found.start()) - 1


@lru_cache(maxsize=10_000)
def _folded(character: str) -> str:
    """`character` in plain small letters, nothing for one that is not seen or only marks another."""
    if character.isspace() or character == "\u2800":
        return " "
    for first in _LETTERS_OF_SIGNS:
        if 0 <= ord(character) - first < _ALPHABET:
            return chr(ord("a") + ord(character) - first).translate(_PLAIN)
    whole = unicodedata.normalize("NFKD", character)
    seen = "".join(each for each in whole if unicodedata.category(each)[0] not in "MC")
    return seen.casefold().translate(_PLAIN)


def outside(text: str) -> str:
    """`text` without what stands in whole fences of ours: who repeats what was shown has not said it."""
    for tag in TAGS:
        text = _outside(text, f"<{tag}>\n", f"\n</{tag}>")
    return text


def _outside(text: str, opening: str, closing: str) -> str:
    kept, end = [], 0
    while (begin := text.find(opening, end)) >= 0 and (close := text.find(closing, begin)) >= 0:
        kept.append(text[end:begin])
        end = close + len(closing)
    return "".join([*kept, text[end:]])
