"""`sandbox inspect --browse`: runs, rounds, grid and interactions on a terminal. Starts screens, knows no run."""

import sys
from pathlib import Path
from typing import ClassVar, Final

from textual.app import App
from textual.binding import Binding, BindingType
from textual.worker import WorkerFailed

from sandbox.errors import SandboxError, UsageError
from sandbox.inspection.browser.evaluation import EvaluationWatch, Numbers
from sandbox.inspection.browser.reading import Reading
from sandbox.inspection.browser.run import Rounds
from sandbox.inspection.browser.runs import Runs
from sandbox.inspection.browser.watch import Watch
from sandbox.runs.evaluation.reading import Evaluation
from sandbox.runs.reading import Run

FOLLOW_SECONDS: Final = 2.0


class Browser(App[None]):
    """Begins with one run or evaluation, or with the list of all runs in folder `runs`."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #heading { height: 1; width: 100%; text-style: bold; padding: 0 1; background: $primary; color: $text; }
    #note { height: auto; width: 100%; padding: 0 1; color: $text-muted; }
    Rows { height: 1fr; }
    #search { dock: bottom; height: 3; margin-bottom: 1; }
    * { scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1; }
    #page { height: 1fr; }
    #story, #grid { width: 100%; height: auto; }
    #story { padding: 0 1; }
    #tables { width: 100%; height: auto; padding: 0 1; }
    Help { align: center middle; }
    #help { width: 76; height: auto; max-height: 100%; border: round $primary; padding: 0 1; background: $surface; }
    #help Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", show=False, priority=True)]

    def __init__(self, runs: Path, first: Run | Evaluation | None) -> None:
        super().__init__()
        self.animation_level = "none"  # each frame would have to cross the network
        self._first = _first(runs, first)

    def on_mount(self) -> None:
        """The first screen, and from now on a look at what goes on."""
        self.push_screen(self._first)
        self.set_interval(FOLLOW_SECONDS, self.follow)

    def follow(self) -> None:
        """Let the screen that is shown read again if its run goes on."""
        if isinstance(self.screen, Reading):
            self.screen.follow()

    @property
    def fault(self) -> Exception | None:
        """What ended it, if that was no key: the exception itself, not the thread's wrapper around it."""
        error = self._exception
        return getattr(error, "error", error) if isinstance(error, WorkerFailed) else error

    def _fatal_error(self) -> None:
        """Ends it without the toolkit's traceback: `browse` raises what happened, `--debug` shows where."""
        self._close_messages_no_wait()


def _first(runs: Path, first: Run | Evaluation | None) -> Rounds | Numbers | Runs:
    if first is None:
        return Runs(runs)
    return Rounds(Watch(first)) if isinstance(first, Run) else Numbers(EvaluationWatch(first))


def browse(runs: Path, first: Run | Evaluation | None) -> None:
    """Show `first`, or all runs in folder `runs`, until the user leaves.

    Raises `UsageError` where nobody can see it, and `SandboxError` if a fault ended it.
    """
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):  # textual draws on stderr
        raise UsageError(
            "--browse needs a terminal, and this is none.\n"
            "Use the other views: sandbox inspect [RUN], with --json or --csv for programs."
        )
    app = Browser(runs, first)
    app.run()
    if error := app.fault:
        raise SandboxError(
            f"The browser ended by a fault of sandbox, {type(error).__name__}: {error}\n"
            "No run was changed. Show where it happened: --debug. The other views: sandbox inspect [RUN]"
        ) from error
    if app.return_code:
        raise SandboxError(f"The browser ended with code {app.return_code}. The other views: sandbox inspect [RUN]")
