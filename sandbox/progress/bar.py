"""Bars for long work on a terminal, one for each thing that is done, and lines elsewhere. Knows nothing of the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from sandbox.progress.alive import LINES_EVERY
from sandbox.terminal import error_console, plain

_STEP: Final = 500  # things done between two looks at the bar


@contextmanager
def progress_bar() -> Iterator["Bar"]:
    """Something to tell of progress, shown on standard error while the block lasts, if that is a terminal."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    terminal = error_console()
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as progress:
        yield Bar(progress)


class Bar:
    """A bar for each thing that is done."""

    def __init__(self, progress: Progress) -> None:
        self._progress: Final = progress
        self._tasks: Final[dict[str, TaskID]] = {}
        self._next = 0
        self._told = monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        """So much of it is done."""
        if what not in self._tasks:
            self._tasks[what], self._next = self._progress.add_task(what, total=total), 0
        if done >= self._next or done == total:
            self._progress.update(self._tasks[what], completed=done, total=total)
            self._next = done + _STEP
            self._tell(what, done, total)

    def _tell(self, what: str, done: int, total: int) -> None:
        """A line now and then where no bar is seen."""
        if self._progress.disable and monotonic() - self._told > LINES_EVERY:
            self._told = monotonic()
            error_console().print(plain(f"{what}: {done:,} of {total:,}"))
