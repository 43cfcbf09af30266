"""Interactions as a report embeds them: short JSON without what repeats, all of them or as many as fit a size.

Knows records and bytes; no HTML. The letters, each left out where there is nothing to say:

    r round, a agent, l label, g group, m model, q question, d draft, v revision
    c which of the two were cut off at their limit; e what a step between feedback and revision gave
    o options       of the question; y the place of the key among them, or the key as a text; h what [draft, revision]
                    chose, each a place or null; p the wrong option that a persuader was given
    k recall        [question, or 0 where it is the question itself, answer, similarity, round]
    f feedback      one of {a agent, l label, g group, m model where it is another, r rating, x why it is missing,
                    t what was said, w the reply as it came, k recall} for each neighbour
    b               the same of the revision, without label, model and recall
    s scores        four of {r, x, t, w} or null: alignment and engagement of draft, then of revision
    x failed        [stage, neighbour or null, error]

`t` is the reason, or the reply where no reason could be read in it; `w` is there where `t` is the reason and the rating
is missing. Control characters are codes already.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agents.replies import Judgement
from memory import Recall
from sandbox.figures.reads import Read
from sandbox.figures.records_at import records_at
from sandbox.figures.summary import evenly
from sandbox.runs.records import Feedback, Interaction, RevisionFeedback
from sandbox.terminal import harmless

PROBE: Final = 64
_ESCAPES: Final = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Embedded:
    """The interactions of a run that a report holds, each as JSON for a page, and how many the log holds."""

    lines: list[str]
    count: int

    @property
    def statement(self) -> str:
        """`all 18 interactions`, `1,234 of 100,000 interactions, evenly spaced; all figures are of all`."""
        if len(self.lines) == self.count:
            return f"all {self.count:,} interactions"
        return f"{len(self.lines):,} of {self.count:,} interactions, evenly spaced; all figures are of all"


def embedded(read: Read, most: int) -> Embedded:
    """All interactions of a run if they come to at most `most` bytes, else as many at even distances as do."""
    count = len(read.frame)
    wanted = min(count, _guess(read, most))
    while True:
        lines, size = [], 0
        for item in records_at(read.run, evenly(count, wanted).tolist()):
            lines.append(in_page(compact(item)))
            size += len(lines[-1].encode()) + 2
            if size > most:
                break
        if size <= most:
            return Embedded(lines, count)
        wanted = min(wanted - 1, int(0.95 * len(lines)))


def shares(reads: Sequence[Read], most: int) -> Iterator[int]:
    """How many of `most` bytes each run gets: as much as its log is of all their logs."""
    sizes = [read.run.directory.interactions.stat().st_size if len(read.frame) else 0 for read in reads]
    return (most * size // max(1, sum(sizes)) for size in sizes)


def in_page(document: object) -> str:
    """`document` as JSON that stands in a script element of a page and cannot end it."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def compact(item: Interaction) -> dict[str, Any]:
    """`item` with short keys, without what is null or can be told from the rest."""
    scores = [each for text in (item.scores.draft, item.scores.revision) for each in (text.alignment, text.engagement)]
    failed = item.failed
    return _told(
        r=item.round,
        a=item.agent,
        l=item.label,
        g=_text(item.group),
        m=harmless(item.model),
        q=harmless(item.question),
        k=_recall(item.recall, item.question),
        d=_text(item.draft),
        o=[harmless(each) for each in item.options] if item.options else None,
        y=_text(item.gold_text) if item.gold is None else item.gold,
        h=[item.choice.draft, item.choice.revision] if item.choice else None,
        p=item.persuader,
        f=[_feedback(each, item) for each in item.feedback],
        b=[_told(a=each.agent, g=_text(each.group), **_judgement(each)) for each in item.revision_feedback or ()]
        or None,
        e=_text(item.reflection),
        v=_text(item.revision),
        c=[text for text in ("draft", "revision") if getattr(item.finish, text) == "length"] or None,
        s=[_told(**_judgement(each)) if each else None for each in scores],
        x=[failed.stage, failed.neighbour, failed.error] if failed else None,
    )


def _guess(read: Read, most: int) -> int:
    """About how many interactions fit into `most` bytes, from a few of them."""
    sizes = [
        len(in_page(compact(item)).encode()) + 2
        for item in records_at(read.run, evenly(len(read.frame), min(PROBE, len(read.frame))).tolist())
    ]
    mean = sum(sizes) / len(sizes) if sizes else 1
    return int(most / mean) if len(read.frame) * mean > 1.05 * most else len(read.frame)


def _feedback(each: Feedback, item: Interaction) -> dict[str, Any]:
    model = harmless(each.model) if each.model != item.model else None
    who = _told(a=each.agent, l=each.label, g=_text(each.group), m=model)
    return who | _told(**_judgement(each), k=_recall(each.recall, item.question))


def _judgement(each: Judgement | Feedback | RevisionFeedback) -> dict[str, Any]:
    more = each.raw if each.missing and each.reason else None
    return {"r": each.rating, "x": each.missing, "t": _text(each.reason or each.raw), "w": _text(more)}


def _recall(recall: Recall | None, question: str) -> list[Any] | None:
    if recall is None:
        return None
    asked = 0 if recall.question == question else harmless(recall.question)
    return [asked, harmless(recall.answer), recall.similarity, recall.round]


def _text(text: str | None) -> str | None:
    return None if text is None else harmless(text)


def _told(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
