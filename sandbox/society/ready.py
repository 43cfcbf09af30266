"""Which ready call is next on a lane: the order of calls of `docs/format.md#order-of-calls`.

Knows calls by their place, not what they ask, what they wait for, or what a budget allows.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Sequence
from heapq import heapify, heappop, heappush
from typing import Final

from agents.protocol import SCORED, Stage
from sandbox.runs.records import CallKey

# What begins an interaction, what the agent's next round waits for, and what it does not.
_OPENING, _VITAL, _SCORE = range(3)
_AWAITED_BY_NONE: Final = frozenset((*SCORED, "revision_feedback"))
_Text = tuple[int, int, Stage]  # round, agent, and which of its texts


def opens(key: CallKey) -> bool:
    """Whether `key` begins an interaction."""
    return key.stage == "draft" and not key.ask


class ReadyCalls:
    """The calls that can be made now, by lane.

    By round; within it those that finish what is begun, agent by agent, and only then what begins another interaction.
    Where a round `presses`, what the next one waits for comes first. On a lane of `slotted` an answer leaves a slot
    that holds how prompts of its interaction begin: that goes on there, and then another one begins. Scores of one text
    are ready there one after the other, or each of two slots would read it; but not before `in_turn`, as long as a
    journal answers, which may have any one of them.
    """

    def __init__(self, presses: Callable[[int], bool], slotted: Collection[int] = ()) -> None:
        self._presses: Final = presses
        self.in_turn = False
        self._left: Final[dict[int, deque[tuple[int, int]]]] = {lane: deque() for lane in slotted}
        # On those lanes: the score of each text that is ready or taken, and those behind it.
        self._scored: Final[dict[_Text, CallKey]] = {}
        self._behind: Final[dict[_Text, deque[CallKey]]] = defaultdict(deque)
        # Keys are in order of round, agent, stage: the names of stages in alphabetical order are those of the protocol.
        self._lanes: Final[dict[int, tuple[list[CallKey], ...]]] = defaultdict(lambda: ([], [], []))

    def __len__(self) -> int:
        return sum(len(heap) for heaps in self._lanes.values() for heap in heaps)

    def count(self, lane: int) -> int:
        """How many there are on `lane`."""
        return sum(map(len, self._lanes[lane]))

    @property
    def has_begun(self) -> bool:
        """Whether there is one, on any lane, of an interaction that is begun."""
        return any(heaps[_VITAL] or heaps[_SCORE] for heaps in self._lanes.values())

    @property
    def next_opening(self) -> CallKey:
        """The first, in the order of the log, that begins an interaction, of all lanes: there is one."""
        return min(heaps[_OPENING][0] for heaps in self._lanes.values() if heaps[_OPENING])

    def add(self, lane: int, key: CallKey) -> None:
        """`key` can be made now."""
        waits = self.in_turn and lane in self._left and key.stage in SCORED
        if waits and self._scored.setdefault(key[:3], key) != key:
            self._behind[key[:3]].append(key)
            return
        kind = _OPENING if opens(key) else _SCORE if key.stage in _AWAITED_BY_NONE else _VITAL
        heappush(self._lanes[lane][kind], key)

    def answered(self, lane: int, key: CallKey) -> None:
        """`key`, which was taken from `lane`, has an answer."""
        if lane not in self._left:
            return
        self._left[lane].append((key.round, key.agent))
        if self._scored.pop(key[:3], None) and (behind := self._behind.pop(key[:3], None)):
            for score in behind:
                self.add(lane, score)

    def first(self, lane: int) -> CallKey | None:
        """The most urgent of `lane`, which stays."""
        heaps = [heap for heap in self._lanes[lane] if heap]
        return self._most_urgent(heaps)[0] if heaps else None

    def take(self, lane: int, may_open: Callable[[CallKey], bool]) -> CallKey | None:
        """Take the next of `lane`; of those that begin an interaction only one that `may_open`."""
        if key := self._follow(lane, may_open):
            return key
        heaps = [heap for heap in self._lanes[lane] if heap]
        while heaps:
            heap = self._most_urgent(heaps)
            if not opens(heap[0]) or may_open(heap[0]):
                return heappop(heap)
            heaps = heaps[1:]
        return None

    def _follow(self, lane: int, may_open: Callable[[CallKey], bool]) -> CallKey | None:
        """Take what goes on in the slot that an answer left: of its interaction, else what begins another."""
        if not (left := self._left.get(lane)):
            return None
        place = left.popleft()
        opening, *begun = self._lanes[lane]
        for heap in begun:
            if own := [key for key in heap if (key.round, key.agent) == place]:
                heap.remove(key := min(own))
                heapify(heap)
                return key
        return heappop(opening) if opening and may_open(opening[0]) else None

    def _most_urgent(self, heaps: Sequence[list[CallKey]]) -> list[CallKey]:
        """That of `heaps`, by kind and none empty, whose first call is the most urgent."""
        earliest = min([heap[0].round for heap in heaps])
        heaps = [heap for heap in heaps if heap[0].round == earliest]
        if len(heaps) == 1 or self._presses(earliest):
            return heaps[0]
        begun = heaps[opens(heaps[0][0]) :]
        return begun[0] if begun[0][0].agent <= begun[-1][0].agent else begun[-1]
