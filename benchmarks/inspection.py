"""How long it takes to look at a run, and what a report weighs. Knows the command, and Chromium where it is there."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.command import KIB, Measured, measure
from benchmarks.figure import Figure, median_of

CHROMIUM = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Size(NamedTuple):
    """A run of 100 agents, and the most seconds that a look at it may take."""

    rounds: int
    summary: float
    one: float
    search: float

    @property
    def name(self) -> str:
        """For people."""
        return f"{100 * self.rounds:,} interactions"


SMALL, LARGE = Size(50, 1.0, 0.5, 1.0), Size(1000, 4.0, 1.0, 3.0)


def inspection_figures(folder: Path, repetitions: int, sizes: tuple[Size, ...]) -> Iterator[Figure]:
    """Runs of the scripted model on the starter set."""
    for size in sizes:
        society = ("--model", "scripted", "--questions", "starter", "--embedder", "hash", "--rounds", size.rounds)
        measure(folder, "simulate", *society, "--run-id", size.rounds)
    lists = [measure(folder, "inspect").seconds for _ in range(repetitions)]
    yield median_of("inspect: list of runs", lists, "s", most=0.5)
    for size in sizes:
        yield from _looks(folder, repetitions, size)
    yield from _report(folder, SMALL)


def _looks(folder: Path, repetitions: int, size: Size) -> Iterator[Figure]:
    looks: dict[str, tuple[tuple[object, ...], float]] = {
        "summary": ((), size.summary),
        "one interaction": (("--interaction", f"r{size.rounds - 2:03d}-a042"), size.one),
        "full-text search": (("--search", "worth hearing, I would"), size.search),
    }
    measured: list[Measured] = []
    for name, (words, most) in looks.items():
        runs = [measure(folder, "inspect", size.rounds, *words) for _ in range(repetitions)]
        measured += runs
        yield median_of(f"inspect: {size.name}, {name}", [run.seconds for run in runs], "s", most=most)
    peak = max(run.rusage_mib for run in measured)
    yield median_of(f"inspect: {size.name}, peak memory of these", [peak], "MiB", most=500)


def _report(folder: Path, size: Size) -> Iterator[Figure]:
    page = folder / "report.html"
    written = measure(folder, "inspect", size.rounds, "--html", page)
    yield median_of(f"report: {size.name}, written", [written.seconds], "s")
    yield median_of(f"report: {size.name}", [page.stat().st_size / KIB**2], "MiB", most=30)
    yield median_of(f"report: {size.name}, interactive in Chromium", [_seconds_to_interactive(page)], "s", most=3)


def _seconds_to_interactive(page: Path) -> float | None:
    """Seconds from the begin of loading until the page has set itself up; None without Chromium."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        return None
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options: Any = webdriver.ChromeOptions()
    options.binary_location = chromium
    with tempfile.TemporaryDirectory() as profile:
        for argument in (*CHROMIUM, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        with webdriver.Chrome(options=options, service=Service(driver)) as browser:
            browser.get(page.as_uri())
            script = "return document.documentElement.dataset.ready ? performance.now() : null"
            milliseconds = browser.execute_script(script)
    return milliseconds / 1000 if milliseconds else None
