"""How a work that makes paid calls is shown, stopped and ended: the display, Ctrl-C and exit codes."""

import asyncio
import signal
import sys
from collections.abc import Callable
from typing import Final, Protocol

from sandbox.progress.display import Display, JsonDisplay, LogDisplay, PanelDisplay
from sandbox.runs.any_manifest import AnyManifest
from sandbox.terminal import error_console

COMPLETE: Final = 0
WITH_FAILURES: Final = 3
OUT_OF_BUDGET: Final = 4
INTERRUPTED: Final = 130


def exit_code(manifest: AnyManifest) -> int:
    """What the end of a work comes to for a shell."""
    if manifest.stopped_by is not None:
        return {"budget": OUT_OF_BUDGET, "interrupt": INTERRUPTED}.get(manifest.stopped_by, WITH_FAILURES)
    return WITH_FAILURES if manifest.totals.failed else COMPLETE


def display_of(*, json: bool) -> Display:
    """Where progress is shown: as JSON, in a panel on a terminal, else line by line."""
    if json:
        return JsonDisplay(sys.stdout.buffer, error_console())
    return PanelDisplay(error_console()) if error_console().is_terminal else LogDisplay(error_console())


class Stopping(Protocol):
    """Something that says that a work was asked to stop."""

    def stopping(self) -> None:
        """Say so."""
        ...


def answer_signals(stop: Callable[[], bool], display: Stopping) -> None:
    """Once: no more calls, wait for those in flight. Twice, or before the first call: end this task at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def answer() -> None:
        if stop():
            display.stopping()
        else:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, answer)
