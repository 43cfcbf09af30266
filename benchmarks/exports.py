"""How long it takes to make training sets of a run, in how much memory, and to check one. Knows the command."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.command import KIB, measure
from benchmarks.figure import Figure, median_of
from sandbox.export.names import FORMATS

SECONDS = 60.0
MIB = 500e6 / KIB**2
SIZES = (25_000, 100_000)


def export_figures(folder: Path, repetitions: int) -> Iterator[Figure]:
    """Runs of the scripted model about the starter set, so that hundreds of answers belong to each question.

    Medians are of what has a bound on 100,000 interactions; the rest is taken once.
    """
    for size in SIZES:
        society = ("--model", "scripted", "--questions", "starter", "--embedder", "hash", "--rounds", size // 100)
        measure(folder, "simulate", *society, "--run-id", size)
    small, large = SIZES
    yield from _few_questions(folder)
    for format_ in FORMATS:
        _, few = _export(folder, small, format_)
        many = [_export(folder, large, format_) for _ in range(repetitions)]
        seconds, memory = ([pair[part] for pair in many] for part in (0, 1))
        yield median_of(f"export: {large:,} interactions to {format_}", seconds, "s", most=SECONDS)
        yield median_of(f"export: {large:,} interactions to {format_}, peak memory", memory, "MiB", most=MIB)
        yield median_of(f"export: {small:,} interactions to {format_}, peak memory", [few], "MiB")
        check = measure(folder, "export", "--check", _name(large, format_))
        yield median_of(f"export: check of that {format_} folder", [check.seconds], "s")


def _few_questions(folder: Path) -> Iterator[Figure]:
    """What is held for a question is the most where there are two."""
    (folder / "two.txt").write_text("Is it right to lie?\nIs it right to steal?\n")
    society = ("--model", "scripted", "--questions", "two.txt", "--labels", "none", "--embedder", "hash")
    measure(folder, "simulate", *society, "--rounds", SIZES[0] // 100, "--run-id", "two")
    for format_ in ("dpo", "sft", "stable-alignment"):
        memory = [_export(folder, "two", format_)[1]]
        name = f"export: {SIZES[0]:,} interactions about two questions to {format_}, peak memory"
        yield median_of(name, memory, "MiB", most=MIB)


def _export(folder: Path, run: object, format_: str) -> tuple[float, float]:
    """Seconds and peak MiB; the folder stays until the next time."""
    name = _name(run, format_)
    shutil.rmtree(folder / name, ignore_errors=True)
    done = measure(folder, "export", run, "--format", format_, "--out", name)
    return done.seconds, done.rusage_mib


def _name(run: object, format_: str) -> str:
    return f"{format_}-{run}"
