"""Reads how likely each option was, from the likeliest tokens where the letter of the answer stands.

Knows one reply and how many options were shown; which was chosen `choices` reads.
"""

import re
from math import exp, fsum
from string import ascii_uppercase
from typing import Final, NamedTuple

from agents.model import Reply

# Tokens hold what stands before or after a letter, too: ` B`, `"B`, `B"}`.
_LETTER: Final = re.compile(r"[\W_]*([A-Z])[\W_]*")


class Shares(NamedTuple):
    """`of_options` sum to 1, in the order in which options were shown; `beside` is what fell on no option, of 1."""

    of_options: tuple[float, ...]
    beside: float


def read_shares(reply: Reply, place: int, options: int) -> Shares | None:
    """The shares of so many `options` where the letter of the option at `place`, which was chosen, stands first.

    None where no token is that letter. What is not among the likeliest tokens that the endpoint told is on no option.
    """
    likely = next((each for each in reply.logprobs or () if _place(each[0][0]) == place), ())
    mass = [fsum(exp(logprob) for token, logprob in likely if _place(token) == each) for each in range(options)]
    total = fsum(mass)
    return Shares(tuple(each / total for each in mass), max(0.0, 1.0 - total)) if total else None


def _place(token: str) -> int | None:
    match = _LETTER.fullmatch(token)
    return ascii_uppercase.index(match[1]) if match else None
