"""Reads ratings on the 1-7 scale out of a JSON value, of keys in broken JSON, or of prose.

Knows the ways in which models write a number; knows nothing of replies, refusals or reasons. Every reader
collects *candidates*: the whole number that stands there, or None where something stands that is no whole
number on this scale (6.5, 5-6, 4/5, 80%). `judge` makes a rating of them or says why there is none.

The patterns are written so that none can try the same stretch again and again (possessive quantifiers, bounded
counts): the time is linear in the text.
"""

import re
from functools import cache
from typing import Final, Literal

Candidate = int | None
Verdict = int | Literal["unparsable", "out_of_range"]
NAMES: Final = ("rating", "score", "alignment", "engagement")

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

_H: Final = r"[^\S\r\n]"  # a blank within a line

# Mentions of the scale itself: "1-7", "from one to seven", "7-point scale", "(1 = worst, 7 = best)".
_START: Final = r"(?<![\w.,/-])"
_SEVEN: Final = r"(?:7|seven)(?!\w|[.,]\d)"
_MEANS: Final = r"(?:=|is\b|being\b|means?\b|meaning\b|represents?\b|indicates?\b)"
_SCALE: Final = re.compile(
    rf"{_START}(?:1|one){_H}*+(?:-|—|~|\.\.\.?|…|to\b|through\b){_H}*+{_SEVEN}"
    rf"|between{_H}++(?:1|one){_H}++and{_H}++{_SEVEN}|scale{_H}++(?:of|from){_H}++{_SEVEN}"
    rf"|{_START}(?:7|seven)[ -]point{_H}++(?:likert{_H}++)?scale"
    rf"|\({_H}*+[17]\b(?!{_H}*+(?:/|out\b|of\b))[^()\d\n]{{1,60}}+\b[17]\b[^()\d\n]{{0,60}}+\)"
    rf"|{_START}[17]{_H}*+{_MEANS}[^\d\n]{{0,60}}+\b[17]{_H}*+{_MEANS}"
)

# "one" is a number only where no noun follows it: not in "one of the best" or "one that convinces".
_BEHIND_ONE: Final = rf"(?:out|because|since|as|for|due|on|and|or|to|point|star|of{_H}++(?:7|seven))\b"
_SMALL: Final = "|".join(_WORDS).replace("one", rf"one(?!{_H}++(?!{_BEHIND_ONE})\w)")
_LARGE: Final = (
    r"eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|hundred|thousand|half|halves|quarters?|thirds"
)
# Digits or a number word that are no part of a longer word ("GPT-4", "5th", "5-star", "seventy-five").
_AMOUNT: Final = (
    rf"(?<!\w)(?<![^\W\d]-)(?:[-+]?\.?\d++(?:[.,:]\d++)*+|{_SMALL}|{_LARGE})(?!\w)(?!-[^\W\d])"
    rf"(?:{_H}*+[%½¼¾⅓⅔^]|{_H}++per{_H}?cent\b|\+|{_H}++on{_H}++an?{_H}++\d++[ -]point\b)?+"
)
_OF: Final = (
    rf"(?:{_H}*+(?:points?|stars?|pts|marks?)\b)?+{_H}*+[(\[]?{_H}*+(?:/|out{_H}++of\b|of\b|on{_H}++an?\b)"
    rf"{_H}*+(?:(?:an?|the|possible|maximum|max|total|of|scale|from){_H}++){{0,4}}+"
)
_RANGE: Final = (
    rf"{_H}*+(?:-|—|~|±|…|\.\.\.?|&){_H}*+|{_H}*+[,;(]?{_H}*+\b"
    rf"(?:to|or|and|through|vs|versus|point|plus|minus|maybe|perhaps|possibly){_H}++"
    rf"(?:(?:maybe|perhaps|possibly|even|an?){_H}++){{0,3}}+"
)
# As much as can belong together is taken first; only then is it asked whether that is a rating.
_EXPRESSION: Final = rf"(?P<expression>{_AMOUNT}(?:(?:{_OF}|{_RANGE}|{_H}++){_AMOUNT})*+)"
_ACCEPTED: Final = re.compile(rf"([-+]?\d+|{'|'.join(_WORDS)})(?:\.0+)?(?:{_OF}(\d+|{'|'.join(_WORDS)})(?:\.0+)?)?")
# Behind a number that the token limit may have cut in two: "7" of "75", "6." of "6.5", "6 out" of "6 out of 10".
_CUT: Final = re.compile(rf"\Z|{_H}*+(?:[-—/.,:(]|out(?:{_H}++of)?|of|to|or|and){_H}*+\Z")

_ANYWHERE: Final = re.compile(_EXPRESSION)
_LINE: Final = re.compile(
    rf"^(?:{_H}|[\"'“(\[{{<>#|:•·]|[-+—](?={_H}))*+{_EXPRESSION}(?:{_H}|[\"'“)\]}}>|.!;,:\r])*+$",
    re.MULTILINE,
)
# What may stand between a name and its number.
_FILLER: Final = (
    r"is|was|be|are|would|will|should|i'd|i|as|at|of|for|an?|the|this|that|it|it's|its|my|give|gave|given|assign"
    r"|assigned|rate|rated|rating|score|overall|final|total|value|number|answer|answer's|response|response's"
    r"|draft|reply|revision|text|level|about|around|approximately|roughly|probably|perhaps|maybe|exactly|just"
    r"|only|solid|strong|weak|clear|perfect|low|medium|moderate|high|very|good|poor|excellent|therefore|thus|so"
    r"|equals|remains"
)
_SEPARATOR: Final = (
    rf"(?:{_H}|[:=~|\"'“#{{<>→—]|-(?![\d.]))++|[(\[]{_H}*+[)\]]?+"
    rf"|out{_H}++of{_H}++(?:7|seven)\b(?:{_H}*+[)\]])?"
)
_BELOW: Final = rf"(?P<below>{_H}*+[\r\n](?:[\s:|>#\"“(\[]|[-—](?={_H}))*+)?"
_LINE_ENDS: Final = rf"(?=(?:{_H}|[\"'“.!,;)\]}}>])*+(?:[\r\n]|\Z))"
_VERDICT_VERB: Final = (
    rf"\bi(?:'d|'ll|'m|'ve)?{_H}++(?:(?:would|will|have|am|personally|therefore){_H}++){{0,2}}"
    rf"(?:rate|give|gave|giving|assign|assigned){_H}++(?=(?:it|this|that|the|an?|my)\b)"
)
_OTHER_SCALE: Final = (
    rf"(?P<other>(?:\bscale{_H}++(?:of|from){_H}++{_AMOUNT}(?:{_RANGE}{_AMOUNT})?|\d[ -]point{_H}++scale)"
    r"[^.\n\d]{0,60}?)?"
)


def judge(candidates: set[Candidate]) -> Verdict:
    """Return the rating 1..7 on which all candidates agree, else why there is none; never clamp."""
    number = next(iter(candidates)) if len(candidates) == 1 else None
    if number is None:
        return "unparsable"
    return number if 1 <= number <= 7 else "out_of_range"


def whole(token: str) -> int:
    """Return the number that digits or a number word spell, cut to 25 digits: `int` refuses 5,000 of them."""
    return _WORDS.index(token) if token in _WORDS else int(token[:25])


def from_json(value: object) -> Candidate:
    """Return the whole number that a JSON value is (6, 6.0) or as a string spells ("6/7"), else None."""
    if isinstance(value, str):
        match = _LINE.fullmatch(_clean(value).strip())
        return _number(match, cut=False) if match else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def keyed(text: str, names: tuple[str, ...], quote: str = '"', *, cut: bool) -> set[Candidate]:
    r"""Return the values of quoted keys in JSON that may be broken: `, "rating": 5`.

    A key quoted inside a JSON string (`\"rating\": 7`) is none. `quote` is the quotation mark of the object.
    `cut` says that the token limit ended the text: a number that touches its end may be half a number.
    """
    return _candidates(_keyed(names, quote), _clean(text), cut) if text else set()


def stated(text: str, names: tuple[str, ...], *, cut: bool) -> set[Candidate]:
    """Return the numbers that prose gives behind one of `names` ("my rating is 5"); `cut` as in `keyed`.

    If `names` is `NAMES`, "I'd give it a 5" counts too.
    """
    return _candidates(_labelled(names), _clean(text), cut)


def bare(text: str, *, cut: bool) -> set[Candidate]:
    """Return the lines that are nothing but a number, else all numbers with a digit; `cut` as in `keyed`.

    "one" is everywhere in prose, so number words count only on a line of their own.
    """
    cleaned = _clean(text)
    return _candidates(_LINE, cleaned, cut) or _candidates(_ANYWHERE, cleaned, cut, digits=True)


def says_more(text: str) -> bool:
    """Tell whether `text` holds any words beside ratings and their names."""
    unnamed = _labelled(NAMES).sub(" ", _clean(text))
    return re.search(r"[^\W\d]", _ANYWHERE.sub(" ", unnamed)) is not None


def _clean(text: str) -> str:
    """Lower the case, unify digits and marks, blank out emphasis and mentions of the scale."""
    unified = re.sub(r"(?![0-9])\d", lambda match: str(int(match[0])), text.translate(_UNIFIED).lower())
    return _SCALE.sub(lambda match: " " * len(match[0]), unified)


def _candidates(pattern: re.Pattern[str], text: str, cut: bool, digits: bool = False) -> set[Candidate]:
    found = pattern.finditer(text)
    return {_number(match, cut) for match in found if not digits or re.search(r"\d", match["expression"])}


def _number(match: re.Match[str], cut: bool) -> Candidate:
    if cut and _CUT.match(match.string, match.end("expression")):
        return None
    accepted = _ACCEPTED.fullmatch(match["expression"])
    if accepted is None or match.groupdict().get("other") or (accepted[2] and whole(accepted[2]) != 7):
        return None
    return whole(accepted[1])


@cache
def _labelled(names: tuple[str, ...]) -> re.Pattern[str]:
    label = "|".join(map(re.escape, names))
    if names == NAMES:
        label = rf"\b(?:{label}|rated)\b|{_VERDICT_VERB}"
    return re.compile(
        rf"{_OTHER_SCALE}(?:\b(?:{label})\b)(?:{_SEPARATOR}|(?:{_FILLER})(?![\w'])){{0,12}}+{_BELOW}"
        rf"{_EXPRESSION}(?!{_H}*+(?:=|being\b|means?\b))(?(below){_LINE_ENDS})"
    )


@cache
def _keyed(names: tuple[str, ...], quote: str) -> re.Pattern[str]:
    label = "|".join(map(re.escape, names))
    inner = rf"\{{\s*+{quote}(?:rating|score|value){quote}\s*+:\s*+"
    return re.compile(
        rf"[{{,{quote}]\s*+{quote}(?:{label})(?: (?:rating|score|value))?{quote}\s*+:\s*+(?:{inner})?"
        rf"[\"'“]?{_H}*+{_EXPRESSION}"
    )
