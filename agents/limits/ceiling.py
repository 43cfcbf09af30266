"""How many tries an endpoint takes at once, learnt from which of them it refuses. Knows places and time, sends nothing.

The place of a try is how many are on their way when it has left, itself among them. An endpoint that takes so many at
once refuses what comes at a place above that and nothing below; a gateway that refuses at random, or a limit by time,
refuses at any place. So there is a ceiling where nearly all that leaves at new places is refused, one after the other.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from agents.limits.slot import Slot

# So many refused of the last so many tries, half of them at new places, where nothing was answered yet; or of the last
# so many that left at new places. Where one try in ten is refused at random, either is met less than three times in a
# hundred thousand such tries.
MANY: Final = 6
TRIES: Final = 8
MANY_NEW: Final = 6
NEW_TRIES: Final = 7
# The place above a ceiling is tried after so many answers, and after eight times as many each time that it is refused;
# but after a minute anyway: limits are raised.
FIRST_REST: Final = 4
LONGER: Final = 8
LONGEST_REST_SECONDS: Final = 60.0
# So many answers without a refusal make a place free: twice as many each time that the ceiling was met there, and fewer
# by twice the share of refusals below it, which then say little.
FEWEST_PROOFS: Final = 4
MOST_PROOFS: Final = 16
MOST_MET: Final = 5
# A ceiling comes down by one where so many more are refused at it than the answers there make up for.
DOUBTS: Final = 4
# Tries over which the share of refusals below is taken.
MEMORY: Final = 32
NONE: Final = 10**9


class Ceiling:
    """`place` is the highest that is free; there is no ceiling to begin with. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Final = clock
        self.place: int = NONE
        self._highest = 0
        self._left: Final[deque[int]] = deque(maxlen=NEW_TRIES)
        self._refused: dict[int, int] = {}
        self._answered: list[int] = []
        self._share = self._proof = self._doubt = 0.0
        self._met = self._rest = 0
        self._is_tried = False
        self._since = self._until = -1.0

    @property
    def most(self) -> int:
        """Tries that may be on their way at once."""
        return self.place + self._is_tried

    def explains(self, slot: Slot) -> bool:
        """Whether the try of `slot` left above the ceiling, so that its refusal says nothing else."""
        return slot.place > self.place

    def forget(self) -> None:
        """Nothing is known any more."""
        self._vanish(0)

    def left(self, slot: Slot) -> None:
        """The try of `slot` is on its way."""
        if slot.place > self._highest:
            self._left.append(slot.number)

    def told(self, slot: Slot, *, refused: bool) -> None:
        """The try of `slot` was refused or answered; if it left before what is known now, that tells nothing."""
        if slot.sent <= self._since:
            return
        if slot.place <= min(self.place, self._highest):
            self._share += (refused - self._share) / MEMORY
        if self.place == NONE:
            self._look(slot, refused=refused)
        elif slot.place > self.place:
            self._prove(slot.place, refused=refused)
        else:
            self._wait(slot.place, refused=refused)

    def _look(self, slot: Slot, *, refused: bool) -> None:
        """While there is no ceiling: whether this is one."""
        if refused and slot.place >= self._highest:
            self._refused[slot.number] = slot.place
            self._answered = [place for place in self._answered if place < slot.place]
            self._conclude()
        elif slot.place > self._highest:
            self._clear(slot.place)

    def _clear(self, place: int) -> None:
        """A try at a new place was answered: that makes up for a refusal no higher up, or shows what is free."""
        if number := next((number for number, each in self._refused.items() if each <= place), None):
            del self._refused[number]
            return
        self._answered.append(place)
        if len(self._answered) >= min(FEWEST_PROOFS, *self._answered):
            self._highest = min(self._answered)
            self._answered = [each for each in self._answered if each > self._highest]

    def _conclude(self) -> None:
        """There is a ceiling if many were refused; not far up, where nothing in between was tried."""
        last = max(self._refused)
        self._refused = {n: place for n, place in self._refused.items() if n > last - TRIES or n in self._left}
        new = {n: place for n, place in self._refused.items() if place > self._highest}
        in_a_row = sum(n > last - TRIES for n in self._refused) >= MANY and len(new) >= MANY / 2
        if in_a_row or sum(n in self._left for n in new) >= MANY_NEW:
            lowest = min(new.values())
            if 1 < lowest <= 2 * max(self._highest, *self._answered, 0) + 1:
                self._meet(lowest - 1)

    def _meet(self, place: int) -> None:
        """What leaves above `place` is refused."""
        self.place = self._highest = place
        self._since = self._clock()
        self._until = self._since + LONGEST_REST_SECONDS
        self._rest = FIRST_REST * LONGER**self._met
        self._met = min(self._met + 1, MOST_MET)
        self._is_tried = False
        self._proof = self._doubt = 0.0

    def _prove(self, place: int, *, refused: bool) -> None:
        """A try above the ceiling."""
        if refused:
            self._meet(self.place)
            return
        self._proof += self._part_of(min(FEWEST_PROOFS * 2 ** (self._met - 1), MOST_PROOFS))
        if self._proof >= 1:
            self._lift(place)

    def _lift(self, place: int) -> None:
        """All up to `place` is free; and what lies above, as far as is known, if that was found as often as not."""
        self._met -= 1
        self.place, self._proof = place, 0.0
        if not self._met:
            self._vanish(place)

    def _wait(self, place: int, *, refused: bool) -> None:
        """A try below the ceiling, or at it."""
        self._rest -= not refused
        self._is_tried = self._is_tried or self._rest <= 0 or self._clock() >= self._until
        if place == self.place:
            self._doubt = max(0.0, self._doubt + (1.0 if refused else -self._part_of(MOST_PROOFS)))
            if self._doubt >= DOUBTS and place > 1:
                self._met = 0
                self._meet(place - 1)

    def _part_of(self, proofs: int) -> float:
        """What an answer is worth where `proofs` are wanted."""
        return 1 / proofs + 2 * self._share

    def _vanish(self, highest: int) -> None:
        """There is no ceiling, and up to the place `highest` tries were answered."""
        self.place, self._highest = NONE, highest
        self._since = self._clock()
        self._refused.clear()
        self._answered = []
        self._is_tried = False
        self._met = 0
