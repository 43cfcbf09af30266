"""How alignment changed from drafts to revisions, in whole rounds: the two means wherever a list of runs shows them.

Both are over the interactions that have both rated, as in the lines and the panel of a run that goes on. Summaries of
rounds tell it where every draft or every revision that was rated has a gain; else the log does.
"""

from collections.abc import Sequence
from typing import NamedTuple

from agents.protocol import TEXTS
from sandbox.errors import SandboxError
from sandbox.runs.reading import Run
from sandbox.runs.round_records import Mean, MeanGain, RoundSummary


class Change(NamedTuple):
    """Means of alignment over the same interactions; None where there are none, or the log cannot be read."""

    before: float | None
    after: float | None


def alignment_change(run: Run, rounds: Sequence[RoundSummary]) -> Change:
    """Over the whole `rounds` of `run`, all of them."""
    summed = [_sums(summary) for summary in rounds]
    told = [each for each in summed if each]
    if len(told) < len(summed):
        return _of_log(run, len(rounds))
    count = sum(summary.gain.alignment.count for summary in rounds)
    return Change(*(sum(each) / count for each in zip(*told, strict=True))) if count else Change(None, None)


def _sums(summary: RoundSummary) -> tuple[int, int] | None:
    """Sums of drafts and of revisions over what has both rated; None where the summary has others in its means."""
    draft, revision, gain = (each.alignment for each in (summary.scores.draft, summary.scores.revision, summary.gain))
    if draft.count == gain.count:
        return _total(draft), _total(draft) + _total(gain)
    if revision.count == gain.count:
        return _total(revision) - _total(gain), _total(revision)
    return None


def _total(mean: Mean | MeanGain) -> int:
    """Ratings are whole numbers, and so are gains."""
    return round((mean.mean or 0.0) * mean.count)


def _of_log(run: Run, rounds: int) -> Change:
    import numpy as np

    from sandbox.figures.frame import read_frame

    try:
        ratings = read_frame(run).ratings
    except SandboxError:  # whoever looks at the run is told; a list shows what it can
        return Change(None, None)
    whole = slice(rounds * run.manifest.config.agents)
    before, after = (ratings[text, "alignment"][whole] for text in TEXTS)
    both = ~np.isnan(before + after)
    return Change(float(before[both].mean()), float(after[both].mean())) if both.any() else Change(None, None)
