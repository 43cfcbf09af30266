"""What a step of Stable Alignment takes on the embedded model: processor time and memory. Knows the command."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.command import KIB, TRAINING_STEPS, measure
from benchmarks.figure import Figure, median_of, ratios

MIB = 2.0e9 / KIB**2
BESIDE_BARE = 1.05
BESIDE_PLAIN = 0.6
STEPS = 3


def train_figures(folder: Path, repetitions: int) -> Iterator[Figure]:
    """Each repetition takes the three ways in turn, on the same batches; ratios are within one."""
    society = ("--model", "scripted", "--questions", "starter", "--embedder", "hash", "--rounds", 3)
    measure(folder, "simulate", *society, "--run-id", "lesson")
    measure(folder, "export", "lesson", "--format", "stable-alignment", "--out", "data")
    told = _told(folder, "ours,bare,plain", repetitions)
    seconds = {way: [median(turn) for turn in turns] for way, turns in told["seconds"].items()}
    ours, bare, plain = seconds["ours"], seconds["bare"], seconds["plain"]
    yield median_of("train: a step of 2 queries x 3 answers, processor", ours, "s")
    yield median_of("train: the same in a bare loop", bare, "s")
    yield median_of("train: the same, each answer padded, all log-probs", plain, "s")
    yield median_of("train: a step, beside a bare loop", ratios(ours, bare), "x", most=BESIDE_BARE)
    yield median_of("train: a step, beside the plain way", ratios(ours, plain), "x", most=BESIDE_PLAIN)
    yield median_of("train: peak memory", [_told(folder, "ours", 1)["peak_mib"]], "MiB", most=MIB)


def _told(folder: Path, ways: str, turns: int) -> Mapping[str, Any]:
    """What a process says that only takes such steps."""
    said = measure(folder, "data", ways, STEPS, turns, program=TRAINING_STEPS).out.splitlines()
    told: dict[str, Any] = json.loads(said[-1])  # the library's own lines come before
    return told
