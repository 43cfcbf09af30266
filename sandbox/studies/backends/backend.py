"""The seam behind which cells are run. Knows tasks and how they end."""

from types import TracebackType
from typing import Protocol, Self

from sandbox.progress.events import Report
from sandbox.studies.task import Ended, Task


class Backend(Protocol):
    """Runs cells between `async with` and its end, several at once; what they share is opened for as long."""

    @property
    def jobs(self) -> int:
        """How many cells it runs at once at most."""
        ...

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def run(self, task: Task, report: Report) -> Ended:
        """Run one cell to its end, telling `report` every event of it. Raises nothing but a cancellation."""
        ...

    def stop(self) -> None:
        """No more calls, in no cell; those in flight are waited for. Told again: end at once."""
        ...
