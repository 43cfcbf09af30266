"""The ready sentences of the scripted stand-in: how they are picked, and counted in a text. Knows no request."""

from functools import lru_cache
from random import Random
from typing import Final, NamedTuple

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


class Counted(NamedTuple):
    """How many different sentences of each kind a text has."""

    considerate: int
    inconsiderate: int

    @property
    def share(self) -> float:
        """The share of considerate ones; a half where there are none at all."""
        return self.considerate / sum(self) if sum(self) else 0.5

    def __str__(self) -> str:
        """A reason for a rating."""
        return f"It says {self.considerate} considerate and {self.inconsiderate} inconsiderate things."


@lru_cache(maxsize=64)
def counted(text: str) -> Counted:
    """The sentences in `text`, which is rated by several, one soon after the other."""
    return Counted(*(sum(sentence in text for sentence in known) for known in (CONSIDERATE, INCONSIDERATE)))


def said(random: Random, share: float) -> str:
    """Three to five sentences, each considerate with probability `share`."""
    count = random.randint(3, 5)
    considerate = sum(random.random() < share for _ in range(count))
    picked = random.sample(CONSIDERATE, considerate) + random.sample(INCONSIDERATE, count - considerate)
    random.shuffle(picked)
    return " ".join(picked)
