"""A fake OpenAI server over real HTTP: strict about requests, and as faulty as its `Behaviour` says.

Every request is checked against `chat_request.schema.json` beside this file. What a reply says is a function of the
request body alone, so a society on it gives the same log whatever the timing. Error texts are hostile: they hold the
key that was sent. Knows nothing of societies.

    python tests/fake_endpoint.py --port 0        prints its base URL and serves until it is killed
    with serve(Behaviour(latency=0.1)) as server: on a thread of its own, for synchronous tests
"""

import argparse
import asyncio
import hashlib
import json
import socket
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final, Literal

import jsonschema
from aiohttp import web

Body = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Status = Literal["400", "401", "403", "404", "408", "413", "429", "500", "503"]
Broken = Literal["reset", "half", "not_json", "hang", "redirect"]
Twist = Literal["length", "spent", "content_filter", "refusal", "empty_text", "empty_choices", "prose", "parts", "lone"]
Fault = Status | Broken | Twist

_SCHEMA: Final = Path(__file__).with_name("chat_request.schema.json")
_CHECK: Final = jsonschema.Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
VENDOR_WORDS: Final = "fake vendor speaking"
WORDS: Final = "calm people share fair plain kind views and weigh old new hard soft claims with care"


@dataclass(frozen=True)
class Behaviour:
    """What the server does.

    `api_key` None takes any; `models` None means no list of models (404). `latency` is in seconds, or a function of
    the body. `together`: no reply leaves before so many requests were in flight at once. `rejects` maps a parameter, or
    a type of response_format, to the message of its 400. `ignores_format` answers in prose without a word.
    `script` has the faults of the first chat requests, None for a good answer. Chat requests beyond `revoked_after`
    are 401. `usage` False reports none; `redirect` is where the fault of that name sends a request.
    """

    api_key: str | None = None
    models: Collection[str] | None = ("fake",)
    latency: float | Callable[[Body], float] = 0.0
    together: int = 1
    rejects: Mapping[str, str] = field(default_factory=dict)
    ignores_format: bool = False
    script: Sequence[Fault | None] = ()
    revoked_after: int | None = None
    usage: bool = True
    redirect: str = ""
    schema_checked: bool = True

    def fault(self, number: int, body: Body) -> Fault | None:
        """What goes wrong with the chat request of this number, counted from 0."""
        if self.revoked_after is not None and number >= self.revoked_after:
            return "401"
        return self.script[number] if number < len(self.script) else None

    def wait(self, body: Body) -> float:
        """Seconds that the answer to `body` takes."""
        return self.latency(body) if callable(self.latency) else self.latency


class Server:
    """What a running server saw: chat bodies in order, their counts, headers of every request, rejections."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour: Final = behaviour
        self.base_url = ""
        self.requests: Final[list[Body]] = []
        self.counts: Final[Counter[str]] = Counter()
        self.headers: Final[list[dict[str, str]]] = []
        self.invalid: Final[list[str]] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self._closing: Final = asyncio.Event()
        self._crowd: Final = asyncio.Event()

    def keys(self) -> set[str]:
        """The Authorization headers that came."""
        return {headers.get("authorization", "") for headers in self.headers}

    def asked(self) -> set[str]:
        """The models that were asked."""
        return {body["model"] for body in self.requests}

    def application(self) -> web.Application:
        """The two routes of the API."""
        application = web.Application(client_max_size=2**26)
        application.router.add_get("/v1/models", self._guarded(self._models))
        application.router.add_post("/v1/chat/completions", self._guarded(self._chat))
        return application

    async def start(self, port: int) -> web.AppRunner:
        """Listen on loopback; `base_url` is known then."""
        runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        return runner

    async def stop(self, runner: web.AppRunner) -> None:
        """Let those that hang go, and close."""
        self._closing.set()
        await runner.cleanup()

    def _guarded(self, answer: Handler) -> Handler:
        async def checked(request: web.Request) -> web.StreamResponse:
            self.headers.append({name.lower(): value for name, value in request.headers.items()})
            expected = self.behaviour.api_key
            if expected is not None and request.headers.get("Authorization") != f"Bearer {expected}":
                return _error(request, 401, code="invalid_api_key")
            return await answer(request)

        return checked

    async def _models(self, request: web.Request) -> web.Response:
        if self.behaviour.models is None:
            return _error(request, 404)
        listed = [{"id": name, "object": "model", "created": 0, "owned_by": "fake"} for name in self.behaviour.models]
        return web.json_response({"object": "list", "data": listed})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        number = len(self.requests)
        self.requests.append(body)
        self.counts[canonical(body)] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        if self.in_flight >= self.behaviour.together:
            self._crowd.set()
        try:
            await self._until(self._crowd.wait())
            await self._until(asyncio.sleep(self.behaviour.wait(body)))
            return self._complaint(request, body) or await self._answer(request, body, number)
        finally:
            self.in_flight -= 1

    async def _until(self, waiting: Awaitable[Any]) -> None:
        """Wait, but not beyond the end of the server."""
        tasks = {asyncio.ensure_future(waiting), asyncio.ensure_future(self._closing.wait())}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    def _complaint(self, request: web.Request, body: Body) -> web.Response | None:
        if self.behaviour.schema_checked and (problem := jsonschema.exceptions.best_match(_CHECK.iter_errors(body))):
            self.invalid.append(f"{problem.json_path}: {problem.message}")
            return _error(request, 400, self.invalid[-1])
        if self.behaviour.models is not None and body["model"] not in self.behaviour.models:
            return _error(request, 404, f"The model `{body['model']}` does not exist.", code="model_not_found")
        for name in (*body, body.get("response_format", {}).get("type")):
            if name in self.behaviour.rejects:
                return _error(request, 400, self.behaviour.rejects[name], param=name)
        return None

    async def _answer(self, request: web.Request, body: Body, number: int) -> web.StreamResponse:
        fault = self.behaviour.fault(number, body)
        if fault in _BREAKS:
            return await _BREAKS[fault](self, request, body)
        if fault is not None and fault.isdigit():
            return _error(request, int(fault))
        return web.json_response(self._completion(body, fault))

    def _completion(self, body: Body, fault: Fault | None) -> Body:
        text = said(body, prose=self.behaviour.ignores_format or fault == "prose")
        message, finish = twisted(text, fault)
        limit = body.get("max_tokens") or body.get("max_completion_tokens") or len(text)
        if fault is None and len(text.split()) > limit:
            message["content"], finish = " ".join(text.split()[:limit]), "length"
        digest = sha256(body)
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
        document = {
            "id": f"chatcmpl-{digest[:24]}",
            "object": "chat.completion",
            "created": int(digest[:7], 16),
            "model": body["model"],
            "choices": [] if fault == "empty_choices" else [choice],
            "system_fingerprint": None,
        }
        return document | ({"usage": usage(body, message)} if self.behaviour.usage else {})

    async def _reset(self, request: web.Request, body: Body) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def _half(self, request: web.Request, body: Body) -> web.StreamResponse:
        whole = json.dumps(self._completion(body, None)).encode()
        response = web.StreamResponse(headers={"Content-Length": str(len(whole)), "Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(whole[: len(whole) // 2])
        assert request.transport is not None
        request.transport.close()
        return response

    async def _not_json(self, request: web.Request, body: Body) -> web.StreamResponse:
        return web.Response(text=f"<html>{VENDOR_WORDS}</html>", content_type="text/html")

    async def _hang(self, request: web.Request, body: Body) -> web.StreamResponse:
        await self._closing.wait()
        return web.Response(status=503)

    async def _redirect(self, request: web.Request, body: Body) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": self.behaviour.redirect})


Break = Callable[[Server, web.Request, Body], Awaitable[web.StreamResponse]]
_BREAKS: Final[Mapping[str | None, Break]] = {
    "reset": Server._reset,
    "half": Server._half,
    "not_json": Server._not_json,
    "hang": Server._hang,
    "redirect": Server._redirect,
}


def canonical(body: Body) -> str:
    """`body` as one text, the same for equal bodies."""
    return json.dumps(body, sort_keys=True)


def sha256(body: Body) -> str:
    """Hex digest of `body`."""
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def said(body: Body, *, prose: bool) -> str:
    """What is answered to `body`, drawn from its hash."""
    random = Random(sha256(body))
    form = body.get("response_format", {"type": "text"})
    if prose or form["type"] == "text":
        return sentence(random, 12)
    if form["type"] == "json_object":
        return json.dumps({"reason": sentence(random, 6), "rating": random.randint(1, 7)})
    return json.dumps(generate(form["json_schema"]["schema"], random))


def generate(schema: Mapping[str, Any], random: Random) -> Any:
    """A value that obeys `schema`: objects, strings, numbers, enumerations."""
    if "enum" in schema:
        return random.choice(schema["enum"])
    match schema["type"]:
        case "object":
            return {name: generate(value, random) for name, value in schema["properties"].items()}
        case "integer" | "number":
            return random.randint(schema.get("minimum", 0), schema.get("maximum", 100))
        case _:
            return sentence(random, 6)


def sentence(random: Random, words: int) -> str:
    """Plain words without a number in them."""
    return " ".join(random.choices(WORDS.split(), k=words)).capitalize() + "."


def twisted(text: str, fault: Fault | None) -> tuple[Body, str]:
    """The message that says `text`, and its finish reason, as `fault` twists them."""
    twists: dict[str | None, tuple[Body, str]] = {
        "length": ({"content": text[: len(text) // 2]}, "length"),
        "spent": ({"content": ""}, "length"),
        "content_filter": ({"content": None}, "content_filter"),
        "refusal": ({"content": None, "refusal": "I cannot help with that."}, "stop"),
        "empty_text": ({"content": ""}, "stop"),
        "parts": ({"content": [{"type": "text", "text": text[:3]}, {"type": "text", "text": text[3:]}]}, "stop"),
        "lone": ({"content": f"{text} \ud83d"}, "stop"),
    }
    changed, finish = twists.get(fault, ({}, "stop"))
    return {"role": "assistant", "content": text, "refusal": None} | changed, finish


def usage(body: Body, message: Body) -> dict[str, int]:
    """Tokens, counted as words."""
    prompt = sum(len(str(part["content"]).split()) for part in body["messages"])
    completion = len(str(message["content"] or "").split())
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _error(
    request: web.Request, status: int, message: str = "", *, param: str | None = None, code: str | None = None
) -> web.Response:
    echo = "" if message else f"{VENDOR_WORDS}, to {request.headers.get('Authorization', 'nobody')}"
    kind = {401: "authentication_error", 429: "rate_limit_error"}.get(status, "invalid_request_error")
    error = {"message": message or echo, "type": kind, "param": param, "code": code}
    headers = {"Retry-After": "0.01", "retry-after-ms": "10"} if status == 429 else {}
    return web.json_response({"error": error}, status=status, headers=headers)


@contextmanager
def serve(behaviour: Behaviour | None = None) -> Iterator[Server]:
    """A server on a thread of its own, until the block ends."""
    server = Server(behaviour or Behaviour())
    listening = threading.Event()
    ending: list[Callable[[], object]] = []

    async def live() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        ending.append(lambda: loop.call_soon_threadsafe(ended.set))
        runner = await server.start(0)
        listening.set()
        await ended.wait()
        await server.stop(runner)

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    try:
        assert listening.wait(10)
        yield server
    finally:
        ending[0]()
        thread.join()


def unused_url() -> str:
    """A base URL where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


async def _forever(server: Server, port: int) -> None:
    await server.start(port)
    print(server.base_url, flush=True)  # noqa: T201
    await asyncio.Event().wait()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    given = parser.parse_args()
    asyncio.run(_forever(Server(Behaviour(latency=given.latency)), given.port))


if __name__ == "__main__":
    main()
