"""One HTTP session: what is sent is what the openai client sends, and connections do what it promises of them."""

import asyncio
import base64
import gzip
import socket
import subprocess
import threading
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, TypeVar, cast

import aiohttp
import httpx2
import openai
import pytest
from odd_endpoint import api, odd
from raw_server import OK, Raw, http, raw
from tables import table
from tls import made_certificate, with_tls

from agents.endpoints import rehearsed
from agents.endpoints.address import read_address
from agents.endpoints.answer import Answer
from agents.endpoints.bounded import MOST_BYTES, BoundedReader
from agents.endpoints.keys import Key
from agents.endpoints.session import Session
from agents.endpoints.unreachable import NobodyThereError
from agents.model import ModelError

T = TypeVar("T")
KEY = "sk-test-very-secret"
ASKED = {
    "model": "m",
    "messages": [{"role": "user", "content": 'It\'s "so":\n\t\\ \x7f\x00 – déjà \u2028 \U0001f600'}],
    "max_tokens": 64,
    "temperature": 0.7,
    "seed": 2**63 - 1,
    "response_format": {"type": "json_schema", "json_schema": {"strict": True, "schema": {"enum": [1, 0.5, None]}}},
}
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n"
FAR = "http://api.example.invalid"


def use(origin: str, what: Callable[[Session], Awaitable[T]], **options: Any) -> T:
    async def run() -> T:
        settings = {"timeout": 10.0, "connections": 4, "ambient": True, **options}
        session = Session(read_address(f"{origin}/v1"), Key(KEY), **settings)
        try:
            return await what(session)
        finally:
            await session.close()

    return asyncio.run(run())


async def post(session: Session) -> Answer:
    return await session.post(session.address.at("chat/completions"), ASKED)


async def get_and_post(session: Session) -> None:
    await session.get(session.address.at("models"))
    await post(session)
    await post(session)


async def by_the_client(base_url: str) -> None:
    """The same by the openai client's own calls."""
    transport = openai.DefaultAioHttpClient(timeout=httpx2.Timeout(None, connect=5.0))
    async with openai.AsyncOpenAI(base_url=base_url, api_key=KEY, max_retries=0, http_client=transport) as client:
        await client.get(f"{base_url}/models", cast_to=httpx2.Response)
        for _ in range(2):
            await client.post(f"{base_url}/chat/completions", body=ASKED, cast_to=httpx2.Response)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def _far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts in `.invalid` are this machine."""
    known = socket.getaddrinfo

    def lookup(host: str, *args: Any, **more: Any) -> list[Any]:
        return known("127.0.0.1" if str(host).endswith(".invalid") else host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("way", ["straight", "proxy", "around"])
@pytest.mark.usefixtures("_far")
def test_what_is_sent_is_what_the_openai_client_sends(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "organization")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Custom: header\nX-Other: other")
    with raw(lambda number: http()) as server, raw(lambda number: http()) as proxy:
        origin = f"{FAR}:{server.port}"
        if way != "straight":
            monkeypatch.setenv("HTTP_PROXY", f"http://me:hunter2@127.0.0.1:{proxy.port}")
        if way == "around":
            monkeypatch.setenv("NO_PROXY", "other.invalid,.example.invalid")
        asyncio.run(by_the_client(f"{origin}/v1"))
        use(origin, get_and_post)
        asked, silent = (proxy, server) if way == "proxy" else (server, proxy)
        assert silent.requests == []
        assert len(asked.requests) == 6
        assert asked.requests[1] == asked.requests[2], "nothing of a request is for one call alone but its body"
        assert asked.requests[3:] == asked.requests[:3]
        assert (b"proxy-authorization: basic bwu6ahvudgvymg==" in asked.requests[0].lower()) == (way == "proxy")
        assert b"x-other: other" in asked.requests[1].lower()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_cookies_come_back_as_from_the_openai_client(host: str) -> None:
    """A router may tell by one which of its servers knows what was asked before."""
    with raw(lambda number: http(OK, "Set-Cookie: server=one; Path=/")) as server:
        asyncio.run(by_the_client(f"http://{host}:{server.port}/v1"))
        use(f"http://{host}:{server.port}", get_and_post)
        came = [b"cookie: server=one\r\n" in each.lower() for each in server.requests]
    assert came == [False, True, True] * 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.usefixtures("_far")
def test_a_proxy_hears_any_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw(lambda number: http()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://me:%E2%82%AC@127.0.0.1:{proxy.port}")
        use(FAR, post)
        assert base64.b64encode("me:€".encode()) in proxy.requests[0]


def test_a_connection_that_the_server_closed_meanwhile_is_no_failed_call() -> None:
    with raw(lambda number: http(), keep=lambda number: False) as server:

        async def twice(session: Session) -> None:
            await post(session)
            await asyncio.to_thread(server.closed.wait, 10)
            await asyncio.sleep(0)
            assert (await post(session)).content == OK

        use(server.origin, twice)
        assert (len(server.requests), server.connections) == (2, 2)


def test_what_may_have_been_received_is_not_sent_again() -> None:
    """The second request leaves on a connection that is kept, and is read before that is closed."""
    with raw(lambda number: http() if number == 0 else b"", keep=lambda number: number == 0) as server:

        async def twice(session: Session) -> ModelError:
            await post(session)
            with pytest.raises(ModelError) as raised:
                await post(session)
            return raised.value

        error = use(server.origin, twice)
        assert (error.kind, error.lost) == ("connection", True)
        assert (len(server.requests), server.connections) == (2, 1)


def test_connections_are_kept_and_used_again() -> None:
    async def crowd(session: Session) -> None:
        await asyncio.gather(*(post(session) for _ in range(40)))

    with raw(lambda number: http()) as server:
        use(server.origin, crowd, connections=3)
        assert len(server.requests) == 40
        assert server.connections <= 3


def test_the_reply_to_a_call_that_was_cancelled_answers_no_other() -> None:
    go, late = threading.Event(), http(OK.replace(b"Yes.", b"Late."))

    def answer(number: int) -> bytes:
        return late if number == 0 and go.wait(10) else http()

    with raw(answer) as server:

        async def cancel_one(session: Session) -> Answer:
            first = asyncio.create_task(post(session))
            await asyncio.to_thread(server.came.wait, 10)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            go.set()
            return await post(session)

        assert use(server.origin, cancel_one, connections=1).content == OK
        assert server.connections == 2


def slow(server: Raw, **options: Any) -> ModelError:
    with pytest.raises(ModelError) as raised:
        use(server.origin, post, timeout=0.2, **options)
    return raised.value


def test_a_call_is_timed_to_its_last_byte() -> None:
    with raw(lambda number: http()[:-1]) as server:
        error = slow(server)
    assert (error.kind, error.lost) == ("timeout", True)
    assert "within 0.2 s" in str(error)


def test_no_connection_in_time_is_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsed, "CONNECT_SECONDS", 0.1)
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):  # nobody lets them in, so there is no room for another
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with pytest.raises(NobodyThereError) as raised:
            use(f"http://127.0.0.1:{full.getsockname()[1]}", post)
    assert (raised.value.kind, raised.value.lost) == ("connection", False)
    assert "it takes no connection" in str(raised.value)


def deflated(content: bytes, bits: int) -> bytes:
    packer = zlib.compressobj(wbits=bits)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize(
    "answer",
    [
        http(gzip.compress(OK), "Content-Encoding: gzip"),
        http(gzip.compress(gzip.compress(OK)), "Content-Encoding: gzip, gzip"),
        http(deflated(OK, 15), "content-encoding: deflate"),
        http(deflated(OK, -15), "CONTENT-ENCODING: Deflate"),
        http(OK, "Content-Encoding: identity"),
        CHUNKED % (OK[:5], len(OK) - 5, OK[5:]),
        b"HTTP/1.1 100 Continue\r\n\r\n" + http(),
    ],
)  # fmt: skip
def test_a_body_is_read_however_it_comes(answer: bytes) -> None:
    with raw(lambda number: answer) as server:
        assert use(server.origin, post).content == OK


def test_what_unpacks_to_nothing_is_bounded_too() -> None:
    flood = http(gzip.compress(OK) + bytes(MOST_BYTES), "Content-Encoding: gzip")
    with raw(lambda number: flood[:-1]) as server, pytest.raises(ModelError, match="longer than 16 MiB") as raised:
        use(server.origin, post)
    assert raised.value.kind == "too_long"


def test_large_replies_are_read_two_at_a_time() -> None:
    """More of each than 1 MiB is taken from the connection by those alone whose turn it is."""
    reader, going, most = BoundedReader(), set[int](), 0

    class Content:
        """The body of reply `number`: so many pieces of 1 MiB."""

        def __init__(self, number: int, pieces: int) -> None:
            self.number, self.left = number, pieces

        async def readany(self) -> bytes:
            nonlocal most
            await asyncio.sleep(0)
            self.left -= 1
            (going.add if self.left in (1, 2) else going.discard)(self.number)
            most = max(most, len(going))
            return bytes(2**20) if self.left >= 0 else b""

    async def read_all() -> list[bytes]:
        replies = [SimpleNamespace(status=200, headers={}, content=Content(number, 5)) for number in range(6)]
        return await asyncio.gather(*(reader.read(cast("aiohttp.ClientResponse", reply)) for reply in replies))

    assert [len(body) for body in asyncio.run(read_all())] == [5 * 2**20] * 6
    assert most == 2


def packed(times: int, beside: int) -> bytes:
    """A reply that was packed so often, each time with so many bytes behind it that unpack to nothing further."""
    body = gzip.compress(OK)
    for _ in range(times - 1):
        body = gzip.compress(body + bytes(beside))
    return body


def test_what_layers_of_packing_keep_is_bounded_together() -> None:
    answer = http(packed(5, 5 * 2**20), "Content-Encoding: gzip, gzip, gzip, gzip, gzip")
    with raw(lambda number: answer) as server, pytest.raises(ModelError, match="longer than 16 MiB") as raised:
        use(server.origin, post)
    assert raised.value.kind == "too_long"
    assert len(answer) < 2**15


def test_what_is_large_in_between_takes_turns_too() -> None:
    reader, body, taken = BoundedReader(), packed(2, 3 * 2**20), 0

    async def read_all() -> list[bytes]:
        go = asyncio.Event()

        class Content:
            """All of a body, whose end is seen when it is told to `go`."""

            pieces: Final = (body, b"")
            came = -1

            async def readany(self) -> bytes:
                nonlocal taken
                self.came += 1
                if self.came:
                    taken += 1
                    await go.wait()
                return self.pieces[self.came]

        headers = {"content-encoding": "gzip, gzip"}
        sent = {"headers": headers, "raw_headers": [(b"content-encoding", b"gzip, gzip")]}
        replies = [SimpleNamespace(status=200, content=Content(), **sent) for _ in range(6)]
        reading = [asyncio.create_task(reader.read(cast("aiohttp.ClientResponse", reply))) for reply in replies]
        for _ in range(20):
            await asyncio.sleep(0)
        assert taken == 2
        go.set()
        return await asyncio.gather(*reading)

    assert asyncio.run(read_all()) == [OK] * 6


@pytest.mark.parametrize("answer", [http(b"no gzip", "Content-Encoding: gzip"), http()[:-9]])
def test_a_body_that_breaks_off_or_cannot_be_unpacked_is_malformed(answer: bytes) -> None:
    with raw(lambda number: answer, keep=lambda number: False) as server, pytest.raises(ModelError) as raised:
        use(server.origin, post)
    assert (raised.value.kind, raised.value.lost) == ("malformed", True)


@pytest.mark.parametrize(
    "broken",
    [
        http(b"no gzip", "Retry-After: 3", "Content-Encoding: gzip"),
        http(OK, "Retry-After: 3", f"Content-Encoding: {', '.join(['gzip'] * 6)}"),
        http(OK, "Retry-After: 3")[:-9],
    ],
)
def test_a_complaint_that_breaks_off_is_told_by_its_status(broken: bytes) -> None:
    answer = broken.replace(b"200 OK", b"429 Too Many Requests")
    with raw(lambda number: answer, keep=lambda number: False) as server, pytest.raises(ModelError) as raised:
        use(server.origin, post)
    assert (raised.value.kind, raised.value.status, raised.value.retry_after) == ("rate_limited", 429, 3.0)


@table(
    ("answer", "told"),
    [
        (b"SSH-2.0-OpenSSH_9.9\r\n", "answers, but not as HTTP has it: Bad status line"),
        (http(OK, "X-Big: " + "a" * 10_000), "answers, but not as HTTP has it: Got more than 8190 bytes"),
        (http(OK, *map("X-{0}: {0}".format, range(10_000))), "answers, but not as HTTP has it: Too many headers"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "it closed the connection within its headers"),
        (http()[:-9], "broke off its reply: Not enough data"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_as_http_is_told_without_words_of_the_transport(answer: bytes, told: str) -> None:
    with raw(lambda number: answer, keep=lambda number: False) as server, pytest.raises(ModelError) as raised:
        use(server.origin, post)
    error = str(raised.value)
    assert told in error
    assert not [word for word in ("400", "message:", "RawResponse", "^") if word in error.replace(server.origin, "")]
    assert len(error.splitlines()) <= 3


def test_headers_are_read_whatever_their_case_and_however_often_they_come() -> None:
    lines = ("X-One: 1", "x-one: 2", "X-LATIN: caf\u00e9")
    with raw(lambda number: http(OK, *lines).replace("\u00e9".encode(), b"\xe9")) as server:
        headers = use(server.origin, post).headers
    assert (headers["x-one"], headers["x-latin"]) == ("1, 2", "caf\u00e9")


def test_a_folder_of_certificates_is_heard(monkeypatch: pytest.MonkeyPatch, certificate: Path, tmp_path: Path) -> None:
    name = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", certificate], check=True, capture_output=True, text=True
    ).stdout.strip()
    (tmp_path / f"{name}.0").write_bytes(certificate.read_bytes())
    with odd(api(), with_tls(certificate)) as server:
        with pytest.raises(ModelError, match="Cannot trust"):
            use(server.origin, post)
        assert server.seen == []
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        assert use(server.origin, post).status == 200
