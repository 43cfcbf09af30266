"""Runs worth looking at: some ratings missing for every reason, some interactions failed. Knows the command.

A run is simulated once in a session, and copied where it is wanted again.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from conftest import Sandbox
from fake_endpoint import Behaviour, Fault, serve

Words = tuple[object, ...]
STARTER: Final = ("--questions", "starter", "--embedder", "hash")
# Nine agents, nine who hear only those near them, and four.
SMALL: Final = ("--model", "scripted", *STARTER, "--grid", "3", "--prior-size", "5")
SOCIETY: Final = (*STARTER, "--grid", 3, "--radius", 2, "--prior-size", 5)
TINY: Final = (*STARTER, "--grid", 2, "--neighbours", 2, "--prior-size", 5)
TWISTS: Final[dict[Fault, float]] = {"prose": 0.2, "refusal": 0.2, "spent": 0.2}
OF_ONE_TEST: Final = {"runs", "questions", "prompts"}  # these name files, which differ from test to test
BAD: Final[dict[Fault, float]] = {"400": 0.02}


def mixed_run(sandbox: Sandbox, tmp_path: Path, name: str = "mixed", **options: object) -> Path:
    """A run of 9 agents and 3 rounds in which much goes wrong; its folder."""

    def simulate(words: Words) -> None:
        with serve(Behaviour(faults=TWISTS | BAD)) as server:
            done = sandbox("simulate", "--model", "fake", "--base-url", server.base_url, *words)
        assert done.code == 3, done.err

    limits = ("--max-failures", 1, "--max-missing", 1, "--threshold", 0.2, "--rounds", 3)
    return made(simulate, tmp_path, name, limits, options)


def scripted_run(sandbox: Sandbox, tmp_path: Path, name: str = "one", **options: object) -> Path:
    """A run of 9 scripted agents and 2 rounds; its folder."""

    def simulate(words: Words) -> None:
        done = sandbox("simulate", "--model", "scripted", *words)
        assert done.code == 0, done.err

    return made(simulate, tmp_path, name, ("--threshold", 0.1), {"rounds": 2, **options})


def made(
    simulate: Callable[[Words], None], tmp_path: Path, name: str, words: Words, options: Mapping[str, object]
) -> Path:
    """A run as `simulate` makes it, or the copy of one that was made so before in this session."""
    flags = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value)]
    words = (*SOCIETY, *words, *flags, "--run-id", name)
    key = hashlib.sha256(repr([simulate.__qualname__, *map(str, words)]).encode()).hexdigest()[:16]
    run, kept = tmp_path / "runs" / name, tmp_path.parent / ".example-runs" / key
    if OF_ONE_TEST & options.keys():
        simulate(words)
    elif kept.exists():
        shutil.copytree(kept, run)
    else:
        simulate(words)
        shutil.copytree(run, kept)
    return run


def log(run: Path) -> list[dict[str, Any]]:
    """Its interactions as plain documents."""
    return [json.loads(line) for line in (run / "interactions.jsonl").read_text().splitlines()]


def manifest(run: Path) -> dict[str, Any]:
    """Its manifest as a plain document."""
    document: dict[str, Any] = json.loads((run / "manifest.json").read_text())
    return document


def contents(folder: Path) -> dict[Path, tuple[bytes, int]]:
    """The bytes of every file below `folder`, and when it and the folders were changed."""
    found = (path for path in (folder, *folder.rglob("*")))
    return {path: (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns) for path in found}


def aged(run: Path, *lost: str) -> None:
    """Make `run` one of schema 0, which had no `lost` keys in its manifest and less in its log."""
    document = json.loads((run / "manifest.json").read_text())
    document["schema"] = 0
    for name in lost:
        del document[name]
    (run / "manifest.json").write_text(json.dumps(document))
    lines = [json.loads(line) for line in (run / "interactions.jsonl").read_text().splitlines()]
    for line in lines:
        del line["finish"], line["question_id"]
        line["mood"] = "fine"
    (run / "interactions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
