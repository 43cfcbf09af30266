"""Full-text search in a log, whatever the case: line by line, and only those lines are parsed that can hold the text.

Knows lines and what is said in an interaction; keeps no index.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
import orjson

from agents.protocol import DIMENSIONS, TEXTS
from sandbox.figures.columns import Flags
from sandbox.figures.log_blocks import refusal
from sandbox.runs.json_lines import raw_lines
from sandbox.runs.reading import Run

# What JSON may write in another way than it is: quotes, backslashes, slashes, control characters, letters beyond ASCII.
_ESCAPED: Final = re.compile(r"[^ !#-.0-\[\]-~]+")


def holding(run: Run, wanted: str) -> Flags:
    """Which interactions in the log of `run` hold `wanted` anywhere in what was said, asked or remembered.

    Of a reply as it came only where no reason or no rating could be read from it. Raises `SandboxError` for a line that
    is no JSON.
    """
    needle = wanted.lower()
    hint = max(_ESCAPED.split(needle), key=len).encode()
    flags: Flags = np.fromiter(
        (
            hint in line.lower() and any(needle in text.lower() for text in _texts(run, line))
            for _, line in raw_lines(run.directory.interactions)
        ),
        dtype=bool,
    )
    return flags


def _texts(run: Run, line: bytes) -> Iterator[str]:
    """The texts of an interaction, those first that are most likely to hold what is looked for."""
    try:
        item = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise refusal(run) from None
    yield from _known(item.get(name) for name in ("draft", "revision", "question", "reflection"))
    judgements = [*(item.get("feedback") or ()), *_scores(item)]
    for judgement in judgements:
        reason, raw = judgement.get("reason"), judgement.get("raw")
        yield from _known((reason, raw if judgement.get("missing") or not reason else None))
    for recall in filter(None, (each.get("recall") for each in (item, *judgements))):
        yield from _known((recall.get("question"), recall.get("answer")))


def _known(texts: Iterable[object]) -> Iterator[str]:
    return (text for text in texts if isinstance(text, str))


def _scores(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    scores = item.get("scores") or {}
    return (score for text in TEXTS for name in DIMENSIONS if (score := (scores.get(text) or {}).get(name)))
