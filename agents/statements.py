"""Reads short verdicts: agree or disagree, wrong or not wrong, the first or the second. Knows no statement.

A verdict stands in JSON, or alone on the last line. One that is part of a sentence is none ("I can't say I agree"),
and where both are said, as in an echo of what was asked, there is none either.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from agents.lines import bare_lines, unstopped, without_half_word
from agents.model import Reply
from agents.parts import stripped, take_apart
from agents.spoken import said_in, spoken
from agents.surrogates import without_surrogates
from agents.unread import Unread, is_withheld, why_none

_AGREE: Final = re.compile(r"(?:i )?(agree|disagree)")
_WRONG: Final = re.compile(r"(wrong|not wrong)")
_BETTER: Final = re.compile(r"(?:better: ?)?(first|second)")
_IN_JSON: Final = {"true": "wrong", "false": "not wrong"}


class Verdict(NamedTuple):
    """Whether a statement is agreed with, or why that is not known."""

    verdict: Literal["agree", "disagree"] | None
    missing: Unread | None


class Wrong(NamedTuple):
    """Whether an act is called wrong, or why that is not known."""

    wrong: bool | None
    missing: Unread | None


class Preference(NamedTuple):
    """Whether the text that was shown first is the better one, or why that is not known. `raw` is what was read."""

    first: bool | None
    missing: Unread | None
    reason: str | None
    raw: str


def read_verdict(reply: Reply) -> Verdict:
    """Read `{"verdict": "agree"}`, or "I agree" or "I disagree" alone on the last line; never raises."""
    word, missing = _read(reply, "verdict", _AGREE)
    return Verdict("agree" if word == "agree" else "disagree" if word else None, missing)


def read_wrong(reply: Reply) -> Wrong:
    """Read `{"wrong": true}`, or "wrong" or "not wrong" alone on the last line; never raises."""
    word, missing = _read(reply, "wrong", _WRONG, _IN_JSON)
    return Wrong(None if word is None else word == "wrong", missing)


def read_preference(reply: Reply) -> Preference:
    """Read `{"reason": "...", "better": "first"}`, or "first" or "second" alone on the last line; never raises."""
    word, missing = _read(reply, "better", _BETTER)
    text = spoken(reply).text
    reasons = (stripped(said_in(value)) for value in take_apart(text).values("reason") if isinstance(value, str))
    raw = without_surrogates(text or reply.refusal or "")
    return Preference(None if word is None else word == "first", missing, next(filter(None, reasons), None), raw)


def _read(
    reply: Reply, key: str, pattern: re.Pattern[str], in_json: Mapping[str, str] = {}
) -> tuple[str | None, Unread | None]:
    """The word that `pattern` tells, where only one is given; else why there is none."""
    said = spoken(reply)
    if is_withheld(reply, said):
        return None, "refused"
    parts = take_apart(said.text)
    given = [unstopped(str(value)) for value in parts.given(key)]
    found = (
        {_told(in_json.get(each, each), pattern) for each in given}
        if given
        else _alone(without_half_word(said, parts.prose), pattern)
    )
    word = next(iter(found)) if len(found) == 1 else None
    if word is None:
        return None, "unparsable" if given else why_none(said)
    return word, None


def _alone(prose: str, pattern: re.Pattern[str]) -> set[str | None]:
    """What stands alone on a line, if something stands so on the last one."""
    lines = [_told(unstopped(line), pattern) for line in bare_lines(prose)]
    return {word for word in lines if word} if lines and lines[-1] else set()


def _told(text: str, pattern: re.Pattern[str]) -> str | None:
    match = pattern.fullmatch(text)
    return match[1] if match else None
