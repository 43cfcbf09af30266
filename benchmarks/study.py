"""A study beside its cells one by one: time, and refusals of an endpoint; and how long the plan of many cells takes.

Knows the command and files of studies.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

from benchmarks.command import KIB, fake_endpoint, measure
from benchmarks.figure import Figure, median_of

SCRIPTED = {"questions": "starter", "embedder": "hash", "model": "scripted"}
LABELS, SEEDS, ROUNDS = ("all-good", "half", "all-bad"), range(4), 3
CELLS = [sys.executable, "-m", "benchmarks.cells"]
AT_ONCE, LATENCY = 12, 0.05
MANY = 1_000
MIB = 500e6 / KIB**2


def study_figures(folder: Path, repetitions: int) -> Iterator[Figure]:
    """The scripted model, but for refusals."""
    yield from _time_figures(folder, repetitions)
    yield from _plan_figures(folder, repetitions)
    yield from _refusal_figures(folder, repetitions)


def _time_figures(folder: Path, repetitions: int) -> Iterator[Figure]:
    """12 scripted cells of 100 agents x 3 rounds: in one process, one by one, as commands, and in two processes."""
    taken: dict[str, list[float]] = {name: [] for name in ("here", "commands", "cells", "wall", "processes")}
    for number in range(repetitions):
        name = f"twelve-{number}"
        _write(folder, name, {**SCRIPTED, "rounds": ROUNDS}, {"labels": list(LABELS), "seed": list(SEEDS)})
        here = measure(folder, "study", "run", f"{name}.toml", "--jobs", 1)
        taken["here"].append(here.processor_seconds)
        taken["wall"].append(here.seconds)
        taken["cells"].append(sum(json.loads(measure(folder, f"{name}.toml", program=CELLS).out)))
        taken["commands"].append(sum(_command_seconds(folder, number, *cell) for cell in product(LABELS, SEEDS)))
        options = ("--studies", "apart", "--on", "processes", "--jobs", 2)
        taken["processes"].append(measure(folder, "study", "run", f"{name}.toml", *options).seconds)
    yield median_of("12 cells in one process: processor time", taken["here"], "s")
    yield median_of("12 cells: processor time of the cells alone", taken["cells"], "s")
    yield median_of("12 cells: processor time of 12 commands", taken["commands"], "s")
    yield _times("12 cells in one process: processor time, times that of the cells alone", taken, "here", "cells", 1.15)
    yield _times("12 cells in one process: processor time, times that of 12 commands", taken, "here", "commands", 0.5)
    yield median_of("12 cells in one process: wall time", taken["wall"], "s")
    yield median_of("12 cells in two processes: wall time", taken["processes"], "s")
    yield _times("12 cells in two processes: wall time, times that in one", taken, "processes", "wall", 0.6)


def _command_seconds(folder: Path, number: int, labels: str, seed: int) -> float:
    """Processor time of the command that runs that cell alone."""
    options = [word for name, value in SCRIPTED.items() for word in (f"--{name}", value)]
    cell = ("--rounds", ROUNDS, "--labels", labels, "--seed", seed, "--run-id", f"{number}-{labels}-{seed}")
    return measure(folder, "simulate", *options, *cell).processor_seconds


def _plan_figures(folder: Path, repetitions: int) -> Iterator[Figure]:
    """A forecast of 1,000 cells of 100 agents x 3 rounds."""
    _write(folder, "planned", {**SCRIPTED, "rounds": ROUNDS}, {"seed": list(range(MANY))})
    plans = [measure(folder, "study", "run", "planned.toml", "--dry-run", "--json") for _ in range(repetitions)]
    yield median_of(f"plan of {MANY:,} cells", [plan.seconds for plan in plans], "s", most=10)
    yield median_of(f"plan of {MANY:,} cells: peak memory", [plan.peak_mib for plan in plans], "MiB", most=MIB)


def _refusal_figures(folder: Path, repetitions: int) -> Iterator[Figure]:
    """Four cells at once on an endpoint that refuses more than 12 calls at once, and one of them alone."""
    refusals: dict[str, list[float]] = {"one": [], "four": []}
    for number in range(repetitions):
        for name, seeds in (("one", 1), ("four", 4)):
            with fake_endpoint("--latency", LATENCY, "--most-at-once", AT_ONCE) as server:
                endpoint = {**SCRIPTED, "model": "fake", "base-url": server.base_url, "grid": 6, "rounds": 1}
                _write(folder, f"{name}-{number}", endpoint, {"seed": list(range(seeds))})
                measure(folder, "study", "run", f"{name}-{number}.toml")
                refusals[name].append(server.stats()["answered"].get("429_bare", 0))
    yield median_of("one cell on an endpoint that takes 12 at once: refusals", refusals["one"])
    yield median_of("four cells there: refusals", refusals["four"])
    yield _times("four cells there: refusals, times those of one", refusals, "four", "one", 1.2)


def _times(name: str, taken: dict[str, list[float]], of: str, beside: str, most: float) -> Figure:
    """How many times what is `beside` that is, turn by turn."""
    return median_of(name, [each / other for each, other in zip(taken[of], taken[beside], strict=True)], most=most)


def _write(folder: Path, name: str, base: Mapping[str, object], matrix: Mapping[str, object]) -> None:
    """`<name>.toml`, a study of that name. What JSON writes of texts, numbers and lists is TOML, too."""
    lines = [f"name = {json.dumps(name)}"]
    for table, entries in (("base", base), ("matrix", matrix)):
        lines += [f"[{table}]", *(f"{key} = {json.dumps(value)}" for key, value in entries.items())]
    (folder / f"{name}.toml").write_text("\n".join(lines))
