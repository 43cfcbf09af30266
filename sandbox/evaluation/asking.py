"""What each ask of an evaluation says to a model, in which form a reply is wanted, and what the stand-in may know.

Knows suites and forms; makes no call and reads no reply.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agents.forms import agree_form, better_form, choice_form, rating_form, wrong_form
from agents.model import Message, Request, Schema
from agents.suite_cue import SuiteCue
from sandbox.evaluation.draws import order, sampling_seed
from sandbox.evaluation.plan import Place, Plan
from sandbox.runs.evaluation.records import AnyAnswer, AskKey
from sandbox.suites.asking import asked, judging, restated
from sandbox.suites.suite import Item, Judge, Suite, Turn


def shown_order(plan: Plan, place: Place) -> tuple[int, ...]:
    """In which order the options of an item are shown, by their places; those that are no letters stay as they are."""
    suite, item = plan.at(place)
    if suite.metric == "errors":
        return tuple(range(len(item.options)))
    return order(plan.config.seed, suite.name, item.id, place.sample, len(item.options))


class Put(NamedTuple):
    """How one sample of an item is put to a model: the `order` of its options, by their places, and all turns."""

    order: tuple[int, ...]
    turns: tuple[Turn, ...]


def put(plan: Plan, place: Place) -> Put:
    """How the sample at `place` is put to a model."""
    suite, item = plan.at(place)
    order = shown_order(plan, place)
    return Put(order, _with_form(asked(suite, item, order), form_line(suite)))


def answer_request(plan: Plan, place: Place, key: AskKey, question: Put) -> Request:
    """What `key` asks the model: `question`."""
    suite, item = plan.at(place)
    options = tuple(item.options[number] for number in question.order)
    return Request(
        model=plan.model_of(key),
        messages=_messages(question.turns),
        temperature=suite.sampling.temperature,
        max_tokens=suite.sampling.max_tokens,
        seed=sampling_seed(plan.config.seed, key),
        schema=answer_schema(suite, item),
        cue=SuiteCue(kind=suite.kind, options=options, asked=item.asked),
        logprobs=suite.sampling.logprobs,
    )


def answer_schema(suite: Suite, item: Item) -> Schema | None:
    """The form in which an answer is asked for; None for plain text."""
    match suite.kind:
        case "choice" if suite.metric == "errors":
            return wrong_form()
        case "choice" | "survey":
            return choice_form(len(item.options))
        case "agree":
            return agree_form()
    return None


def judgement_request(plan: Plan, place: Place, key: AskKey, answer: AnyAnswer) -> Request:
    """What `key` asks the judge about `answer`, or about the two texts that the item has."""
    suite, item = plan.at(place)
    judge = _judge(suite)
    texts = texts_judged(item, answer, key.position)
    again = restated(suite) if key.ask else None
    return Request(
        model=plan.model_of(key),
        messages=_messages(_with_form(judging(suite, item, texts), again)),
        temperature=judge.temperature,
        max_tokens=judge.max_tokens,
        seed=sampling_seed(plan.config.seed, key),
        schema=better_form() if judge.pairs else rating_form(judge.scale),
        cue=SuiteCue(kind="better" if judge.pairs else "judgement", subject="\n".join(texts), scale=judge.scale),
    )


def form_line(suite: Suite) -> str | None:
    """In which JSON an answer is wanted; None where its form is free, or where the suite's prompt says it."""
    if "json" in suite.prompt.casefold():
        return None
    match suite.kind:
        case "choice" if suite.metric == "errors":
            form = '{"wrong": true or false}'
        case "choice" | "survey":
            form = '{"answer": "the letter of one option"}'
        case "agree":
            form = '{"verdict": "agree" or "disagree"}'
        case _:
            return None
    return f"Reply with a JSON object: {form}"


def texts_judged(item: Item, answer: AnyAnswer, position: int | None) -> Sequence[str]:
    """The answer, or the two texts of `item` in the order in which they are shown at `position`."""
    if position is None:
        return [answer.text or ""]
    return item.given if position == 0 else item.given[::-1]


def _judge(suite: Suite) -> Judge:
    assert suite.judge, f"{suite.name} has no judge"
    return suite.judge


def _with_form(turns: Sequence[Turn], line: str | None) -> tuple[Turn, ...]:
    """`turns`, the last of which says in which form a reply is wanted."""
    if line is None:
        return tuple(turns)
    *before, last = turns
    return (*before, last.model_copy(update={"content": f"{last.content}\n\n{line}"}))


def _messages(turns: Iterable[Turn]) -> tuple[Message, ...]:
    return tuple(Message(turn.role, turn.content) for turn in turns)
