"""When the next try may leave for an endpoint: one `Limiter` for all calls that it serves.

Joins how many tries are on their way (`window`), how fast they leave (`pace`), and the pause that an endpoint asks
for. Knows outcomes and time; not what is asked, and it sends nothing.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from agents.limits.ceiling import Ceiling
from agents.limits.episodes import Episodes
from agents.limits.health import Health
from agents.limits.pace import Pace
from agents.limits.slot import Slot, estimate, when_let_in
from agents.limits.window import Window
from agents.model import RETRYABLE, ModelError, Reply, Request

FIRST_WINDOW: Final = 8
# Of a bound that somebody named, who knows that so many calls are taken.
FIRST_SHARE: Final = 16
# Timers may come a little early, and what is left then is nothing to wait for.
SHORTEST_WAIT: Final = 1e-6
# Nobody waits longer than this: where all are asked to, the run stops and can go on another day.
LONGEST_RETRY_AFTER: Final = 300.0


class Limiter:
    """At most `bound` tries at once, `first` to begin with; `rpm` requests and `tpm` tokens a minute, None for any.

    `clock` gives seconds. Those who wait in `enter` come first, in order; then all `listeners` are told of room.
    """

    def __init__(
        self,
        bound: int,
        *,
        first: int = FIRST_WINDOW,
        rpm: int | None = None,
        tpm: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bound: Final = bound
        self.clock: Final = clock
        self.on_the_wire = self._tokens_on_the_wire = 0
        self.listeners: Final[list[Callable[[], object]]] = []
        self._filled = False
        self._window: Final = Window(bound, first, clock)
        self._pace: Final = Pace(rpm, tpm, clock)
        self._waiting: Final[deque[tuple[asyncio.Future[Slot], Request]]] = deque()
        self._alarm: asyncio.TimerHandle | None = None
        self._pause = 0.0
        self._pause_was_asked_for = False
        self._paused_until = 0.0
        self._sent = 0
        self._episodes: Final = Episodes(clock)
        self._ceiling: Final = Ceiling(clock)
        self.health: Final = Health(clock)

    @property
    def window(self) -> int:
        """Tries that may be on their way at once, as far as is known by now."""
        return min(self._window.size, self._ceiling.most)

    def may_enter(self) -> bool:
        """Whether a try may enter now, ahead of nobody. Where only time is in the way, listeners are told in time."""
        return not self._waiting and self._has_room()

    def slot(self, request: Request) -> Slot:
        """Enter now, past any bound: for a caller who saw that it is open."""
        tokens = estimate(request) if self._pace.counts_tokens else 0
        if not self.on_the_wire:
            self.health.begins()
        self.on_the_wire += 1
        self._tokens_on_the_wire += tokens
        self._filled = self.on_the_wire >= self.window
        self._pace.take(tokens)
        self._sent += 1
        slot = Slot(self, self._sent, tokens, self.on_the_wire)
        self._ceiling.left(slot)
        return slot

    def want(self, calls: int) -> None:
        """So many calls could leave now: nothing to do where room is not lent by others."""

    async def enter(self, request: Request) -> Slot:
        """Wait until there is room, and enter."""
        if self.may_enter():
            return self.slot(request)
        turn: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, request))
        return await when_let_in(turn, self.leave)

    def leave(self, slot: Slot, reply: Reply | None, error: ModelError | None) -> None:
        """The try of `slot` ended; with neither `reply` nor `error` it was cancelled."""
        self.on_the_wire -= 1
        self._tokens_on_the_wire -= slot.tokens
        if reply:
            self._answered(slot, reply)
        elif error and error.kind == "rate_limited":
            self._refused(slot, error)
        elif error and error.kind in RETRYABLE:
            self.health.failed()
            self._window.faltered()
        elif error:
            self.health.succeeded(slot.sent)  # it was not taken, but it was answered
        self._let_in()

    def give_back(self, slot: Slot) -> None:
        """No try was made of `slot`."""
        self.on_the_wire -= 1
        self._tokens_on_the_wire -= slot.tokens
        self._pace.give_back(slot.tokens)
        self._let_in()

    def _answered(self, slot: Slot, reply: Reply) -> None:
        self.health.succeeded(slot.sent)
        self._episodes.answered(slot.sent)
        # Answers that arrive together all come from a full window, though only the first finds it full.
        self._window.answered(saturated=self._filled and self._window.size < self._ceiling.most)
        self._ceiling.told(slot, refused=False)
        self._window.stay(self._ceiling.place + 1)
        self._pace.answered()
        if slot.tokens and reply.usage:
            self._pace.correct(reply.usage.prompt_tokens + reply.usage.completion_tokens - slot.tokens)
        if reply.quota:
            self._pace.heard(reply.quota, self.on_the_wire, self._tokens_on_the_wire)

    def _refused(self, slot: Slot, error: ModelError) -> None:
        self.health.refused()
        self._pace.correct(-slot.tokens)
        if self._episodes.is_over_for(slot.sent):
            return
        self._window.refused()
        self._pace.refused()
        if not error.retry_after:
            self._ceiling.told(slot, refused=True)
            if self._ceiling.explains(slot):
                return
        pause = self._episodes.refused(slot.number, error.retry_after)
        if pause is None:
            return
        self._window.cut()
        self._ceiling.forget()
        if pause > LONGEST_RETRY_AFTER:
            self.health.sent_away()
            pause = 0.0  # nobody waits for that, but somebody will ask whether it is so
        self._pause = pause
        self._pause_was_asked_for = bool(error.retry_after)
        self._paused_until = self.clock() + self._pause

    def _has_room(self) -> bool:
        if self.on_the_wire >= self.window:
            return False
        seconds = self._paused_until - self.clock()
        if seconds <= SHORTEST_WAIT:
            self._end_pause()
            seconds = self._pace.wait()
        if seconds > SHORTEST_WAIT:
            self._wake_in(seconds)
        return seconds <= SHORTEST_WAIT

    def _end_pause(self) -> None:
        """A pause that was asked for teaches the pace, once it is over."""
        if self._pause and self._pause_was_asked_for:
            self._pace.learn(self._pause)
        self._pause = 0.0

    def _wake_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._alarm and self._alarm.when() <= loop.time() + seconds:
            return
        if self._alarm:
            self._alarm.cancel()
        self._alarm = loop.call_later(seconds, self._time_has_passed)

    def _time_has_passed(self) -> None:
        self._alarm = None
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._has_room():
            turn, request = self._waiting.popleft()
            if not turn.done():
                turn.set_result(self.slot(request))
        for tell in self.listeners:
            tell()
