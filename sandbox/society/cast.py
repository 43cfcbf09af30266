"""Who takes part in a society, and through which endpoint each speaks.

Knows speakers and lanes by number; not what is asked, nor when.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.protocol import Dimension
from agents.social_agent import SocialAgent
from agents.voice import Speaker
from sandbox.options.extras import FULL, View
from sandbox.questions.sets import Question
from sandbox.runs.records import CallKey
from sandbox.society.draws import draw


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part. `lanes[agent]` and `observer_lane` say which endpoint each speaks through.

    The observer is asked about each text once for each of `dimensions`. With `reflects` agents have a step of an
    extension before they revise. With `peers_rate` neighbours rate revisions, too; they have the `view` of a question's
    material. `persuaders` are to convince others of a wrong option. A server of `slotted` lanes
    keeps how prompts begin in the slot that each was read in.
    """

    agents: Sequence[SocialAgent]
    lanes: Sequence[int]
    observer: Speaker
    observer_lane: int
    dimensions: tuple[Dimension, ...]
    peers_rate: bool = False
    reflects: bool = False
    view: View = FULL
    persuaders: frozenset[int] = frozenset()
    slotted: frozenset[int] = frozenset()

    def speaker(self, key: CallKey) -> Speaker:
        """Who is asked `key`."""
        return self.observer if key.dimension is not None else self.agents[key.speaker].speaker

    def lane(self, key: CallKey) -> int:
        """Through which endpoint."""
        return self.observer_lane if key.dimension is not None else self.lanes[key.speaker]

    def remember(self, agent: int, question: str, revision: str | None, round_: int) -> None:
        """What `agent` answered in the end stays with it; nothing where there was no such answer."""
        if revision is not None:
            self.agents[agent].memory.add(question, revision, round_)

    def persuaded_to(self, seed: int, round_: int, agent: int, question: Question) -> int | None:
        """The wrong option that `agent` is given; None where it is no persuader, or the question has no key."""
        if agent not in self.persuaders or question.gold is None:
            return None
        wrong = [place for place in range(len(question.options)) if place != question.gold]
        return draw(seed, round_, agent, "persuader").choice(wrong)
