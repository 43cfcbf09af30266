"""The parent's side of one cell on Ray: the workers that work on it, one after the other, and what they borrow.

Knows letters and the desk; not Ray, and no other cell.
"""

from typing import Final

from sandbox.calls.spending import NOTHING
from sandbox.progress.events import Report
from sandbox.studies.backends.dead import spent_by_now
from sandbox.studies.backends.ray_mailbox import LEASE, WELCOME, Letter
from sandbox.studies.backends.ray_post import Post
from sandbox.studies.backends.told import Hearing
from sandbox.studies.leases.desk import Desk
from sandbox.studies.task import Task


class Workers:
    """Workers of the cell of `task`, as their letters tell: they borrow from `desk`, and are answered by `post`."""

    def __init__(self, task: Task, desk: Desk, post: Post, report: Report) -> None:
        self._task: Final = task
        self._desk: Final = desk
        self._post: Final = post
        self._hearing: Final = Hearing(report)
        self._number: int | None = None
        self._before = NOTHING

    def hear(self, number: int, letter: Letter) -> None:
        """A letter of the worker with the lease of this `number`."""
        match letter:
            case {"begun": _}:
                self._begin(number)
            case {"lost": _} if number == self._number:
                self.lost()
            case {"lease": message}:
                self._desk.receive(self._task.cell.index, message)
            case {"told": told}:
                self._hearing.hear(told)

    def lost(self) -> None:
        """The last one is gone without a farewell: what it may have spent is in its journal, or was in flight."""
        if self._number is not None:
            now = spent_by_now(self._task, self._desk.in_flight(self._task.cell.index))
            self._desk.leave(self._task.cell.index, now.minus(self._before))
            self._number = None

    def ended(self) -> None:
        """The last one said how it ended."""
        self._desk.leave(self._task.cell.index)
        self._number = None

    def _begin(self, number: int) -> None:
        """Another one begins: that of before is lost."""
        self.lost()
        index = self._task.cell.index
        self._before, self._number = spent_by_now(self._task), number
        self._post.tell(index, number, {WELCOME: True})
        self._desk.join(index, lambda message: self._post.tell(index, number, {LEASE: message}))
