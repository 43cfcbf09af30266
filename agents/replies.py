"""Reads what a model answered: a judgement (rating and reason) or a plain text.

What a model thought, and what stands behind the mark that ends its turn, is no part of either (`agents.spoken`). Knows
what an unusable judgement looks like and why; knows nothing of what was asked, of re-asking or of how numbers are
written (`agents.ratings`). Model output is hostile: nothing here raises, whatever the text, and the time is linear in
it.
"""

from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from agents import ratings
from agents.model import Finish, Reply
from agents.parts import Parts, stripped, take_apart
from agents.ratings import Scale
from agents.spoken import Spoken, said_in, spoken
from agents.surrogates import without_surrogates
from agents.unread import Unread, is_withheld, refuses, why_none

Missing = Literal["unparsable", "out_of_range", "refused", "truncated"]
Rating = Annotated[int, Field(ge=1, le=7)]

SEVEN: Final = (1, 7)  # the scale of societies (paper section 3.1)


class Judgement(BaseModel):
    """A rating, or why it is missing: exactly one of the two is None. `raw` is the answer it was read from."""

    model_config = ConfigDict(frozen=True)

    rating: Rating | None
    missing: Missing | None
    reason: str | None
    raw: str | None


class Read(NamedTuple):
    """A rating on any scale, or why it is missing: exactly one of the two is None. `raw` is what it was read from."""

    rating: int | None
    missing: Unread | None
    reason: str | None
    raw: str


class Text(NamedTuple):
    """A draft or a revision; None if nothing was said, and then whether that is because thinking took all tokens."""

    text: str | None
    finish: Finish | None
    cut_thinking: bool


def parse_judgement(reply: Reply, key: str = "rating", reason_key: str = "reason") -> Judgement:
    """Read a rating 1..7 as `read_rating` does; in a judgement of a society, an empty reply is unparsable."""
    rating, missing, reason, raw = read_rating(reply, SEVEN, key, reason_key)
    return Judgement(rating=rating, missing="unparsable" if missing == "empty" else missing, reason=reason, raw=raw)


def read_rating(reply: Reply, scale: Scale, key: str = "rating", reason_key: str = "reason") -> Read:
    """Read the rating on `scale` under `key` and the reason under `reason_key`; never raises.

    In JSON, keys are compared without case. In prose a key other than "rating" counts only by name: for
    "alignment_rating" that is "Alignment: 5". All ratings that are given must agree.
    """
    said = spoken(reply)
    parts = take_apart(said.text)
    reader = ratings.on(scale)
    reason = next(filter(None, map(_reason, parts.values(reason_key))), None)
    raw = without_surrogates(said.text or reply.refusal or "")
    if is_withheld(reply, said):
        return Read(None, "refused", None if stripped(reply.refusal) else reason, raw)
    given = {reader.from_json(value) for value in parts.values(key)}
    found = _find(reader, said, parts, key, given)
    if not isinstance(found, int):
        unread = "refused" if refuses(reason or "") else why_none(said)
        return Read(None, found if found == "out_of_range" else unread, reason, raw)
    if reason is None and not given and reader.says_more(said.text):
        reason = stripped(said.text)
    return Read(found, None, reason, raw)


def parse_text(reply: Reply) -> Text:
    """Read a draft or a revision: what was said, else the refusal in its own words."""
    said = spoken(reply)
    return Text(stripped(said.text) or stripped(reply.refusal), said.finish, said.cut_thinking)


def _find(
    reader: ratings.Ratings, said: Spoken, parts: Parts, key: str, given: set[ratings.Candidate]
) -> ratings.Verdict:
    """Judge what the first way of reading finds that finds anything: keys, names in prose, bare numbers."""
    cut = said.finish == "length"
    names = ratings.NAMES if key == "rating" else (key.removesuffix("_rating"),)
    by_key = given | reader.keyed(parts.prose if given else said.text, names, cut=cut)
    by_key |= reader.keyed(parts.broken, names, parts.quote, cut=cut)
    named = by_key or reader.stated(parts.prose, names, cut=cut)
    if named or key != "rating":
        return reader.judge(named)
    found = reader.judge(reader.bare(parts.prose, cut=cut))
    # In a refusal, a bare number off the scale is a telephone number or a year.
    return "unparsable" if found == "out_of_range" and refuses(said.text) else found


def _reason(value: object) -> str | None:
    return stripped(said_in(value)) if isinstance(value, str) else None
