"""Why a row is missing: every planned interaction and rating as obtained, missing or failed, counted by reason.

Knows columns and records; shows nothing.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

import numpy as np

from sandbox.inspection.frame import REASONS, Frame, Names, Numbers
from sandbox.inspection.records_at import records_at
from sandbox.inspection.sheet import Cell, Sheet
from sandbox.records import Interaction, agent_name
from sandbox.run_reading import Run

EXAMPLES: Final = 3


class Example(NamedTuple):
    """A rating that is missing: whose, why, and the reply as it came."""

    interaction: str
    rating: str
    reason: str
    raw: str | None


def interactions_sheet(run: Run, frame: Frame) -> Sheet:
    """What became of the interactions that were planned; the counts add up to them."""
    failures = Counter(zip(frame.failed_stage[frame.failed], frame.failed_error[frame.failed], strict=True))
    rows: list[list[Cell]] = [["complete", None, int((~frame.failed).sum())]]
    rows += [["failed", f"{stage}: {error}", count] for (stage, error), count in failures.most_common()]
    rows.append(["not reached", None, run.manifest.config.rounds * run.manifest.config.grid**2 - len(frame)])
    note = f"of {run.manifest.config.rounds * run.manifest.config.grid**2} planned"
    return Sheet("interactions", ("outcome", "why", "count"), rows, note, frozenset({"outcome", "why"}))


def ratings_sheet(frame: Frame) -> Sheet:
    """What became of the ratings of the interactions in the log, of neighbours and of the observer.

    `not obtained` are those never asked for or failed for good, because a call before them, or their own, failed.
    """
    rows = [_row("feedback", frame.feedback_ratings, frame.feedback_missing)]
    for (text, dimension), ratings in frame.ratings.items():
        rows.append(_row(f"{dimension} of {text}", ratings, frame.missing[text, dimension]))
    columns = ("rating", "asked of", "obtained", *REASONS, "not obtained")
    return Sheet("ratings of the interactions in the log", columns, rows, texts=frozenset({"rating"}))


def examples(run: Run, frame: Frame) -> list[Example]:
    """The first few missing ratings of each reason, with what was replied."""
    found: dict[str, list[Example]] = {reason: [] for reason in REASONS}
    wanted: set[int] = set()
    for reason in REASONS:
        own = frame.feedback_of[frame.feedback_missing == reason][:EXAMPLES]
        scored = [np.flatnonzero(reasons == reason)[:EXAMPLES] for reasons in frame.missing.values()]
        wanted.update(int(place) for places in (own, *scored) for place in places)
    for item in records_at(run, wanted):
        for example in _missing(item):
            found[example.reason].append(example)
    return [example for each in found.values() for example in islice(each, EXAMPLES)]


def _row(name: str, ratings: Numbers, missing: Names) -> list[Cell]:
    obtained = int((~np.isnan(ratings)).sum())
    reasons = [int((missing == reason).sum()) for reason in REASONS]
    return [name, ratings.size, obtained, *reasons, ratings.size - obtained - sum(reasons)]


def _missing(item: Interaction) -> Iterator[Example]:
    for feedback in item.feedback:
        if feedback.missing:
            yield Example(item.id, f"feedback of {agent_name(feedback.agent)}", feedback.missing, feedback.raw)
    for text in ("draft", "revision"):
        scores = getattr(item.scores, text)
        for dimension in ("alignment", "engagement"):
            judgement = getattr(scores, dimension)
            if judgement and judgement.missing:
                yield Example(item.id, f"{dimension} of {text}", judgement.missing, judgement.raw)
