"""One endpoint as one dispatcher sees it: whether a call may leave, and what to make of asks that got no answer.

Others may make calls through the same endpoint: its limiter and what is known of its health are shared, a lane is not.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from agents.limits.health import Health
from agents.limits.retry import Retrying
from agents.limits.slot import Gate
from agents.model import RETRYABLE, ModelError
from sandbox.calls.budget import Hold
from sandbox.calls.journal import Answered
from sandbox.calls.turns import Turn, Turns

# Makes the smallest request there is to the model of this name, or to any.
CheckAlive = Callable[[str | None], Awaitable[object]]


class Ended(NamedTuple):
    """An ask whose tries are over, and what was set aside for it."""

    answer: Answered[Any]
    hold: Hold


class Settled(NamedTuple):
    """Asks that are finished, and asks that are made again because the endpoint was away while they were made."""

    finished: list[Ended]
    again: list[Ended]


def turns_at(limiter: Gate) -> Turns:
    """The turns of all works that `limiter` lets through, which are told of room."""
    turns = Turns()
    limiter.listeners.append(turns.tell)
    return turns


class Lane:
    """`model` asks over all models that the endpoint serves; `check_alive` raises `ModelError` if it answers nothing.

    `turn` is that of the work among all that make calls here.

    An ask whose tries all failed in passing ways while the endpoint answered nobody is no result of the run. It is
    `doubtful` until the endpoint answers something that was asked later; then it is made again, once.
    """

    def __init__(self, name: str, model: Retrying, check_alive: CheckAlive, turn: Turn) -> None:
        self.name: Final = name
        self.model: Final = model
        self.turn: Final = turn
        self.check_alive: Final = check_alive
        self.in_flight = 0
        self.checking: asyncio.Task[None] | None = None
        model.refusals.listeners.append(turn.wake)
        self._doubtful: list[tuple[float, Ended]] = []
        self._made_again: Final[set[Any]] = set()

    @property
    def limiter(self) -> Gate:
        """When tries may leave for the endpoint, whoever makes them."""
        return self.model.limiter

    @property
    def health(self) -> Health:
        """Whether the endpoint is there."""
        return self.model.limiter.health

    def may_call(self) -> bool:
        """Whether a call may leave now, and whose turn it is."""
        return self._is_open() and self.limiter.may_enter() and self.turn.is_next()

    def found(self, *, lacks: bool) -> None:
        """The work has taken what it can, and `lacks` a place here; unless the endpoint is away it waits for that."""
        self.turn.found(lacks=lacks, waits=lacks and self._is_open())

    def want(self, calls: int) -> None:
        """So many calls are left that could be made here: who lends room should know how much is of use."""
        most = 1 if self.health.is_failing else self.limiter.bound - self.in_flight
        self.limiter.want(min(calls, most) if self._is_open() else 0)

    def _is_open(self) -> bool:
        """Whether a call may be made. While nothing succeeds, those that are under way find out when that is over."""
        finding_out = self.health.seems_gone or (self.health.is_failing and (self.in_flight or self._doubtful))
        return not (finding_out or self.checking) and self.in_flight < self.limiter.bound

    @property
    def has_doubtful(self) -> bool:
        """Whether there are asks of which it is not known what they came to."""
        return bool(self._doubtful)

    @property
    def needs_check(self) -> bool:
        """Whether it is time to find out if the endpoint is there: nothing succeeds, or nothing else will tell."""
        return self.checking is None and (self._may_be_gone or self.model.refusals.are_all(self.in_flight))

    @property
    def _may_be_gone(self) -> bool:
        return self.health.seems_gone or (not self.in_flight and self.has_doubtful)

    def stop(self) -> None:
        """Send no further try, and leave the place to others."""
        self.model.stop()
        self.limiter.want(0)
        self.turn.leave()
        if self.checking:
            self.checking.cancel()

    def give_up(self) -> None:
        """No more is done here: nothing stays set aside for asks of which it is not known what they came to."""
        for _, ended in self._doubtful:
            ended.hold.release()
        self._doubtful = []

    def settle(self, ended: Ended, sent: float) -> Settled:
        """Take in an ask that was first sent at `sent` (seconds of the limiter's clock)."""
        error, now = ended.answer.outcome.error, self.limiter.clock()
        if not error:
            finished, again = self.resolve(sent)
            return Settled([*finished, ended], again)
        if error.kind in RETRYABLE and self.health.answers_since < (sent + now) / 2:
            self._doubtful.append((now, ended))
            return Settled([], [])
        return Settled([ended], [])

    async def find_out(self, settle: Callable[[Settled], object]) -> None:
        """Ask whether the endpoint is there, and `settle` what that makes of doubtful asks.

        Raises `ModelError` if it may be gone, is not there, and did not tell meanwhile by an answer.
        """
        asked, may_be_gone, model = self.limiter.clock(), self._may_be_gone, self.model.refusals.look_into()
        try:
            await self.check_alive(model)
        except ModelError as error:
            if not may_be_gone:
                return
            if self.health.answers_since < asked:
                does = "refuses everything" if error.kind == "rate_limited" else "answers nothing"
                raise ModelError(error.kind, f"{self.name} {does} any more: {error}") from None
        else:
            if model:
                self.model.refusals.heard(model)
        settle(self.resolve(asked))

    def resolve(self, asked: float) -> Settled:
        """The endpoint answered what was asked at `asked`: what to make of the asks that had failed by then."""
        if not self._doubtful:
            return Settled([], [])
        known = [ended for at, ended in self._doubtful if at <= asked]
        self._doubtful = [(at, ended) for at, ended in self._doubtful if at > asked]
        again = [ended for ended in known if ended.answer.key not in self._made_again]
        self._made_again.update(ended.answer.key for ended in again)
        return Settled([ended for ended in known if ended not in again], again)
