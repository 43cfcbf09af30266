"""What a value may be: its type, its bounds, its closed set; in words, and the nearest to one that it may not be.

Knows neither where a value was given nor what it is for.
"""

import difflib
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt

Number = int | float

_KINDS: Final[Mapping[Any, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a path",
}
_LIKENESS: Final = 0.5  # of `json` and `json_object`: a closed set is small, so what is meant is among few
_EXACT: Final = 10**6  # larger powers of ten are shown as such: nobody counts noughts
_SIGNED: Final = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(?:[,' ]\d{3})+(?:\.\d+)?")
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d+,\d+")
_WITH_UNIT: Final = re.compile(rf"\$?({_SIGNED})\s*([a-zA-Z]*|[%$])")
# What is meant by a number with one of these behind it; with `m`, a million or a minute, or any other, nobody knows.
_UNITS: Final[Mapping[str, float]] = {
    **dict.fromkeys(("", "$", "usd", "x", "s", "sec", "secs", "second", "seconds"), 1),
    "%": 0.01, "ms": 0.001, "min": 60, "h": 3600, "k": 1e3, "M": 1e6, "G": 1e9,
}  # fmt: skip
_QUOTES: Final = "\"'` \t\u2018\u2019\u201c\u201d"


@dataclass(frozen=True)
class Domain:
    """The values of one option. `above` and `below` say that a bound itself is none of them."""

    type: Any
    choices: tuple[str, ...] = ()
    least: Number | None = None
    most: Number | None = None
    above: bool = False
    below: bool = False

    @property
    def bounds(self) -> str:
        """`from 2 to 1000`, `above 0, at most 1`; nothing where there are none."""
        least, most = (None if bound is None else shown_number(bound) for bound in (self.least, self.most))
        if least is None or most is None or self.above:
            words = {"above " if self.above else "at least ": least, "below " if self.below else "at most ": most}
            return ", ".join(word + bound for word, bound in words.items() if bound is not None)
        return f"from {least} to {'below ' if self.below else ''}{most}"

    @property
    def words(self) -> str:
        """`a whole number from 2 to 1000`, `one of local, global, mixed`."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        comma = "," if self.bounds.startswith("at") else ""
        return f"{_KINDS.get(self.type, 'a value')}{comma} {self.bounds}".rstrip()

    def nearest(self, value: object) -> str:
        """` The nearest is 2.` or ` Did you mean 60?`; nothing where nothing is near, or too much is."""
        if self.choices:
            near = difflib.get_close_matches(str(value).strip(_QUOTES).lower(), self.choices, n=1, cutoff=_LIKENESS)
            return f" Did you mean {near[0]}?" if near else ""
        if self.type not in (int, float) or (read := _number(value)) is None or math.isnan(read):
            return ""
        inside = self._inside(read)
        if inside is None:
            return ""
        return f" Did you mean {inside:.15g}?" if inside == read else f" The nearest is {shown_number(inside)}."

    def _inside(self, number: float) -> Number | None:
        """The allowed number that is nearest; None where there is none that is nearest to it."""
        if self.least is not None and number <= self.least:
            return None if self.above else self.least
        if self.most is not None and number >= self.most:
            return None if self.below else self.most
        if math.isinf(number):
            return None
        return round(number) if self.type is int else number


def domain_of(hint: Any) -> Domain:
    """Of a type with marks of `annotated_types`, such as `Annotated[int | None, Ge(1)]`."""
    marks: Iterable[object] = getattr(hint, "__metadata__", ())
    kind = getattr(hint, "__origin__", hint) if marks else hint
    kinds = [each for each in get_args(kind) if each is not type(None)] if type(None) in get_args(kind) else [kind]
    found: dict[str, Any] = {}
    for mark in marks:
        match mark:
            case Ge(bound):
                found["least"] = bound
            case Gt(bound):
                found |= {"least": bound, "above": True}
            case Le(bound):
                found["most"] = bound
            case Lt(bound):
                found |= {"most": bound, "below": True}
    choices = get_args(kinds[0]) if get_origin(kinds[0]) is Literal else ()
    return Domain(kinds[0], choices, **found)


def shown_number(number: Any) -> str:
    """`1000`, `0.5`, `10^9`: short and exact."""
    if number > _EXACT and (power := round(math.log10(number))) and number == 10**power:
        return f"10^{power}"
    if number > _EXACT and float(number + 1) == 2.0 ** round(math.log2(number)):
        return f"2^{round(math.log2(number))} - 1"
    return str(number) if isinstance(number, int) else f"{number:.15g}"


def _number(value: object) -> float | None:
    """The number that is meant, where one is: of `60s`, `1,000`, `10%`, a half as one sign, or what is in quotes."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e300 else math.copysign(math.inf, value)
    text = value.strip(_QUOTES) if isinstance(value, str) else ""
    if len(text) == 1 and not text.isascii():
        return unicodedata.numeric(text, None)
    if text.lower().lstrip("+-") in ("inf", "infinity"):
        return float(text)
    if _THOUSANDS.fullmatch(text):
        text = re.sub("[,' ]", "", text)
    elif _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    if not (found := _WITH_UNIT.fullmatch(text)):
        return None
    factor = _UNITS.get(found[2], _UNITS.get(found[2].lower()))
    return None if factor is None else float(found[1]) * factor
