"""What a suite says: to the model that is asked an item, and to the judge of its answer. Knows no reply.

Templates are compiled once. `sandbox/suites/lint.py` has rendered them all before anything is paid.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from prompts.suites import AskTemplate, JudgeTemplate
from sandbox.suites.suite import LETTERS, Item, Judge, Suite, Turn

_SPEAKERS: Final = {"user": "User", "assistant": "Assistant"}
# Fields of an item that its prompt can name, beside the texts and numbers among those that its file adds.
_OWN: Final = ("id", "question", "cluster", "category", "reference", "group", "template", "asked")
# A for of a template goes through nothing but what is called so, because a run has few of them (`prompts.grammar`).
_NEVER: Final = "feedback"


def asked(suite: Suite, item: Item, order: Sequence[int] = ()) -> tuple[Turn, ...]:
    """What the model is sent; `order[i]` is the place among the item's options of the one that is shown i-th.

    Raises `TemplateError`.
    """
    variables = variables_of(item, order)
    system = _template(suite.system).render(variables) if suite.system else ""
    turns = item.messages or (Turn(role="user", content=_template(suite.prompt).render(variables)),)
    opened = not system or turns[0].role == "system"
    return turns if opened else (Turn(role="system", content=system), *turns)


def judging(suite: Suite, item: Item, texts: Sequence[str]) -> tuple[Turn, ...]:
    """What the judge is sent about the answer in `texts`, or about the two texts in the order in which they are shown.

    Raises `ValueError` for a suite without a judge, and `TemplateError`.
    """
    judge = _judge_of(suite)
    turns = [turn for turn in asked(suite, item) if turn.role in _SPEAKERS]
    shown = {
        "question": next((turn.content for turn in reversed(turns) if turn.role == "user"), ""),
        "messages": "\n\n".join(f"{_SPEAKERS[turn.role]}: {turn.content}" for turn in turns),
        "reference": item.reference or "",
    }
    named = zip(("first", "second") if judge.pairs else ("answer",), texts, strict=True)
    system, user = judge_template(judge.template, judge.pairs).render(**shown, **dict(named))
    return Turn(role="system", content=system), Turn(role="user", content=user)


def restated(suite: Suite) -> str:
    """What a judge is told once more whose judgement cannot be read. Raises `ValueError` for a suite without one."""
    judge = _judge_of(suite)
    if judge.pairs:
        return 'Reply with nothing but this JSON object: {"reason": "...", "better": "first" or "second"}'
    return rating_restated(judge.scale)


def rating_restated(scale: tuple[int, int]) -> str:
    """What is told once more whoever gave no rating on `scale` that can be read."""
    low, high = scale
    return (
        f"Reply with nothing but this JSON object, the rating a whole number from {low} to {high}: "
        '{"reason": "...", "rating": number}'
    )


def lettered(options: Sequence[str], order: Sequence[int]) -> str:
    """The options in that order, a line each: `A) yes`. Raises `ValueError` for an order that is none of them."""
    if sorted(order) != list(range(len(options))):
        raise ValueError(f"{order} is no order of {len(options)} options")
    return "\n".join(f"{letter}) {options[place]}" for letter, place in zip(LETTERS, order, strict=False))


def variables_of(item: Item, order: Sequence[int] = ()) -> dict[str, str | int | float]:
    """What a prompt can name of `item`: texts and numbers, and its options in `order` as `choices`."""
    fields = {name: value for name, value in item.fields.items() if isinstance(value, str | int | float)}
    own = {name: value for name in _OWN if (value := getattr(item, name)) is not None}
    choices = {"choices": lettered(item.options, order or range(len(item.options)))} if item.options else {}
    return {name: value for name, value in {**fields, **own, **choices}.items() if name != _NEVER}


@lru_cache(maxsize=256)
def _template(source: str) -> AskTemplate:
    return AskTemplate(source)


@lru_cache(maxsize=256)
def judge_template(source: str, pairs: bool) -> JudgeTemplate:
    """The judge's template with this `source`, compiled once. Raises `TemplateError`."""
    return JudgeTemplate(source, pairs=pairs)


def _judge_of(suite: Suite) -> Judge:
    if suite.judge is None:
        raise ValueError(f"suite {suite.name} has no judge")
    return suite.judge
