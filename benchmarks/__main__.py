"""`make bench`: measures what the project promises, each figure beside its bound, as a table and as JSON.

Every figure is taken of the command itself, run as a process. `--quick` takes fewer repetitions, and `--only` some of
the sections.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure
from benchmarks.figures import sections

RESULTS = Path(__file__).parent / "results.json"


def main() -> int:
    """Measure, show, write; 1 if a figure misses its bound."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--questions", type=Path, help="HH-RLHF file; the starter set where it is absent")
    parser.add_argument("--only", action="append", metavar="SECTION", help="leave out the others; may be repeated")
    options = parser.parse_args()
    progress = Console(stderr=True)
    measured: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        known = sections(Path(folder), options.questions, quick=options.quick)
        if unknown := set(options.only or ()) - known.keys():
            parser.error(f"no section {min(unknown)}; there are {', '.join(known)}")
        for name in options.only or known:
            started = time.perf_counter()
            measured += known[name]()
            progress.print(f"{name}: {time.perf_counter() - started:.0f} s")
    _show(measured)
    RESULTS.write_text(json.dumps([figure._asdict() for figure in measured], indent=1) + "\n")
    return int(not all(figure.met for figure in measured))


def _show(measured: list[Figure]) -> None:
    table = Table("figure", "measured", "bound", "met")
    for figure in measured:
        met = "-" if figure.bound == "-" else "yes" if figure.met else "NO"
        table.add_row(figure.name, f"{figure.value:g} {figure.unit}", figure.bound, met)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
