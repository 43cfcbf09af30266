"""Reads which of lettered options a model chose. Knows letters and options, not what was asked nor what is right.

The ways of reading are tried in turn, and the first that finds anything decides: JSON; a reply that is a letter;
`answer: X`, `(X)` or `X)` at the start or on the last line; the text of an option. A letter within prose is none: "A
good start is" does not choose A, nor "I think" I.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from string import ascii_uppercase
from typing import Final, NamedTuple

from agents.lines import bare, bare_lines, unstopped, without_half_word
from agents.model import Reply
from agents.parts import Parts, take_apart
from agents.spoken import Spoken, spoken
from agents.unread import Unread, is_withheld, why_none

# The place of a letter, or that something else stands where a choice should.
_Found = int | None

_KEYS: Final = ("answer", "choice", "option", "letter")
# One letter on its own, in brackets or with what stands behind letters in lists.
_LETTER: Final = re.compile(r"\(?([A-Z])(?:\)|[.:])?", re.IGNORECASE)
_LONGEST_LETTER: Final = len("(A)")
_LETTERED: Final = re.compile(r"\(?([A-Z])[).:]\s*+(\S.*+)", re.IGNORECASE | re.DOTALL)
# Another letter behind it, so that two are given: "B or C", "A/B", "b) or c)"; it may be cut off.
_MORE: Final = (
    r"(?P<more>\s*+(?:[,/&;|]|and\b|or\b)\s*+\(?"
    r"(?:[A-Z](?=\s*+(?:[.,;:/&|)\]]|(?:and|or)\b|\Z))|\u2026))?+"
)
# Behind "answer:" an article or a pronoun goes on with a word; a letter that is chosen does not.
_ANSWER: Final = re.compile(
    r"\banswer\W{0,3}?:\W{0,4}?\b(?P<letter>[AI](?=\s*+(?:[.,;:/&)\]*]|[-\u2013\u2014]\s|\Z|(?:and|or)\s++[A-Z]\b))"
    rf"|[B-HJ-Z](?![\w'\u2019]))\)?+{_MORE}",
    re.IGNORECASE,
)
# The answer is at the start behind these too.
_LEAD: Final = re.compile(r"\A(?:(?:the|my|final|correct|right|best)\s++){0,3}+", re.IGNORECASE)
_AT_START: Final = re.compile(rf"(?:[-\u2022+]\s++)?\(?(?P<letter>[A-Z])\){_MORE}", re.IGNORECASE)
_BRACKETED: Final = re.compile(rf"(?<![\w('\u2019])\(?(?P<letter>[A-Z])\){_MORE}")
# Brackets around more than a letter: the one that closes them follows no letter of an option.
_ASIDE: Final = re.compile(r"\([^()]{2,}+\)")


class _Texts(NamedTuple):
    """Which option is meant by a text: by just this one, else by one without frame and stop. What two have is none."""

    exact: dict[str, int]
    bare: dict[str, int]

    @classmethod
    @lru_cache(maxsize=1 << 12)
    def of(cls, options: tuple[str, ...]) -> "_Texts":
        return cls(_single([_plain(option) for option in options]), _single([unstopped(option) for option in options]))

    def place(self, text: str) -> int | None:
        exact = self.exact.get(_plain(text))
        return self.bare.get(unstopped(text)) if exact is None else exact


class Choice(NamedTuple):
    """The place of the option that was chosen, among those shown, or why there is none."""

    place: int | None
    missing: Unread | None


def read_choice(reply: Reply, options: Sequence[str]) -> Choice:
    """Read which of `options` was chosen, which are in the order in which they were shown, lettered A, B, ...

    Never raises. Two different ones are unparsable, and a letter beyond the options is out of range. A letter at which
    the token limit cut the reply may be the start of a word, and is none.
    """
    said = spoken(reply)
    if is_withheld(reply, said):
        return Choice(None, "refused")
    found = _found(said, take_apart(said.text), options)
    return _chosen(found, len(options)) if found else Choice(None, why_none(said))


def _chosen(found: set[_Found], options: int) -> Choice:
    place = next(iter(found)) if len(found) == 1 else None
    if place is None:
        return Choice(None, "unparsable")
    return Choice(place, None) if place < options else Choice(None, "out_of_range")


def _found(said: Spoken, parts: Parts, options: Sequence[str]) -> set[_Found]:
    """What the first way of reading finds that finds anything."""
    texts = _Texts.of(tuple(options))
    if given := parts.given(*_KEYS):
        return {_meant(value, texts) for value in given}
    prose = without_half_word(said, parts.prose)
    ways: tuple[Callable[[], set[_Found]], ...] = (
        lambda: _as(_letter(prose)),
        lambda: set(_stated(prose)),
        lambda: _as(_worded(prose, texts)),
    )
    return next(filter(None, (way() for way in ways)), set())


def _as(place: _Found) -> set[_Found]:
    return set() if place is None else {place}


def _meant(value: object, texts: _Texts) -> _Found:
    """The option that a value in JSON is."""
    if not isinstance(value, str):
        return None
    letter = _letter(value)
    return _worded(value, texts) if letter is None else letter


def _letter(text: str) -> _Found:
    # Most texts are long, and what is longer than the pattern need not be folded to see that it is no letter.
    match = _LETTER.fullmatch(unstopped(text)) if len(bare(text).strip()) <= _LONGEST_LETTER else None
    return _place(match[1]) if match else None


def _worded(text: str, texts: _Texts) -> _Found:
    """The option whose exact text this is, with or without its own letter before it."""
    whole = texts.place(text)
    lettered = _LETTERED.fullmatch(text.strip()) or _LETTERED.fullmatch(unstopped(text))
    if whole is not None or lettered is None:
        return whole
    place = texts.place(lettered[2])
    return place if place == _place(lettered[1]) else None


def _stated(text: str) -> Iterator[_Found]:
    """The letters that are marked as the answer, at the start and on the last line."""
    lines = bare_lines(text)
    if not lines:
        return
    last = _ASIDE.sub(" ", lines[-1])
    started = filter(None, (_AT_START.match(lines[0]), _ANSWER.match(_LEAD.sub("", lines[0]))))
    for match in chain(started, _ANSWER.finditer(last), _BRACKETED.finditer(last)):
        yield None if match["more"] else _place(match["letter"])


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _single(texts: Sequence[str]) -> dict[str, int]:
    """The places of texts that stand there once; of nothing there is none."""
    return {text: place for place, text in enumerate(texts) if text and texts.count(text) == 1}


def _place(letter: str) -> int:
    return ascii_uppercase.index(letter.upper())
