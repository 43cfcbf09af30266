"""The answers in `answers.jsonl` of an evaluation that is at hand without its folder. Knows our own records."""

from collections.abc import Iterator
from pathlib import Path

from sandbox.exchange.answer import StoredAnswer, asked_of, task_name
from sandbox.runs.evaluation.reading import read_answers


def read_here(path: Path) -> Iterator[StoredAnswer]:
    """Each answer of the file. Raises `SandboxError` that names the line, also where a question is missing."""
    for number, each in enumerate(read_answers(path), 1):
        yield StoredAnswer(
            task=task_name(each.suite, path),
            item=each.item,
            sample=each.sample,
            messages=asked_of(each.messages, f"{path}:{number}"),
            text=each.text or None,
            missing=None if each.text else each.missing or "empty",
            finish=each.finish,
            category=each.category,
            cluster=each.cluster,
        )
