"""How models write numbers in a text: digits, words, fractions, ranges. Knows no scale but one end, and no rating.

The patterns are written so that none can try the same stretch again and again (possessive quantifiers, bounded
counts): the time is linear in the text.
"""

import re
from typing import Final

_WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
# One mark for all marks of a kind; curly quotation marks stay apart from the straight ones that delimit JSON.
_MARKS: Final = {
    "'": "\u2018\u2019\u02bc\uff07",
    "\u201c": "\u201d\u201e\u00ab\u00bb",
    "-": "\u2010\u2011\u2012\u2013\u2212\uff0d",
    "+": "\uff0b",
    ":": "\uff1a",
    "/": "\uff0f\u2044\u2215",
    ".": "\uff0e\u066b",
    ",": "\uff0c\u066c",
    "%": "\uff05\u066a",
    "~": "\uff5e\u301c",
    " ": "*_`\xad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff",
}
_UNIFIED: Final = str.maketrans({variant: mark for mark, variants in _MARKS.items() for variant in variants})

H: Final = r"[^\S\r\n]"  # a blank within a line

_LARGE: Final = (
    r"eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|hundred|thousand|half|halves|quarters?|thirds"
)
OF: Final = (
    rf"(?:{H}*+(?:points?|stars?|pts|marks?)\b)?+{H}*+[(\[]?{H}*+(?:/|out{H}++of\b|of\b|on{H}++an?\b)"
    rf"{H}*+(?:(?:an?|the|possible|maximum|max|total|of|scale|from){H}++){{0,4}}+"
)
RANGE: Final = (
    rf"{H}*+(?:-|—|~|±|…|\.\.\.?|&){H}*+|{H}*+[,;(]?{H}*+\b"
    rf"(?:to|or|and|through|vs|versus|point|plus|minus|maybe|perhaps|possibly){H}++"
    rf"(?:(?:maybe|perhaps|possibly|even|an?){H}++){{0,3}}+"
)
ACCEPTED: Final = re.compile(rf"([-+]?\d+|{'|'.join(_WORDS)})(?:\.0+)?(?:{OF}(\d+|{'|'.join(_WORDS)})(?:\.0+)?)?")
# Behind a number that the token limit may have cut in two: "7" of "75", "6." of "6.5", "6 out" of "6 out of 10".
CUT: Final = re.compile(rf"\Z|{H}*+(?:[-—/.,:(]|out(?:{H}++of)?|of|to|or|and){H}*+\Z")


def spelled(number: int) -> str:
    """The ways to write a whole number, as alternatives of a pattern."""
    return f"{number}|{_WORDS[number]}" if 0 <= number < len(_WORDS) else re.escape(str(number))


def unified(text: str) -> str:
    """`text` in lower case, with one mark and one digit for all of a kind; marks of emphasis are blanks."""
    return re.sub(r"(?![0-9])\d", lambda match: str(int(match[0])), text.translate(_UNIFIED).lower())


def amount(most: int) -> str:
    """A pattern of digits or a number word, no part of a longer word ("GPT-4", "5th", "5-star", "seventy-five").

    "one" is a number only where no noun follows it: not in "one of the best" or "one that convinces", but in "one of
    seven" if that is the `most` that is given.
    """
    behind_one = rf"(?:out|because|since|as|for|due|on|and|or|to|point|star|of{H}++(?:{spelled(most)}))\b"
    small = "|".join(_WORDS).replace("one", rf"one(?!{H}++(?!{behind_one})\w)")
    return (
        rf"(?<!\w)(?<![^\W\d]-)(?:[-+]?\.?\d++(?:[.,:]\d++)*+|{small}|{_LARGE})(?!\w)(?!-[^\W\d])"
        rf"(?:{H}*+[%½¼¾⅓⅔^]|{H}++per{H}?cent\b|\+|{H}++on{H}++an?{H}++\d++[ -]point\b)?+"
    )


def whole(token: str) -> int:
    """Return the number that digits or a number word spell, cut to 25 digits: `int` refuses 5,000 of them."""
    return _WORDS.index(token) if token in _WORDS else int(token[:25])
