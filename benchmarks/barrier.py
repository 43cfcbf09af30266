"""`sandbox` with a barrier between rounds, to compare with: nothing of a round starts before all before it is done.

That includes the scores of the observer, as in a loop over rounds that makes each one whole.

python -m benchmarks.barrier simulate ...
"""

import sandbox.society.casting
from sandbox.cli import main
from sandbox.runs.records import CallKey
from sandbox.society.society import Society


class BarrierSociety(Society):
    """Gives no call of a round while an interaction of an earlier one is under way."""

    def next_call(self, lane: int) -> CallKey | None:
        """The most urgent call of `lane`, unless it has to wait at the barrier."""
        key = super().next_call(lane)
        if key is None or key.round * self.world.size <= self.released:
            return key
        self.enqueue(key)
        return None


if __name__ == "__main__":
    sandbox.society.casting.Society = BarrierSociety  # type: ignore[attr-defined]
    main()
