"""Question sets: what a society discusses, and the pairs of answers its prior memories are drawn from.

Knows which rows count; not where they come from (`questions.sources`), and not who asks which question when.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import orjson

from sandbox.errors import UsageError
from sandbox.questions.cleaning import cleaned
from sandbox.questions.columns import Columns
from sandbox.questions.keyed import Key
from sandbox.questions.rows import Row
from sandbox.questions.sources import open_source

_BARE: Final = ((), None, None, None)  # of a question that has a text alone
Reason = Literal["empty", "duplicate", "no_question_mark", "too_short", "too_long"]


class Question(NamedTuple):
    """A question: the stripped NFC text, and its id (`question_id`). The same id is the same question.

    `gold` is the place of the right one among `options`, from 0; `gold_text` is a key in free text, where there are no
    options. `material` is the passage that is asked about. What a question has not is empty or None.
    """

    id: str
    text: str
    options: tuple[str, ...] = ()
    gold: int | None = None
    gold_text: str | None = None
    material: str | None = None


class Pair(NamedTuple):
    """A question and two different answers to it, for the prior memories of good and of bad agents."""

    question: Question
    considerate: str
    inconsiderate: str


@dataclass(frozen=True)
class QuestionSet:
    """A question set as a run sees it.

    `questions` are distinct, in order of first occurrence. `pairs` are one per question at most, in file
    order; filters leave them alone, for they are a source of memories in their own right, and their
    questions are texts alone. `dropped` counts rows by the reason they gave no question, without zeros:
    rows = questions + dropped. `sha256` is over questions, what stands beside them, and pairs, whatever
    file they came from; `source` is the path or hub id, for people.
    """

    name: str
    sha256: str
    questions: tuple[Question, ...]
    pairs: tuple[Pair, ...]
    dropped: dict[str, int]
    source: str


def question_id(text: str) -> str:
    """First 16 hex digits of the sha256 of the stripped NFC text; lone surrogates count as U+FFFD."""
    return _question(text).id


def load(
    source: str,
    *,
    columns: Columns | None = None,
    ends_with_question_mark: bool = False,
    min_length: int | None = None,
    max_length: int | None = None,
) -> QuestionSet:
    """Load the question set `source`, whatever `--questions` can name; `columns` are those that `--column` names.

    `ends_with_question_mark` keeps texts that end in `?`; lengths are in characters and inclusive. A row is
    dropped for the first reason that holds of: empty, duplicate, no_question_mark, too_short, too_long. So
    filters count distinct questions, and duplicates are the same with any filter.

    Raises `UsageError` for a file that cannot be read or a set without questions, `SandboxError` when the
    hub's set is neither cached nor within reach.
    """

    def unwanted(text: str) -> Reason | None:
        if ends_with_question_mark and not text.endswith("?"):
            return "no_question_mark"
        if min_length is not None and len(text) < min_length:
            return "too_short"
        return "too_long" if max_length is not None and len(text) > max_length else None

    name, origin, found = open_source(source, columns or Columns())
    questions, pairs, dropped = _sorted_out(found, unwanted)
    if not questions:
        raise UsageError(_nothing_left(origin, dropped))
    return QuestionSet(name, digest(questions, pairs), questions, pairs, dropped, origin)


def _sorted_out(
    found: Iterable[Row], unwanted: Callable[[str], Reason | None]
) -> tuple[tuple[Question, ...], tuple[Pair, ...], dict[str, int]]:
    """Questions, pairs and counts of what was dropped."""
    seen: dict[str, Key | None] = {}
    kept: list[Question] = []
    pairs: dict[str, Pair] = {}
    dropped: Counter[str] = Counter()
    for row in found:
        question = _question(row.question)
        if question.text and question.id not in pairs and (pair := _pair(question, row)):
            pairs[question.id] = pair
        reason = _repeated(question, seen, row.key) or unwanted(question.text)
        seen.setdefault(question.id, row.key)
        if reason:
            dropped[reason] += 1
        else:
            kept.append(_keyed(question, row.key))
    return tuple(kept), tuple(pairs.values()), dict(dropped)


def _repeated(question: Question, seen: Mapping[str, Key | None], key: Key | None) -> Reason | None:
    if not question.text:
        return "empty"
    if question.id not in seen:
        return None
    first = seen[question.id]
    if key and not (first and first.covers(key)):
        before = f"{first.place} says otherwise" if first else "an earlier row has nothing of it"
        raise UsageError(
            f"{key.place}: the question stands there again, with a key, options or material of its own\n{before}\n"
            "leave one of them out, or tell them apart in the text of the question"
        )
    return "duplicate"


def _question(text: str) -> Question:
    clean = cleaned(text)
    return Question(hashlib.sha256(clean.encode()).hexdigest()[:16], clean)


def _keyed(question: Question, key: Key | None) -> Question:
    return question if key is None else Question(*question[:2], key.options, key.gold, key.gold_text, key.material)


def _pair(question: Question, row: Row) -> Pair | None:
    """Pair the answers of a row, if neither is empty and they differ (`docs/format.md#labels`)."""
    considerate, inconsiderate = cleaned(row.considerate or ""), cleaned(row.inconsiderate or "")
    if considerate and inconsiderate and considerate != inconsiderate:
        return Pair(question, considerate, inconsiderate)
    return None


def digest(questions: Iterable[Question], pairs: Iterable[Pair]) -> str:
    """Sha256 over texts, keys and pairs, in order; a question that has nothing else is its text."""
    content = [
        [question.text if question[2:] == _BARE else question[1:] for question in questions],
        [[pair.question.text, pair.considerate, pair.inconsiderate] for pair in pairs],
    ]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()


def _nothing_left(origin: str, dropped: dict[str, int]) -> str:
    if not dropped:
        return f"no questions in {origin!r}\nname another question set"
    counts = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
    return f"no questions left of {origin!r}: dropped {counts}\nfilter less, or name another question set"
