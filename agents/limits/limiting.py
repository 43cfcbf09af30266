"""What whoever sends tries asks of a limiter, whether the limits are kept here or by somebody else.

Knows no limits.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from agents.limits.health import Health
from agents.model import ModelError, Reply, Request

if TYPE_CHECKING:
    from agents.limits.limiter import Slot


class Limiting(Protocol):
    """When tries may leave for one endpoint. `Limiter` is one."""

    @property
    def bound(self) -> int:
        """The most tries at once, ever."""
        ...

    @property
    def window(self) -> int:
        """Tries that may be on their way at once, as far as is known by now."""
        ...

    @property
    def on_the_wire(self) -> int:
        """Tries on their way."""
        ...

    @property
    def health(self) -> Health:
        """Whether the endpoint is there."""
        ...

    @property
    def clock(self) -> Callable[[], float]:
        """Gives seconds."""
        ...

    @property
    def listeners(self) -> list[Callable[[], object]]:
        """Who is told of room."""
        ...

    def may_enter(self) -> bool:
        """Whether a try may enter now, ahead of nobody. Where only time is in the way, listeners are told in time."""
        ...

    def slot(self, request: Request) -> "Slot":
        """Enter now, past any bound: for a caller who saw that it is open."""
        ...

    async def enter(self, request: Request) -> "Slot":
        """Wait until there is room, and enter."""
        ...

    def leave(self, slot: "Slot", reply: Reply | None, error: ModelError | None) -> None:
        """The try of `slot` ended; with neither `reply` nor `error` it was cancelled."""
        ...
