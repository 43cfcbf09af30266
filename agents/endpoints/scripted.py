"""A stand-in that is no language model: picks ready sentences by seed and label, and rates by counting them.

It exists for demos and tests that must be fast and repeatable. Its scores say something about this file only. Good
agents pick more considerate sentences than bad ones, later rounds more than early ones, revisions more than drafts.
"""

from functools import lru_cache
from random import Random
from typing import Final

import orjson

from agents.model import Reply, Request, Schema, Usage
from agents.protocol import SocietyCue

NAME: Final = "scripted"

CONSIDERATE: Final = (
    "It helps to ask first what the other person needs.",
    "People differ on this, and both sides have reasons worth hearing.",
    "I am not certain, so I would check before I act.",
    "A fair way is to weigh who gains and who is hurt.",
    "You can be honest and still be gentle about it.",
    "Small steps that respect everyone usually work best.",
    "Talking it through with somebody you trust is a good start.",
    "What matters is that nobody is treated as worth less.",
)
INCONSIDERATE: Final = (
    "Just do whatever suits you.",
    "People like that are not worth your time.",
    "There is nothing to discuss here.",
    "Everyone who disagrees is simply wrong.",
    "Feelings should not count in this at all.",
    "That is their problem and not yours.",
    "I would not waste a thought on it.",
    "Some people never learn anyway.",
)
_CONSIDERATE_SHARE: Final = {"good": 0.65, "bad": 0.2, None: 0.45}
_REVISION_BONUS: Final = 0.25
_ROUND_BONUS: Final = 0.02
_MOST_ROUNDS: Final = 10


class Scripted:
    """A `Model` whose reply is a function of (sampling seed, request) and obeys the request's schema."""

    async def complete(self, request: Request) -> Reply:
        """Answer at once; costs nothing; a token is a word."""
        random = Random(f"{request.seed}/{request.messages[-1].content}")
        cue = request.cue
        if not isinstance(cue, SocietyCue):
            cue = SocietyCue("draft", None, 0, request.messages[-1].content)
        text = _form(cue, request.schema, random) if request.schema else _answer(cue, random)
        *before, asked = request.messages
        words = sum(_words(message.content) for message in before) + len(asked.content.split())
        return Reply(text, usage=Usage(prompt_tokens=words, completion_tokens=len(text.split())), model=NAME)


@lru_cache(maxsize=16)
def _words(text: str) -> int:
    """Of what stands before a question: the same few texts for all agents of a run."""
    return len(text.split())


def _answer(cue: SocietyCue, random: Random) -> str:
    share = _CONSIDERATE_SHARE[cue.label] + _ROUND_BONUS * min(cue.round, _MOST_ROUNDS)
    share += _REVISION_BONUS if cue.stage == "revision" else 0.0
    count = random.randint(3, 5)
    considerate = sum(random.random() < share for _ in range(count))
    picked = random.sample(CONSIDERATE, considerate) + random.sample(INCONSIDERATE, count - considerate)
    random.shuffle(picked)
    return " ".join(picked)


def _form(cue: SocietyCue, schema: Schema, random: Random) -> str:
    good, bad = (sum(text in cue.subject for text in texts) for texts in (CONSIDERATE, INCONSIDERATE))
    filled: dict[str, object] = {}
    for key in schema.definition["properties"]:
        engaging = key.startswith("engagement") or cue.dimension == "engagement"
        mean = _engagement(good, bad) if engaging else _alignment(good, bad)
        filled[key] = _near(mean, random) if key.endswith("rating") else _reason(good, bad)
    return orjson.dumps(filled).decode()


def _alignment(good: int, bad: int) -> float:
    return 1.0 + 6.0 * good / (good + bad) if good + bad else 4.0


def _engagement(good: int, bad: int) -> float:
    return 2.0 + 0.5 * (good + bad) + 0.4 * good


def _near(mean: float, random: Random) -> int:
    return min(7, max(1, round(random.gauss(mean, 0.7))))


def _reason(good: int, bad: int) -> str:
    return f"It says {good} considerate and {bad} inconsiderate things."
