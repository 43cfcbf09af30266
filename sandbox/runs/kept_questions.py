"""`questions.jsonl` of a run: the questions it discusses and the pairs its prior memories are drawn from.

So a run needs no other file, wherever its questions came from. What is read counts only if it is what the manifest has
the sha256 of. Knows question sets; not who asks which question when.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from memory.files import write_atomically
from sandbox.errors import SandboxError
from sandbox.questions.keyed import MOST_OPTIONS
from sandbox.questions.sets import Pair, Question, QuestionSet, digest, question_id
from sandbox.runs.asks import Rare
from sandbox.runs.json_lines import raw_lines, read_lines
from sandbox.runs.manifest import Manifest, Questions

Of = Literal["questions", "prior"]


class KeptQuestion(BaseModel):
    """A line: a question of the set, or a pair of answers to one, or both.

    `listed` is false where a filter left the question out, or where it stands in an earlier line, and only the pair
    counts. What stands beside a question (see `sets.Question`) is left out where it has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    set: Of
    question: str
    listed: bool
    considerate: str | None
    inconsiderate: str | None
    options: Rare[Annotated[tuple[str, ...], Field(min_length=2, max_length=MOST_OPTIONS)]] = None
    gold: Rare[int] = None
    gold_text: Rare[str] = None
    material: Rare[str] = None

    @model_validator(mode="after")
    def _gold_is_an_option(self) -> Self:
        if self.gold is not None and self.gold not in range(len(self.options or ())):
            raise ValueError("gold is none of the options")
        return self


class Kept(NamedTuple):
    """What a run kept: the set that is discussed, and that of prior memories."""

    questions: QuestionSet
    prior: QuestionSet | None


def keep(path: Path, questions: QuestionSet, prior: QuestionSet | None) -> None:
    """Write both sets, or one where they are the same."""
    lines = list(_lines("questions", questions))
    if prior and prior.sha256 != questions.sha256:
        lines += _lines("prior", prior)
    write_atomically(path, b"".join(line.model_dump_json().encode() + b"\n" for line in lines), durable=True)


def kept(path: Path, manifest: Manifest) -> Kept | None:
    """What `keep` wrote; None for a run of a version that kept nothing. Raises `SandboxError` for any other file."""
    if not os.path.lexists(path):
        return None
    lines = list(read_lines(path, KeptQuestion))
    questions, prior = manifest.questions, manifest.prior
    of_prior: Of = "prior" if prior and prior.sha256 != questions.sha256 else "questions"
    return Kept(
        _set(path, (line for line in lines if line.set == "questions"), questions),
        _set(path, (line for line in lines if line.set == of_prior), prior) if prior else None,
    )


def materials(path: Path, manifest: Manifest) -> dict[str, str]:
    """The material of each question that has any, by its id: no other record holds it. Raises as `kept` does.

    A file that names none is not looked at more closely: most sets have none, and some are large.
    """
    there = kept(path, manifest) if any(b'"material"' in line for _, line in raw_lines(path)) else None
    return {each.id: each.material for each in there.questions.questions if each.material} if there else {}


def _lines(of: Of, kept_set: QuestionSet) -> Iterator[KeptQuestion]:
    """Questions and pairs, each in their order, and in one line where a pair is due when its question is."""
    pairs, ahead = list(reversed(kept_set.pairs)), {question.id for question in kept_set.questions}
    for question in kept_set.questions:
        yield from _alone(of, pairs, ahead)
        pair = pairs.pop() if pairs and pairs[-1].question.id == question.id else None
        ahead.remove(question.id)
        yield _line(of, question, listed=True, pair=pair)
    yield from _alone(of, pairs, ahead)


def _alone(of: Of, pairs: list[Pair], ahead: set[str]) -> Iterator[KeptQuestion]:
    """The pairs that are due and whose question is not ahead; `pairs` ends with the next one."""
    while pairs and pairs[-1].question.id not in ahead:
        pair = pairs.pop()
        yield _line(of, pair.question, listed=False, pair=pair)


def _line(of: Of, question: Question, *, listed: bool, pair: Pair | None) -> KeptQuestion:
    return KeptQuestion(
        set=of,
        question=question.text,
        listed=listed,
        considerate=pair and pair.considerate,
        inconsiderate=pair and pair.inconsiderate,
        options=question.options or None,
        gold=question.gold,
        gold_text=question.gold_text,
        material=question.material,
    )


def _set(path: Path, lines: Iterable[KeptQuestion], wanted: Questions) -> QuestionSet:
    questions: list[Question] = []
    pairs: list[Pair] = []
    for line in lines:
        known = question_id(line.question), line.question
        if line.listed:
            questions.append(Question(*known, line.options or (), line.gold, line.gold_text, line.material))
        if line.considerate is not None and line.inconsiderate is not None:
            pairs.append(Pair(Question(*known), line.considerate, line.inconsiderate))
    if digest(questions, pairs) != wanted.sha256:
        raise SandboxError(
            f"{path}: not what the run was made with, of which its manifest has the sha256.\n"
            "Copy it again from where it is whole, or move it away: then --questions and --prior are read as once."
        )
    return QuestionSet(
        wanted.name, wanted.sha256, tuple(questions), tuple(pairs), dict(wanted.dropped), "kept in the run"
    )
