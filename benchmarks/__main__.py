"""`make bench`: measures what the project promises, each figure beside its bound, as a table and as JSON.

Every figure is taken of the command itself, run as a process. `--quick` takes fewer repetitions.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.command import Figure
from benchmarks.figures import figures

RESULTS = Path(__file__).parent / "results.json"


def main() -> int:
    """Measure, show, write; 1 if a figure misses its bound."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--questions", type=Path, help="HH-RLHF file; the starter set where it is absent")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = list(figures(Path(folder), options.questions, quick=options.quick))
    _show(measured)
    RESULTS.write_text(json.dumps([figure._asdict() for figure in measured], indent=1) + "\n")
    return int(not all(figure.met for figure in measured))


def _show(measured: list[Figure]) -> None:
    table = Table("figure", "measured", "bound", "met")
    for figure in measured:
        table.add_row(
            figure.name, f"{figure.value:g} {figure.unit}", f"< {figure.bound:g}", "yes" if figure.met else "NO"
        )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
