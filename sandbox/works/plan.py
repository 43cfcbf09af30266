"""What the plan of a work says of its calls, whatever they are about. A protocol only."""

from typing import Any, Protocol

from sandbox.calls.forecast import Forecast
from sandbox.calls.prices import Prices
from sandbox.calls.routes import Routes, Settings


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

    @property
    def fingerprint(self) -> str:
        """Sha256 of what changes results."""
        ...

    def model_of(self, key: Any) -> str:
        """The name of the model that `key` asks; empty for a key that it does not have."""
        ...
