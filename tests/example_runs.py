"""Runs worth looking at: some ratings missing for every reason, some interactions failed. Knows the command."""

import json
from pathlib import Path
from typing import Any, Final

from conftest import Sandbox
from fake_endpoint import Behaviour, Fault, serve

SOCIETY: Final = ("--questions", "starter", "--embedder", "hash", "--grid", 3, "--radius", 2, "--prior-size", 5)
TWISTS: Final[dict[Fault, float]] = {"prose": 0.2, "refusal": 0.2, "spent": 0.2}
BAD: Final[dict[Fault, float]] = {"400": 0.02}


def mixed_run(sandbox: Sandbox, tmp_path: Path, name: str = "mixed", **options: object) -> Path:
    """A run of 9 agents and 3 rounds in which much goes wrong; its folder."""
    flags = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value)]
    limits = ("--max-failures", 1, "--max-missing", 1, "--threshold", 0.2, "--rounds", 3)
    with serve(Behaviour(faults=TWISTS | BAD)) as server:
        endpoint = ("--model", "fake", "--base-url", server.base_url)
        done = sandbox("simulate", *endpoint, *SOCIETY, *limits, *flags, "--run-id", name)
    assert done.code == 3, done.err
    return tmp_path / "runs" / name


def scripted_run(sandbox: Sandbox, tmp_path: Path, name: str = "one", **options: object) -> Path:
    """A run of 9 scripted agents and 2 rounds; its folder."""
    flags = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value)]
    rounds = () if "rounds" in options else ("--rounds", 2)
    done = sandbox("simulate", "--model", "scripted", *SOCIETY, "--threshold", 0.1, *rounds, *flags, "--run-id", name)
    assert done.code == 0, done.err
    return tmp_path / "runs" / name


def log(run: Path) -> list[dict[str, Any]]:
    """Its interactions as plain documents."""
    return [json.loads(line) for line in (run / "interactions.jsonl").read_text().splitlines()]
