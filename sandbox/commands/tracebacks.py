"""Tracebacks that can be shown: without keys, and bounded. They hold names of files and whatever endpoints said."""

import json
import os
import re
import traceback
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

from agents.endpoints.keys import used, without_keys

_LINES: Final = 300  # the last ones, which say what happened
_CHARACTERS: Final = 1_000  # of a line
_SHORTEST: Final = 8  # what is shorter is no key, and a word of many lines
# Variables of ours name keys and count tokens, and hold none.
_SECRET: Final = re.compile(r"(?!SANDBOX_).*(?:KEY|TOKEN|SECRET|PASSW|CREDENTIAL)(?!.*_ENV$)", re.IGNORECASE)


def traced(error: BaseException) -> str:
    """Where `error` happened, without what variables held there; not harmless yet."""
    lines = masked("".join(traceback.format_exception(error))).rstrip("\n").split("\n")
    cut = (line if len(line) <= _CHARACTERS else f"{line[: _CHARACTERS - 1]}…" for line in lines[-_LINES:])
    return "\n".join(cut)


def masked(text: str) -> str:
    """`text` without the keys that were used here, those that variables hold, and what looks like one."""
    for key in sorted(set(_written()), key=len, reverse=True):
        text = text.replace(key, "***")
    return without_keys(text)


def _written() -> Iterator[str]:
    """Each key, in every way in which an error may write it."""
    named = (value for name, value in os.environ.items() if _SECRET.match(name))
    for key in (*used(), *named):
        if len(key) >= _SHORTEST:
            yield from (key, quote(key), quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1], repr(key)[1:-1])
