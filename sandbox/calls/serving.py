"""Opens endpoints, one route after the other: a server that is asked, what is in this process, an extension's model.

Knows how each is opened and closed; asks nothing that is paid.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Final, NamedTuple

from agents.endpoints import scripted
from agents.endpoints.adapters import Adapter, scales
from agents.endpoints.doubts import explained
from agents.endpoints.endpoint import Endpoint
from agents.endpoints.keys import Key
from agents.endpoints.local import LocalServer
from agents.endpoints.probe import check_alive
from agents.limits.limiter import FIRST_SHARE, FIRST_WINDOW, Limiter
from agents.limits.retry import Retrying
from agents.limits.slot import Gate
from agents.model import Model, ModelError
from sandbox.calls.found import Found, Server
from sandbox.calls.keys import key_of, variable_of
from sandbox.calls.lane import CheckAlive, Lane, turns_at
from sandbox.calls.open_files import connections_note, most_connections
from sandbox.calls.patience import Patience
from sandbox.calls.routes import Route, Settings, Wanted, default_endpoint
from sandbox.calls.turns import Turn, Turns
from sandbox.errors import SandboxError
from sandbox.extending.adapter import ExtendedModel
from sandbox.extending.installed import find
from sandbox.runs.training.adapters import gguf_of
from sandbox.text import SCRIPTED_NOTE

MOST_CONCURRENCY: Final = 256
LOCAL_TIMEOUT: Final = 600.0
LOCAL_NOTE: Final = (
    "The embedded model has 135 million parameters: it shows the machinery, and its scores mean nothing."
)
# Makes the limiter of a route from the most tries at once, and how many of them to begin with.
MakeLimiter = Callable[[Route, int, int], Gate]


class Service(NamedTuple):
    """An open endpoint: what answers, the limiter of all who call it and their turns, and a call that tells of it.

    `server` is that of the embedded model.
    """

    name: str
    model: Model
    limiter: Gate
    turns: Turns
    check_alive: CheckAlive
    server: Server | None = None

    def lane(self, rank: int) -> Lane:
        """A lane of somebody's own."""
        return Lane(self.name, Retrying(self.model, self.limiter), self.check_alive, Turn(self.turns, rank))


class Opener:
    """Opens routes of `wanted`, which `stack` closes. What is `found` is not asked; `limiter` makes limiters."""

    def __init__(
        self,
        wanted: Wanted,
        stack: AsyncExitStack,
        patience: Patience,
        found: Found | None,
        limiter: MakeLimiter | None,
    ) -> None:
        self._wanted: Final = wanted
        self._stack: Final = stack
        self._patience: Final = patience
        self._found: Final = found
        self._limiter: Final = limiter or self._own_limiter
        self.warnings: Final[list[str]] = []

    async def open(self, route: Route) -> Service:
        """The service at `route`. Raises `SandboxError`."""
        settings = self._wanted.settings[route]
        if route.place == "scripted":
            return self._scripted(route, settings)
        if route.place == "extension":
            return self._extension(route, settings)
        service = await (self._local(route, settings) if route.place == "local" else self._http(route, settings))
        if self._found and isinstance(service.model, Endpoint):
            for name, takes in self._found.takes.items():
                service.model.learn(name, takes)
        return service

    async def _http(self, route: Route, settings: Settings) -> Service:
        bound = self._most_in_flight(settings)
        endpoint = Endpoint(
            base_url=route.base_url or default_endpoint().base,
            key=Key(key_of(route, settings), variable_of(route)),
            timeout=settings.timeout,
            structured=settings.structured,
            connections=bound,
            ambient=route.is_default,
        )
        self._stack.push_async_callback(endpoint.close)
        if not self._found:
            await self._check(route, endpoint)
        named = bound // FIRST_SHARE if settings.concurrency else 0
        return self._serve(route, endpoint.base_url, endpoint, self._limiter(route, bound, max(named, FIRST_WINDOW)))

    def _most_in_flight(self, settings: Settings) -> int:
        wanted = settings.concurrency or MOST_CONCURRENCY
        bound = most_connections(wanted, len(self._wanted.models))
        if bound < wanted:
            self.warnings.append(connections_note(bound))
        return bound

    def _scripted(self, route: Route, settings: Settings) -> Service:
        self.warnings.append(SCRIPTED_NOTE)
        bound = settings.concurrency or MOST_CONCURRENCY
        limiter = self._limiter(route, bound, bound)
        return Service(scripted.NAME, scripted.Scripted(), limiter, turns_at(limiter), _always_there)

    def _extension(self, route: Route, settings: Settings) -> Service:
        assert route.extension
        extension = find("sandbox.models", route.extension)
        self.warnings.append(f"{route.extension} is answered by the extension {extension}.")
        model = ExtendedModel(extension, settings.timeout)
        self._stack.push_async_callback(model.close)
        bound = settings.concurrency or MOST_CONCURRENCY
        limiter = self._limiter(route, bound, min(bound, FIRST_WINDOW))
        return Service(route.extension, model, limiter, turns_at(limiter), model.check_alive)

    async def _local(self, route: Route, settings: Settings) -> Service:
        self.warnings.append(LOCAL_NOTE)
        server = (self._found and self._found.server) or await self._started(settings)
        endpoint = Endpoint(
            base_url=server.base_url,
            key=Key(server.api_key),
            # Nothing can get lost on the way to this machine, and its slots answer as fast as it can.
            timeout=max(settings.timeout, LOCAL_TIMEOUT),
            # llama.cpp holds its model to a schema; what a small one says to a probe may have no end.
            structured="json_schema" if settings.structured == "auto" else settings.structured,
            connections=server.slots,
            ambient=False,
        )
        self._stack.push_async_callback(endpoint.close)
        for name, of_adapters in scales(server.adapters).items():
            endpoint.learn(name, replace(endpoint.takes(name), scales=of_adapters))
        bound = min(settings.concurrency or server.slots, server.slots)
        return self._serve(route, route.place, endpoint, self._limiter(route, bound, bound))._replace(server=server)

    async def _started(self, settings: Settings) -> Server:
        try:
            adapters = [Adapter(name, gguf_of(given)) for name, given in sorted(self._wanted.adapters.items())]
            server = await asyncio.to_thread(LocalServer, max_tokens=settings.max_tokens, adapters=adapters)
        except ModelError as error:
            raise SandboxError(str(error)) from error
        # Connections are closed first: a server with a call in flight on an open one does not come to an end.
        self._stack.push_async_callback(asyncio.to_thread, server.close)
        return Server(server.base_url, server.api_key, server.slots, tuple(each.name for each in adapters))

    async def _check(self, route: Route, endpoint: Endpoint) -> None:
        models = sorted(self._wanted.models[route])
        try:
            warning = await self._patience.until_there(lambda: endpoint.check(models, patient=self._patience.is_left))
        except ModelError as error:
            raise SandboxError(await explained(endpoint, models[0], error)) from error
        if warning:
            self.warnings.append(warning)

    def _own_limiter(self, route: Route, bound: int, first: int) -> Gate:
        return limiter_of(self._wanted.settings[route], bound, first)

    def _serve(self, route: Route, name: str, endpoint: Endpoint, limiter: Gate) -> Service:
        any_model = min(self._wanted.models[route])

        async def alive(model: str | None) -> None:
            await check_alive(endpoint, model or any_model, limiter)

        return Service(name, endpoint, limiter, turns_at(limiter), alive)


def limiter_of(settings: Settings, bound: int, first: int) -> Limiter:
    """A limiter of at most `bound` tries at once, `first` to begin with, at the rates of `settings`."""
    return Limiter(bound, first=first, rpm=settings.rpm, tpm=settings.tpm)


async def _always_there(model: str | None) -> None:
    """The scripted stand-in is in this process."""
