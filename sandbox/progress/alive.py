"""Shows of long work that nothing counts that it goes on: a spinner on a terminal, a line now and then elsewhere.

Whatever is quick shows nothing. Everything stands on standard error. Knows nothing of the work but its name.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Event, Thread
from time import monotonic
from typing import Final

from rich.text import Text

from sandbox.terminal import error_console, plain

PATIENCE: Final = 1.0  # seconds until something is shown
_STEP: Final = 0.5  # between two looks at the clock, on a terminal
LINES_EVERY: Final = 10.0


class _Alive:
    """Tells how long work has been going on, in a thread of its own, until `ended`."""

    def __init__(self, doing: str) -> None:
        self.doing = doing
        self.ended: Final = Event()
        self._since: Final = monotonic()

    def tell(self) -> None:
        """Show it until the end, if it lasts."""
        if self.ended.wait(PATIENCE):
            return
        console = error_console()
        with console.status(self._now) if console.is_terminal else nullcontext() as status:
            step = _STEP if status else LINES_EVERY
            while not self.ended.wait(step):
                if status:
                    status.update(self._now)
                else:
                    console.print(self._now)

    @property
    def _now(self) -> Text:
        return plain(f"{self.doing}: {monotonic() - self._since:.0f} s")


@contextmanager
def alive(doing: str) -> Iterator[Callable[[str], None]]:
    """Show that `doing`, such as `Reading one`, goes on while the block lasts; call what is given to rename it.

    The block prints nothing on a terminal itself.
    """
    here = _Alive(doing)
    thread = Thread(target=here.tell, daemon=True)
    thread.start()

    def rename(now: str) -> None:
        here.doing = now

    try:
        yield rename
    finally:
        here.ended.set()
        thread.join()
