"""People who judge: lines typed into `sandbox annotate`, and what it wrote. Knows the command."""

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from conftest import Finished, Sandbox


def annotate(sandbox: Sandbox, keys: Iterable[object], *words: object, name: str = "anna") -> Finished:
    """What `sandbox annotate one` says to somebody who types `keys`, each a line."""
    typed = io.StringIO("".join(f"{key}\n" for key in keys))
    with patch("sys.stdin", typed):
        return sandbox("annotate", "one", "--annotator", name, *words)


def judgements(run: Path, name: str = "anna") -> list[dict[str, Any]]:
    """The lines that there are of this person."""
    path = run.with_name(f"{run.name}.{name}") / "judgements.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def text_of(line: dict[str, Any]) -> tuple[str, str]:
    """Which text a judgement is of."""
    return line["id"], line["text"]
