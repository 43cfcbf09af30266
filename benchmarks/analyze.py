"""How long each analysis of a large run takes, and how much memory. Knows the command and the log of a run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.command import measure
from benchmarks.figure import Figure, median_of

ANALYSES: Final = ("sophistry", "representation", "observer", "pareto")
QUESTIONS: Final = 2_000
SIMULATED, ROUNDS = 20, 1_000  # the rounds of the run that is made, and of the one that its copies make up
POPULATION: Final = """
[[groups]]
name = "north"
persona = "You have always lived in the north."
[[groups]]
name = "south"
persona = "You have always lived in the south."
"""


def analyze_figures(folder: Path, repetitions: int) -> Iterator[Figure]:
    """Of 100,000 interactions of 100 agents in two groups, with keys, four peers on both texts, and persuaders."""
    run = _run(folder)
    _multiply(run)
    for analysis in ANALYSES:
        done = [measure(folder, "analyze", analysis, run.name) for _ in range(repetitions)]
        name = f"analyze: 100,000 interactions, {analysis}"
        yield median_of(f"{name}: processor time", [each.processor_seconds for each in done], "s", most=5)
        yield median_of(f"{name}: peak memory", [each.rusage_mib for each in done], "MiB", most=500)


def _run(folder: Path) -> Path:
    questions = folder / "keyed.jsonl"
    rows = [
        {"question": f"Which is number {at}?", "options": [f"{at}", f"{at + 1}", f"{at + 2}"], "gold": 0}
        for at in range(QUESTIONS)
    ]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "groups.toml").write_text(POPULATION)
    society = ("--model", "scripted", "--questions", questions, "--embedder", "hash", "--rounds", SIMULATED)
    studied = ("--population", "groups.toml", "--peers-rate", "revision", "--control", "persuader:0.2")
    measure(folder, "simulate", *society, *studied, "--labels", "none", "--run-id", "large")
    return folder / "runs" / "large"


def _multiply(run: Path) -> None:
    """Its rounds again and again, about other questions each time, until there are `ROUNDS`."""
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["config"]["rounds"] = ROUNDS
    manifest["totals"] |= {"planned": 100 * ROUNDS, "complete": 100 * ROUNDS}
    (run / "manifest.json").write_text(json.dumps(manifest))
    for name in ("interactions.jsonl", "rounds.jsonl"):
        lines = [orjson.loads(line) for line in (run / name).read_bytes().splitlines()]
        with (run / name).open("wb") as file:
            for copy in range(ROUNDS // SIMULATED):
                file.writelines(orjson.dumps(_again(line, copy)) + b"\n" for line in lines)


def _again(line: dict[str, Any], copy: int) -> dict[str, Any]:
    round_ = line["round"] + copy * SIMULATED
    if "agent" not in line:
        return line | {"round": round_}
    own = {"id": f"r{round_:03d}-a{line['agent']:03d}", "question_id": f"{line['question_id']}-{copy}"}
    return line | {"round": round_} | own
