"""What a reply comes to as the answer to an item, by the kind of its suite. Knows readers and records, no request."""

from typing import Any

from agents.choices import read_choice
from agents.leaks import leaked
from agents.letter_shares import read_shares
from agents.model import ErrorKind, Reply
from agents.replies import parse_text
from agents.statements import read_verdict, read_wrong
from sandbox.evaluation.asking import Put
from sandbox.evaluation.plan import Place, Plan
from sandbox.runs.evaluation.records import (
    AgreeAnswer,
    Answer,
    AnyAnswer,
    ChoiceAnswer,
    LeakAnswer,
    Missing,
    SurveyAnswer,
)
from sandbox.suites.suite import Item, Suite


def answer(plan: Plan, place: Place, question: Put, reply: Reply | ErrorKind) -> AnyAnswer:
    """The record of what was answered to `question`, one sample, or of the error with which that failed."""
    suite, item = plan.at(place)
    shared = _shared(suite, item, place.sample) | {"messages": question.turns}
    if isinstance(reply, str):
        return _of_kind(suite, item, (), shared | {"missing": "failed", "failed": reply}, None)
    text, finish, cut_thinking = parse_text(reply)
    said = {"text": text, "finish": finish, "missing": _why_nothing(finish, cut_thinking) if text is None else None}
    return _of_kind(suite, item, question.order, shared | said, reply if text is not None else None)


def given(suite: Suite, item: Item, sample: int) -> AnyAnswer:
    """The record of an item whose text, or texts, were there before: nothing is asked."""
    text = item.given[0] if len(item.given) == 1 else None
    return Answer(**_shared(suite, item, sample) | {"text": text})


def _why_nothing(finish: str | None, cut_thinking: bool) -> Missing:
    if finish == "content_filter":
        return "refused"
    return "truncated" if cut_thinking or finish == "length" else "empty"


def _shared(suite: Suite, item: Item, sample: int) -> dict[str, Any]:
    """The fields of every answer."""
    return {
        "suite": suite.name,
        "item": item.id,
        "cluster": item.cluster,
        "category": item.category,
        "sample": sample,
        "messages": (),
        "text": None,
        "finish": None,
        "missing": None,
        "failed": None,
    }


def _of_kind(
    suite: Suite, item: Item, order: tuple[int, ...], shared: dict[str, Any], reply: Reply | None
) -> AnyAnswer:
    """`reply` is None where nothing was said."""
    match suite.kind:
        case "choice":
            place, missing = _chosen(suite, item, order, reply)
            fields = _with_missing(shared, missing)
            return ChoiceAnswer(**fields, options=item.options, order=order, gold=item.gold, answer=place)
        case "survey":
            return _survey(suite, item, order, shared, reply)
        case "agree":
            verdict, missing = read_verdict(reply) if reply else (None, None)
            fields = _with_missing(shared, missing)
            return AgreeAnswer(
                **fields, group=item.group, template=item.template, control=item.control, verdict=verdict
            )
        case "leak":
            return _leak(item, shared, reply)
    return Answer(**shared)


def _chosen(suite: Suite, item: Item, order: tuple[int, ...], reply: Reply | None) -> tuple[int | None, Missing | None]:
    """Which option was chosen, by its place in the item, or why none was read."""
    if reply is None:
        return None, None
    if suite.metric == "errors":
        wrong, missing = read_wrong(reply)
        return (None if wrong is None else int(wrong)), missing
    place, missing = read_choice(reply, [item.options[number] for number in order])
    return (None if place is None else order[place]), missing


def _survey(
    suite: Suite, item: Item, order: tuple[int, ...], shared: dict[str, Any], reply: Reply | None
) -> SurveyAnswer:
    """An answer without the shares that were asked for is missing, as it would count for more than others."""
    place, missing = _chosen(suite, item, order, reply)
    likely: dict[str, Any] = {}
    if reply and suite.sampling.logprobs and place is not None:
        if found := read_shares(reply, order.index(place), len(order)):
            shares = tuple(found.of_options[order.index(each)] for each in range(len(order)))
            likely = {"shares": shares, "beside": found.beside}
        else:
            place, missing = None, "unparsable"
    fields = _with_missing(shared, missing)
    return SurveyAnswer(**fields, options=item.options, order=order, option=place, **likely)


def _leak(item: Item, shared: dict[str, Any], reply: Reply | None) -> LeakAnswer:
    text, asked = shared["text"], item.asked or ""
    return LeakAnswer(
        **shared,
        asked=asked,
        others=item.others,
        leaked=leaked(text, asked) if reply else None,
        other_leaked=tuple(value for value in item.others if reply and leaked(text, value)),
    )


def _with_missing(shared: dict[str, Any], missing: Missing | None) -> dict[str, Any]:
    """What is missing for a reason of its own stays so."""
    return shared | {"missing": shared["missing"] or missing}
