"""Time, memory and disk by number of agents, with the scripted model. Knows only the command and its files."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from benchmarks.command import KIB, Measured, measure
from benchmarks.figure import Figure, middle

ROUNDS = 2
BYTES_OF_AN_ENTRY = 24
WORDS = (
    "why should people never lie steal trust share money work home child friend parent law rule fair vote city farm "
    "school doctor teacher soldier animal food drink game book love hate fear hope war peace old young rich poor risk"
)


def scale_figures(folder: Path, repetitions: int, sides: Sequence[int]) -> Iterator[Figure]:
    """Grids of these sides, smallest first: two rounds, a question of its own for each interaction."""
    questions = _questions(folder / "many.txt", ROUNDS * sides[-1] ** 2)
    alone: list[float] = []
    for side in sides:
        runs = [_run(folder, questions, side, number) for number in range(repetitions)]
        interactions = ROUNDS * side**2
        each = [1000 * run.totals["wall_seconds"] / interactions for run in runs]
        alone = alone or each
        name = f"{side**2:,} agents"
        yield middle(f"{name}: an interaction", each, "ms")
        yield middle(f"{name}: peak memory", [run.peak_mib for run in runs], "MiB", most=1500)
        yield Figure(f"{name}: bytes an interaction on disk", _disk(folder, side) // interactions)
        if side == sides[-1]:
            ratios = [mine / other for mine, other in zip(each, alone, strict=True)]
            yield middle(f"{name}: time of an interaction beside that among 100", ratios, most=1.3)
            growth = [_growth(run, folder, side) for run in runs]
            yield middle(f"{name}: memory after round 2 beside round 1 and what was remembered", growth, most=1.05)


def _run(folder: Path, questions: Path, side: int, number: int) -> Measured:
    society = ("--questions", questions, "--prior", "starter", "--embedder", "hash", "--grid", side, "--rounds", ROUNDS)
    return measure(folder, "simulate", "--model", "scripted", *society, "--json", "--run-id", f"scale-{side}-{number}")


def _growth(run: Measured, folder: Path, side: int) -> float:
    """Resident memory when round 1 was in the log, beside that of round 0 and the answers remembered in between."""
    _, first, second = run.lines[:3]
    remembered = BYTES_OF_AN_ENTRY * side**2
    with (folder / "runs" / f"scale-{side}-0" / "interactions.jsonl").open("rb") as log:
        for line in log:
            record = json.loads(line)
            remembered += len(record["revision"]) if record["round"] == 1 else 0
    return second.mib / (first.mib + remembered / KIB**2)


def _disk(folder: Path, side: int) -> int:
    return sum(file.stat().st_size for file in (folder / "runs" / f"scale-{side}-0").rglob("*") if file.is_file())


def _questions(file: Path, count: int) -> Path:
    """So many different questions, the same ones each time."""
    random = Random(0)
    words, questions = WORDS.split(), dict[str, None]()
    while len(questions) < count:
        questions[" ".join(random.choices(words, k=12)).capitalize() + "?"] = None
    file.write_text("\n".join(questions) + "\n")
    return file
