"""Shows a run as it goes on: a live panel on a terminal, plain log lines elsewhere, or JSON lines. Decides nothing."""

import threading
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

from rich.console import Console
from rich.live import Live

from sandbox.progress.events import Event, Finished, Note, RoundDone, Started
from sandbox.progress.panel import live_panel, progress_line
from sandbox.terminal import json_line, plain
from sandbox.text import account, mean, outcome, what_next

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
        """Say that the run was asked to stop and waits for calls in flight."""
        ...


class LogDisplay:
    """Plain lines on `console`, one for each event and one for progress every ten seconds."""

    def __init__(self, console: Console) -> None:
        self.console: Final = console
        self._ended: Final = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()

    def show(self, event: Event) -> None:
        """Print a line for `event`."""
        match event:
            case Note():
                show_note(event, self.console)
            case Started():
                self._started(event)
            case RoundDone(summary):
                before, after = summary.scores.draft.alignment, summary.scores.revision.alignment
                self.console.print(
                    f"Round {summary.round}: alignment {mean(before.mean)} -> {mean(after.mean)}, "
                    f"{summary.missing} missing ratings, {summary.failed} failed."
                )
            case Finished(manifest):
                self._ended.set()
                # What to do about a run that failed stands in the error, which follows.
                last = [] if manifest.status == "failed" else [what_next(manifest, event.path)]
                for line in [outcome(manifest), *account(manifest), *last]:
                    self.console.print(plain(line))

    def stopping(self) -> None:
        """Say so once."""
        self.console.print("Stopping: waiting for the calls in flight. Ctrl-C again stops at once.")

    def _started(self, event: Started) -> None:
        self.console.print(
            plain(
                f"Run {event.run_id}: {event.forecast.interactions} interactions, "
                f"{event.forecast.all_calls} calls, in {event.path}"
            )
        )
        self._watch(event)

    def _watch(self, event: Started) -> None:
        def report() -> None:
            while not self._ended.wait(LOG_SECONDS):
                self.console.print(progress_line(event))

        threading.Thread(target=report, daemon=True).start()


class PanelDisplay(LogDisplay):
    """The same lines, and below them a live panel while calls are made."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._live: Live | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._close()

    def show(self, event: Event) -> None:
        """Print a line for `event`, above the panel where there is one."""
        if isinstance(event, Finished):
            self._close()
        super().show(event)

    def _watch(self, event: Started) -> None:
        self._live = Live(
            get_renderable=lambda: live_panel(event),
            console=self.console,
            refresh_per_second=4,
            transient=True,
        )
        self._live.start()

    def _close(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None


class JsonDisplay:
    """JSON lines on `stream`: started, round, finished. Notes go to `console`: nothing else may stand on stdout."""

    def __init__(self, stream: BinaryIO, console: Console) -> None:
        self._stream: Final = stream
        self._console: Final = console
        self._gone = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: Event) -> None:
        """Write a line for `event`."""
        match event:
            case Started():
                self._write(
                    {
                        "event": "started",
                        "run_id": event.run_id,
                        "path": str(event.path),
                        "interactions": event.forecast.interactions,
                        "calls": event.forecast.calls,
                    }
                )
            case RoundDone(summary):
                self._write({"event": "round", **summary.model_dump(mode="json")})
            case Finished(manifest):
                self._write({"event": "finished", "path": str(event.path), **manifest.model_dump(mode="json")})
            case Note():
                show_note(event, self._console)

    def stopping(self) -> None:
        """Nothing: the line `finished` will say it."""

    def _write(self, document: object) -> None:
        if self._gone:
            return
        try:
            self._stream.write(json_line(document))
            self._stream.flush()
        except BrokenPipeError:
            # A reader that goes away (`| head`) is no reason to end a run that was paid for.
            self._gone = True


def show_note(note: Note, console: Console) -> None:
    """Print `note` as a line."""
    if note.warning:
        console.print(plain(f"Warning: {note.text}"), style="yellow")
    else:
        console.print(plain(note.text))
