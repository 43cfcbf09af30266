"""The runs over HTTP that figures are taken of, and whether their logs agree. Knows the command and its options."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.command import COMMAND, ROOT, FakeServer, measure

SHARED = ROOT.parent / "shared" / "data" / "hh-rlhf" / "harmless-base-test.jsonl.gz"


def simulate(
    folder: Path, server: FakeServer, questions: Path | str, *arguments: object, program: list[str] = COMMAND
) -> dict[str, Any]:
    """Run a society of 100 agents on `server` to its end; its totals. Raises `RuntimeError` if anything failed."""
    return measure(folder, *society(server, questions), *arguments, program=program).totals


def simulate_with_faults(folder: Path, server: FakeServer, questions: Path | str, *arguments: object) -> dict[str, Any]:
    """The same where interactions may fail."""
    return measure(folder, *society(server, questions), *arguments, allowed=(0, 3)).totals


def society(server: FakeServer, questions: Path | str) -> tuple[object, ...]:
    """What a society of 100 agents on `server` is asked for with, as JSON."""
    endpoint = ("--model", "fake", "--base-url", server.base_url)
    return ("simulate", *endpoint, "--questions", questions, "--embedder", "hash", "--json")


def different_logs(runs: Sequence[Path]) -> int:
    """The most different logs that runs with the same seed have, of as many lines as the shortest.

    Raises `RuntimeError` for a log that is not whole.
    """
    by_seed: dict[int, list[tuple[Path, int]]] = defaultdict(list)
    for run in runs:
        manifest = json.loads((run / "manifest.json").read_text())
        log, planned = run / "interactions.jsonl", manifest["totals"]["planned"]
        with log.open("rb") as file:
            if sum(1 for _ in file) != planned:
                raise RuntimeError(f"{log} has not its {planned} lines")
        by_seed[manifest["seed"]].append((log, planned))
    return max(map(_different, by_seed.values()))


def _different(logs: Sequence[tuple[Path, int]]) -> int:
    """For each length, the logs of at least that length agree so far."""
    lengths = {length for _, length in logs}
    return max(len({_digest(log, length) for log, lines in logs if lines >= length}) for length in lengths)


def _digest(log: Path, lines: int) -> str:
    with log.open("rb") as file:
        return hashlib.sha256(b"".join(islice(file, lines))).hexdigest()
