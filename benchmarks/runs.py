"""The runs over HTTP that figures are taken of, and whether their logs agree. Knows the command and its options."""

import hashlib
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.command import COMMAND, ROOT, FakeServer, measure

SHARED = ROOT.parent / "shared" / "data" / "hh-rlhf" / "harmless-base-test.jsonl.gz"


def simulate(
    folder: Path, server: FakeServer, questions: Path | str, *arguments: object, program: list[str] = COMMAND
) -> dict[str, Any]:
    """Run a society of 100 agents on `server`; its totals."""
    endpoint = ("--model", "fake", "--base-url", server.base_url)
    common = ("--questions", questions, "--embedder", "hash", "--json")
    return measure(folder, "simulate", *endpoint, *common, *arguments, allowed=(0, 3), program=program).totals


def different_logs(folder: Path, names: tuple[str, ...]) -> int:
    """How many different logs the runs whose ids begin with one of `names` have, as far as the shortest goes."""
    logs = [log for name in names for log in (folder / "runs").glob(f"{name}*/interactions.jsonl")]
    shortest = min(_lines(log) for log in logs)
    return len({_digest(log, shortest) for log in logs})


def _lines(log: Path) -> int:
    with log.open("rb") as file:
        return sum(1 for _ in file)


def _digest(log: Path, lines: int) -> str:
    with log.open("rb") as file:
        return hashlib.sha256(b"".join(islice(file, lines))).hexdigest()
