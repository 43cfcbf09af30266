"""The default question set is fetched from the hub once, and failures of the hub are told; it is a loopback server."""

import gzip
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import pytest
from huggingface_hub import constants
from huggingface_hub.utils._http import close_session

from sandbox.errors import SandboxError, UsageError
from sandbox.questions import hh_rlhf as hub
from sandbox.questions.sets import load

ROOT = Path(__file__).parents[1]
ADDRESS = f"/datasets/{hub.REPOSITORY}/resolve/{hub.REVISION}/{hub.FILE}"
TURNS = "\n\nHuman: q?\n\nAssistant: "
CONTENT = gzip.compress(orjson.dumps({"chosen": TURNS + "c", "rejected": TURNS + "i"}), mtime=0)
HEADERS = {"X-Repo-Commit": hub.REVISION, "ETag": '"abc"', "Content-Length": str(len(CONTENT))}


class Hub(ThreadingHTTPServer):
    """Serves `CONTENT` at `ADDRESS` as the hub does; `answer` may be replaced. Keeps the requests for it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.answer: Callable[[Handler], None] = serve
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        if self.path == ADDRESS:
            self.server.asked.append(self.command)
            self.server.answer(self)
        else:
            status(404)(self)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def serve(handler: Handler) -> None:
    handler.send_response(200)
    for name, value in {**HEADERS, "X-HF-Warning": "topic; something to print"}.items():
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command == "GET":
        handler.wfile.write(CONTENT)


def status(code: int) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def head_only(handler: Handler) -> None:
    (serve if handler.command == "HEAD" else status(500))(handler)


def hang_up(handler: Handler) -> None:
    handler.close_connection = True


def say_nothing(handler: Handler) -> None:
    handler.server.closing.wait(60)
    handler.close_connection = True


@pytest.fixture
def server() -> Iterator[Hub]:
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def client(server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The hub's client as HF_ENDPOINT and HF_HOME would set it up before its import."""
    settings = {
        "ENDPOINT": server.url,
        "HUGGINGFACE_CO_URL_TEMPLATE": server.url + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_CACHE": str(tmp_path / "cache"),
        "AGENT_HARNESSES_PATH": str(tmp_path / "harnesses.json"),
        "HF_TOKEN_PATH": str(tmp_path / "token"),
        "HF_HUB_OFFLINE": False,
    }
    for name, value in settings.items():
        monkeypatch.setattr(constants, name, value)
    yield monkeypatch
    close_session()


def failure() -> str:
    with pytest.raises(SandboxError) as caught:
        hub.hh_rlhf_file()
    assert not isinstance(caught.value, UsageError)
    message = str(caught.value)
    assert len(message.splitlines()) == 3
    assert message.startswith("cannot get Anthropic/hh-rlhf from 127.0.0.1: ")
    assert all(way in message for way in ("sandbox questions fetch", "--questions starter", "--questions FILE"))
    assert "http://" not in message
    return message.splitlines()[0]


def test_the_file_is_fetched_once_and_in_silence(
    server: Hub, client: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    client.setenv("TQDM_POSITION", "-1")  # asks for progress bars although nobody watches
    path = hub.hh_rlhf_file()
    assert path.read_bytes() == CONTENT
    assert path.is_relative_to(tmp_path / "cache")
    asked = len(server.asked)
    assert hub.hh_rlhf_file() == path
    assert len(server.asked) == asked
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("client")
def test_it_is_the_default_question_set() -> None:
    found = load("hh-rlhf")
    assert (found.name, found.source) == ("hh-rlhf", "Anthropic/hh-rlhf")
    assert [question.text for question in found.questions] == ["q?"]
    assert [(pair.considerate, pair.inconsiderate) for pair in found.pairs] == [("c", "i")]


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("answer", "reason", "asked"),
    [
        (status(404), "HTTP 404", ["HEAD"]),
        (status(401), "HTTP 401", ["HEAD"]),
        (status(503), "HTTP 503", ["HEAD"]),
        (hang_up, "it cannot be reached", ["HEAD"]),
        (status(200), "what answers there is no Hugging Face hub", ["HEAD", "HEAD"]),
        (head_only, "HTTP 500", ["HEAD", "HEAD", "GET"]),
    ],
)
def test_a_hub_that_fails_is_asked_no_more(
    server: Hub,
    answer: Callable[[Handler], None],
    reason: str,
    asked: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    server.answer = answer
    assert reason in failure()
    assert server.asked == asked
    assert capfd.readouterr() == ("", "")


def test_a_hub_that_never_answers_is_left(server: Hub, client: pytest.MonkeyPatch) -> None:
    client.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 0.1)
    server.answer = say_nothing
    assert "no answer in time" in failure()


def test_without_a_network(server: Hub, client: pytest.MonkeyPatch) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # nobody listens there: connections are refused
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        client.setattr(constants, "ENDPOINT", url)
        client.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/{revision}/{filename}")
        assert "it cannot be reached" in failure()
    assert server.asked == []


def test_a_cache_that_cannot_be_written(tmp_path: Path, client: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    client.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file" / "cache"))
    assert "Not a directory" in failure()


@pytest.mark.slow
def test_the_environment_of_the_hub_holds(server: Hub, tmp_path: Path) -> None:
    def run(**more: str) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
        env = {**own, "HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "home"), **more}
        program = "from sandbox.questions.hh_rlhf import hh_rlhf_file; print(hh_rlhf_file())"
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )

    refused = run(HF_HUB_OFFLINE="1")
    assert "offline mode is on (HF_HUB_OFFLINE)" in refused.stderr
    assert server.asked == []
    fetched = run()
    assert fetched.stderr == ""
    assert Path(fetched.stdout.strip()).read_bytes() == CONTENT
    assert run(HF_HUB_OFFLINE="1").stdout == fetched.stdout
