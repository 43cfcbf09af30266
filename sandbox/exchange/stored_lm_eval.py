"""The answers in `samples_<task>_<date>.jsonl` of lm-evaluation-harness, as 0.4.13 writes it. Knows no other file.

A line has `resps`: of each request, of each repeat, a text. Of log-likelihoods there is no text, and so no answer.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sandbox.errors import UsageError
from sandbox.exchange.answer import (
    StoredAnswer,
    asked_of,
    kept,
    parsed,
    right,
    task_name,
    turns,
)
from sandbox.exchange.told import OWN
from sandbox.runs.json_lines import raw_lines
from sandbox.suites.suite import Turn

_NAME: Final = re.compile(r"samples_(.+)_[^_]*")


def read_lm_eval(path: Path) -> Iterator[StoredAnswer]:
    """Each answer of the file. Raises `UsageError` that names the line which holds none."""
    name = _NAME.fullmatch(path.stem)
    task = task_name(name[1] if name else None, path)
    for number, line in raw_lines(path):
        where = f"{path}:{number}"
        yield from _answers(task, parsed(line, where), where)


def _answers(task: str, line: dict[str, Any], where: str) -> Iterator[StoredAnswer]:
    doc = line.get("doc")
    doc = doc if isinstance(doc, dict) else {}
    own = kept(doc.get(OWN))
    messages = asked_of(_sent(line.get("arguments")), where)
    for number, text in enumerate(_texts(line.get("resps"), where)):
        yield StoredAnswer(
            task=task,
            item=own.item or str(line.get("doc_id", f"line {where.rpartition(':')[2]}")),
            sample=number if own.sample is None else own.sample,
            messages=messages,
            text=text,
            missing=None if text else own.missing or "empty",
            finish=own.finish,
            reference=right(line.get("target"), doc.get("choices")),
            category=own.category,
            cluster=own.cluster,
        )


def _texts(resps: object, where: str) -> list[str | None]:
    """The replies to the one request of a document; None for one that says nothing."""
    first = resps[0] if isinstance(resps, list) and resps else None
    found = first if isinstance(first, list) else [first] if isinstance(first, str) else None
    if found is None:
        raise UsageError(f"{where}: it is no sample of lm-eval: it has no resps.")
    if any(isinstance(each, list) for each in found):
        raise UsageError(f"{where}: it holds log-likelihoods and no text, so that there is no answer to judge.")
    return [each if isinstance(each, str) and each else None for each in found]


def _sent(arguments: object) -> tuple[Turn, ...]:
    """What stands in `{"gen_args_0": {"arg_0": prompt, ...}}`: a text, or a chat as JSON in a list of one."""
    first = arguments.get("gen_args_0") if isinstance(arguments, dict) else None
    prompt = first.get("arg_0") if isinstance(first, dict) else None
    if isinstance(prompt, list):
        prompt = prompt[0] if prompt else None
    if isinstance(prompt, str) and prompt.startswith("[{"):
        try:
            return turns(json.loads(prompt)) or turns(prompt)
        except (ValueError, RecursionError):
            return turns(prompt)
    return turns(prompt)
