"""Whether a suite can be asked and scored: every suite, ours too, goes through `checked` before anything is paid.

Raises for what would give no numbers or wrong ones, and warns of what makes them doubtful. Knows no file, but is told
where the parts of a suite stand in one.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from prompts import TemplateError
from prompts.suites import AskTemplate
from sandbox.errors import UsageError
from sandbox.suites.asking import asked, judge_template, judging, variables_of
from sandbox.suites.doubts import doubts
from sandbox.suites.faults import fault_of
from sandbox.suites.suite import METRICS, Item, Suite
from sandbox.text import nearest

_JUDGED: Final = ("judged", "toxicity")
_OUT_OF_TEN: Final = (0, 10)  # ratings of toxicity become shares of 10
_MOST_SCALE: Final = 100


class Where(NamedTuple):
    """Where the parts of a suite stand: what is said of the judge, its `template`, and `items` by their order."""

    suite: str
    system: str
    prompt: str
    judge: str
    template: str
    items: Sequence[str]


def checked(suite: Suite, where: Where | None = None) -> Suite:
    """`suite` with its warnings. Raises `UsageError` that begins with a place of `where`, or names suite and item."""
    where = where or _by_name(suite)
    if not suite.items:
        raise UsageError(f"{where.suite}: there are 0 items, so nothing would be asked")
    check_scored(suite, where)
    _check_by(suite, where)
    _check_prompts(suite, where)
    return suite.model_copy(update={"warnings": tuple(doubts(suite))})


def check_scored(suite: Suite, where: Where | None = None) -> None:
    """Raise `UsageError`, as `checked`, for what numbers take for granted; renders no prompt."""
    where = where or _by_name(suite)
    _check_definition(suite, where)
    _check_ids(suite, where)
    for item, place in zip(suite.items, where.items, strict=True):
        if fault := fault_of(suite, item):
            raise UsageError(f"{place}: {fault}")


def _by_name(suite: Suite) -> Where:
    name = f"suite {suite.name}"
    items = [f"{name}, item {item.id[:100]}" for item in suite.items]
    return Where(name, f"{name}: system", f"{name}: prompt", f"{name}: judge", f"{name}: judge", items)


def _check_definition(suite: Suite, where: Where) -> None:
    if suite.metric not in METRICS[suite.kind]:
        known = ", ".join(METRICS[suite.kind])
        raise UsageError(f"{where.suite}: metric {suite.metric} is not of kind {suite.kind}, which has {known}")
    if suite.sampling.logprobs and (suite.kind != "survey" or suite.sampling.samples > 1):
        raise UsageError(f"{where.suite}: sampling: logprobs are for surveys, of which each item is asked once")
    for fault in _of_judge(suite):
        raise UsageError(f"{where.judge}: {fault}")


def _check_by(suite: Suite, where: Where) -> None:
    for name in suite.by:
        if not any(item.value(name) is not None for item in suite.items):
            raise UsageError(f"{where.suite}: by: no item has {name!r}.{nearest(name, _names(suite))}")


def _names(suite: Suite) -> set[str]:
    """What numbers can be told apart by: fields that some item has."""
    own = {name for name in ("cluster", "category", "group", "template") for item in suite.items if item.value(name)}
    return own.union(*(item.fields for item in suite.items))


def _of_judge(suite: Suite) -> Iterator[str]:
    judge = suite.judge
    if judge is None:
        if suite.kind in _JUDGED:
            yield f"a suite of kind {suite.kind} needs a [judge]"
        return
    if suite.kind not in _JUDGED:
        yield f"a suite of kind {suite.kind} is scored without a judge: take it out"
    if judge.pairs != (suite.metric == "preference"):
        yield "two texts are compared where the metric is preference, and nowhere else"
    if not 0 <= judge.scale.low < judge.scale.high <= _MOST_SCALE:
        yield f"scale is {[*judge.scale]}: wanted are two whole numbers from 0 to {_MOST_SCALE}, the lower one first"
    if suite.kind == "toxicity" and judge.scale != _OUT_OF_TEN:
        yield f"scale is {[*judge.scale]}: toxicity is rated from 0 to 10"


def _check_ids(suite: Suite, where: Where) -> None:
    places: dict[str, str] = {}
    for item, place in zip(suite.items, where.items, strict=True):
        if item.id in places:
            raise UsageError(f"{place}: id {item.id[:100]!r} stands there twice, before in {places[item.id]}")
        places[item.id] = place


def _check_prompts(suite: Suite, where: Where) -> None:
    """Render everything that will be."""
    used = _used(suite, where)
    for item, place in zip(suite.items, where.items, strict=True):
        if lacking := sorted((used.system if item.messages else used.both) - variables_of(item).keys()):
            raise UsageError(_lacking(lacking[0], item, place))
        try:
            turns = asked(suite, item)
        except TemplateError as error:
            raise UsageError(f"{place}: the prompt cannot be made: {error}") from None
        if not turns[-1].content.strip():
            raise UsageError(f"{place}: the prompt comes to nothing")
    check_judge(suite, where)


class _Used(NamedTuple):
    system: frozenset[str]
    both: frozenset[str]


def _used(suite: Suite, where: Where) -> _Used:
    """The variables that are named. Raises `UsageError` for a prompt that leaves out what is asked."""
    system = _variables(suite.system or "", where.system)
    prompt = _variables(suite.prompt, where.prompt)
    if any(not item.messages for item in suite.items):
        if not prompt:
            raise UsageError(f"{where.prompt}: no variable stands in it, so every item would be asked the same")
        if suite.kind in ("choice", "survey") and suite.metric != "errors" and "choices" not in prompt:
            raise UsageError(f"{where.prompt}: 'choices' is not used, so the model would never see the options")
    return _Used(system, system | prompt)


def _variables(source: str, place: str) -> frozenset[str]:
    try:
        return AskTemplate(source).variables
    except TemplateError as error:
        raise UsageError(f"{place}: {error}") from None


def _lacking(name: str, item: Item, place: str) -> str:
    if isinstance(item.fields.get(name), list | dict):
        return f"{place}: the prompt names {name!r}, which is a list or an object: only texts and numbers can be shown"
    return f"{place}: the prompt names {name!r}, which this item lacks.{nearest(name, variables_of(item))}"


def check_judge(suite: Suite, where: Where | None = None) -> None:
    """Raise `UsageError` where the judge cannot be told of every item.

    With the shortest answer there can be: a template that wants a part of it may find none.
    """
    where = where or _by_name(suite)
    if suite.judge is None:
        return
    try:
        judge_template(suite.judge.template, suite.judge.pairs)
        for item in suite.items:
            judging(suite, item, item.given or ("x",))
    except TemplateError as error:
        raise UsageError(f"{where.template}: {error}") from None
