"""All figures, by section and in order. Knows which there are, not how they are taken."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks import beside, scale
from benchmarks.analyze import analyze_figures
from benchmarks.coverage import coverage_figures
from benchmarks.endpoint import fault_figures, limit_figures
from benchmarks.evaluate import evaluate_figures
from benchmarks.exports import export_figures
from benchmarks.figure import Figure
from benchmarks.inspection import LARGE, SMALL, inspection_figures
from benchmarks.recall import recall_figures
from benchmarks.runs import SHARED, different_logs
from benchmarks.schedule import bounded_figures, stopped_figures, with_barrier
from benchmarks.society import society_figures, start_figures
from benchmarks.stranger import stranger_figures
from benchmarks.study import study_figures
from benchmarks.study_show import study_show_figures
from benchmarks.suite import suite_figures
from benchmarks.throughput import evenness_figures
from benchmarks.train import train_figures
from benchmarks.train_quality import train_quality_figures
from benchmarks.turn import Section as TurnSection
from benchmarks.turn import Turn, alone

Section = Callable[[Path], Iterator[Figure]]
# Sections that are left out of a quick measurement, which has four minutes.
TOO_LONG = {
    *("heavy-tailed", "faults", "coverage", "analyze", "export", "study", "evaluate", "train", "train-quality"),
    *("cold", "embedded", "ten-thousand", "hundred-thousand", "suite", "stranger"),
}
# Their runs asked the same society, and stay in one folder for the section after them.
COMPARED = ("throughput", "evenness", "log-normal", "heavy-tailed", "bounded")


def source_of(questions: Path | None) -> Path | str:
    """What is discussed: those `questions`, else real ones where they are there, else the starter set."""
    file = (questions or SHARED).resolve()
    return file if file.is_file() else "starter"


def sections(source: Path | str, *, quick: bool) -> Mapping[str, Section]:
    """What takes the figures of each section in a folder; medians are of five, or of one if `quick`."""
    times = 1 if quick else 5

    def of(figures: Callable[..., Iterator[Figure]], *arguments: object) -> Section:
        return lambda folder: figures(folder, source, times, *arguments)

    def in_turns(section: TurnSection) -> Section:
        return lambda folder: alone(
            section, [Turn(folder, number, questions=source, quick=quick) for number in range(times)]
        )

    compared = {name: in_turns(section) for name, section in beside.SECTIONS.items()}
    everything: dict[str, Section] = {
        "start": of(start_figures),
        "first-call": compared["first-call"],
        "cold": compared["cold"],
        "society": of(society_figures),
        "recall": lambda _: recall_figures(times),
        "throughput": compared["throughput"],
        "evenness": of(evenness_figures, 2 if quick else 5),
        "scale": lambda folder: scale.scale_figures(folder, times, scale.QUICK if quick else scale.FULL),
        "log-normal": in_turns(partial(with_barrier, kind="log-normal")),
        "bounded": of(bounded_figures, 4 if quick else 10),
        "heavy-tailed": in_turns(partial(with_barrier, kind="heavy-tailed")),
        "invariance": _invariance,
        "stopped": lambda folder: stopped_figures(folder, source),
        "limits": lambda folder: limit_figures(folder, times),
        "faults": fault_figures,
        "coverage": lambda _: coverage_figures(),
        "study": lambda folder: study_figures(folder, times),
        "evaluate": lambda folder: evaluate_figures(folder, times),
        "inspect": lambda folder: inspection_figures(folder, times, (SMALL,) if quick else (SMALL, LARGE)),
        "analyze": lambda folder: analyze_figures(folder, times),
        "study-show": lambda folder: study_show_figures(folder, times),
        "export": lambda folder: export_figures(folder, times),
        "train": lambda folder: train_figures(folder, times),
        "train-quality": train_quality_figures,
        "suite": lambda _: suite_figures(),
        "stranger": stranger_figures,
        **{name: compared[name] for name in ("resume", "hostile", "embedded", "ten-thousand", "hundred-thousand")},
    }
    return {name: section for name, section in everything.items() if not (quick and name in TOO_LONG)}


def _invariance(folder: Path) -> Iterator[Figure]:
    """All runs of the compared sections before."""
    runs = sorted((folder / "runs").glob("*"))
    if runs:
        yield Figure("different logs over all concurrencies and latencies", different_logs(runs), most=1)
