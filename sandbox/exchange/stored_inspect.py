"""The answers in a log of inspect-ai: a `.eval` file, or `.json` with samples, version 2. Knows no other file.

Long texts can stand apart, under `attachments` (`inspect_ai/log/_condense.py`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from memory.opening import read_whole
from sandbox.errors import UsageError, of_reading
from sandbox.exchange.answer import (
    StoredAnswer,
    asked_of,
    kept,
    parsed,
    right,
    task_name,
    text_of,
    turns,
    whole_number,
)
from sandbox.exchange.archive import members
from sandbox.exchange.told import OWN
from sandbox.runs.evaluation.records import Missing

_MOST: Final = 1 << 28  # bytes of a log as JSON
_APART: Final = "attachment://"
# The second stands alone in a log that is not ended.
_HEADERS: Final = ("header.json", "_journal/start.json")
_WHY: Final[dict[object, Missing]] = {
    "content_filter": "refused",
    "max_tokens": "truncated",
    "model_length": "truncated",
}


def read_eval(path: Path) -> Iterator[StoredAnswer]:
    """Each answer of a `.eval` file. Raises `UsageError` that names the file and the member that is wrong."""
    headers = {name: parsed(content, f"{path}: {name}") for name, content in members(path, _HEADERS.__contains__)}
    task = _task(next((headers[name] for name in _HEADERS if name in headers), {}), path)
    for name, content in members(path, _is_sample):
        where = f"{path}: {name}"
        yield _answer(task, parsed(content, where), where)


def read_json(path: Path) -> Iterator[StoredAnswer]:
    """Each answer of a log as JSON. Raises `UsageError` that names the file."""
    try:
        log = parsed(read_whole(path, _MOST), str(path))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {of_reading(error)}.") from None
    samples = log.get("samples")
    if not isinstance(samples, list):
        raise UsageError(f"{path}: it is no log of inspect with samples.\nOf lm-eval, samples_*.jsonl have them.")
    task = _task(log, path)
    for number, sample in enumerate(samples):
        yield _answer(task, sample if isinstance(sample, dict) else {}, f"{path}: sample {number}")


def _is_sample(name: str) -> bool:
    return name.startswith("samples/") and name.endswith(".json")


def _task(log: dict[str, Any], path: Path) -> str:
    spec = log.get("eval")
    return task_name(spec.get("task") if isinstance(spec, dict) else None, path)


def _answer(task: str, sample: dict[str, Any], where: str) -> StoredAnswer:
    if not isinstance(sample.get("id"), str | int) or (epoch := whole_number(sample.get("epoch"), 1)) is None:
        raise UsageError(f"{where}: it is no sample of inspect: id and epoch do not stand there.")
    apart = sample.get("attachments")
    sample = _whole(sample, apart) if isinstance(apart, dict) and apart else sample
    metadata = sample.get("metadata")
    own = kept(metadata.get(OWN) if isinstance(metadata, dict) else None)
    text, stop = _said(sample.get("output"))
    missing = own.missing or _WHY.get(stop, "failed" if sample.get("error") else "empty")
    return StoredAnswer(
        task=task,
        item=str(sample["id"]),
        sample=epoch - 1,
        messages=asked_of(turns(sample.get("messages")) or turns(sample.get("input")), where),
        text=text,
        missing=None if text else missing,
        finish=own.finish,
        reference=right(sample.get("target"), sample.get("choices")),
        category=own.category,
        cluster=own.cluster,
    )


def _said(output: object) -> tuple[str | None, str | None]:
    """The text of the first choice, and why it stopped."""
    output = output if isinstance(output, dict) else {}
    choices = output.get("choices")
    first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    message, stop = first.get("message"), first.get("stop_reason")
    text = text_of(message.get("content") if isinstance(message, dict) else None)
    return text or text_of(output.get("completion")), stop if isinstance(stop, str) else None


def _whole(value: Any, apart: dict[str, Any], depth: int = 0) -> Any:
    """`value` with what stands apart in its place, in what is at most eight deep: messages are."""
    if isinstance(value, str) and value.startswith(_APART):
        found = apart.get(value.removeprefix(_APART))
        return found if isinstance(found, str) else value
    if depth < 8 and isinstance(value, list):
        return [_whole(each, apart, depth + 1) for each in value]
    if depth < 8 and isinstance(value, dict):
        return {key: _whole(each, apart, depth + 1) for key, each in value.items() if key != "attachments"}
    return value
