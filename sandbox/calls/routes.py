"""Where models are served, worked out from settings alone: which endpoints a work needs, and who speaks through which.

Opens nothing (`endpoints` does) and knows no key.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, Protocol

from agents.endpoints import scripted
from sandbox.options.config import LOCAL, SocietyModel, Structured


class Settings(Protocol):
    """What a configuration says of endpoints; the options of the same names."""

    @property
    def base_url(self) -> str | None:
        """Where models are served that name no endpoint of their own; None for what the client takes as default."""
        ...

    @property
    def structured(self) -> Structured:
        """How ratings are asked for."""
        ...

    @property
    def max_tokens(self) -> int:
        """Most tokens of one reply."""
        ...

    @property
    def concurrency(self) -> int | None:
        """Most calls in flight per endpoint."""
        ...

    @property
    def rpm(self) -> int | None:
        """Most requests a minute per endpoint."""
        ...

    @property
    def tpm(self) -> int | None:
        """Most tokens a minute per endpoint."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds that one try may take."""
        ...


class Route(NamedTuple):
    """Where a model is served: `base_url` and the name of the variable with its key are for http alone."""

    place: Literal["local", "scripted", "http"]
    base_url: str | None = None
    api_key_env: str | None = None


class Routes:
    """The routes of `models`, each once, in order of the first model that takes it; its place is the lane's number."""

    def __init__(self, models: Iterable[SocietyModel], settings: Settings) -> None:
        self._settings: Final = settings
        by_route: dict[Route, set[str]] = {}
        for model in models:
            by_route.setdefault(self._route(model), set()).add(model.name)
        self.models: Final[Mapping[Route, frozenset[str]]] = {
            route: frozenset(names) for route, names in by_route.items()
        }
        self._numbers: Final = {route: number for number, route in enumerate(by_route)}

    @property
    def count(self) -> int:
        """How many endpoints that are."""
        return len(self.models)

    def number(self, model: SocietyModel) -> int:
        """The lane of `model`, which is one of the models."""
        return self._numbers[self._route(model)]

    def _route(self, model: SocietyModel) -> Route:
        """Where `model` is served. An endpoint of its own that is the default one is the default one."""
        default = self._settings.base_url
        if model.base_url is None and model.name == LOCAL:
            return Route("local")
        if model.base_url is None and model.name == scripted.NAME:
            return Route("scripted")
        if model.base_url in (None, default) and model.api_key_env is None:
            return Route("http", default)
        return Route("http", model.base_url or default, model.api_key_env)
