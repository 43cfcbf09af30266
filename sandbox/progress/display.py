"""Shows a work as it goes on: a live panel on a terminal, plain log lines elsewhere, or JSON lines. Decides nothing."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

from rich.console import Console, RenderableType
from rich.live import Live

from sandbox.progress.alive import alive
from sandbox.progress.events import Event, Finished, Note, Started
from sandbox.progress.json_stream import JsonStream
from sandbox.progress.panel import live_panel, progress_line
from sandbox.progress.training import Measured, Stepped, TrainingCourse, TrainingStarted
from sandbox.terminal import plain, plain_line

LOG_SECONDS: Final = 10.0


class Display(Protocol):
    """Something that shows events between `with` and its end."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def show(self, event: Event) -> None:
        """Show `event` now."""
        ...

    def stopping(self) -> None:
        """Say that the work was asked to stop and ends what it is at."""
        ...


class LogDisplay:
    """Plain lines on `console`, one for each event and one for progress every ten seconds."""

    def __init__(self, console: Console) -> None:
        self.console: Final = console
        self._ended: threading.Event | None = None  # of what is watched now
        self._course: Final = TrainingCourse()
        self._preparing: Final = ExitStack()

    def __enter__(self) -> Self:
        self._preparing.enter_context(alive("Preparing"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._preparing.close()
        self._unwatch()

    def show(self, event: Event) -> None:
        """Print a line for `event`."""
        match event:
            case Note():
                show_note(event, self.console)
            case Started():
                self._preparing.close()
                self._started(event)
            case TrainingStarted() | Stepped() | Measured():
                self._trained(event)
            case Finished(lines):
                self._unwatch()
                for line in lines:
                    self.console.print(plain_line(line))
            case _:
                self.console.print(plain(str(event)))

    def stopping(self) -> None:
        """Say so once."""
        what = "waiting for the calls in flight" if self._course.started is None else "this step is ended and kept"
        self.console.print(f"Stopping: {what}. Ctrl-C again stops at once.")

    def _started(self, event: Started) -> None:
        self.console.print(plain(str(event)))
        self._watch(lambda: progress_line(event), lambda: live_panel(event))

    def _trained(self, event: TrainingStarted | Stepped | Measured) -> None:
        """Each line but that of a step, of which there are thousands. A sweep starts several trainings in turn."""
        if not isinstance(event, Stepped):
            self.console.print(plain_line(str(event)))
        self._course.take(event)
        if isinstance(event, TrainingStarted):
            self._preparing.close()
            self._unwatch()
            self._watch(self._course.line, self._course.panel)

    def _watch(self, line: Callable[[], str], panel: Callable[[], RenderableType]) -> None:  # noqa: ARG002  # a panel's
        ended = self._ended = threading.Event()

        def report() -> None:
            while not ended.wait(LOG_SECONDS):
                self.console.print(plain(line()))

        threading.Thread(target=report, daemon=True).start()

    def _unwatch(self) -> None:
        if self._ended:
            self._ended.set()


class PanelDisplay(LogDisplay):
    """The same lines, and below them a live panel while calls are made."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._live: Live | None = None

    def _watch(self, line: Callable[[], str], panel: Callable[[], RenderableType]) -> None:  # noqa: ARG002  # a log's
        self._live = Live(
            get_renderable=panel,
            console=self.console,
            refresh_per_second=4,
            transient=True,
        )
        self._live.start()

    def _unwatch(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None


class JsonDisplay:
    """JSON lines on `stream`: started, milestones, finished. Notes go to `console`: stdout is for JSON alone."""

    def __init__(self, stream: BinaryIO, console: Console) -> None:
        self._lines: Final = JsonStream(stream)
        self._console: Final = console

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: Event) -> None:
        """Write a line for `event`."""
        match event:
            case Started():
                self._lines.write(
                    {
                        "event": "started",
                        "run_id": event.run_id,
                        "path": str(event.path),
                        event.noun: event.planned,
                        "calls": dict(event.calls),
                    }
                )
            case Finished():
                self._lines.write({"event": "finished", **event.document})
            case Note():
                show_note(event, self._console)
            case _:
                self._lines.write(event.document())

    def stopping(self) -> None:
        """Nothing: the line `finished` will say it."""


def show_note(note: Note, console: Console) -> None:
    """Print `note` as a line."""
    console.print(plain(str(note)), style="yellow" if note.warning else None)
