"""How Ray is started on this machine for a study, or joined where it is, and what is said where that fails.

Nothing of Ray is imported before it is needed. `docs/how-to/clusters.md` says what Ray does unasked, and does not here.
"""

import importlib.util
import logging
import os
import secrets
import socket
from collections.abc import Mapping
from typing import Any, Final

from sandbox.errors import SandboxError, UsageError

# Bytes. Nothing of a study is kept in Ray's object store, of which Ray takes a third of the memory otherwise.
_OBJECT_STORE: Final = 80 << 20
_LONGEST: Final = 300  # characters that are told of what Ray said
_SECONDS_TO_REACH: Final = 10.0


def check_ray(address: str | None) -> None:
    """Raises `UsageError` where Ray is not installed, or where `address` is none of a cluster's own."""
    if importlib.util.find_spec("ray") is None:
        raise UsageError("--on ray needs Ray, which is not installed: pip install 'society-sandbox[ray]'")
    if address and "://" in address:
        raise UsageError(
            f"--address {address}: Ray's client is not used. Run the study on a node of the cluster, with\n"
            "--address auto, or with the HOST:PORT that `ray start` tells there."
        )


def start(address: str | None, jobs: int | None) -> None:
    """Start a cluster on this machine for `jobs` cells at once, or connect to the one at `address`.

    Takes seconds, on a busy machine a minute. Raises `SandboxError`.
    """
    os.environ.update(_environment(os.environ, own=address is None))
    import ray

    options: dict[str, Any] = {"address": address}
    if address is None:
        options = {
            "address": "local",  # whatever RAY_ADDRESS says
            "num_cpus": jobs,
            "include_dashboard": False,
            "object_store_memory": _OBJECT_STORE,
        }
    try:
        if address and address != "auto":
            _reach(address)
        ray.init(**options, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:
        raise SandboxError(_failure(address, one_line(error))) from error


def _reach(address: str) -> None:
    """Raises `OSError` or `ValueError` where nobody answers at `address`, which Ray tries for five minutes."""
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_REACH).close()


def _environment(known: Mapping[str, str], *, own: bool) -> dict[str, str]:
    """Variables that Ray reads when it starts: nothing is reported, and no token is written into the home folder.

    Ray makes and writes one unless there is one. Its workers are nicer than their parent by 15 unless told otherwise.
    """
    found = {"RAY_USAGE_STATS_ENABLED": "0"}
    if own:
        found["RAY_worker_niceness"] = "0"
        if not (known.get("RAY_AUTH_TOKEN") or known.get("RAY_AUTH_TOKEN_PATH")):
            found["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    return found


def _failure(address: str | None, said: str) -> str:
    """Why there is no cluster, and what to do."""
    if address is None:
        return (
            f"Ray did not start on this machine: {said}\n"
            "Ray gives up where a machine is busy: try again later, or use --on processes, which needs no Ray."
        )
    return (
        f"No Ray cluster could be joined at --address {address}: {said}\n"
        "Run the study on a node of the cluster, with the Ray and Python of the cluster, or leave --address out."
    )


def one_line(error: object) -> str:
    """What Ray said, in a line."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "")[:_LONGEST]
