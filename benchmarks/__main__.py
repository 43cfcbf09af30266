"""`make bench`: measures what the project promises, each figure beside its bound, as a table and as JSON.

`--quick` takes fewer repetitions, `--only` some of the sections, and `--beside` compares with another checkout.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.beside import SECTIONS, beside_figures
from benchmarks.command import ROOT
from benchmarks.figure import Figure, median_of
from benchmarks.figures import COMPARED, TOO_LONG, Section, sections, source_of
from benchmarks.table import show

RESULTS = Path(__file__).parent / "results.json"
QUICK_SECONDS = 240


def main() -> int:
    """Measure, show, write; 1 if a figure misses its bound. What was measured is kept where a section fails."""
    parser = _parser()
    options = parser.parse_args()
    source = source_of(options.questions)
    alone = sections(source, quick=options.quick)
    known = list(SECTIONS if options.beside else alone)
    wanted = options.only or known
    if options.quick and not options.beside and (long := TOO_LONG & set(wanted)):
        parser.error(f"--quick leaves out {min(long)}, which takes too long: name it without --quick")
    if unknown := set(wanted) - set(known):
        parser.error(f"no section {min(unknown)}; there are {', '.join(known)}")
    if options.turns < 1:
        parser.error("--turns is 1 or more")
    about, measured = _about(options), list[Figure]()
    try:
        if options.beside:
            taken = beside_figures(options.beside, wanted, options.turns, source, quick=options.quick)
        else:
            taken = _measure({name: section for name, section in alone.items() if name in wanted})
        measured.extend(_timed(taken) if options.quick and not (options.only or options.beside) else taken)
    finally:
        show(measured)
        document = {"about": about, "figures": [figure._asdict() for figure in measured]}
        RESULTS.write_text(json.dumps(document, indent=1) + "\n")
    return int(not all(figure.met for figure in measured))


def _timed(figures: Iterator[Figure]) -> Iterator[Figure]:
    """These, and how long all of them took."""
    started = time.perf_counter()
    yield from figures
    yield median_of("all of a quick measurement", [time.perf_counter() - started], "s", most=QUICK_SECONDS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="fewer repetitions")
    add("--questions", type=Path, help="HH-RLHF file; the starter set where it is absent")
    add("--only", action="append", metavar="SECTION", help="leave out the others; may be repeated")
    add("--beside", type=_checkout, metavar="CHECKOUT", help="measure that code and this in turn, and compare")
    add("--turns", type=int, default=5, help="with --beside: how often each (default: 5)")
    return parser


def _checkout(word: str) -> Path:
    if not Path(word, "benchmarks", "__main__.py").is_file():
        raise argparse.ArgumentTypeError(f"{word} is no checkout: it has no benchmarks")
    return Path(word).resolve()


def _measure(wanted: Mapping[str, Section]) -> Iterator[Figure]:
    """The figures of these sections, each in a folder of its own but for those whose logs are compared."""
    progress = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, section in wanted.items():
            started = time.perf_counter()
            place = Path(folder, "compared" if name in (*COMPARED, "invariance") else name)
            place.mkdir(exist_ok=True)
            yield from section(place)
            progress.print(f"{name}: {time.perf_counter() - started:.0f} s")


def _about(options: argparse.Namespace) -> dict[str, Any]:
    """What was measured, where and how."""
    return {
        "commit": _commit(ROOT),
        "beside": options.beside and _commit(options.beside),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "machine": platform.platform(),
        "python": platform.python_version(),
        "quick": options.quick,
        "only": options.only,
    }


def _commit(checkout: Path) -> str | None:
    words = ["git", "describe", "--always", "--dirty"]
    described = subprocess.run(words, cwd=checkout, capture_output=True, text=True, check=False)
    return described.stdout.strip() or None


if __name__ == "__main__":
    sys.exit(main())
