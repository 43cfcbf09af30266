"""One interaction as it happened, and its prompts, on a terminal. What models wrote is made harmless."""

import difflib
import re
from collections.abc import Iterable, Iterator
from string import ascii_uppercase
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from agents.replies import Judgement
from memory import Recall
from sandbox.runs.records import Feedback, Interaction, RevisionFeedback, TextScores
from sandbox.runs.studied import seen
from sandbox.terminal import plain

if TYPE_CHECKING:
    from sandbox.figures.reasons import Example
    from sandbox.inspection.prompts_sent import Sent

_WORDS: Final = re.compile(r"\S+\s*|\s+")


def interaction_story(item: Interaction, view: str = "full") -> RenderableType:
    """One interaction, in the order in which it happened; `view` is what neighbours saw of the question's material."""
    return Group(*_story(item, view))


def _story(item: Interaction, view: str) -> Iterator[RenderableType]:
    yield from _who(item)
    yield plain("")
    yield from _asked(item)
    yield from _part(_remembered("Remembered", item.recall), _recalled(item.recall))
    yield from _part(f"Draft {_scores(item.scores.draft)}{_cut(item.finish.draft)}", _text(item.draft))
    if view != "full":
        yield plain(f"Neighbours saw {seen(view)}.", style="dim")
    for feedback in item.feedback:
        yield from _feedback(feedback)
    if item.reflection is not None:
        yield from _part(f"Reflection{_cut(item.finish.reflection)}", plain(item.reflection))
    yield from _revised(item)
    for text, scores in (("draft", item.scores.draft), ("revision", item.scores.revision)):
        for name, judgement in (("alignment", scores.alignment), ("engagement", scores.engagement)):
            yield from _part(f"Observer on the {name} of the {text}: {_rating(judgement)}", _text(_said(judgement)))


def _who(item: Interaction) -> Iterator[Text]:
    row, column = item.position
    told = "".join(f", {each}" for each in (item.label, item.group) if each)
    yield plain(item.id, style="bold reverse")
    yield plain(f"Agent {item.agent} at row {row}, column {column}{told}, speaks through {item.model}")
    if item.persuader is not None:
        yield plain(f"A persuader: it was to convince others of {_letter(item.persuader)}, which is wrong", style="red")
    if item.failed:
        by = f" by agent {item.failed.neighbour}" if item.failed.neighbour is not None else ""
        yield plain(f"Failed at {item.failed.stage}{by}: {item.failed.error}", style="red")


def _asked(item: Interaction) -> Iterator[RenderableType]:
    yield from _part("Question", plain(item.question))
    if item.options:
        yield from _part("Options", plain("\n".join(_options(item))))
    if item.gold_text is not None:
        yield from _part("Key", plain(item.gold_text))


def _revised(item: Interaction) -> Iterator[RenderableType]:
    title = f"Revision {_scores(item.scores.revision)}{_cut(item.finish.revision)}"
    yield from _part(title, _text(item.revision))
    if item.draft is not None and item.revision is not None:
        yield from _part("What the revision changed", changed_words(item.draft, item.revision))
    for each in item.revision_feedback or ():
        title = f"Agent {each.agent}{_beside(each.group)} on the revision: {_rating(each)}"
        yield from _part(title, _text(_said(each)))


def changed_words(before: str, after: str) -> Text:
    """`after` beside `before`, word by word: `[-taken out-]` in red and `{+put in+}` in green."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    shown = Text()
    for kind, first, last, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            shown.append_text(plain("".join(new[start:end])))
            continue
        if first < last:
            shown.append_text(plain(f"[-{''.join(old[first:last])}-]", style="red"))
        if start < end:
            shown.append_text(plain(f"{{+{''.join(new[start:end])}+}}", style="green"))
    return shown


def prompts_story(sent: "Iterable[Sent]") -> RenderableType:
    """Each prompt as it was sent, with what came back."""
    return Group(*(part for each in sent for part in _prompt(each)))


def replies_story(found: "Iterable[Example]") -> RenderableType:
    """Replies that no rating could be read from, each whole."""
    parts = (
        part
        for each in found
        for part in _part(f"{each.id}, {each.measure}, {each.missing}: the reply as it came", _text(each.raw))
    )
    return Group(plain(""), *parts)


def _prompt(sent: "Sent") -> Iterator[RenderableType]:
    exact = "as sent: the hash in the journal is the same"
    other = "NOT as sent: the journal has another hash (templates, options or the log changed since)"
    yield plain(f"{sent.key}: {exact if sent.is_exact else other}", style="bold" if sent.is_exact else "bold red")
    for message in sent.messages:
        yield from _part(f"  {message.role}", plain(message.content), indent=4)
    reply, error = sent.call.reply, sent.call.error
    answer = (reply.text or reply.refusal or "(empty)") if reply else f"(failed: {error.kind if error else 'unknown'})"
    tries = f"{sent.call.tries} tries, " if sent.call.tries > 1 else ""
    yield from _part(f"  reply of {sent.call.model} ({tries}{sent.call.latency:.2f} s)", plain(answer), indent=4)


def _part(title: str, body: Text, indent: int = 2) -> Iterator[RenderableType]:
    yield plain(title, style="bold")
    yield Padding(body, (0, 0, 0, indent), expand=False)
    yield plain("")


def _text(text: str | None) -> Text:
    return plain(text if text is not None else "(not obtained)")


def _remembered(begin: str, recall: Recall | None) -> str:
    if recall is None:
        return begin
    when = "from before the first round" if recall.round < 0 else f"from round {recall.round}"
    return f"{begin} {when}, similarity {recall.similarity}"


def _recalled(recall: Recall | None) -> Text:
    return plain(f"{recall.question}\n{recall.answer}" if recall else "nothing similar")


def _options(item: Interaction) -> Iterator[str]:
    """The options of its question, lettered: which is the key, and what draft and revision chose."""
    for place, option in enumerate(item.options or ()):
        marks = [name for name, at in (("key", item.gold), *_chosen(item)) if at == place]
        yield f"{_letter(place)}  {option}" + (f"  ({', '.join(marks)})" if marks else "")


def _letter(place: int) -> str:
    """`A` of the option in place 0; a number where a log of others has more options than there are letters."""
    return ascii_uppercase[place : place + 1] or str(place)


def _chosen(item: Interaction) -> tuple[tuple[str, int | None], ...]:
    choice = item.choice
    return (("draft", choice.draft), ("revision", choice.revision)) if choice else ()


def _beside(*words: str | None) -> str:
    told = ", ".join(filter(None, words))
    return f" ({told})" if told else ""


def _feedback(item: Feedback) -> Iterator[RenderableType]:
    body = _text(_said(item))
    if item.recall:
        body = Text("\n").join([body, plain(_remembered("It remembered", item.recall), style="dim")])
        body.append_text(plain(f"\n{item.recall.question}\n{item.recall.answer}", style="dim"))
    yield from _part(f"Feedback of agent {item.agent}{_beside(item.label, item.group)}: {_rating(item)}", body)


def _said(item: Judgement | Feedback | RevisionFeedback | None) -> str | None:
    """The reason, and the reply as it came where no reason or no rating could be read from it."""
    if item is None:
        return None
    if item.reason and not item.missing:
        return item.reason
    return "\n".join(filter(None, [item.reason, item.raw and f"The reply as it came: {item.raw}"])) or None


def _cut(finish: str | None) -> str:
    return ", cut off" if finish == "length" else ""


def _rating(item: Judgement | Feedback | RevisionFeedback | None) -> str:
    if item is None or (item.rating is None and item.missing is None):
        return "not obtained"
    return f"{item.rating} of 7" if item.rating is not None else f"missing ({item.missing})"


def _scores(scores: TextScores) -> str:
    return f"(alignment {_rating(scores.alignment)}, engagement {_rating(scores.engagement)})"
