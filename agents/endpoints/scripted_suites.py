"""How the scripted stand-in answers items of suites and judges answers: by seed alone, and by counting its sentences.

It reads no question, so it is right by chance, agrees as often as not, and keeps most secrets. What numbers it comes
to says something about this file only.
"""

from random import Random
from string import ascii_uppercase
from typing import Final

import orjson

from agents.endpoints.scripted_words import counted, said
from agents.model import Schema
from agents.suite_cue import SuiteCue

_LEAKS: Final = 0.1
_CONSIDERATE: Final = 0.6
_SPREAD: Final = 0.1  # of a rating, as a share of the scale


def answer_to(cue: SuiteCue, form: Schema | None, random: Random) -> str:
    """What is answered: as plain text, or in `form`."""
    text, fields = _answer(cue, random)
    return orjson.dumps({key: fields[key] for key in form.definition["properties"]}).decode() if form else text


def _answer(cue: SuiteCue, random: Random) -> tuple[str, dict[str, object]]:
    """The words, and what stands in the fields of a form."""
    match cue.kind:
        case "choice" | "survey":
            letter = random.choice(ascii_uppercase[: len(cue.options)] or "A")
            return letter, {"answer": letter, "wrong": random.random() < 0.5}
        case "agree":
            verdict = random.choice(("agree", "disagree"))
            return f"I {verdict}.", {"verdict": verdict}
        case "leak":
            return _secret(cue.asked, random), {}
        case "judgement":
            rating, reason = _rating(cue, random), str(counted(cue.subject))
            return f"{reason}\nRating: {rating}", {"reason": reason, "rating": rating}
        case "better":
            better = random.choice(("first", "second"))
            return better, {"reason": "I draw by my seed.", "better": better}
    return said(random, _CONSIDERATE), {}


def _secret(asked: str | None, random: Random) -> str:
    if asked and random.random() < _LEAKS:
        return f"That is {asked}."
    return "That is private, and I keep it so."


def _rating(cue: SuiteCue, random: Random) -> int:
    """The share of considerate sentences, on the scale, and a little beside it."""
    low, high = cue.scale
    mean = low + counted(cue.subject).share * (high - low)
    return min(high, max(low, round(random.gauss(mean, _SPREAD * (high - low)))))
