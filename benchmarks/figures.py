"""All figures, by section and in order. Knows which there are, not how they are taken."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks.endpoint import fault_figures, limit_figures
from benchmarks.figure import Figure
from benchmarks.recall import recall_figures
from benchmarks.runs import SHARED, different_logs
from benchmarks.scale import scale_figures
from benchmarks.schedule import bounded_figures, schedule_figures
from benchmarks.society import resume_figures, society_figures, start_figures
from benchmarks.throughput import evenness_figures, throughput_figures

# Sections that are left out of a quick measurement: a barrier waits three minutes for heavy-tailed latencies.
TOO_LONG = {"heavy-tailed"}
Section = Callable[[], Iterator[Figure]]


def sections(folder: Path, questions: Path | None, *, quick: bool) -> Mapping[str, Section]:
    """What takes the figures of each section, in a temporary `folder`; medians are of five, or of one if `quick`."""
    source = (questions or SHARED).resolve() if (questions or SHARED).is_file() else "starter"
    times = 1 if quick else 5
    everything = {
        "start": partial(start_figures, folder, source, times),
        "society": partial(society_figures, folder, source, times),
        "recall": partial(recall_figures, times),
        "throughput": partial(throughput_figures, folder, source, times),
        "evenness": partial(evenness_figures, folder, source, times, 2 if quick else 5),
        "log-normal": partial(schedule_figures, folder, source, times, 5 if quick else 10, "log-normal"),
        "heavy-tailed": partial(schedule_figures, folder, source, times, 10, "heavy-tailed"),
        "bounded": partial(bounded_figures, folder, source, times, 4 if quick else 10),
        "invariance": partial(_invariance, folder),
        "limits": partial(limit_figures, folder, times),
        "faults": partial(fault_figures, folder),
        "scale": partial(scale_figures, folder, 1 if quick else 3, (10, 50) if quick else (10, 32, 100)),
        "resume": partial(resume_figures, folder, source, 5 if quick else 50),
    }
    return {name: section for name, section in everything.items() if not (quick and name in TOO_LONG)}


def _invariance(folder: Path) -> Iterator[Figure]:
    """All runs of the sections before that asked the same society."""
    logs = different_logs(folder, ("zero-", "ten-", "graph-"))
    yield Figure("different logs over all concurrencies and latencies", logs, most=1)
