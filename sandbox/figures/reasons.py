"""Why a row is missing: every planned interaction and rating as obtained, missing or failed, counted by reason.

Knows columns, records and the journal; shows nothing.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

import numpy as np

from agents.protocol import DIMENSIONS, TEXTS, Stage
from sandbox.figures.columns import Names, Numbers
from sandbox.figures.frame import REASONS, Frame
from sandbox.figures.records_at import failed_calls, records_at
from sandbox.runs.reading import Run
from sandbox.runs.records import Interaction, JournalLine, agent_name
from sandbox.sheet import Cell, Sheet
from sandbox.society.world import World

EXAMPLES: Final = 3


class Example(NamedTuple):
    """A rating that is missing: whose, what it is of, why, and the reply as it came."""

    id: str
    measure: str
    missing: str
    raw: str | None


def why_sheets(run: Run, frame: Frame) -> list[Sheet]:
    """Interactions, ratings and failed calls by what became of them."""
    failures = failed_calls(run, len(frame))
    return [interactions_sheet(run, frame), ratings_sheet(run, frame, failures), failures_sheet(failures)]


def interactions_sheet(run: Run, frame: Frame) -> Sheet:
    """What became of the interactions that were planned; the counts add up to them."""
    planned = _planned(run)
    failures = Counter(zip(frame.failed_stage[frame.failed], frame.failed_error[frame.failed], strict=True))
    rows: list[list[Cell]] = [["complete", None, int((~frame.failed).sum())]]
    rows += [["failed", f"{stage}: {error}", count] for (stage, error), count in failures.most_common()]
    rows.append(["not reached", None, planned - len(frame)])
    note = f"of {planned:,} planned"
    return Sheet("interactions", ("outcome", "why", "count"), rows, note, frozenset({"outcome", "why"}))


def ratings_sheet(run: Run, frame: Frame, failures: Sequence[JournalLine]) -> Sheet:
    """What became of the ratings that were planned, of neighbours and of the observer; the counts add up to them.

    `failed` are those whose own call is among `failures`, `not_asked` those that a failed call before them prevented,
    and `not_reached` those of interactions that are not in the log.
    """
    unreached = _planned(run) - len(frame)
    lost = Counter((line.stage, dimension) for line in failures for dimension in _dimensions(line))
    left = _feedback_left(run, frame)
    rows = [_row("feedback", frame.feedback.ratings, frame.feedback.missing, lost["feedback", None], left)]
    if run.manifest.config.peers_rate:
        heard = frame.revision_feedback
        rows.append(_row("feedback on revision", heard.ratings, heard.missing, lost["revision_feedback", None], left))
    for (text, dimension), ratings in frame.ratings.items():
        stage: Stage = "score_draft" if text == "draft" else "score_revision"
        own = frame.missing[text, dimension]
        rows.append(_row(f"{dimension} of {text}", ratings, own, lost[stage, dimension], unreached))
    columns = ("measure", "planned", "obtained", *REASONS, "failed", "not_asked", "not_reached")
    return Sheet("ratings", columns, rows, texts=frozenset({"measure"}))


def failures_sheet(failures: Sequence[JournalLine]) -> Sheet:
    """The first few calls that failed for good, of each kind of error, in the endpoint's words, and how many."""
    kinds = Counter(line.error.kind for line in failures if line.error)
    rows: list[Sequence[Cell]] = []
    for kind, count in kinds.most_common():
        for line in islice((line for line in failures if line.error and line.error.kind == kind), EXAMPLES):
            assert line.error is not None
            rows.append([kind, count, str(line.key), line.error.status, line.tries, line.error.words])
    columns = ("error", "calls", "example", "http_status", "tries", "words")
    return Sheet("calls that failed for good", columns, rows, texts=frozenset({"error", "example", "words"}))


def examples_sheet(found: Sequence[Example]) -> Sheet:
    """Each example in a row."""
    columns = ("id", "measure", "missing", "raw")
    return Sheet("examples of missing ratings", columns, found, texts=frozenset(columns))


def examples(run: Run, frame: Frame) -> list[Example]:
    """The first few missing ratings of each reason, with what was replied."""
    found: dict[str, list[Example]] = {reason: [] for reason in REASONS}
    wanted: set[int] = set()
    for reason in REASONS:
        heard = [each.of[each.missing == reason][:EXAMPLES] for each in (frame.feedback, frame.revision_feedback)]
        scored = [np.flatnonzero(reasons == reason)[:EXAMPLES] for reasons in frame.missing.values()]
        wanted.update(int(place) for places in (*heard, *scored) for place in places)
    for item in records_at(run, wanted):
        for example in _missing(item):
            found[example.missing].append(example)
    return [example for each in found.values() for example in islice(each, EXAMPLES)]


def _planned(run: Run) -> int:
    """Interactions of the whole run."""
    return run.manifest.config.rounds * run.manifest.config.agents


def _dimensions(line: JournalLine) -> Sequence[str | None]:
    """What the call of `line` rates: a joint call both."""
    return DIMENSIONS if line.dimension == "both" else (line.dimension,)


def _row(name: str, ratings: Numbers, missing: Names, failed: int, unreached: int) -> list[Cell]:
    obtained = int((~np.isnan(ratings)).sum())
    reasons = [int((missing == reason).sum()) for reason in REASONS]
    not_asked = ratings.size - obtained - sum(reasons) - failed
    return [name, ratings.size + unreached, obtained, *reasons, failed, not_asked, unreached]


def _feedback_left(run: Run, frame: Frame) -> int:
    """How many feedbacks the interactions have that are not in the log: an agent has as many in every round."""
    config = run.manifest.config
    world = World.of(config)
    whole, begun = divmod(len(frame), world.size)
    if whole >= config.rounds:
        return 0
    of_each = [len(world.feedback_agents(0, agent)) for agent in range(world.size)]
    return sum(of_each) * (config.rounds - whole) - sum(of_each[:begun])


def _missing(item: Interaction) -> Iterator[Example]:
    for said, of in ((item.feedback, ""), (item.revision_feedback or (), " on the revision")):
        for each in said:
            if each.missing:
                yield Example(item.id, f"feedback of {agent_name(each.agent)}{of}", each.missing, each.raw)
    for text in TEXTS:
        for dimension in DIMENSIONS:
            judgement = item.scores.of(text, dimension)
            if judgement and judgement.missing:
                yield Example(item.id, f"{dimension} of {text}", judgement.missing, judgement.raw)
