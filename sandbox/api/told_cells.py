"""What is told while the cells of a study go on: each event with the cell that it is of. Knows events."""

from types import TracebackType
from typing import Final, Self

from sandbox.api.told import OfCell, Told
from sandbox.progress.cells import Cell
from sandbox.progress.events import Event, Finished, Note


class ToldCells:
    """Passes on what happens in a study, as its displays show it; `errors` are those that ended cells, by name."""

    def __init__(self, told: Told) -> None:
        self._told: Final = told
        self.errors: Final[dict[str, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def note(self, note: Note) -> None:
        """Pass it on."""
        self._told.report(note)

    def show(self, cell: Cell, event: Event) -> None:
        """Pass on what happens in `cell`; how it ended follows."""
        if not isinstance(event, Finished):
            self._told.report(OfCell(cell["cell"], cell["index"], event))

    def ended(self, cell: Cell, how: Finished) -> None:
        """Pass on how `cell` ended, and keep what went wrong in it."""
        if error := how.document["message"]:
            self.errors[cell["cell"]] = error
        self._told.report(OfCell(cell["cell"], cell["index"], how))

    def finished(self, how: Finished) -> None:
        """Pass on how all of it ended."""
        self._told.report(how)

    def stopping(self) -> None:
        """Nothing: its end will say it."""
