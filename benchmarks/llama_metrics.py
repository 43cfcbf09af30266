"""`python -P llama_metrics.py FILE simulate ...`: the command, which leaves the metrics of its embedded server in FILE.

A checkout that counts no cached tokens is told so from llama.cpp itself. Knows where the command starts its server, and
nothing of it but `close`.
"""

import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

from agents.endpoints import local
from agents.endpoints.local import LocalServer
from sandbox.cli import main

# What each checkout sets before it imports llama.cpp, which is here sooner; 6eaa23c has no name for it.
os.environ.update({**getattr(local, "WAITING", {"OMP_WAIT_POLICY": "passive"}), **os.environ})

import xllamacpp

METRICS = Path(sys.argv.pop(1)).resolve()


def start(settings: Any) -> Any:
    """llama.cpp's server, which tells its metrics."""
    settings.endpoint_metrics = True
    return started(settings)


def close(server: LocalServer) -> None:
    """Ask for the metrics, and close."""
    address = server.base_url.removesuffix("/v1") + "/metrics"
    asked = urllib.request.Request(address, headers={"Authorization": f"Bearer {server.api_key}"})
    with urllib.request.urlopen(asked) as answer:
        METRICS.write_bytes(answer.read())
    closed(server)


closed = LocalServer.close
setattr(LocalServer, "close", close)  # noqa: B010
started, xllamacpp.Server = xllamacpp.Server, start
sys.argv[0] = "sandbox"
main()
