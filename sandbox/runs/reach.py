"""How far a run reaches: whether a span asks for rounds or agents that it has, and which are nearest if not.

Knows manifests and spans; shows nothing.
"""

from typing import NamedTuple

from sandbox.errors import UsageError
from sandbox.runs.reading import Run
from sandbox.span import OPEN, Span


class Reach(NamedTuple):
    """Of what `flag` asks about a run has 0 to `last`, which `words` say."""

    flag: str
    last: int
    words: str

    @classmethod
    def of_rounds(cls, run: Run, logged: int, flag: str) -> "Reach":
        """Rounds that have begun, where so many interactions are `logged`. Raises `UsageError` where none is."""
        name, planned = run.manifest.run_id, run.manifest.config.rounds
        if not logged:
            raise UsageError(f"{flag}: no interaction of run {name} is in the log yet.")
        last = (logged - 1) // run.manifest.config.agents
        rounds = f"rounds 0 to {last}" if last else "round 0 alone"
        return cls(flag, last, f"run {name} has {rounds}{f' of {planned} planned' if last + 1 < planned else ''}.")

    @classmethod
    def of_agents(cls, run: Run) -> "Reach":
        """All agents."""
        last = run.manifest.config.agents - 1
        return cls("--agent", last, f"run {run.manifest.run_id} has agents 0 to {last}.")

    def reached(self, text: str) -> Span:
        """The span in `text`, some of which is there. Raises `UsageError`, which names what is nearest."""
        span = Span.parse(text, self.flag)
        if span.first > self.last:
            raise self._beyond(span, text)
        return span

    def ends_reached(self, text: str) -> tuple[int, ...]:
        """Where the span in `text` begins, and where it ends if that is elsewhere. Raises `UsageError`."""
        span = self.reached(text)
        if self.shortfall(span):
            raise self._beyond(span, text)
        first, last = span.within(self.last)
        return (first,) if first == last else (first, last)

    def shortfall(self, span: Span) -> str | None:
        """What is not there of a `span` that ends beyond what is."""
        return f"{self.flag} {span}: {self.words}" if self.last < span.last < OPEN else None

    def _beyond(self, span: Span, text: str) -> UsageError:
        return UsageError(f"{self.flag} {text}: {self.words}\nThe nearest is {self.flag} {span.within(self.last)}")
