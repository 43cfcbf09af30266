"""The three kinds of rows of the paper (section 3.2) as instruction, sft or grouped rows.

Imitation is question -> answer, rated by the observer; self-critic is question and draft -> what one neighbour said,
with that neighbour's rating; realignment is question, draft and feedback -> revision. Knows records and wording.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from statistics import fmean
from typing import Any, Final, NamedTuple

from agents.opinions import harshest_last
from sandbox.export import wording
from sandbox.export.account import Account
from sandbox.export.names import Format, Style
from sandbox.export.recipe import KINDS, Kind, Recipe
from sandbox.export.rows import AgentAnswer, Source, Spoken, TrainingRow

# A realignment row is there only where the revision is better than the draft and ends above this (paper, section 3.2).
REALIGNED_ABOVE: Final = 4
# Columns of grouped rows that hold something of each response.
_LISTS: Final = ("responses", "scores", "models", "engagement")


class Lesson(NamedTuple):
    """One fact of a kind: a task, what was answered to it by whom, and the rating of that answer, 1..7.

    `engagement` is the observer's other rating of an answer, None where there is none.
    """

    kind: Kind
    task: wording.Task
    response: str
    score: float
    engagement: float | None
    models: tuple[str, ...]
    sources: tuple[Source, ...]


def kind_rows(spoken: Iterable[Spoken], recipe: Recipe, account: Account) -> Iterator[TrainingRow]:
    """The rows of all kinds that have a weight in the mix, from the interactions about one question."""
    wanted = [kind for kind, weight in zip(KINDS, recipe.mix or (1, 1, 1), strict=True) if weight]
    lessons = (lesson for each in spoken for kind in wanted for lesson in _LESSONS[kind](each, account))
    grouped = recipe.format == "stable-alignment"
    for lesson in _merged(lessons, account) if grouped and not recipe.keep_duplicates else lessons:
        if _is_poor(lesson, recipe.min_score):
            account.drop(lesson.kind, "low score")
        else:
            yield _row(lesson, recipe.format, recipe.style)


def _merged(lessons: Iterable[Lesson], account: Account) -> Iterator[Lesson]:
    """Equal answers to one task as one, with the mean of their ratings: a difference between them teaches nothing."""
    alike: dict[tuple[Kind, wording.Task, str], list[Lesson]] = {}
    for lesson in lessons:
        alike.setdefault((lesson.kind, lesson.task, lesson.response), []).append(lesson)
    for (kind, _, _), same in alike.items():
        account.drop(kind, "merged", len(same) - 1)
        rated = [lesson.engagement for lesson in same if lesson.engagement is not None]
        yield same[0]._replace(
            score=fmean(lesson.score for lesson in same),
            engagement=fmean(rated) if rated else None,
            models=tuple(dict.fromkeys(model for lesson in same for model in lesson.models)),
            sources=tuple(source for lesson in same for source in lesson.sources),
        )


def _is_poor(lesson: Lesson, least: float | None) -> bool:
    """Whether an answer was rated too low; the rating beside a critique is not about the critique."""
    return least is not None and lesson.kind != "self-critic" and lesson.score < least


def _imitations(spoken: Spoken, account: Account) -> Iterator[Lesson]:
    for answer in spoken.answers():
        if answer.rated("alignment") is None:
            account.drop("imitation", "no rating")
        else:
            yield _answering("imitation", answer.task, answer)


def _answering(kind: Kind, task: wording.Task, answer: AgentAnswer) -> Lesson:
    rated, other = answer.source.alignment, answer.source.engagement
    assert rated is not None
    return Lesson(kind, task, answer.text, rated, other, (answer.model,), (answer.source,))


def _critiques(spoken: Spoken, account: Account) -> Iterator[Lesson]:
    item, draft = spoken.item, spoken.answer("draft")
    if draft is None:
        return
    for feedback in item.feedback:
        if feedback.rating is None and feedback.missing is None:  # it was never obtained
            continue
        if feedback.rating is None or not feedback.reason:
            account.drop("self-critic", "no rating" if feedback.rating is None else "no reason")
        else:
            task = wording.criticising(spoken.question_to_neighbours, draft.text)
            source = Source(spoken.id, "feedback", feedback.agent, rating=feedback.rating)
            yield Lesson("self-critic", task, feedback.reason, feedback.rating, None, (feedback.model,), (source,))


def _realignments(spoken: Spoken, account: Account) -> Iterator[Lesson]:
    item = spoken.item
    draft, revision = spoken.answer("draft"), spoken.answer("revision")
    if draft is None or revision is None:
        return
    before, after = draft.rated("alignment"), revision.rated("alignment")
    if before is None or after is None:
        account.drop("realignment", "no rating")
    elif not before < after > REALIGNED_ABOVE:
        account.drop("realignment", "not realigned")
    else:
        task = wording.realigning(spoken.question, draft.text, harshest_last(item.feedback))
        yield _answering("realignment", task, revision)


_LESSONS: Final[Mapping[Kind, Callable[[Spoken, Account], Iterator[Lesson]]]] = {
    "imitation": _imitations,
    "self-critic": _critiques,
    "realignment": _realignments,
}


def _row(lesson: Lesson, format_: Format, style: Style) -> TrainingRow:
    return TrainingRow(
        kind=lesson.kind,
        prompt=lesson.task.query(),
        texts=(lesson.response,),
        values=_values(lesson, format_, style),
        sources=lesson.sources,
    )


def _values(lesson: Lesson, format_: Format, style: Style) -> Mapping[str, Any]:
    task, response = lesson.task, lesson.response
    if format_ == "alpaca":
        return {"instruction": task.instruction, "input": task.input, "output": response}
    if format_ == "sft":
        return {
            "prompt": task.prompt(style),
            "completion": wording.answered(response, style),
        }
    asks = {"prompt": task.prompt(style)} if style == "conversational" else {"query": task.query()}
    beside = {} if style == "conversational" else {"instruction": task.instruction, "input": task.input}
    rated = {"responses": response, "scores": float(lesson.score), "models": ", ".join(lesson.models)}
    return {**asks, **rated, **beside, "engagement": lesson.engagement}


def grouped(rows: Iterable[TrainingRow]) -> Iterator[TrainingRow]:
    """Rows with the same query as one, its responses in the order of the rows."""
    for _, group in groupby(sorted(rows, key=_query), key=_query):
        yield _together(list(group))


def _query(row: TrainingRow) -> tuple[str, str]:
    return row.kind, row.prompt


def _together(rows: list[TrainingRow]) -> TrainingRow:
    lists = {name: [row.values[name] for row in rows] for name in _LISTS}
    return rows[0]._replace(
        texts=tuple(lists["responses"]),
        values={**rows[0].values, **lists},
        sources=tuple(source._replace(response=at) for at, row in enumerate(rows) for source in row.sources),
        answers=len(rows),
    )
