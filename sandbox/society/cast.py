"""Who takes part in a society, and through which endpoint each speaks.

Knows speakers and lanes by number; not what is asked, nor when.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.protocol import Dimension
from agents.social_agent import SocialAgent
from agents.voice import Speaker
from sandbox.runs.records import CallKey


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part. `lanes[agent]` and `observer_lane` say which endpoint each speaks through.

    The observer is asked about each text once for each of `dimensions`.
    """

    agents: Sequence[SocialAgent]
    lanes: Sequence[int]
    observer: Speaker
    observer_lane: int
    dimensions: tuple[Dimension, ...]

    def speaker(self, key: CallKey) -> Speaker:
        """Who is asked `key`."""
        return self.observer if key.dimension is not None else self.agents[key.speaker].speaker

    def lane(self, key: CallKey) -> int:
        """Through which endpoint."""
        return self.observer_lane if key.dimension is not None else self.lanes[key.speaker]
