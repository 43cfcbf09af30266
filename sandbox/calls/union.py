"""The routes of several works as one: what is of an endpoint is the same for all who ask it.

Opens nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, Self

from sandbox.calls.routes import Route, Routes, Settings
from sandbox.errors import UsageError
from sandbox.options.calling import Structured

# Of an endpoint, whoever asks.
COMMON: Final = ("concurrency", "rpm", "tpm", "timeout", "structured")


class United(NamedTuple):
    """The settings of works that ask one endpoint; of replies and of waiting the most that any of them allows."""

    base_url: str | None
    structured: Structured
    max_tokens: int
    concurrency: int | None
    rpm: int | None
    tpm: int | None
    wait: float
    timeout: float

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those of one work."""
        return cls(*(getattr(settings, name) for name in cls._fields))

    def joined(self, other: Self, route: Route) -> Self:
        """With `other`, of a work that asks `route` too. Raises `UsageError` that names an option that differs."""
        for name in COMMON:
            one, two = getattr(self, name), getattr(other, name)
            if one != two:
                where = route.base_url or route.place
                raise UsageError(f"--{name} is {one} for some and {two} for others who ask {where}: give all the same.")
        return self._replace(max_tokens=max(self.max_tokens, other.max_tokens), wait=max(self.wait, other.wait))


class Union:
    """All routes of `works`, each once, with all models that any of them asks there. Raises `UsageError`."""

    def __init__(self, works: Iterable[Routes]) -> None:
        models: dict[Route, frozenset[str]] = {}
        settings: dict[Route, United] = {}
        self.adapters: Final[dict[str, str]] = {}
        for routes in works:
            self.adapters.update(routes.adapters)
            for route, names in routes.models.items():
                models[route] = models.get(route, frozenset()) | names
                own = United.of(routes.settings[route])
                settings[route] = settings[route].joined(own, route) if route in settings else own
        self.models: Final[Mapping[Route, frozenset[str]]] = models
        self.settings: Final[Mapping[Route, Settings]] = settings
