"""What each objective learns from the rows of an export, and what is held out. Knows formats, no tensor.

What is held out are questions with all answers to them that have a rating, whatever is trained on the rest.
"""

from collections.abc import Callable, Iterator, Mapping
from statistics import fmean
from typing import Final

import orjson

from agents.protocol import Rated
from sandbox.export.names import Format, Split
from sandbox.options.training import Objective
from sandbox.training.data.examples import Answer, Demonstration, Example, Labelled, Messages, Pair, Query
from sandbox.training.data.folder import ExportFolder, FolderRow
from sandbox.training.data.rows import (
    Candidates,
    Compared,
    Completed,
    Instructed,
    Judged,
    SourceRatings,
    answered,
    asked,
    read_row,
    read_sources,
)


def parts(folder: ExportFolder, split: Split, *, compared: Rated | None = None) -> list[str]:
    """The parts that have rows in `split`; with `compared`, of modpo, only the pairs decided by that rating."""
    found = [part for part, counts in folder.manifest.parts.items() if counts.get(split)]
    return [part for part in found if part == compared] if compared else found


def examples(folder: ExportFolder, part: str, objective: Objective) -> Iterator[Example]:
    """What `objective` learns from the rows of a part, in order: one for each row but for rloo, each prompt once."""
    rows = folder.rows(part, "train")
    if objective == "rloo":
        prompts = {_key(messages): messages for messages, _ in _rated_answers(folder, part, "train")}
        return (Query(messages, ()) for messages in prompts.values())
    return map(_READ[folder.manifest.format], rows)


def held_out(folder: ExportFolder, split: Split) -> list[Query]:
    """The questions of `split` with the answers to them; equal texts are one, with the means of their ratings."""
    questions: dict[bytes, Messages] = {}
    texts: dict[bytes, dict[str, dict[str, SourceRatings]]] = {}
    for part in parts(folder, split):
        for messages, answers in _rated_answers(folder, part, split):
            questions[_key(messages)] = messages
            of_question = texts.setdefault(_key(messages), {})
            for text, rated in answers:
                # One text of one interaction stands in many pairs, and is rated once.
                of_question.setdefault(text, {}).update({f"{each.interaction}/{each.said}": each for each in rated})
    return [
        Query(messages, tuple(_mean(text, [*rated.values()]) for text, rated in texts[key].items()))
        for key, messages in questions.items()
    ]


def _mean(text: str, rated: list[SourceRatings]) -> Answer:
    return Answer(text, _mean_of(rated, "alignment"), _mean_of(rated, "engagement"))


def _mean_of(rated: list[SourceRatings], dimension: Rated) -> float | None:
    found = [value for each in rated if (value := each.rated(dimension)) is not None]
    return fmean(found) if found else None


def _key(messages: Messages) -> bytes:
    return orjson.dumps(messages)


_Rated = tuple[Messages, list[tuple[str, list[SourceRatings]]]]


def _rated_answers(folder: ExportFolder, part: str, split: Split) -> Iterator[_Rated]:
    """What was asked, and the answers in a row with the ratings of each; tasks about answers are left out."""
    for row in folder.rows(part, split):
        if row.kind in ("self-critic", "realignment"):
            continue
        example = _READ[folder.manifest.format](row)
        if isinstance(example, Query):
            yield example.messages, _of_candidates(example, row)
        else:
            texts = _texts(example)
            yield example.messages, [*zip(texts, ([each] for each in read_sources(row, len(texts))), strict=True)]


def _texts(example: Pair | Demonstration | Labelled) -> list[str]:
    return [example.chosen.text, example.rejected.text] if isinstance(example, Pair) else [example.text]


def _of_candidates(query: Query, row: FolderRow) -> list[tuple[str, list[SourceRatings]]]:
    """The answers of a row of stable-alignment, which has their means."""
    return [
        (each.text, [SourceRatings(interaction=f"{row.number}", alignment=each.alignment, engagement=each.engagement)])
        for each in query.answers
    ]


def _candidates(row: FolderRow) -> Query:
    found = read_row(Candidates, row)
    ratings: dict[str, list[tuple[float, float | None]]] = {}
    engagement = found.engagement or [None] * len(found.scores)
    for text, score, engaged in zip(found.responses, found.scores, engagement, strict=True):
        ratings.setdefault(text, []).append((score, engaged))
    return Query(found.messages, tuple(_candidate(text, rated) for text, rated in ratings.items()))


def _candidate(text: str, rated: list[tuple[float, float | None]]) -> Answer:
    engaged = [engagement for _, engagement in rated if engagement is not None]
    return Answer(text, fmean(score for score, _ in rated), fmean(engaged) if engaged else None)


def _pair(row: FolderRow) -> Pair:
    found = read_row(Compared, row)
    chosen, rejected = read_sources(row, 2)
    return Pair(
        asked(found.prompt),
        Answer(answered(found.chosen), chosen.alignment, chosen.engagement),
        Answer(answered(found.rejected), rejected.alignment, rejected.engagement),
        found.margin,
    )


def _demonstration(row: FolderRow) -> Demonstration:
    found = read_row(Completed, row)
    return Demonstration(asked(found.prompt), answered(found.completion))


def _instructed(row: FolderRow) -> Demonstration:
    found = read_row(Instructed, row)
    task = f"{found.instruction}\n\n{found.input}" if found.input else found.instruction
    return Demonstration(asked(task), found.output)


def _labelled(row: FolderRow) -> Labelled:
    found = read_row(Judged, row)
    return Labelled(asked(found.prompt), answered(found.completion), found.label)


_READ: Final[Mapping[Format, Callable[[FolderRow], Example]]] = {
    "stable-alignment": _candidates,
    "sft": _demonstration,
    "alpaca": _instructed,
    "dpo": _pair,
    "reward": _pair,
    "modpo": _pair,
    "kto": _labelled,
}
