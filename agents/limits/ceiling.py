"""How many tries an endpoint takes at once, learnt from which of them it refuses. Knows places and time, sends nothing.

The place of a try is how many are on their way when it has left, itself among them. An endpoint that takes so many at
once refuses what comes at a place above that and nothing below; a gateway that refuses at random, or a limit by the
minute, refuses at any place. So a ceiling is what lies below a few tries that were all refused, one after the other, at
places where nothing was answered yet.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from agents.limits.slot import Slot

# So many refused of so many tries that left one after the other: where one try in ten is refused at random, that is met
# three times in a hundred thousand tries. Answers on their way let one more in now and then, so it cannot be all.
MANY: Final = 6
TRIES: Final = 8
# The place above a ceiling is tried after so many answers, and after eight times as many each time that it is refused;
# but after a minute anyway: limits are raised.
FIRST_REST: Final = 4
LONGER: Final = 8
LONGEST_REST_SECONDS: Final = 60.0
# So many answers there, and no refusal between them, make a place free: the more, the oftener the ceiling was met, and
# fewer where other places are refused, too.
FEWEST_PROOFS: Final = 4
MOST_PROOFS: Final = 16
# A ceiling comes down by one where so many more are refused at it than answers there make up for.
DOUBTS: Final = 4
# Tries over which the share of refusals below a ceiling is taken.
MEMORY: Final = 32
NONE: Final = 10**9


class Ceiling:
    """There is none to begin with. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock: Final = clock
        self._row: Final[deque[tuple[int, int]]] = deque(maxlen=MANY)
        self._share = 0.0
        self._vanish(0)
        self._since = -1.0

    @property
    def most(self) -> int:
        """Tries that may be on their way at once."""
        return self.place + self._is_tried

    def explains(self, slot: Slot) -> bool:
        """Whether the try of `slot` left at a place where it is refused whatever else the endpoint thinks of it."""
        return slot.place > self.place

    def forget(self) -> None:
        """Nothing is known any more."""
        self._vanish(0)

    def told(self, slot: Slot, *, refused: bool) -> None:
        """The try of `slot` was refused, or answered; if it left before what is known now, it tells nothing."""
        if slot.sent <= self._since:
            return
        if slot.place <= min(self.place, self._highest):
            self._share += (refused - self._share) / MEMORY
        if self.place == NONE:
            self._look(slot.number, slot.place, refused=refused)
        elif slot.place > self.place:
            self._prove(slot.place, refused=refused)
        else:
            self._rest(slot.place, refused=refused)

    def _look(self, number: int, place: int, *, refused: bool) -> None:
        """While there is no ceiling: whether this is one."""
        if place <= self._highest:
            return
        if refused:
            self._row.append((number, place))
            self._free = [each for each in self._free if each < place]
            self._conclude()
        elif contradicted := [each for each in self._row if each[1] <= place]:
            self._row.remove(contradicted[0])
        else:
            self._free.append(place)
            if len(self._free) >= min(FEWEST_PROOFS, *self._free):
                self._highest = min(self._free)
                self._free = [each for each in self._free if each > self._highest]

    def _conclude(self) -> None:
        numbers, places = zip(*self._row, strict=True)
        are_many = len(numbers) == MANY and max(numbers) - min(numbers) < TRIES
        if are_many and 0 < self._highest < min(places) <= 2 * self._highest + 1:
            self._meet(min(places) - 1)

    def _meet(self, place: int) -> None:
        """There is a ceiling at `place`."""
        self.place = self._highest = place
        self._since = self._clock()
        self._until = self._since + LONGEST_REST_SECONDS
        self._answers_left = FIRST_REST * LONGER**self._met
        self._met = min(self._met + 1, 9)
        self._is_tried = False
        self._proof = self._doubt = 0.0

    def _prove(self, place: int, *, refused: bool) -> None:
        """A try above the ceiling."""
        if refused:
            self._meet(self.place)
            return
        self._proof += self._weight(self._met - 1)
        if self._proof >= 1:
            self._lift(place)

    def _rest(self, place: int, *, refused: bool) -> None:
        """A try below the ceiling, or at it."""
        self._answers_left -= not refused
        self._is_tried = self._is_tried or self._answers_left <= 0 or self._clock() >= self._until
        if place == self.place:
            self._doubt = max(0.0, self._doubt + (1.0 if refused else -self._weight(MOST_PROOFS)))
            if self._doubt >= DOUBTS and place > 1:
                self._met = 0
                self._meet(place - 1)

    def _weight(self, met: int) -> float:
        """What part of a proof an answer is."""
        return 2 * self._share + max(1 / FEWEST_PROOFS / 2**met, 1 / MOST_PROOFS)

    def _lift(self, place: int) -> None:
        """All up to `place` is free; and what lies above, as far as is known, if that was found as often as not."""
        self._met -= 1
        self.place, self._proof = place, 0.0
        if not self._met:
            self._vanish(place)

    def _vanish(self, highest: int) -> None:
        """There is no ceiling, and up to the place `highest` tries were answered."""
        self.place, self._highest = NONE, highest
        self._since = self._clock()
        self._row.clear()
        self._free: list[int] = []
        self._is_tried = False
        self._met, self._proof = 0, 0.0
