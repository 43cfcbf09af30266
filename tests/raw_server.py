"""A server over plain sockets that answers with the bytes that it is told, and remembers those that came."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OK = b'{"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Yes."}}]}'


def http(body: bytes = OK, *headers: str, status: str = "200 OK") -> bytes:
    """An answer of HTTP/1.1."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Raw:
    """What was asked of the server at `origin`; `connections` were made.

    `came` is set once a request was read, and `closed` once a connection was closed.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"
        self.requests: list[bytes] = []
        self.connections = 0
        self.came, self.closed = threading.Event(), threading.Event()


@contextmanager
def raw(answers: Callable[[int], bytes], *, keep: Callable[[int], bool] = lambda number: True) -> Iterator[Raw]:
    """Answer the request of each number, from 0, until the block ends; a connection is kept open where `keep` says so.

    Nothing is sent where the answer is empty.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        known = Raw(listening.getsockname()[1])

        def talk(connection: socket.socket) -> None:
            with connection, connection.makefile("rb") as coming:
                while asked := _request(coming.readline, coming.read):
                    number = len(known.requests)
                    known.requests.append(asked)
                    known.came.set()
                    connection.sendall(answers(number))
                    if not keep(number):
                        break
            known.closed.set()

        def listen() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                known.connections += 1
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        try:
            yield known
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def _request(line: Callable[[], bytes], read: Callable[[int], bytes]) -> bytes:
    """The next request as it came; nothing where the connection ends."""
    try:
        lines = list(iter(line, b"\r\n"))[:100] if (first := line()) else []
    except OSError:
        return b""
    if not first:
        return b""
    sizes = [int(each.partition(b":")[2]) for each in lines if each.lower().startswith(b"content-length:")]
    return b"".join([first, *lines, b"\r\n", read(sizes[0]) if sizes else b""])
