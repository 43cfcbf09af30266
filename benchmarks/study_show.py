"""How long it takes to look at a study of many cells. Knows the command, and the record of a study."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.command import measure
from benchmarks.figure import Figure, median_of

CELLS = 1_000
SEEDS = 5  # of a condition
FILE = """
name = "many"
[base]
model = "scripted"
questions = "starter"
embedder = "hash"
grid = 5
rounds = 20
[matrix]
seed = [0]
"""


def study_show_figures(folder: Path, repetitions: int) -> Iterator[Figure]:
    """A study whose cells are copies of one that was run."""
    (folder / "many.toml").write_text(FILE)
    measure(folder, "study", "run", "many.toml")
    _multiply(folder / "studies" / "many")
    for name, words in (("", ()), (", by nothing but a few labels", ("--by", "labels"))):
        runs = [measure(folder, "study", "show", "many", *words).seconds for _ in range(repetitions)]
        yield median_of(f"study show: {CELLS:,} complete cells{name}", runs, "s", most=3)


def _multiply(study: Path) -> None:
    record = json.loads((study / "study.json").read_text())
    (cell,) = record["cells"]
    files = [path for path in (study / "runs" / cell["name"]).iterdir() if path.is_file()]
    record |= {"axes": ["labels", "model", "seed"], "cells": []}
    for index in range(CELLS):
        condition, seed = divmod(index, SEEDS)
        values = {"labels": f"labels-{condition % SEEDS}", "model": f"model-{condition // SEEDS}", "seed": seed}
        record["cells"].append(cell | {"index": index, "name": f"{index:04d}", "values": values})
        run = study / "runs" / f"{index:04d}"
        run.mkdir()
        for file in files:
            shutil.copy(file, run)
    (study / "study.json").write_text(json.dumps(record))
