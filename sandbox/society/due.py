"""What the interactions that are begun still need: calls by stage, re-asks apart. Knows the protocol, and no order."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from agents.protocol import Stage
from sandbox.runs.records import CallKey
from sandbox.society.back_scatter import Exchange

# What depends on a call, and is never made where that fails.
_DEPENDENT: Final[dict[Stage, tuple[Stage, ...]]] = {
    "draft": ("feedback", "revision", "score_draft", "score_revision"),
    "feedback": ("revision", "score_revision"),
    "revision": ("score_revision",),
}


class Due:
    """`calls` are those of all interactions that are begun."""

    def __init__(self) -> None:
        self.calls: Final[Counter[str]] = Counter()
        self._of: Final[dict[tuple[int, int], dict[str, int]]] = {}

    def with_another(self, exchange: Exchange) -> Mapping[str, int]:
        """What they would be with `exchange` begun."""
        return {stage: self.calls[stage] + count for stage, count in _needs(exchange).items()}

    def begin(self, exchange: Exchange) -> None:
        """Its first call is made."""
        self._of[exchange.round, exchange.agent] = needs = _needs(exchange)
        self.calls.update(needs)

    def forget(self, exchange: Exchange) -> None:
        """Its first call was not made after all."""
        self.calls.subtract(self._of.pop((exchange.round, exchange.agent)))

    def is_done(self, key: CallKey, *, failed: bool) -> bool:
        """Take in that `key` has its last answer, or `failed` for good; whether its interaction needs nothing more."""
        place = (key.round, key.agent)
        due = self._of[place]
        due[key.stage] -= 1
        self.calls[key.stage] -= 1
        for stage in _DEPENDENT.get(key.stage, ()) if failed else ():
            self.calls[stage] -= due[stage]
            due[stage] = 0
        if any(due.values()):
            return False
        del self._of[place]
        return True


def _needs(exchange: Exchange) -> dict[str, int]:
    scores, feedback = len(exchange.dimensions), len(exchange.neighbours)
    return {"draft": 1, "feedback": feedback, "revision": 1, "score_draft": scores, "score_revision": scores}
