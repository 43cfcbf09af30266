"""Whether an evaluation says anything: which share of each suite is missing. Reads its logs."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from sandbox.runs.evaluation.reading import Evaluation


class Share(NamedTuple):
    """Of `planned` answers or ratings of a suite so many are `missing`."""

    suite: str
    planned: int
    missing: int

    def exceeds(self, most: float) -> bool:
        """Whether more than the share `most` is missing."""
        return self.missing > most * self.planned

    def __str__(self) -> str:
        """For people."""
        return f"{self.suite} ({self.missing} of {self.planned}, {self.missing / self.planned:.1%})"


def unsound(evaluation: Evaluation, most: float) -> Iterator[Share]:
    """The suites of which more than the share `most` is missing.

    Of a judged suite ratings count, of any other one answers. To agree or not to is asked of those who may say
    neither: their share is a number of its own, and only a suite without any verdict says nothing.
    """
    for share in shares(evaluation):
        agrees = any(suite.kind == "agree" for suite in evaluation.suites if suite.name == share.suite)
        if share.missing == share.planned or (not agrees and share.exceeds(most)):
            yield share


def shares(evaluation: Evaluation) -> Iterator[Share]:
    """What is missing of each suite of which anything was asked."""
    planned: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    judged = {suite.name for suite in evaluation.suites if suite.judge}
    for answer in evaluation.answers():
        if answer.suite not in judged:
            planned[answer.suite] += 1
            missing[answer.suite] += answer.missing is not None
    for judgement in evaluation.judgements():
        if judgement.suite in judged:
            planned[judgement.suite] += 1
            missing[judgement.suite] += judgement.missing is not None
    return (Share(name, count, missing[name]) for name, count in sorted(planned.items()))
