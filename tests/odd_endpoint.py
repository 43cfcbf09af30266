"""A server over real HTTP that answers as a function says: for what `fake_endpoint`, which is well made, never does.

Knows the API as far as a good answer goes; remembers what it was asked.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Seen(NamedTuple):
    """A request: `path` with its query, and the headers by lower-case name."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


class Sent(NamedTuple):
    """An answer; a document is sent as JSON, bytes as they are, an iterator piece by piece until the client closes."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = {}


class Silent(ThreadingHTTPServer):
    """Says nothing of connections that go wrong."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: the standard server writes on stderr."""


Answers = Callable[[Seen], Sent]


class Odd:
    """What was asked of the server at `origin`, in order."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.seen: list[Seen] = []

    @property
    def paths(self) -> list[str]:
        """Where requests went, each once."""
        return list(dict.fromkeys(f"{each.method} {each.path}" for each in self.seen))

    @property
    def port(self) -> int:
        return int(self.origin.rpartition(":")[2])


def completion(seen: Seen, **more: Any) -> Sent:
    """A good answer to a chat request."""
    text = json.dumps({"reason": "It is fair.", "rating": 5}) if "response_format" in seen.body else "People differ."
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}
    return Sent(body={"model": seen.body.get("model"), "choices": [choice], "usage": usage, **more})


def listing(*names: str, **more: Any) -> Sent:
    """A list of models."""
    return Sent(body={"object": "list", "data": [{"id": name, "object": "model"} for name in names], **more})


def api(prefix: str = "/v1", *names: str) -> Answers:
    """The API below `prefix`, and nothing elsewhere."""

    def answer(seen: Seen) -> Sent:
        path = seen.path.partition("?")[0]
        if (seen.method, path) == ("GET", f"{prefix}/models"):
            return listing(*(names or ("m",)))
        if (seen.method, path) == ("POST", f"{prefix}/chat/completions"):
            return completion(seen)
        return Sent(404, {"detail": "Not Found"})

    return answer


def _data(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@contextmanager
def odd(answers: Answers, wrap: Callable[[ThreadingHTTPServer], str] | None = None) -> Iterator[Odd]:
    """Serve on a thread until the block ends; `wrap` may put TLS around the socket, and says the scheme then."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 2**16  # one packet an answer

        def _answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(self.command, self.path, headers, json.loads(sent) if sent else {})
            known.seen.append(seen)
            answer = answers(seen)
            pieces = answer.body if isinstance(answer.body, Iterator) else [_data(answer.body)]
            length = {} if isinstance(answer.body, Iterator) else {"Content-Length": str(len(pieces[0]))}
            self.send_response(answer.status)
            for name, value in {**length, **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for piece in pieces:
                self.wfile.write(piece)

        do_GET = do_POST = do_CONNECT = _answer  # noqa: N815 - the names that the standard handler looks for

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing: the standard handler writes on stderr."""

    server = Silent(("127.0.0.1", 0), Handler)
    scheme = wrap(server) if wrap else "http"
    known = Odd(f"{scheme}://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
