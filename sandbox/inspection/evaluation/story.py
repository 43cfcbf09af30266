"""One item of an evaluation as it happened: asked, answered, judged. Knows titles and texts, and how they are shown.

What models wrote is as it came until it is shown; on a terminal it is made harmless here.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.padding import Padding

from sandbox.inspection.evaluation.asked import Asked, scale_of
from sandbox.runs.evaluation.records import ChoiceAnswer, Judgement, LeakAnswer, SurveyAnswer
from sandbox.suites.suite import LETTERS, Turn
from sandbox.terminal import plain, plain_line

Prompts = Sequence[Sequence[Turn]]


class Told(NamedTuple):
    """A part of a story; one that is `deeper` belongs to the part before it."""

    title: str
    text: str
    deeper: bool = False


def item_story(samples: Sequence[Asked], prompts: Sequence[Prompts] = ()) -> RenderableType:
    """All `samples` of an item for a terminal, with the judge's `prompts` of each if they are given."""
    return Group(*_story(samples, prompts or [()] * len(samples)))


def told(each: Asked, prompts: Prompts = (), *, question: bool = True) -> Iterator[Told]:
    """What was asked unless `question` is False, answered and judged, with the judge's `prompts` if they are given."""
    if question:
        yield from (Told(turn.role, turn.content) for turn in each.answer.messages)
    yield from _answer(each)
    for place, judgement in enumerate(each.judgements):
        if prompts:
            yield Told("The judge's prompt, of the suite as this evaluation keeps it", "")
            yield from (Told(turn.role, turn.content, deeper=True) for turn in prompts[place])
        yield Told(f"{_judge(judgement)}: {_rating(each, judgement)}", _text(_said(judgement)))


def _story(samples: Sequence[Asked], prompts: Iterable[Prompts]) -> Iterator[RenderableType]:
    first, before = samples[0], None
    yield plain_line(first.name, style="bold reverse")
    facts = (("category", first.answer.category), ("cluster", first.answer.cluster), ("group", first.item.group))
    yield plain_line("; ".join(f"{name}: {value}" for name, value in facts if value) or f"kind: {first.suite.kind}")
    yield plain("")
    for each, sent in zip(samples, prompts, strict=True):
        if len(samples) > 1:
            yield plain(f"Sample {each.answer.sample}", style="bold reverse")
        for part in told(each, sent, question=each.answer.messages != before):
            yield from _shown(part)
        before = each.answer.messages


def _shown(part: Told) -> Iterator[RenderableType]:
    indent = 2 if part.deeper else 0
    yield Padding(plain_line(part.title, style="bold"), (0, 0, 0, indent), expand=False)
    if part.text:
        yield Padding(plain(part.text), (0, 0, 0, indent + 2), expand=False)
        yield plain("")


def _answer(each: Asked) -> Iterator[Told]:
    answer = each.answer
    for place, text in enumerate(each.item.given):
        better = ", the better one" if len(each.item.given) > 1 and place == 0 else ""
        yield Told(f"Given text{better}", text)
    cut = ", cut off" if answer.finish == "length" else ""
    missing = f", missing ({answer.failed or answer.missing})" if answer.missing else ""
    if not each.item.given:
        yield Told(f"Answer{cut}{missing}", _text(answer.text))
    if reading := "\n".join(_reading(each)):
        yield Told("Read as", reading)


def _reading(each: Asked) -> Iterator[str]:
    """What was read in the answer, and what would have been right."""
    match each.answer:
        case ChoiceAnswer(answer=chosen, gold=gold, options=options, order=order):
            yield f"{_option(chosen, options, order)}: {each.result}" if chosen is not None else "no option"
            yield f"right: {_option(gold, options, order)}"
        case SurveyAnswer(option=chosen, options=options, order=order):
            yield _option(chosen, options, order) if chosen is not None else "no option"
        case LeakAnswer(asked=asked, other_leaked=others):
            yield f"asked for {asked}: {each.result or 'unknown'}"
            yield from (f"leaked another value: {other}" for other in others)
        case _ if each.result:
            yield each.result


def _option(place: int, options: Sequence[str], order: Sequence[int]) -> str:
    """`B) yes`, with the letter under which it was shown."""
    letter = LETTERS[order.index(place)] if place in order[: len(LETTERS)] else "?"
    return f"{letter}) {options[place] if place < len(options) else '?'}"


def _judge(judgement: Judgement) -> str:
    turned = "" if judgement.position is None else (", turned round" if judgement.position else ", in order")
    return f"Judge {judgement.judge}{turned}"


def _rating(each: Asked, judgement: Judgement) -> str:
    if judgement.rating is None:
        return f"missing ({judgement.missing})"
    if judgement.position is not None:
        return "the better one is preferred" if judgement.rating else "the other one is preferred"
    low, high = scale_of(each.suite)
    return f"{judgement.rating} ({low} to {high})"


def _said(judgement: Judgement) -> str | None:
    """The reason, and what was read where no reason or no rating could be read from it."""
    if judgement.reason and not judgement.missing:
        return judgement.reason
    raw = f"The reply as it came: {judgement.raw}" if judgement.raw else None
    return "\n".join(filter(None, [judgement.reason, raw])) or None


def _text(text: str | None) -> str:
    return text if text is not None else "(not obtained)"
