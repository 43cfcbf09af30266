"""What is said where no answer comes: each cause in a sentence of its own, with what to do about it."""

import socket
from pathlib import Path

import pytest
from conftest import Finished, Sandbox
from example_runs import TINY
from odd_endpoint import Sent, api, odd
from tls import made_certificate, with_tls

KEY = "sk-test-very-secret"
RUN = ("simulate", "--model", "m", *TINY, "--base-url")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def assert_told(done: Finished, *words: str) -> None:
    """One message of three lines at most that says all of `words`; the whole may have been wrapped nowhere."""
    assert done.code == 1, done.err
    error = done.err[done.err.index("Error: ") :].strip()
    assert len(error.splitlines()) <= 3, error
    assert all(word in error for word in words), error
    assert KEY not in done.err + done.out
    assert "Traceback" not in done.err
    assert "fault of sandbox" not in done.err


def nowhere() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_certificate(tmp_path_factory.mktemp("tls"))


def test_nobody_listens(sandbox: Sandbox) -> None:
    url = f"http://127.0.0.1:{nowhere()}/v1"
    assert_told(sandbox(*RUN, url), f"Cannot reach {url}: nobody listens there", "--wait SECONDS", "--model scripted")


def test_https_to_a_port_that_speaks_http(sandbox: Sandbox) -> None:
    with odd(api()) as server:
        url = server.origin.replace("http://", "https://") + "/v1"
        assert_told(sandbox(*RUN, url), f"Cannot speak https with {url}", f"use --base-url {server.origin}/v1")
        assert server.seen == []


def test_http_to_a_port_that_speaks_https(sandbox: Sandbox, certificate: Path) -> None:
    with odd(api(), with_tls(certificate)) as server:
        url = server.origin.replace("https://", "http://") + "/v1"
        assert_told(sandbox(*RUN, url), f"Cannot reach {url}", "https://")
        assert server.seen == []


@pytest.mark.parametrize(
    "said",
    [
        b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
        b"Client sent an HTTP request to an HTTPS server.\n",
        b"<html><title>400 Bad Request</title><p>You're speaking plain HTTP to an SSL-enabled server port.</p></html>",
    ],
)
def test_http_to_a_port_that_says_that_it_wants_https(sandbox: Sandbox, said: bytes) -> None:
    with odd(lambda seen: Sent(400, said)) as server:
        done = sandbox(*RUN, f"{server.origin}/v1")
        assert_told(done, "answered 400", f"use --base-url {server.origin.replace('http://', 'https://')}/v1")


def test_a_certificate_that_nobody_trusts(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    with odd(api(), with_tls(certificate)) as server:
        assert_told(sandbox(*RUN, f"{server.origin}/v1"), f"Cannot trust {server.origin}/v1", "SSL_CERT_FILE")
        assert server.seen == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert sandbox(*RUN, f"{server.origin}/v1").code == 0, "what the message advises helps"


def unknown_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(host: str, *args: object, **kwargs: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


def test_a_name_that_has_no_address(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown_names(monkeypatch)
    done = sandbox(*RUN, "https://api.exmaple.invalid/v1")
    assert_told(done, "no address is known for api.exmaple.invalid", "how it is spelt")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("scheme", "variable"), [("http", "http_proxy"), ("https", "HTTPS_PROXY"), ("http", "ALL_PROXY")]
)
def test_a_dead_proxy_is_named_with_its_variable(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, scheme: str, variable: str
) -> None:
    port = nowhere()
    monkeypatch.setenv(variable, f"http://me:hunter2@127.0.0.1:{port}")
    done = sandbox(*RUN, f"{scheme}://api.example.invalid/v1")
    assert_told(done, f"through the proxy 127.0.0.1:{port} of {variable}", "NO_PROXY=api.example.invalid")
    assert "hunter2" not in done.err


def test_a_proxy_without_an_address(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown_names(monkeypatch)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    done = sandbox(*RUN, "https://api.example.invalid/v1")
    assert_told(done, "through the proxy proxy.invalid:3128 of HTTPS_PROXY", "NO_PROXY=api.example.invalid")


def test_a_proxy_that_refuses_to_connect(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with odd(lambda seen: Sent(407, b"")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        done = sandbox(*RUN, "https://api.example.invalid/v1")
        assert_told(done, f"through the proxy 127.0.0.1:{proxy.port} of HTTPS_PROXY", "407")
        assert [seen.method for seen in proxy.seen[:1]] == ["CONNECT"]
        assert all("authorization" not in seen.headers for seen in proxy.seen)


@pytest.mark.parametrize(
    "proxy",
    ["gopher://me:hunter2@proxy:70", "socks5://me:hunter2@127.0.0.1:1080", "http://[::1", "http://a%3Ab:hunter2@proxy"],
)
def test_a_proxy_that_cannot_be_used(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    done = sandbox(*RUN, "https://api.example.invalid/v1")
    assert_told(done, "The proxy of ALL_PROXY cannot be used", "NO_PROXY=api.example.invalid")
    assert "hunter2" not in done.err
    with odd(api()) as server:
        assert sandbox(*RUN, f"{server.origin}/v1").code == 0, "no proxy stands before a server on this machine"


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("OPENAI_ORG_ID", "org\n"),
        ("OPENAI_PROJECT_ID", "\x1b[31m"),
        ("OPENAI_CUSTOM_HEADERS", "X-A: caf\u00e9"),
        ("OPENAI_CUSTOM_HEADERS", "X-A: 1\nX B: 1"),
    ],
)
def test_what_no_header_can_hold(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, variable: str, says: str) -> None:
    monkeypatch.setenv(variable, says)
    with odd(api()) as server:
        assert_told(sandbox(*RUN, f"{server.origin}/v1"), f"what {variable} says cannot stand in a header", "in ASCII")
        assert server.seen == []
        monkeypatch.setenv("MY_KEY", KEY)
        own = ("--model", "scripted", "--observer-model", "m", "--observer-base-url", f"{server.origin}/v1")
        done = sandbox("simulate", *own, "--observer-api-key-env", "MY_KEY", *TINY)
        assert done.code == 0, "nothing of it is for an endpoint of its own"


def test_a_name_of_a_model_that_is_no_text(sandbox: Sandbox) -> None:
    with odd(api()) as server:
        for words in (("simulate", *TINY), ("evaluate", "--suite", "starter-leak")):
            done = sandbox(
                *words, "--base-url", f"{server.origin}/v1", "--model", b"f\xff".decode(errors="surrogateescape")
            )
            assert (done.code, "the name of a model is UTF-8" in done.err) == (2, True), done.err
        assert server.seen == []


def test_the_doctor_says_the_same(sandbox: Sandbox) -> None:
    url = f"http://127.0.0.1:{nowhere()}/v1"
    done = sandbox("doctor", "--model", "m", "--questions", "starter", "--embedder", "hash", "--base-url", url)
    assert done.code == 1
    assert f"Cannot reach {url}: nobody listens there" in done.out
    assert "--wait SECONDS" in done.out
