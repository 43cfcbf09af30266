"""Opens the endpoints that routes name: each is checked before the first call, probed once, and closed at the end.

They belong to who opens them; any number of works makes calls through them, each with lanes of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Final, NamedTuple, Self

from agents.endpoints import scripted
from agents.endpoints.doubts import doubts, explained
from agents.endpoints.endpoint import Endpoint
from agents.endpoints.keys import Key
from agents.endpoints.local import LocalServer
from agents.endpoints.probe import check_alive, probe
from agents.limits.limiter import FIRST_WINDOW, Limiter
from agents.limits.retry import Retrying
from agents.model import Model, ModelError
from sandbox.calls.keys import key_of, variable_of
from sandbox.calls.lane import Lane, turns_at
from sandbox.calls.open_files import connections_note, most_connections
from sandbox.calls.patience import Patience
from sandbox.calls.routes import Route, Routes, Settings, addresses, default_endpoint
from sandbox.calls.turns import Turn, Turns
from sandbox.errors import SandboxError
from sandbox.text import SCRIPTED_NOTE

MOST_CONCURRENCY: Final = 256
LOCAL_TIMEOUT: Final = 600.0
LOCAL_NOTE: Final = (
    "The embedded model has 135 million parameters: it shows the machinery, and its scores mean nothing."
)


class Service(NamedTuple):
    """An open endpoint: what answers, the limiter of all who call it and their turns, and a call that tells of it."""

    name: str
    model: Model
    limiter: Limiter
    turns: Turns
    check_alive: Callable[[], Awaitable[object]]

    def lane(self, rank: int) -> Lane:
        """A lane of somebody's own."""
        return Lane(self.name, Retrying(self.model, self.limiter), self.check_alive, Turn(self.turns, rank))


class Endpoints:
    """The endpoints of `routes`, opened with `async with`.

    `warnings` are for people, and all there once models were probed; `tell` hears at once what is waited for.
    """

    def __init__(self, routes: Routes, settings: Settings, tell: Callable[[str], object] = lambda _: None) -> None:
        self._routes: Final = routes
        self._settings: Final = settings
        self._services: Final[dict[Route, Service]] = {}
        self._stack = AsyncExitStack()
        self._probing: Final = asyncio.Lock()
        self.warnings: Final[list[str]] = []
        self._levels: Final[dict[tuple[Route, str], str]] = {}
        self._patience: Final = Patience(settings.wait, tell)

    async def __aenter__(self) -> Self:
        async with self._stack:
            for route in self._routes.models:
                try:
                    self._services[route] = await self._open(route)
                except ModelError as error:  # a proxy that cannot be used
                    raise SandboxError(str(error)) from error
            self._stack = self._stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

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
            model = self._services[route].model
            if isinstance(model, Endpoint) and route.place == "http":
                sizes = {name: size for name in names if (size := model.context(name))}
                found |= {name: min(size, found.get(name, size)) for name, size in sizes.items()}
        return found

    def lanes(self, routes: Routes, rank: int = 0) -> list[Lane]:
        """A lane of the caller's own for each of `routes`, which are all open here; lower ranks take places first."""
        return [self._services[route].lane(rank) for route in routes.models]

    async def probe(self) -> None:
        """Find out what each model takes, with the smallest calls there are: once, whoever asks.

        Raises `SandboxError`.
        """
        async with self._probing:
            for route, service in self._services.items():
                for model in sorted(self._routes.models[route]):
                    if isinstance(service.model, Endpoint) and (route, model) not in self._levels:
                        self._levels[route, model] = await self._level(service.model, model, service.limiter)

    async def _level(self, endpoint: Endpoint, model: str, limiter: Limiter) -> str:
        structured = endpoint.forced is None
        try:
            takes = await self._patience.until_there(lambda: probe(endpoint, model, limiter, structured=structured))
        except ModelError as error:
            raise SandboxError(await explained(endpoint, model, error)) from error
        self.warnings.extend(doubts(endpoint, model))
        return takes.level

    async def _open(self, route: Route) -> Service:
        if route.place != "http":
            return self._open_scripted() if route.place == "scripted" else await self._open_local(route)
        settings = self._settings
        bound = self._most_in_flight()
        endpoint = Endpoint(
            base_url=route.base_url or default_endpoint().base,
            key=Key(key_of(route, settings), variable_of(route)),
            timeout=settings.timeout,
            structured=settings.structured,
            connections=bound,
            ambient=route.is_default,
        )
        self._stack.push_async_callback(endpoint.close)
        await self._check(route, endpoint)
        return self._serve(route, endpoint.base_url, endpoint, self._limiter(bound))

    def _most_in_flight(self) -> int:
        wanted = self._settings.concurrency or MOST_CONCURRENCY
        bound = most_connections(wanted, len(self._routes.models))
        if bound < wanted:
            self.warnings.append(connections_note(bound))
        return bound

    def _open_scripted(self) -> Service:
        self.warnings.append(SCRIPTED_NOTE)
        bound = self._settings.concurrency or MOST_CONCURRENCY
        limiter = self._limiter(bound, first=bound)
        return Service(scripted.NAME, scripted.Scripted(), limiter, turns_at(limiter), _always_there)

    async def _open_local(self, route: Route) -> Service:
        settings = self._settings
        self.warnings.append(LOCAL_NOTE)
        try:
            server = await asyncio.to_thread(LocalServer, max_tokens=settings.max_tokens)
        except ModelError as error:
            raise SandboxError(str(error)) from error
        # Connections are closed first: a server with a call in flight on an open one does not come to an end.
        self._stack.push_async_callback(asyncio.to_thread, server.close)
        slots = server.slots
        endpoint = Endpoint(
            base_url=server.base_url,
            key=Key(server.api_key),
            # Nothing can get lost on the way to this process, and its slots answer as fast as the machine can.
            timeout=max(settings.timeout, LOCAL_TIMEOUT),
            # llama.cpp holds its model to a schema; what a small one says to a probe may have no end.
            structured="json_schema" if settings.structured == "auto" else settings.structured,
            connections=slots,
            ambient=False,
        )
        self._stack.push_async_callback(endpoint.close)
        bound = min(settings.concurrency or slots, slots)
        return self._serve(route, route.place, endpoint, self._limiter(bound, first=bound))

    async def _check(self, route: Route, endpoint: Endpoint) -> None:
        models = sorted(self._routes.models[route])
        try:
            warning = await self._patience.until_there(lambda: endpoint.check(models, patient=self._patience.is_left))
        except ModelError as error:
            raise SandboxError(await explained(endpoint, models[0], error)) from error
        if warning:
            self.warnings.append(warning)

    def _limiter(self, bound: int, first: int = FIRST_WINDOW) -> Limiter:
        return Limiter(bound, first=first, rpm=self._settings.rpm, tpm=self._settings.tpm)

    def _serve(self, route: Route, name: str, endpoint: Endpoint, limiter: Limiter) -> Service:
        alive = partial(check_alive, endpoint, min(self._routes.models[route]), limiter)
        return Service(name, endpoint, limiter, turns_at(limiter), alive)


async def _always_there() -> None:
    """The scripted stand-in is in this process."""
