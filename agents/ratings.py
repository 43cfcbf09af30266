"""Reads ratings on a scale out of a JSON value, of keys in broken JSON, or of prose.

Knows where models state a rating; knows nothing of replies, refusals or reasons. Every reader collects *candidates*:
the whole number that stands there, or None where something stands that is no whole number on this scale (6.5, 5-6,
80%, on a scale to 7 also 4/5). `judge` makes a rating of them or says why there is none. As in `agents.amounts`, the
time is linear in the text.
"""

import re
from functools import cache
from typing import Final, Literal

from agents.amounts import ACCEPTED, CUT, OF, RANGE, H, amount, spelled, unified, whole

Scale = tuple[int, int]
Candidate = int | None
Verdict = int | Literal["unparsable", "out_of_range"]
NAMES: Final = ("rating", "score", "alignment", "engagement")

_START: Final = r"(?<![\w.,/-])"
_MEANS: Final = r"(?:=|is\b|being\b|means?\b|meaning\b|represents?\b|indicates?\b)"
# What may stand between a name and its number.
_FILLER: Final = (
    r"is|was|be|are|would|will|should|i'd|i|as|at|of|for|an?|the|this|that|it|it's|its|my|give|gave|given|assign"
    r"|assigned|rate|rated|rating|score|overall|final|total|value|number|answer|answer's|response|response's"
    r"|draft|reply|revision|text|level|about|around|approximately|roughly|probably|perhaps|maybe|exactly|just"
    r"|only|solid|strong|weak|clear|perfect|low|medium|moderate|high|very|good|poor|excellent|therefore|thus|so"
    r"|equals|remains"
)
_BELOW: Final = rf"(?P<below>{H}*+[\r\n](?:[\s:|>#\"“(\[]|[-—](?={H}))*+)?"
_LINE_ENDS: Final = rf"(?=(?:{H}|[\"'“.!,;)\]}}>])*+(?:[\r\n]|\Z))"
_VERDICT_VERB: Final = (
    rf"\bi(?:'d|'ll|'m|'ve)?{H}++(?:(?:would|will|have|am|personally|therefore){H}++){{0,2}}"
    rf"(?:rate|give|gave|giving|assign|assigned){H}++(?=(?:it|this|that|the|an?|my)\b)"
)


class Ratings:
    """Reads ratings from `low` to `high`, both included. Make it by `on`."""

    def __init__(self, low: int, high: int) -> None:
        self._low: Final = low
        self._high: Final = high
        self._amount: Final = amount(high)
        self._mentions: Final = _mentions(low, high)
        # As much as can belong together is taken first; only then is it asked whether that is a rating.
        self._expression: Final = rf"(?P<expression>{self._amount}(?:(?:{OF}|{RANGE}|{H}++){self._amount})*+)"
        self._anywhere: Final = re.compile(self._expression)
        self._line: Final = re.compile(
            rf"^(?:{H}|[\"'“(\[{{<>#|:•·]|[-+—](?={H}))*+{self._expression}(?:{H}|[\"'“)\]}}>|.!;,:\r])*+$",
            re.MULTILINE,
        )

    def judge(self, candidates: set[Candidate]) -> Verdict:
        """Return the rating on which all candidates agree, else why there is none; never clamp."""
        number = next(iter(candidates)) if len(candidates) == 1 else None
        if number is None:
            return "unparsable"
        return number if self._low <= number <= self._high else "out_of_range"

    def from_json(self, value: object) -> Candidate:
        """Return the whole number that a JSON value is (6, 6.0) or as a string spells ("6/7"), else None."""
        if isinstance(value, str):
            match = self._line.fullmatch(self._clean(value).strip())
            return self._number(match, cut=False) if match else None
        if isinstance(value, float):
            return int(value) if value.is_integer() else None
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def keyed(self, text: str, names: tuple[str, ...], quote: str = '"', *, cut: bool) -> set[Candidate]:
        r"""Return the values of quoted keys in JSON that may be broken: `, "rating": 5`.

        A key quoted inside a JSON string (`\"rating\": 7`) is none. `quote` is the quotation mark of the object.
        `cut` says that the token limit ended the text: a number that touches its end may be half a number.
        """
        return self._candidates(self._keyed(names, quote), self._clean(text), cut) if text else set()

    def stated(self, text: str, names: tuple[str, ...], *, cut: bool) -> set[Candidate]:
        """Return the numbers that prose gives behind one of `names` ("my rating is 5"); `cut` as in `keyed`.

        If `names` is `NAMES`, "I'd give it a 5" counts too.
        """
        return self._candidates(self._labelled(names), self._clean(text), cut)

    def bare(self, text: str, *, cut: bool) -> set[Candidate]:
        """Return the lines that are nothing but a number, else all numbers with a digit; `cut` as in `keyed`.

        "one" is everywhere in prose, so number words count only on a line of their own.
        """
        cleaned = self._clean(text)
        return self._candidates(self._line, cleaned, cut) or self._candidates(self._anywhere, cleaned, cut, digits=True)

    def says_more(self, text: str) -> bool:
        """Tell whether `text` holds any words beside ratings and their names."""
        unnamed = self._labelled(NAMES).sub(" ", self._clean(text))
        return re.search(r"[^\W\d]", self._anywhere.sub(" ", unnamed)) is not None

    def _clean(self, text: str) -> str:
        """Lower the case, unify digits and marks, blank out emphasis and mentions of the scale."""
        return self._mentions.sub(lambda match: " " * len(match[0]), unified(text))

    def _candidates(self, pattern: re.Pattern[str], text: str, cut: bool, digits: bool = False) -> set[Candidate]:
        found = pattern.finditer(text)
        return {self._number(match, cut) for match in found if not digits or re.search(r"\d", match["expression"])}

    def _number(self, match: re.Match[str], cut: bool) -> Candidate:
        if cut and CUT.match(match.string, match.end("expression")):
            return None
        accepted = ACCEPTED.fullmatch(match["expression"])
        if accepted is None or match.groupdict().get("other") or (accepted[2] and whole(accepted[2]) != self._high):
            return None
        return whole(accepted[1])

    @cache  # noqa: B019 - there are as many readers as scales, and each is kept
    def _labelled(self, names: tuple[str, ...]) -> re.Pattern[str]:
        label = "|".join(map(re.escape, names))
        if names == NAMES:
            label = rf"\b(?:{label}|rated)\b|{_VERDICT_VERB}"
        separator = (
            rf"(?:{H}|[:=~|\"'“#{{<>→—]|-(?![\d.]))++|[(\[]{H}*+[)\]]?+"
            rf"|out{H}++of{H}++(?:{spelled(self._high)})\b(?:{H}*+[)\]])?"
        )
        other = (
            rf"(?P<other>(?:\bscale{H}++(?:of|from){H}++{self._amount}(?:{RANGE}{self._amount})?|\d[ -]point{H}++scale)"
            r"[^.\n\d]{0,60}?)?"
        )
        return re.compile(
            rf"{other}(?:\b(?:{label})\b)(?:{separator}|(?:{_FILLER})(?![\w'])){{0,12}}+{_BELOW}"
            rf"{self._expression}(?!{H}*+(?:=|being\b|means?\b))(?(below){_LINE_ENDS})"
        )

    @cache  # noqa: B019 - as above
    def _keyed(self, names: tuple[str, ...], quote: str) -> re.Pattern[str]:
        label = "|".join(map(re.escape, names))
        inner = rf"\{{\s*+{quote}(?:rating|score|value){quote}\s*+:\s*+"
        return re.compile(
            rf"[{{,{quote}]\s*+{quote}(?:{label})(?: (?:rating|score|value))?{quote}\s*+:\s*+(?:{inner})?"
            rf"[\"'“]?{H}*+{self._expression}"
        )


@cache
def on(scale: Scale) -> Ratings:
    """What reads ratings on `scale`."""
    return Ratings(*scale)


def _mentions(low: int, high: int) -> re.Pattern[str]:
    """Mentions of the scale itself: "1-7", "from one to seven", "7-point scale", "(1 = worst, 7 = best)"."""
    bottom, top, end = f"(?:{spelled(low)})", rf"(?:{spelled(high)})(?!\w|[.,]\d)", f"(?:{low}|{high})"
    return re.compile(
        rf"{_START}{bottom}{H}*+(?:-|—|~|\.\.\.?|…|to\b|through\b){H}*+{top}"
        rf"|between{H}++{bottom}{H}++and{H}++{top}|scale{H}++(?:of|from){H}++{top}"
        rf"|{_START}(?:{spelled(high)})[ -]point{H}++(?:likert{H}++)?scale"
        rf"|\({H}*+{end}\b(?!{H}*+(?:/|out\b|of\b))[^()\d\n]{{1,60}}+\b{end}\b[^()\d\n]{{0,60}}+\)"
        rf"|{_START}{end}{H}*+{_MEANS}[^\d\n]{{0,60}}+\b{end}{H}*+{_MEANS}"
    )
