"""`make bench`: measures what the project promises, each figure beside its bound, as a table and as JSON.

`--quick` takes fewer repetitions, and `--only` some of the sections.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.command import ROOT
from benchmarks.figure import Figure, median_of
from benchmarks.figures import COMPARED, Section, sections

RESULTS = Path(__file__).parent / "results.json"
QUICK_SECONDS = 240


def main() -> int:
    """Measure, show, write; 1 if a figure misses its bound."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--questions", type=Path, help="HH-RLHF file; the starter set where it is absent")
    parser.add_argument("--only", action="append", metavar="SECTION", help="leave out the others; may be repeated")
    options = parser.parse_args()
    known = sections(options.questions, quick=options.quick)
    wanted = options.only or list(known)
    if unknown := set(wanted) - known.keys():
        parser.error(f"no section {min(unknown)}; there are {', '.join(known)}")
    about = _about(options)
    started = time.perf_counter()
    measured = _measure({name: section for name, section in known.items() if name in wanted})
    if options.quick and not options.only:
        measured.append(
            median_of("all of a quick measurement", [time.perf_counter() - started], "s", most=QUICK_SECONDS)
        )
    _show(measured)
    document = {"about": about, "figures": [figure._asdict() for figure in measured]}
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")
    return int(not all(figure.met for figure in measured))


def _measure(wanted: Mapping[str, Section]) -> list[Figure]:
    """The figures of these sections, each in a folder of its own but for those whose logs are compared."""
    measured: list[Figure] = []
    progress = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, section in wanted.items():
            started = time.perf_counter()
            place = Path(folder, "compared" if name in (*COMPARED, "invariance") else name)
            place.mkdir(exist_ok=True)
            measured += section(place)
            progress.print(f"{name}: {time.perf_counter() - started:.0f} s")
    return measured


def _about(options: argparse.Namespace) -> dict[str, Any]:
    """What was measured, where and how."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "commit": described.stdout.strip() or None,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "machine": platform.platform(),
        "python": platform.python_version(),
        "quick": options.quick,
        "only": options.only,
    }


def _show(measured: list[Figure]) -> None:
    table = Table("figure", "measured", "bound", "met")
    for figure in measured:
        value = "not measured" if figure.value is None else f"{figure.value:g} {figure.unit}"
        met = "-" if figure.bound == "-" or figure.value is None else "yes" if figure.met else "NO"
        table.add_row(figure.name, value, figure.bound, met)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
