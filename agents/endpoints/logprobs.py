"""Reads the log probabilities of a reply's tokens. Knows one choice of a chat completion; all of it is hostile."""

from collections.abc import Iterator
from math import isfinite
from typing import Any, Final

from agents.model import MOST_LIKELY, Likely
from agents.surrogates import without_surrogates

# A letter stands near the start of a reply; a journal need not hold twenty tokens in each place of a long one.
MOST_PLACES: Final = 32
LONGEST_TOKEN: Final = 64
_ROUNDED: Final = 0.01  # what lies above 0 by more is no log probability


def logprobs_of(choice: Any) -> tuple[Likely, ...] | None:
    """The first places of the reply in `choice`, in each the token that stands there and the likeliest ones.

    None where there are none, or what is there has another form.
    """
    try:
        return tuple(_likely(place) for place in choice["logprobs"]["content"][:MOST_PLACES]) or None
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
        return None


def _likely(place: Any) -> Likely:
    return tuple(dict(_each(place)).items())


def _each(place: Any) -> Iterator[tuple[str, float]]:
    """What stands in a place first, then the others."""
    for each in (place, *place["top_logprobs"][:MOST_LIKELY]):
        token, logprob = each["token"], float(each["logprob"])
        if not isinstance(token, str) or not isfinite(logprob) or logprob > _ROUNDED:
            raise ValueError
        yield without_surrogates(token[:LONGEST_TOKEN]), min(logprob, 0.0)
