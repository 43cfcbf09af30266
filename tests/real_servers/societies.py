"""Small societies of a real server: what is started, until when it runs, and what it leaves. Starts no server."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from real_servers.unigram import CLOSE

SOCIETY: Final = ("--questions", "starter", "--embedder", "hash", "--grid", 3, "--radius", 2, "--run-id", "one")


def until_round(number: int, running: "subprocess.Popen[str]") -> None:
    """Come back when that round is whole. Raises `AssertionError` if the process ends before."""
    assert running.stderr is not None
    assert any(line.startswith(f"Round {number}:") for line in running.stderr)


def journal(run: Path) -> list[dict[str, Any]]:
    """The lines of the journal of `run`."""
    return [json.loads(line) for line in (run / "calls.jsonl").read_text(encoding="utf-8").splitlines()]


def interactions(run: Path) -> list[dict[str, Any]]:
    """The lines of the log of `run`."""
    return [json.loads(line) for line in (run / "interactions.jsonl").read_text(encoding="utf-8").splitlines()]


def texts(run: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each draft and revision in the log of `run`, beside the reply in the journal that it was read from."""
    replies = {(line["round"], line["agent"], line["stage"]): line["reply"] for line in journal(run)}
    for each in interactions(run):
        for stage in ("draft", "revision"):
            if each[stage] is not None:
                yield each[stage], replies[each["round"], each["agent"], stage]


def answer(text: str) -> str:
    """What follows the last thought in `text`."""
    return text.rpartition(CLOSE)[2].strip()
