"""Which asks are refused (429) for good: those that go on being refused while the endpoint answers others.

Gateways refuse at random, and limits refuse all: both are waited for. Whoever makes the asks finds out which it is,
with the smallest request there is, once nothing but refused asks is under way: no load of its own is left to blame
then. Knows counts and times; asks nobody.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

# An ask has failed that was refused so many times, each time after the smallest request was answered. Where a gateway
# refuses any try with probability p, refusal and answer come in turn so often with (p / (1 + p)) ** 16: one such ask in
# 40 million for p = 0.5. Without a `Retry-After` it takes about a minute, in which limits by the minute begin anew.
REFUSALS: Final = 16
# So many where no other ask of the model, sent later, was answered: a limit of tokens that lets nothing but the
# smallest request pass must not fail every ask that it meets.
REFUSALS_OF_ALL: Final = 50
# Up to so many say nothing: where half of all tries are refused at random, one ask in 16 meets more.
FEW: Final = 4


@dataclass(slots=True, eq=False)
class Refused:
    """The refusals of one ask of `model`, first sent at `sent` (seconds).

    Of `times` that it was refused, `alone` are those before which the endpoint answered the smallest request, as it had
    done `heard` times by the last one.
    """

    model: str
    sent: float
    heard: int
    times: int = 0
    alone: int = 0


class Refusals:
    """The asks of one lane that are refused; `listeners` are told of each that is refused often."""

    def __init__(self) -> None:
        self.listeners: Final[list[Callable[[], object]]] = []
        self._often: Final[set[Refused]] = set()
        self._answered: Final[dict[str, float]] = {}
        self._heard: Final[Counter[str]] = Counter()
        self._last: str | None = None

    @contextmanager
    def of(self, model: str, sent: float) -> Iterator[Refused]:
        """The refusals of an ask of `model` that is first sent at `sent`, until it ends."""
        ask = Refused(model, sent, self._heard[model])
        try:
            yield ask
        finally:
            self._often.discard(ask)

    def refused(self, ask: Refused) -> bool:
        """A try of `ask` was refused: whether the ask has failed for good."""
        heard = self._heard[ask.model]
        ask.times += 1
        ask.alone += heard > ask.heard
        ask.heard = heard
        if ask.times > FEW:
            self._often.add(ask)
            self._last = ask.model
            for tell in self.listeners:
                tell()
        return ask.alone >= (REFUSALS if self._answered.get(ask.model, ask.sent) > ask.sent else REFUSALS_OF_ALL)

    def failed(self, ask: Refused) -> None:
        """A try of `ask` failed in another way."""
        self._often.discard(ask)

    def answered(self, ask: Refused, sent: float) -> None:
        """A try of `ask` that was sent at `sent` was answered."""
        self._answered[ask.model] = max(sent, self._answered.get(ask.model, sent))

    def are_all(self, asks: int) -> bool:
        """Whether nothing else is under way among so many `asks`, and one was refused that nobody looked into."""
        return self._last is not None and len(self._often) == asks

    def look_into(self) -> str | None:
        """The model of the ask that was refused last, if nobody looked into it before."""
        model, self._last = self._last, None
        return model

    def heard(self, model: str) -> None:
        """The endpoint answered the smallest request to `model`."""
        self._heard[model] += 1
