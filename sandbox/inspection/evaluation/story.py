"""One item of an evaluation as it happened, on a terminal: asked, answered, judged. What models wrote is harmless."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from sandbox.figures.evaluation.asked import Asked, scale_of
from sandbox.runs.evaluation.records import ChoiceAnswer, Judgement, LeakAnswer, SurveyAnswer
from sandbox.suites.suite import LETTERS, Turn
from sandbox.terminal import plain, plain_line


def item_story(samples: Sequence[Asked], prompts: Sequence[Sequence[Turn]] = ()) -> RenderableType:
    """All `samples` of an item; with the judge's `prompts` of each judgement in order."""
    return Group(*_story(samples, list(prompts)))


def _story(samples: Sequence[Asked], prompts: list[Sequence[Turn]]) -> Iterator[RenderableType]:
    first, before = samples[0], None
    yield plain_line(first.name, style="bold reverse")
    facts = (("category", first.answer.category), ("cluster", first.answer.cluster), ("group", first.item.group))
    yield plain_line("; ".join(f"{name}: {value}" for name, value in facts if value) or f"kind: {first.suite.kind}")
    yield plain("")
    for each in samples:
        if each.answer.messages != before:
            yield from turns(each.answer.messages)
            before = each.answer.messages
        if len(samples) > 1:
            yield plain(f"Sample {each.answer.sample}", style="bold reverse")
        yield from _answer(each)
        for judgement in each.judgements:
            if prompts:
                yield plain("The judge was sent", style="bold")
                yield from turns(prompts.pop(0), indent=4)
            yield from part(f"{_judge(judgement)}: {_rating(each, judgement)}", _text(_said(judgement)))


def turns(messages: Iterable[Turn], indent: int = 2) -> Iterator[RenderableType]:
    """Each message under its role."""
    for message in messages:
        yield from part(f"{' ' * (indent - 2)}{message.role}", plain(message.content), indent)


def part(title: str, body: Text, indent: int = 2) -> Iterator[RenderableType]:
    """A title, and what stands below it."""
    yield plain_line(title, style="bold")
    yield Padding(body, (0, 0, 0, indent), expand=False)
    yield plain("")


def _answer(each: Asked) -> Iterator[RenderableType]:
    answer = each.answer
    for place, text in enumerate(each.item.given):
        better = ", the better one" if len(each.item.given) > 1 and place == 0 else ""
        yield from part(f"Given text{better}", plain(text))
    cut = ", cut off" if answer.finish == "length" else ""
    missing = f", missing ({answer.failed or answer.missing})" if answer.missing else ""
    if not each.item.given:
        yield from part(f"Answer{cut}{missing}", _text(answer.text))
    if reading := "\n".join(_reading(each)):
        yield from part("Read as", plain(reading))


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


def _text(text: str | None) -> Text:
    return plain(text if text is not None else "(not obtained)")
