"""Shows many runs as they go on together: a panel with a line for each, plain lines elsewhere, or JSON lines.

Knows names, events and accounts of runs; decides nothing.
"""

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, BinaryIO, Final, Protocol, Self

from rich.console import Console
from rich.live import Live

from sandbox.progress.course import Course
from sandbox.progress.display import LOG_SECONDS, show_note
from sandbox.progress.events import Event, Finished, Note, Started
from sandbox.progress.json_stream import JsonStream
from sandbox.terminal import plain, plain_line

Cell = Mapping[str, Any]


class CellsDisplay(Protocol):
    """Something that shows a study between `with` and its end."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def note(self, note: Note) -> None:
        """Show what is of no one cell."""
        ...

    def show(self, cell: Cell, event: Event) -> None:
        """Show `event` of `cell`: its `cell` is its name, its `index` a number."""
        ...

    def ended(self, cell: Cell, how: Finished) -> None:
        """Show how `cell` ended."""
        ...

    def finished(self, how: Finished) -> None:
        """Show how all of it ended."""
        ...

    def stopping(self) -> None:
        """Say that it was asked to stop and waits for calls in flight."""
        ...


class CellsLog:
    """Plain lines on `console`: how each cell ended, each warning once, and how far it is every ten seconds."""

    def __init__(self, console: Console, course: Course) -> None:
        self._console: Final = console
        self._course: Final = course
        self._ended: Final = threading.Event()
        self._told: Final[set[str]] = set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()

    def note(self, note: Note) -> None:
        """Print it once."""
        if note.text not in self._told:
            self._told.add(note.text)
            show_note(note, self._console)

    def show(self, cell: Cell, event: Event) -> None:
        """Take in how far a cell is; of what it says, warnings."""
        match event:
            case Started():
                self._course.running[cell["cell"]] = event
            case Note(text, warning=True) if text not in self._told:
                self._told.add(text)
                self._console.print(plain(f"Warning: {cell['cell']}: {text}"), style="yellow")

    def ended(self, cell: Cell, how: Finished) -> None:
        """Print how it ended."""
        self._course.ended(cell["cell"])
        self._console.print(plain_line(f"{cell['cell']}: {how.lines[0]}"))

    def finished(self, how: Finished) -> None:
        """Print how all of it ended."""
        self._ended.set()
        for line in how.lines:
            self._console.print(plain_line(line))

    def stopping(self) -> None:
        """Say so once."""
        self._console.print("Stopping: waiting for the calls in flight of all cells. Ctrl-C again stops at once.")

    def _watch(self) -> None:
        while not self._ended.wait(LOG_SECONDS):
            self._console.print(plain(self._course.line()))


class CellsPanel(CellsLog):
    """The same lines, and below them a live panel in place of those that say how far it is."""

    def __enter__(self) -> Self:
        course = self._course
        self._live = Live(get_renderable=course.panel, console=self._console, refresh_per_second=4, transient=True)
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def finished(self, how: Finished) -> None:
        """Print how all of it ended, in place of the panel."""
        self._live.stop()
        super().finished(how)


class CellsJson:
    """JSON lines on `stream`: the events of cells, each with its `cell` and `index`. Notes go to `console`."""

    def __init__(self, stream: BinaryIO, console: Console) -> None:
        self._lines: Final = JsonStream(stream)
        self._log: Final = CellsLog(console, Course("", 0, 0, 0, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def note(self, note: Note) -> None:
        """Print it once, beside the stream."""
        self._log.note(note)

    def show(self, cell: Cell, event: Event) -> None:
        """Write a line for `event`."""
        match event:
            case Started():
                calls = dict(event.calls)
                self._lines.write(
                    {"event": "started", **cell, "path": str(event.path), event.noun: event.planned, "calls": calls}
                )
            case Finished():
                self._lines.write({"event": "finished", **cell, **event.document})
            case Note():
                self._log.show(cell, event)
            case _:
                self._lines.write({**event.document(), **cell})

    def ended(self, cell: Cell, how: Finished) -> None:
        """Write a line for its end."""
        self._lines.write({"event": "cell_ended", **cell, **how.document})

    def finished(self, how: Finished) -> None:
        """Write the last line."""
        self._lines.write({"event": "study_finished", **how.document})

    def stopping(self) -> None:
        """Nothing: the last line will say it."""
