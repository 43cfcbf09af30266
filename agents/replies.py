"""Reads what a model answered: a judgement (rating and reason) or a plain text. The only reply parser.

What a model thought, and what stands behind the mark that ends its turn, is no part of either (`agents.spoken`). Knows
what an unusable reply looks like and why; knows nothing of what was asked, of re-asking or of how numbers are written
(`agents.ratings`). Model output is hostile: nothing here raises, whatever the text, and the time is linear in it.

Inside a JSON object only its keys speak, so a rating quoted in a reason counts for nothing, even if the object
is broken or cut off. Prose is read around objects and before a broken one, never inside.
"""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from agents import ratings
from agents.model import Finish, Reply
from agents.spoken import Spoken, said_in, spoken
from agents.surrogates import without_surrogates

Missing = Literal["unparsable", "out_of_range", "refused", "truncated"]
Rating = Annotated[int, Field(ge=1, le=7)]
Pairs = list[tuple[str, object]]

_OPENING: Final = re.compile(
    r"\{\s*+(?:\"[^\"\\\n{}]{0,80}+(\")|'[^'\\\n{}]{0,80}+(')"
    r"|[\u201c\u201d][^\u201c\u201d\\\n{}]{0,80}+[\u201c\u201d])\s*+:"
)
_REFUSAL: Final = re.compile(
    r"[\W_]*+(?:(?:i(?:'m| am) )?(?:so |very |truly |really )?sorry\b"
    r"|i apologi[sz]e\b|(?:my )?apologies\b"
    r"|(?:unfortunately,? |i(?:'m| am) afraid,? )?i(?:'m| am)? (?:can't|cannot|can not|could not|couldn't"
    r"|won't|will not|unable|not able|not comfortable|must decline|have to decline|decline|refuse)\b"
    r"|i do(?:n't| not) feel comfortable\b"
    r"|as an? (?:ai|artificial intelligence|(?:\w+ )?language model)\b)",
    re.IGNORECASE,
)


class Judgement(BaseModel):
    """A rating, or why it is missing: exactly one of the two is None. `raw` is the answer it was read from."""

    model_config = ConfigDict(frozen=True)

    rating: Rating | None
    missing: Missing | None
    reason: str | None
    raw: str | None


class Text(NamedTuple):
    """A draft or a revision; None if nothing was said, and then whether that is because thinking took all tokens."""

    text: str | None
    finish: Finish | None
    cut_thinking: bool


class _Parts(NamedTuple):
    """A text taken apart: whole JSON objects, the prose around them, and the rest from a broken object on."""

    objects: list[Pairs]
    prose: str
    broken: str
    quote: str


def parse_judgement(reply: Reply, key: str = "rating", reason_key: str = "reason") -> Judgement:
    """Read the rating under `key` and the reason under `reason_key`; never raises.

    In JSON, keys are compared without case. In prose a key other than "rating" counts only by name: for
    "alignment_rating" that is "Alignment: 5". A rating is 1..7, and all that are given must agree.
    """
    said = spoken(reply)
    parts = _take_apart(said.text)
    reason = next(filter(None, map(_reason, _values(parts, reason_key))), None)
    raw = without_surrogates(said.text or reply.refusal or "")
    if _stripped(reply.refusal):
        return Judgement(rating=None, missing="refused", reason=None, raw=raw)
    if said.finish == "content_filter":
        return Judgement(rating=None, missing="refused", reason=reason, raw=raw)
    given = {ratings.from_json(value) for value in _values(parts, key)}
    found = _find(said, parts, key, given)
    if not isinstance(found, int):
        missing = found if found == "out_of_range" else _why_none(said, reason)
        return Judgement(rating=None, missing=missing, reason=reason, raw=raw)
    if reason is None and not given and ratings.says_more(said.text):
        reason = _stripped(said.text)
    return Judgement(rating=found, missing=None, reason=reason, raw=raw)


def parse_text(reply: Reply) -> Text:
    """Read a draft or a revision: what was said, else the refusal in its own words."""
    said = spoken(reply)
    return Text(_stripped(said.text) or _stripped(reply.refusal), said.finish, said.cut_thinking)


def _find(said: Spoken, parts: _Parts, key: str, given: set[ratings.Candidate]) -> ratings.Verdict:
    """Judge what the first way of reading finds that finds anything: keys, names in prose, bare numbers."""
    cut = said.finish == "length"
    names = ratings.NAMES if key == "rating" else (key.removesuffix("_rating"),)
    by_key = given | ratings.keyed(parts.prose if given else said.text, names, cut=cut)
    by_key |= ratings.keyed(parts.broken, names, parts.quote, cut=cut)
    named = by_key or ratings.stated(parts.prose, names, cut=cut)
    if named or key != "rating":
        return ratings.judge(named)
    found = ratings.judge(ratings.bare(parts.prose, cut=cut))
    # In a refusal, a bare number off the scale is a telephone number or a year.
    return "unparsable" if found == "out_of_range" and _refuses(said.text) else found


def _why_none(said: Spoken, reason: str | None) -> Missing:
    if _refuses(said.text) or _refuses(reason or ""):
        return "refused"
    return "truncated" if said.finish == "length" else "unparsable"


def _refuses(text: str) -> bool:
    return _REFUSAL.match(text.replace("\u2019", "'")) is not None


def _take_apart(text: str) -> _Parts:
    """Decode object after object; the first that opens like one and is none makes all the rest broken.

    Objects inside a broken one are not looked for: they may be a quotation in its reason. Stopping at the first
    failure also bounds the work.
    """
    objects: list[Pairs] = []
    prose, at = [], 0
    while opening := _OPENING.search(text, at):
        start = opening.start()
        prose.append(text[at:start])
        try:
            pairs, at = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            return _Parts(objects, "".join(prose), text[start:], opening[1] or opening[2] or "\u201c")
        objects.append(pairs)
        prose.append(" ")
    return _Parts(objects, "".join((*prose, text[at:])), "", '"')


def _values(parts: _Parts, key: str) -> Iterator[object]:
    for pairs in parts.objects:
        yield from (value for name, value in pairs if name.strip().casefold() == key.casefold())


def _reason(value: object) -> str | None:
    return _stripped(said_in(value)) if isinstance(value, str) else None


def _stripped(value: object) -> str | None:
    """Take the blanks off a text; None if nothing is left or it is no text."""
    # An escape in JSON (`\ud83d`) makes new ones after the edge removed all.
    return without_surrogates(value).strip() or None if isinstance(value, str) else None


_DECODER: Final = json.JSONDecoder(object_pairs_hook=list, parse_int=ratings.whole, strict=False)
