"""A run that may still grow, and its columns: read again when its files say so. Knows no terminal.

Meant to be read from threads: one reads, the others wait and get the same.
"""

from threading import Lock
from typing import NamedTuple

from sandbox.figures.frame import Frame, read_frame
from sandbox.runs.reading import Run, read_run


class Look(NamedTuple):
    """A run as it was found: what its manifest said, its status, what its log held, what is to be known about it."""

    run: Run
    status: str
    frame: Frame
    warnings: tuple[str, ...] = ()


class Watch:
    """Looks at one run. As long as nothing changed, each look is the same object."""

    def __init__(self, run: Run) -> None:
        self.run_id = run.manifest.run_id
        self._directory = run.directory
        self._lock = Lock()
        self._log = (-1, -1)
        self.last: Look | None = None

    @property
    def goes_on(self) -> bool:
        """Whether it was running when it was last looked at, so that another look may find more."""
        return self.last is not None and self.last.status == "running"

    def look(self) -> Look:
        """The run as it is now. Raises `SandboxError` for files that cannot be read."""
        with self._lock:
            run = read_run(self._directory.path)
            status = run.status  # before the log: a run found complete has all of it
            look = Look(run, status, self._frame(run))
            if self.last is None or not _same(look, self.last):
                self.last = look._replace(warnings=tuple(run.warnings()))
            return self.last

    def _frame(self, run: Run) -> Frame:
        path = run.directory.interactions
        log = (path.stat().st_size, path.stat().st_mtime_ns) if path.exists() else (0, 0)
        if self.last is not None and log == self._log:
            return self.last.frame
        frame = read_frame(run)
        self._log = log
        return frame


def _same(look: Look, other: Look) -> bool:
    return look.frame is other.frame and look.status == other.status and look.run.manifest == other.run.manifest
