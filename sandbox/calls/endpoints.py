"""Opens the endpoints that routes name: each is checked before the first call, probed once, and closed at the end.

They belong to who opens them; any number of works makes calls through them, each with lanes of its own.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

from agents.endpoints.doubts import doubts, explained
from agents.endpoints.endpoint import Endpoint
from agents.endpoints.probe import gives_logprobs, probe
from agents.limits.slot import Gate
from agents.model import ModelError
from sandbox.calls.found import Found
from sandbox.calls.lane import Lane
from sandbox.calls.patience import Patience
from sandbox.calls.routes import Route, Routes, Settings, Wanted, addresses
from sandbox.calls.serving import MakeLimiter, Opener, Service
from sandbox.errors import SandboxError
from sandbox.options.config import SocietyModel


class Endpoints:
    """The endpoints of `routes`, opened with `async with`: all of them at once, or each as it is wanted if `on_demand`.

    Servers that are not there yet are waited for as `settings` say. What another process has `found` is neither checked
    nor probed, and `limiter` makes limiters where limits are kept elsewhere. `warnings` are for people, and all there
    once models were probed; `tell` hears at once what is waited for.
    """

    def __init__(
        self,
        routes: Wanted,
        settings: Settings,
        tell: Callable[[str], object] = lambda _: None,
        *,
        found: Iterable[Found] = (),
        limiter: MakeLimiter | None = None,
        on_demand: bool = False,
    ) -> None:
        self._routes: Final = routes
        self._on_demand: Final = on_demand
        # One at a time, but none waits for a server of others.
        self._locks: Final[dict[Route, asyncio.Lock]] = defaultdict(asyncio.Lock)
        self._services: Final[dict[Route, Service]] = {}
        self._stack = AsyncExitStack()
        self.warnings: Final[list[str]] = []
        self._found: Final = {each.route: each for each in found}
        self._levels: Final[dict[tuple[Route, str], str]] = {
            (route, name): takes.level for route, each in self._found.items() for name, takes in each.takes.items()
        }
        self._patience: Final = Patience(settings.wait, tell)
        self._limiter: Final = limiter

    async def __aenter__(self) -> Self:
        async with self._stack:
            if not self._on_demand:
                await self.open(self._routes)
            self._stack = self._stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def open(self, routes: Wanted) -> None:
        """Open those of `routes` that are not open, one that failed before, too. Raises `SandboxError`."""
        for route in routes.models:
            async with self._locks[route]:
                if route not in self._services:
                    self._services[route] = await self._opened(route)

    async def _opened(self, route: Route) -> Service:
        opener = Opener(self._routes, self._stack, self._patience, self._found.get(route), self._limiter)
        try:
            return await opener.open(route)
        except ModelError as error:  # a proxy that cannot be used
            raise SandboxError(str(error)) from error
        finally:
            self.warnings.extend(opener.warnings)

    def check_open(self, routes: Routes) -> None:
        """Raises `SandboxError` for a model of `routes` that was not checked here, where its endpoint was opened."""
        for route, models in routes.models.items():
            if unknown := models - self._routes.models.get(route, frozenset()):
                where = route.base_url or route.place
                raise SandboxError(f"{min(unknown)} is not among the models for which {where} was opened.")

    def levels(self, routes: Routes) -> dict[str, str]:
        """The level of structured output of each model of `routes`, as far as it was probed."""
        return {name: level for (route, name), level in self._levels.items() if name in routes.models.get(route, ())}

    def addresses(self, routes: Routes) -> dict[str, list[str]]:
        """Where each model of `routes` is asked; models in this process are nowhere."""
        return {name: [str(address) for address in found] for name, found in addresses(routes).items()}

    def contexts(self, routes: Routes) -> dict[str, int]:
        """Most tokens of prompt and reply together that each model of `routes` takes, as far as endpoints say."""
        found: dict[str, int] = {}
        for route, names in routes.models.items():
            sizes = {name: size for name, size in self._contexts_at(route).items() if name in names}
            found |= {name: min(size, found.get(name, size)) for name, size in sizes.items()}
        return found

    def found(self, routes: Wanted) -> list[Found]:
        """What is known of `routes`, for another process that opens the same; of models that were probed."""
        return [self._found_at(route) for route in routes.models]

    def lanes(self, routes: Routes, rank: int = 0) -> list[Lane]:
        """A lane of the caller's own for each of `routes`, which are all open here; lower ranks take places first."""
        return [self._services[route].lane(rank) for route in routes.models]

    async def probe(self, routes: Wanted) -> None:
        """Find out what each model of `routes` takes, with the smallest calls there are: once, whoever asks.

        Raises `SandboxError`.
        """
        for route, models in routes.models.items():
            service = self._services[route]
            async with self._locks[route]:
                for model in sorted(models):
                    if isinstance(service.model, Endpoint) and (route, model) not in self._levels:
                        self._levels[route, model] = await self._level(service.model, model, service.limiter)

    async def check_logprobs(self, routes: Routes, model: SocietyModel) -> None:
        """Raises `SandboxError` unless `model`, of `routes`, gives log probabilities; asks one smallest call."""
        service = self._services[[*routes.models][routes.number(model)]]
        endpoint = service.model
        try:
            if isinstance(endpoint, Endpoint) and await gives_logprobs(endpoint, model.name, service.limiter):
                return
        except ModelError as error:
            raise SandboxError(str(error)) from error
        raise SandboxError(
            f"{model.name} at {service.name} gives no log probabilities, which --logprobs asks for.\n"
            "Leave --logprobs out: then every item of a survey is asked several times."
        )

    async def _level(self, endpoint: Endpoint, model: str, limiter: Gate) -> str:
        structured = endpoint.forced is None
        try:
            takes = await self._patience.until_there(lambda: probe(endpoint, model, limiter, structured=structured))
        except ModelError as error:
            raise SandboxError(await explained(endpoint, model, error)) from error
        self.warnings.extend(doubts(endpoint, model))
        return takes.level

    def _contexts_at(self, route: Route) -> dict[str, int]:
        model = self._services[route].model
        if route in self._found:
            return dict(self._found[route].contexts)
        if route.place != "http" or not isinstance(model, Endpoint):
            return {}
        return {name: size for name in self._routes.models[route] if (size := model.context(name))}

    def _found_at(self, route: Route) -> Found:
        service = self._services[route]
        probed = [name for at, name in self._levels if at == route]
        takes = {name: service.model.takes(name) for name in probed} if isinstance(service.model, Endpoint) else {}
        return Found(route, takes, self._contexts_at(route), service.server)
