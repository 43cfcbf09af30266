"""A certificate of nobody, and a server that speaks TLS by it."""

import ssl
import subprocess
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest


def made_certificate(folder: Path) -> Path:
    """A certificate that nobody issued, with its key, in `folder`; the test is skipped where it cannot be made."""
    named = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2")
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "own.pem", *named)
    try:
        subprocess.run(made, cwd=folder, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl, which makes the certificate, is not here")
    return folder / "own.pem"


def with_tls(certificate: Path) -> Callable[[ThreadingHTTPServer], str]:
    """Puts TLS around a server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))

    def wrap(server: ThreadingHTTPServer) -> str:
        # The handshake belongs to the threads of connections; one that fails would else be raised where all are let in.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        return "https"

    return wrap
