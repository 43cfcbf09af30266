"""Where models are served, worked out from settings alone: which endpoints a work needs, and who speaks through which.

Opens nothing (`endpoints` does) and knows no key.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, Protocol

from agents.endpoints import scripted
from agents.endpoints.adapters import is_embedded
from agents.endpoints.address import Address, AddressError, default_address, read_address
from sandbox.options.calling import Structured
from sandbox.options.config import SocietyModel
from sandbox.options.consistency import check_name, check_url
from sandbox.options.extensions import is_extension


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
    def wait(self) -> float:
        """Seconds that a server may take to be there."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds that one try may take."""
        ...


class Route(NamedTuple):
    """Where a model is served: `base_url` and the name of the variable with its key are for http alone.

    The base URL is spelt as it is understood, so that two spellings of one endpoint are one route. `is_default` marks
    the one whose key is the default key. `extension` is the name of a model that comes from one.
    """

    place: Literal["local", "scripted", "http", "extension"]
    base_url: str | None = None
    api_key_env: str | None = None
    is_default: bool = False
    extension: str | None = None


class Wanted(Protocol):
    """Endpoints that somebody needs."""

    @property
    def models(self) -> Mapping[Route, frozenset[str]]:
        """The names of the models that are asked at each."""
        ...

    @property
    def settings(self) -> Mapping[Route, Settings]:
        """What holds for each."""
        ...

    @property
    def adapters(self) -> Mapping[str, str]:
        """What the embedded model speaks through: where the adapter of each name lies."""
        ...


class Routes:
    """The routes of `models`, each once, in order of the first model that takes it; its place is the lane's number.

    A model with an adapter has the name that its content gives it. Raises `UsageError` for one that nothing can send.
    """

    def __init__(self, models: Iterable[SocietyModel], settings: Settings) -> None:
        self._base_url: Final = settings.base_url
        by_route: dict[Route, set[str]] = {}
        self.adapters: Final[dict[str, str]] = {}
        for model in models:
            check_name(model.name)
            if model.adapter:
                self.adapters[model.name] = model.adapter
            by_route.setdefault(self._route(model), set()).add(model.name)
        self.models: Final[Mapping[Route, frozenset[str]]] = {
            route: frozenset(names) for route, names in by_route.items()
        }
        self.settings: Final[Mapping[Route, Settings]] = dict.fromkeys(by_route, settings)
        self._numbers: Final = {route: number for number, route in enumerate(by_route)}

    @property
    def count(self) -> int:
        """How many endpoints that are."""
        return len(self.models)

    def number(self, model: SocietyModel) -> int:
        """The lane of `model`, which is one of the models."""
        return self._numbers[self._route(model)]

    @property
    def extensions(self) -> list[str]:
        """The models that come from extensions."""
        return [route.extension for route in self.models if route.extension]

    @property
    def embedded(self) -> frozenset[int]:
        """The lane of the embedded model, if anybody speaks through it."""
        return frozenset(number for route, number in self._numbers.items() if route.place == "local")

    def _route(self, model: SocietyModel) -> Route:
        """Where `model` is served. An endpoint of its own that is the default one is the default one."""
        default, own = _spelt(self._base_url), _spelt(model.base_url)
        if own is None and is_embedded(model.name):
            return Route("local")
        if own is None and model.name == scripted.NAME:
            return Route("scripted")
        if own is None and is_extension(model.name):
            return Route("extension", extension=model.name)
        if own in (None, default) and model.api_key_env is None:
            return Route("http", default, is_default=True)
        return Route("http", own or default, model.api_key_env)


def _spelt(base_url: str | None) -> str | None:
    """`base_url` as it is understood; one that is not, such as in an old manifest, stays as it is and is never used."""
    try:
        return read_address(base_url).base if base_url else None
    except AddressError:
        return base_url


def addresses(routes: Routes) -> dict[str, list[Address]]:
    """Where each model of `routes` would be asked, without opening anything. Raises `UsageError`."""
    found: dict[str, list[Address]] = {}
    for route, names in routes.models.items():
        if route.place == "http":
            for name in names:
                found.setdefault(name, []).append(address_of(route))
    return dict(sorted(found.items()))


def default_of(routes: Routes) -> tuple[str, Address] | None:
    """A model that is asked with the default key, and where; None where none is. Raises `UsageError`."""
    found = ((min(names), address_of(route)) for route, names in routes.models.items() if route.is_default)
    return next(found, None)


def address_of(route: Route) -> Address:
    """Where an http `route` leads. Raises `UsageError`."""
    return read_address(route.base_url) if route.base_url else default_endpoint()


def default_endpoint() -> Address:
    """Where models are served that name no endpoint, and nobody gave one. Raises `UsageError`."""
    check_url("OPENAI_BASE_URL", os.environ.get("OPENAI_BASE_URL", "").strip() or None)
    return default_address()
