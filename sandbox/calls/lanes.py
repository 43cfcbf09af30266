"""Opens the endpoints that a plan needs: one lane each, checked before the first call, closed at the end.

Knows which key goes where: the default key only ever goes to the default base URL.
"""

import asyncio
import os
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Final, NamedTuple, Self

from agents.endpoints import scripted
from agents.endpoints.endpoint import Endpoint
from agents.endpoints.local import LocalServer
from agents.endpoints.probe import check_alive, probe
from agents.limits.limiter import FIRST_WINDOW, Limiter
from agents.limits.retry import Retrying
from agents.model import ModelError
from sandbox.calls.lane import Lane
from sandbox.errors import SandboxError, UsageError
from sandbox.options.config import LOCAL, Config, SocietyModel
from sandbox.options.consistency import check_url

MOST_CONCURRENCY: Final = 256
LOCAL_TIMEOUT: Final = 600.0
LOCAL_WARNING: Final = (
    "The embedded model has 135 million parameters: it shows the machinery, and its scores mean nothing."
)
SCRIPTED_WARNING: Final = "scripted is no language model: it picks ready sentences, and its scores mean nothing."


class Route(NamedTuple):
    """Where a model is served: `place` is local, scripted, or http with a base URL and the name of its key."""

    place: str
    base_url: str | None = None
    api_key_env: str | None = None


class Lanes:
    """The endpoints of `models`, opened with `async with`. `structured` has the level of each model once probed."""

    def __init__(self, config: Config, models: Iterable[SocietyModel]) -> None:
        self._config: Final = config
        self._models: Final = _models_by_route(models, config)
        self._routes: Final = list(self._models)
        self._endpoints: Final[dict[Route, tuple[Endpoint, Limiter]]] = {}
        self._stack = AsyncExitStack()
        self.lanes: Final[list[Lane]] = []
        self.warnings: Final[list[str]] = []
        self.structured: Final[dict[str, str]] = {}

    @property
    def count(self) -> int:
        """How many lanes there are, open or not."""
        return len(self._routes)

    def number(self, model: SocietyModel) -> int:
        """The lane that serves `model`."""
        return self._routes.index(route(model, self._config))

    async def __aenter__(self) -> Self:
        async with self._stack:
            for place in self._routes:
                await self._open(place)
            self._stack = self._stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def probe(self) -> None:
        """Find out what each endpoint takes, with the smallest calls there are. Raises `SandboxError`."""
        automatic = self._config.structured == "auto"
        for place, (endpoint, limiter) in self._endpoints.items():
            for model in sorted(self._models[place]):
                try:
                    self.structured[model] = (await probe(endpoint, model, limiter, structured=automatic)).level
                except ModelError as error:
                    raise SandboxError(str(error)) from error

    async def _open(self, place: Route) -> None:
        config = self._config
        if place.place == scripted.NAME:
            self.warnings.append(SCRIPTED_WARNING)
            bound = config.concurrency or MOST_CONCURRENCY
            limiter = self._limiter(bound, first=bound)
            self.lanes.append(Lane(scripted.NAME, Retrying(scripted.Scripted(), limiter), _always_there))
            return
        if place.place == LOCAL:
            await self._open_local(place)
            return
        bound = config.concurrency or MOST_CONCURRENCY
        endpoint = Endpoint(
            base_url=place.base_url,
            api_key=_key(place, config),
            timeout=config.timeout,
            structured=config.structured,
            connections=bound,
            ambient=place.base_url == config.base_url and place.api_key_env is None,
        )
        self._stack.push_async_callback(endpoint.close)
        await self._check(place, endpoint)
        self._serve(place, endpoint.base_url, endpoint, self._limiter(bound))

    async def _open_local(self, place: Route) -> None:
        config = self._config
        self.warnings.append(LOCAL_WARNING)
        try:
            server = await asyncio.to_thread(LocalServer, max_tokens=config.max_tokens)
        except ModelError as error:
            raise SandboxError(str(error)) from error
        # Connections are closed first: a server with a call in flight on an open one does not come to an end.
        self._stack.push_async_callback(asyncio.to_thread, server.close)
        slots = server.slots
        endpoint = Endpoint(
            base_url=server.base_url,
            api_key=server.api_key,
            # Nothing can get lost on the way to this process, and its slots answer as fast as the machine can.
            timeout=max(config.timeout, LOCAL_TIMEOUT),
            structured=config.structured,
            connections=slots,
            ambient=False,
        )
        self._stack.push_async_callback(endpoint.close)
        bound = min(config.concurrency or slots, slots)
        self._serve(place, LOCAL, endpoint, self._limiter(bound, first=bound))

    async def _check(self, place: Route, endpoint: Endpoint) -> None:
        try:
            warning = await endpoint.check(sorted(self._models[place]))
        except ModelError as error:
            raise SandboxError(str(error)) from error
        if warning:
            self.warnings.append(warning)

    def _limiter(self, bound: int, first: int = FIRST_WINDOW) -> Limiter:
        return Limiter(bound, first=first, rpm=self._config.rpm, tpm=self._config.tpm)

    def _serve(self, place: Route, name: str, endpoint: Endpoint, limiter: Limiter) -> None:
        self._endpoints[place] = (endpoint, limiter)
        alive = partial(check_alive, endpoint, min(self._models[place]), limiter)
        self.lanes.append(Lane(name, Retrying(endpoint, limiter), alive))


async def _always_there() -> None:
    """The scripted stand-in is in this process."""


def route(model: SocietyModel, config: Config) -> Route:
    """Where `model` is served. An endpoint of its own that is the default one is the default one."""
    if model.base_url is None and model.name in (LOCAL, scripted.NAME):
        return Route(model.name)
    if model.base_url in (None, config.base_url) and model.api_key_env is None:
        return Route("http", config.base_url)
    return Route("http", model.base_url or config.base_url, model.api_key_env)


def _models_by_route(models: Iterable[SocietyModel], config: Config) -> Mapping[Route, set[str]]:
    by_route: dict[Route, set[str]] = {}
    for model in models:
        by_route.setdefault(route(model, config), set()).add(model.name)
    return by_route


def _key(place: Route, config: Config) -> str | None:
    if place.api_key_env:
        key = _from_environment(place.api_key_env)
        if not key:
            raise UsageError(f"The variable {place.api_key_env} with the key for {place.base_url} is not set.")
        return key
    if place.base_url != config.base_url:
        return None
    check_url("OPENAI_BASE_URL", os.environ.get("OPENAI_BASE_URL") or None)
    key = _from_environment("OPENAI_API_KEY")
    if not key and not (config.base_url or os.environ.get("OPENAI_BASE_URL")):
        raise UsageError(
            "OpenAI needs a key: set OPENAI_API_KEY, or --base-url to another server,\n"
            "or use --model local or --model scripted, which need none."
        )
    return key


def _from_environment(name: str) -> str | None:
    """The key in variable `name`, without the newline that a file leaves. Raises `UsageError`, which never shows it."""
    key = os.environ.get(name, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"The key in {name} holds characters that no key has. Set it again.")
    return key or None
