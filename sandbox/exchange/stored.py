"""Answers that somebody stored, from the files of this and of other harnesses, as suites that are judged here.

Knows which file is whose; `stored_lm_eval.py`, `stored_inspect.py` and `stored_here.py` know what stands in them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from sandbox.errors import UsageError
from sandbox.exchange.answer import MOST_ANSWERS, StoredAnswer, StoredAnswers
from sandbox.exchange.stored_here import read_here
from sandbox.exchange.stored_inspect import read_eval, read_json
from sandbox.exchange.stored_lm_eval import read_lm_eval
from sandbox.runs.evaluation.records import Answer
from sandbox.suites.definitions import definition
from sandbox.suites.digest import digest_of
from sandbox.suites.rows import MOST_TEXT
from sandbox.suites.suite import Item, Sampling, Suite

ANSWERS: Final = "answers.jsonl"
_BY_ENDING: Final[Mapping[str, Callable[[Path], Iterator[StoredAnswer]]]] = {
    ".eval": read_eval,
    ".json": read_json,
    ".jsonl": read_lm_eval,
}
_LICENCE: Final = "not stated"
_MOST_SAMPLES: Final = 10_000  # of an item in a suite
# Suites that ship whose judges rate any answer: of one question, and of the last turn of a conversation.
_OF_ANSWER, _OF_CONVERSATION = "vicuna", "hhh"


def read_stored(path: Path) -> StoredAnswers:
    """The answers in the file at `path`, or in the folder of an evaluation.

    Files are `samples_*.jsonl` of lm-eval, `.eval` and `.json` of inspect, and our own `answers.jsonl`. Raises
    `UsageError` that names the file, and where it can the line, for one that is none of these or holds no answer.
    """
    if path.is_dir() and not (path / ANSWERS).exists():
        raise UsageError(f"{path}: a folder, and none of an evaluation.\nName one file of it.")
    path = path / ANSWERS if path.is_dir() else path
    if not path.exists():
        raise UsageError(f"{path}: there is no such file. Of a folder with files of others, name one of the files.")
    read = read_here if path.name == ANSWERS else _BY_ENDING.get(path.suffix)
    if read is None:
        raise UsageError(
            f"{path}: no file of stored answers that is known here.\n"
            "Known are samples_*.jsonl of lm-eval, .eval and .json of inspect, and answers.jsonl of an evaluation."
        )
    found: dict[tuple[str, str, int], StoredAnswer] = {}
    left = MOST_TEXT
    for each in read(path):
        # lm-eval has a line for each of its filters, with the same reply.
        if found.setdefault((each.task, each.item, each.sample), each) is each:
            left -= each.length
        if len(found) > MOST_ANSWERS or left < 0:
            raise UsageError(
                f"{path}: it holds more than {MOST_ANSWERS:,} answers, or {MOST_TEXT >> 20} MiB of text.\nSplit it."
            )
    if not found:
        raise UsageError(f"{path}: it holds no answer.")
    tasks = _by(found.values(), lambda each: each.task).values()
    return StoredAnswers(path.name, tuple(each for task in tasks for each in _told_apart(task)))


def as_suites(stored: StoredAnswers) -> Sequence[Suite]:
    """A suite for each task, by name, whose items were answered already; its judge is the one of our own suites."""
    return [_suite(task, answers) for task, answers in sorted(_by(stored.answers, lambda each: each.task).items())]


def as_answers(stored: StoredAnswers) -> list[Answer]:
    """The records of the answers, for the suites of `as_suites`."""
    return [
        Answer(
            suite=each.task,
            item=each.item,
            cluster=each.cluster,
            category=each.category,
            sample=each.sample,
            messages=each.messages,
            text=each.text,
            finish=each.finish,
            missing=each.missing,
            failed=None,
        )
        for each in stored.answers
    ]


def _suite(task: str, answers: Sequence[StoredAnswer]) -> Suite:
    items: dict[str, Item] = {}
    for each in answers:
        items.setdefault(each.item, _item(each))
    talks = any(turn.role == "assistant" for item in items.values() for turn in item.messages)
    suite = Suite(
        name=task,
        kind="judged",
        metric="mean",
        licence=_LICENCE,
        sampling=Sampling(samples=len(answers) // len(items)),
        by=("category",) if any(item.category for item in items.values()) else (),
        judge=definition(_OF_CONVERSATION if talks else _OF_ANSWER).judge,
        items=tuple(items.values()),
    )
    return suite.model_copy(update={"digest": digest_of(suite)})


def _item(answer: StoredAnswer) -> Item:
    return Item(
        id=answer.item,
        messages=answer.messages,
        cluster=answer.cluster,
        category=answer.category,
        reference=answer.reference,
    )


def _told_apart(answers: Sequence[StoredAnswer]) -> list[StoredAnswer]:
    """The answers of a task, where all items have the same samples, each of the same question.

    Else each sample is an item, and those of what was one are a cluster: a suite asks an item so many times, and always
    the same. Samples of choices differ, where options were shuffled for each.
    """
    items = _by(answers, lambda each: each.item)
    samples = {tuple(sorted(each.sample for each in item)) for item in items.values()}
    most = len(next(iter(samples)))
    alike = all(len({(each.messages, each.reference) for each in item}) == 1 for item in items.values())
    if alike and samples == {tuple(range(most))} and most <= _MOST_SAMPLES:
        return list(answers)
    return [
        each._replace(item=f"{each.item}/{each.sample}", sample=0, cluster=each.cluster or each.item)
        for each in answers
    ]


def _by(answers: Iterable[StoredAnswer], key: Callable[[StoredAnswer], str]) -> dict[str, list[StoredAnswer]]:
    found: dict[str, list[StoredAnswer]] = {}
    for each in answers:
        found.setdefault(key(each), []).append(each)
    return found
