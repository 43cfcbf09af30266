"""The server: routes, who is turned away, who waits how long. What is said, counted and sent stands elsewhere."""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from typing import Final

import orjson
from aiohttp import web

from fake_endpoint.answers import Answer, Errors, replied
from fake_endpoint.behaviour import Behaviour
from fake_endpoint.bodies import Body, read
from fake_endpoint.bucket import Bucket
from fake_endpoint.faults import is_status
from fake_endpoint.floods import FLOODS, send_flood
from fake_endpoint.ledger import Ledger
from fake_endpoint.prefixes import Prefixes
from fake_endpoint.sending import send
from fake_endpoint.validity import problem

# Seconds, on average: what waits for sockets counts whole milliseconds and rounds up.
TIMERS_ARE_LATE: Final = 0.0005
UNREADABLE: Final = "We could not parse the JSON body of your request."


class Server(Ledger):
    """A server that does what `behaviour` says, and what it saw. `clock` (seconds) is that of the token bucket."""

    def __init__(
        self, behaviour: Behaviour, *, clock: Callable[[], float] = time.monotonic, remembers: bool = True
    ) -> None:
        super().__init__(remembers=remembers)
        self.behaviour: Final = behaviour
        self.base_url = ""
        self._errors: Final = Errors(behaviour.retry_after)
        self._bucket: Final = Bucket(behaviour.rate, behaviour.burst, clock) if behaviour.rate else None
        self._prefixes: Final = Prefixes() if behaviour.caches else None
        slots = asyncio.Semaphore(behaviour.queue) if behaviour.queue else nullcontext()
        self._slots: Final[AbstractAsyncContextManager[None]] = slots
        self._closing: Final = asyncio.Event()
        self._crowd: Final = asyncio.Event()

    def application(self) -> web.Application:
        """The two routes of the API, and the counts."""
        application = web.Application(client_max_size=2**26)
        application.router.add_get("/v1/models", self._models)
        application.router.add_post("/v1/chat/completions", self._chat)
        application.router.add_get("/stats", self._stats)
        return application

    async def start(self, port: int) -> web.AppRunner:
        """Listen on loopback; `base_url` is known then."""
        # A client that leaves frees what it held, as with real servers: else those that hang would pile up.
        runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        return runner

    async def stop(self, runner: web.AppRunner) -> None:
        """Let those that wait go, and close."""
        self._closing.set()
        self._crowd.set()
        await runner.cleanup()

    async def _stats(self, request: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(self.stats()), content_type="application/json")

    async def _models(self, request: web.Request) -> web.StreamResponse:
        self.note_headers(request.headers)
        return await self._send(request, self._stranger(request) or self._list(request))

    def _list(self, request: web.Request) -> Answer:
        if self.behaviour.models is None:
            return self._errors.echo("404", request.headers.get("Authorization"))
        listed = [{"id": name, "object": "model", "created": 0, "owned_by": "fake"} for name in self.behaviour.models]
        return Answer("200", orjson.dumps({"object": "list", "data": listed}))

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        number, begun = self.arrived, asyncio.get_running_loop().time()
        self.arrived += 1
        if self.arrived == self.behaviour.die_after:
            os._exit(1)
        self.note_headers(request.headers)
        if stranger := self._stranger(request):
            return await self._turn_away(request, stranger)
        body = read(await request.read())
        if body is None:
            return await self._turn_away(request, self._errors.error("400", UNREADABLE))
        self.note_body(body)
        if refused := self._beyond_limits(request):
            return await self._turn_away(request, refused)
        with self.flight():
            return await self._work(request, body, number, begun)

    def _stranger(self, request: web.Request) -> Answer | None:
        expected, sent = self.behaviour.api_key, request.headers.get("Authorization")
        return None if expected is None or sent == f"Bearer {expected}" else self._errors.echo("401", sent)

    def _beyond_limits(self, request: web.Request) -> Answer | None:
        sent, most = request.headers.get("Authorization"), self.behaviour.most_at_once
        if most is not None and self.in_flight >= most:
            return self._errors.echo("429_bare", sent)
        if self._bucket is not None and not self._bucket.take():
            return self._errors.echo("429", sent).also(self._quota())
        return None

    async def _turn_away(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        self.note_answer(answer, None)
        return await self._send(request, answer)

    async def _work(self, request: web.Request, body: Body, number: int, begun: float) -> web.StreamResponse:
        """Answer when the latency of `body` is over, which began at `begun`, or at the end of the line."""
        answer = self._answer(request, body, number).also(self._quota())
        await self._crowd_gathers()
        async with self._slots:
            if self.behaviour.queue:
                begun = asyncio.get_running_loop().time()
            try:
                await self._pause(begun, self.behaviour.wait(body))
            finally:
                self.busy_seconds += asyncio.get_running_loop().time() - begun
                self.note_answer(answer, body)
            return await self._send(request, answer)

    def _answer(self, request: web.Request, body: Body, number: int) -> Answer:
        seen = self.let_in[body.digest]
        self.let_in[body.digest] += 1
        if complaint := self._complaint(body):
            return complaint
        fault = self.behaviour.fault(number, body) or self.behaviour.drawn(number, body, seen)
        if fault is not None and is_status(fault):
            return self._errors.echo(fault, request.headers.get("Authorization"))
        cached = self._prefixes.read(body) if self._prefixes else None
        return replied(self.behaviour, self._sampled(body), fault, cached)

    def _sampled(self, body: Body) -> Body:
        """What the answer to `body` is drawn from."""
        if self.behaviour.seeds == "never":
            return Body({name: value for name, value in body.items() if name not in ("seed", "temperature")})
        alone = self.behaviour.seeds == "always" or self.in_flight == 1
        return body if alone else Body(body | {"seed": self.arrived})

    def _complaint(self, body: Body) -> Answer | None:
        if self.behaviour.schema_checked and (found := problem(body)):
            self.invalid.append(found)
            return self._errors.error("400", found)
        if self.behaviour.models is not None and body["model"] not in self.behaviour.models:
            return self._errors.error("404", f"The model `{body['model']}` does not exist.", code="model_not_found")
        for name in (*body, body.get("response_format", {}).get("type")):
            if name in self.behaviour.rejects:
                return self._errors.error("400", self.behaviour.rejects[name], param=name)
        return None

    def _quota(self) -> dict[str, str]:
        return self._bucket.headers() if self._bucket is not None and self.behaviour.quota_headers else {}

    async def _crowd_gathers(self) -> None:
        if self.in_flight >= self.behaviour.together:
            self._crowd.set()
        await self._crowd.wait()

    async def _pause(self, begun: float, seconds: float) -> None:
        """Wait, but not beyond the end of the server; 0 lets those in that came at the same time."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout_at(begun + seconds - TIMERS_ARE_LATE):
                await self._closing.wait()

    async def _send(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if answer.name in FLOODS:
            return await send_flood(request, answer.name)
        return await send(request, answer, self.behaviour.redirect, self._closing)
