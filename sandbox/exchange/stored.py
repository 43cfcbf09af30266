"""Answers that somebody stored, from the files of this and of other harnesses, as suites that are judged here.

Knows which file is whose; `stored_lm_eval.py`, `stored_inspect.py` and `stored_here.py` know what stands in them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
from sandbox.suites.faults import ID_WANTED, is_id
from sandbox.suites.rows import MOST_TEXT
from sandbox.suites.suite import MOST_SAMPLES, Item, Sampling, Suite

ANSWERS: Final = "answers.jsonl"
_BY_ENDING: Final[Mapping[str, Callable[[Path], Iterator[StoredAnswer]]]] = {
    ".eval": read_eval,
    ".json": read_json,
    ".jsonl": read_lm_eval,
}
_SHOWN: Final = 40  # characters of an id that may have any number
_LICENCE: Final = "not stated"
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
    read = read_here if path.name == ANSWERS else _BY_ENDING.get(path.suffix.lower())
    if read is None:
        raise UsageError(
            f"{path}: no file of stored answers that is known here.\n"
            "Known are samples_*.jsonl of lm-eval, .eval and .json of inspect, and answers.jsonl of an evaluation."
        )
    found = _each_once(read(path), path)
    if not found:
        raise UsageError(f"{path}: it holds no answer.")
    tasks = _by(found, lambda each: each.task).values()
    return StoredAnswers(path.name, tuple(each for task in tasks for each in _told_apart(task)))


def _each_once(answers: Iterable[StoredAnswer], path: Path) -> Collection[StoredAnswer]:
    """The answers of the file at `path`, in its order. Raises `UsageError` for what cannot be kept or told apart."""
    found: dict[tuple[str, str, int], StoredAnswer] = {}
    size = 0
    for each in answers:
        if fault := _fault(each):
            raise UsageError(f"{path}: {each.item[:_SHOWN]!r}: {fault}.")
        # lm-eval has a line for each of its filters, with the same reply.
        known = found.setdefault((each.task, each.item, each.sample), each)
        if known != each:
            place = f"sample {each.sample} of {each.item[:_SHOWN]!r}"
            raise UsageError(f"{path}: two different answers are called {place}.\nKeep one of them.")
        size += each.length if known is each else 0
        if len(found) > MOST_ANSWERS or size > MOST_TEXT:
            most = f"{MOST_ANSWERS:,} answers, or {MOST_TEXT >> 20} MiB of text"
            raise UsageError(f"{path}: it holds more than {most}.\nSplit it.")
    return found.values()


def _fault(answer: StoredAnswer) -> str | None:
    if not is_id(answer.item):
        return ID_WANTED
    return None if answer.sample < MOST_SAMPLES else f"an item has at most {MOST_SAMPLES:,} samples"


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
    if alike and samples == {tuple(range(most))} and most <= MOST_SAMPLES:
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
