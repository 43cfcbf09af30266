"""What is asked of a work that has a folder, and of its plan, whatever they are about. Protocols only."""

from typing import Any, Protocol

from sandbox.calls.forecast import Forecast
from sandbox.calls.prices import Prices
from sandbox.calls.routes import Routes, Settings
from sandbox.calls.work import K, T_co, Work


class WorkPlan(Protocol):
    """Everything about a work but its replies."""

    @property
    def config(self) -> Any:
        """Its options: budgets, `max_tokens` and `retry_failed` among them."""
        ...

    @property
    def prices(self) -> Prices:
        """What tokens cost."""
        ...

    @property
    def routes(self) -> Routes:
        """Where models are asked."""
        ...

    @property
    def limits(self) -> Settings:
        """What holds for endpoints."""
        ...

    @property
    def forecast(self) -> Forecast:
        """What its calls take."""
        ...

    def model_of(self, key: Any) -> str:
        """The name of the model that `key` asks; empty for a key that it does not have."""
        ...


class Countable(Work[K, T_co], Protocol[K, T_co]):
    """A work that counts what it comes to."""

    @property
    def planned(self) -> int:
        """All that there will be."""
        ...

    @property
    def released(self) -> int:
        """How much of it left the work so far."""
        ...

    @property
    def ready(self) -> int:
        """Calls that can be made now."""
        ...
