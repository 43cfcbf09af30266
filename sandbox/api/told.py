"""What is told while a work goes on: to `on_event`, and where it lies, for whoever interrupts it. Knows events."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from sandbox.progress.events import Event, Finished, Started
from sandbox.progress.training import TrainingStarted
from sandbox.terminal import harmless
from sandbox.text import in_a_line


@dataclass(frozen=True)
class OfCell:
    """Something that happened in the cell called `cell` of a study, with this `index`; `Finished` says how it ended."""

    cell: str
    index: int
    event: Event

    def __str__(self) -> str:
        return f"{harmless(in_a_line(self.cell))}: {self.event}"


OnEvent: TypeAlias = Callable[[Event | OfCell], object]


class Told:
    """Passes events on to `on_event`, if somebody listens, and keeps the folder of the work, `path` until one says."""

    def __init__(self, on_event: OnEvent | None, path: Path | None = None) -> None:
        self._on_event: Final = on_event
        self.path = path

    def report(self, event: Event | OfCell) -> None:
        """Pass `event` on."""
        if isinstance(event, Started | TrainingStarted):
            self.path = event.path
        elif isinstance(event, Finished):
            self.path = Path(event.document["path"])
        if self._on_event:
            self._on_event(event)

    @contextmanager
    def naming(self, call: str) -> Iterator[None]:
        """A block whose `KeyboardInterrupt` says by which `call` it goes on, such as `sandbox.study(`."""
        try:
            yield
        except KeyboardInterrupt as error:
            error.add_note(f"Go on with it: {call}{str(self.path)!r})" if self.path else "Nothing was begun.")
            raise
