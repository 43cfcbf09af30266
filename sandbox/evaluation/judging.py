"""What a judge said of an answer, or of two texts in one order; and what needs no judge. Makes no call."""

from dataclasses import replace

from agents.model import ErrorKind, Reply
from agents.replies import read_rating
from agents.statements import read_preference
from prompts.fences import outside
from sandbox.evaluation.plan import Place, Plan
from sandbox.runs.evaluation.records import AnyAnswer, AskKey, Judgement, Missing
from sandbox.suites.suite import Item, Suite

_ONE: tuple[int | None, ...] = (None,)
_BOTH: tuple[int | None, ...] = (0, 1)


def positions(suite: Suite) -> tuple[int | None, ...]:
    """In which orders an answer of `suite` is judged: none where nothing is, both for two texts."""
    if suite.judge is None:
        return ()
    return _BOTH if suite.judge.pairs else _ONE


def without_calls(plan: Plan, suite: Suite, item: Item, answer: AnyAnswer) -> dict[int | None, Judgement]:
    """The judgements of an `answer` that has nothing to judge, by position: they are missing as the answer is."""
    if answer.text is not None or item.given:
        return {}
    missing = answer.missing or "empty"
    return {
        position: Judgement(
            suite=suite.name,
            item=item.id,
            sample=answer.sample,
            judge=plan.judge or "",
            position=position,
            rating=None,
            missing=missing,
            reason=None,
            raw=None,
        )
        for position in positions(suite)
    }


def judgement(plan: Plan, place: Place, key: AskKey, reply: Reply | ErrorKind) -> Judgement:
    """The record of what the judge said to `key`, or that asking failed."""
    suite, item = plan.at(place)
    assert suite.judge, f"{suite.name} has no judge"
    rating: int | None = None
    missing: Missing | None = "failed"
    reason = raw = None
    if not isinstance(reply, str):
        own = _without_what_was_shown(reply)
        if suite.judge.pairs:
            first, missing, reason, raw = read_preference(own)
            rating = None if first is None else int(first == (key.position == 0))
        else:
            rating, missing, reason, raw = read_rating(own, suite.judge.scale)
        raw = raw if own is reply else read_preference(reply).raw
    return Judgement(
        suite=suite.name,
        item=item.id,
        sample=place.sample,
        judge=plan.judge or "",
        position=key.position,
        rating=rating,
        missing=missing,
        reason=reason,
        raw=raw,
    )


def _without_what_was_shown(reply: Reply) -> Reply:
    text = outside(reply.text)
    return reply if text == reply.text else replace(reply, text=text)


def is_unreadable(judgement: Judgement) -> bool:
    """Whether it is asked for again: a reply came, and no rating could be read out of it."""
    return judgement.missing not in (None, "failed")
