"""What one sample of an item came to. Knows records only."""

from typing import NamedTuple

from sandbox.runs.evaluation.records import AnyAnswer, Judgement


class Outcome(NamedTuple):
    """An answer and all judgements of it, by position."""

    answer: AnyAnswer
    judgements: tuple[Judgement, ...]

    @property
    def failed(self) -> bool:
        """Whether a call for it failed for good. Of answers that a file holds, none of ours did."""
        if self.answer.missing == "failed":
            return self.answer.failed is not None
        return any(each.missing == "failed" for each in self.judgements)

    @property
    def missing(self) -> int:
        """How many of the answer and its ratings are missing."""
        return (self.answer.missing is not None) + sum(each.missing is not None for each in self.judgements)
