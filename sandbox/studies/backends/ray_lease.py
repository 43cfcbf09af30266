"""A worker's right to write a cell, renewed while it lasts. Where it is lost the process ends, and writes nothing more.

A new worker may begin by then, because Ray takes this one, or the way to it, for lost. Knows the mailbox, no cell.
"""

import os
import threading
import time
from types import TracebackType
from typing import Any, Final, Self

from sandbox.studies.backends.ray_mailbox import STOPS_AFTER

# Seconds from one renewal to the next.
_RENEWS_EVERY: Final = 2.0
_LOST: Final = 75  # EX_TEMPFAIL of sysexits.h


class HeldLease:
    """The lease of `cell` between `with`, which waits for it, and its end."""

    def __init__(self, mailbox: Any, cell: int) -> None:
        self._mailbox: Final = mailbox
        self._cell: Final = cell
        self._over: Final = threading.Event()
        self._until = 0.0
        self.number = 0

    def __enter__(self) -> Self:
        import ray

        self.number = ray.get(self._mailbox.begin.remote(self._cell))
        self._until = time.monotonic() + STOPS_AFTER
        self._renew()  # the answer may have taken longer than the lease lasts
        threading.Thread(target=self._keep, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import ray

        self._over.set()
        ray.get(self._mailbox.end.remote(self._cell, self.number))

    def _keep(self) -> None:
        """In a thread of its own: a lease is lost on time whatever else this process does."""
        while not self._over.wait(_RENEWS_EVERY):
            self._renew()

    def _renew(self) -> None:
        import ray

        asked = time.monotonic()
        try:
            seconds = max(0.0, self._until - asked)
            held = ray.get(self._mailbox.renew.remote(self._cell, self.number), timeout=seconds)
        except Exception:  # noqa: BLE001  # whatever it is, it is no renewal
            held = False
        if not held and not self._over.is_set():
            os._exit(_LOST)
        self._until = asked + STOPS_AFTER
