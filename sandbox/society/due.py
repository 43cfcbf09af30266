"""What the interactions that are begun still need: asks by stage, as calls were asked again so far.

Knows the protocol, and no order.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from agents.protocol import Stage
from sandbox.runs.records import CallKey
from sandbox.society.back_scatter import LAST_ASK, Exchange

# What depends on a call, and is never made where that fails.
_DEPENDENT: Final[dict[Stage, tuple[Stage, ...]]] = {
    "draft": ("feedback", "reflection", "revision", "revision_feedback", "score_draft", "score_revision"),
    "feedback": ("reflection", "revision", "revision_feedback", "score_revision"),
    "reflection": ("revision", "revision_feedback", "score_revision"),
    "revision": ("revision_feedback", "score_revision"),
}

# As though so many calls of each stage had been asked again before the first, all of them; and what is kept beyond what
# calls took, since those to come can take more. Both are guesses on the safe side.
_GUESSED: Final = 10
_KEPT: Final = 1.1
_MOST_ASKS: Final = LAST_ASK + 1


class Due:
    """`calls` are those of all interactions that are begun, re-asks apart; `begun` counts these, finished ones too."""

    def __init__(self, begun: int = 0) -> None:
        self.calls: Final[Counter[str]] = Counter()
        self.begun = begun
        self._of: Final[dict[tuple[int, int], dict[str, int]]] = {}
        self._asked: Final[Counter[str]] = Counter()
        self._done: Final[Counter[str]] = Counter()

    def asks(self) -> Mapping[str, float]:
        """How many asks they will take."""
        return {stage: count * self._asks_a_call(stage) for stage, count in self.calls.items()}

    def asks_with(self, exchange: Exchange, number: int) -> Mapping[str, float]:
        """How many they would take if so many interactions like `exchange` were begun."""
        needs = _needs(exchange).items()
        return {stage: (self.calls[stage] + number * count) * self._asks_a_call(stage) for stage, count in needs}

    def asked_before(self, key: CallKey) -> None:
        """`key` was answered in an interaction that is over, with what followed from it."""
        self._asked[key.stage] += 1
        self._done[key.stage] += not key.ask

    def begin(self, exchange: Exchange) -> None:
        """Its first call is made."""
        self._of[exchange.round, exchange.agent] = needs = _needs(exchange)
        self.calls.update(needs)
        self.begun += 1

    def forget(self, exchange: Exchange) -> None:
        """Its first call was not made after all."""
        self.calls.subtract(self._of.pop((exchange.round, exchange.agent)))
        self.begun -= 1

    def is_done(self, key: CallKey, *, again: bool, failed: bool) -> bool:
        """Take in that `key` has an answer and is asked `again`, or has its last, or `failed` for good.

        Returns whether its interaction needs nothing more.
        """
        self._asked[key.stage] += 1
        if again:
            return False
        self._done[key.stage] += 1
        place = (key.round, key.agent)
        due = self._of[place]
        due[key.stage] -= 1
        self.calls[key.stage] -= 1
        for stage in _DEPENDENT.get(key.stage, ()) if failed else ():
            self.calls[stage] -= due.get(stage, 0)
            due[stage] = 0
        if any(due.values()):
            return False
        del self._of[place]
        return True

    def _asks_a_call(self, stage: str) -> float:
        took = (self._asked[stage] + _MOST_ASKS * _GUESSED) / (self._done[stage] + _GUESSED)
        return min(_MOST_ASKS, _KEPT * took)


def _needs(exchange: Exchange) -> dict[str, int]:
    scores, feedback = len(exchange.dimensions), len(exchange.neighbours)
    needs = {"draft": 1, "feedback": feedback, "revision": 1, "score_draft": scores, "score_revision": scores}
    needs |= {"reflection": 1} if exchange.reflects else {}
    return needs | ({"revision_feedback": feedback} if exchange.peers_rate else {})
