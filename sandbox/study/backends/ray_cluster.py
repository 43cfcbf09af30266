"""The Ray cluster that cells run on: one that is started here for a study, or one that is there. Knows no cell.

Nothing of Ray is imported before it is asked for. What it does unasked, and is kept from here, is in `docs/studies.md`.
"""

import asyncio
import importlib.util
import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sandbox.errors import SandboxError, UsageError
from sandbox.study.backends.ray_mailbox import Mailbox
from sandbox.study.backends.ray_nodes import SharedFolder, complaint, look, node_name, wanted

# Bytes. Nothing of a study is kept in Ray's object store, of which Ray takes a third of the memory otherwise.
_OBJECT_STORE: Final = 80 << 20
_LONGEST: Final = 300  # characters that are told of what Ray said
# How often a cell is run again whose worker or node was lost: Ray's own default.
_RETRIES: Final = 3
# A worker waits for letters in a call, and so does the parent.
_CALLS_AT_ONCE: Final = 50_000
_NODE_SECONDS: Final = 120.0
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


class Cluster:
    """A cluster between `async with` and its end, whose nodes all reach `folder` and have `variables` set.

    With an `address` it is one that is there, and stays. Else it is started on this machine for `jobs` cells at once,
    one for each core unless that is said.
    """

    def __init__(self, address: str | None, jobs: int | None, folder: Path, variables: Iterable[str]) -> None:
        self._address: Final = address
        self._jobs: Final = jobs
        self._folder: Final = folder
        self.wanted: Final = wanted(variables)
        self.mailbox: Any = None

    async def __aenter__(self) -> Self:
        try:
            # In a thread, so that Ctrl-C is heard, and because Ray takes SIGTERM for itself in the main one.
            await asyncio.to_thread(_start, self._address, self._jobs)
            await self._look()
            self.mailbox = self._open_mailbox()
        except BaseException:
            _leave()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _leave()

    @property
    def jobs(self) -> int:
        """How many cells run at once: as was asked for, or as many as it has cores."""
        import ray

        return self._jobs or max(1, int(ray.cluster_resources().get("CPU", 0)))

    def submit(self, work: Callable[..., object], *arguments: object) -> Any:
        """Have `work` done with the mailbox and `arguments` by a core of its own; what can be awaited, or cancelled."""
        import ray

        return ray.remote(work).options(num_cpus=1, max_retries=_RETRIES).remote(self.mailbox, *arguments)

    def cancel(self, submitted: Any) -> None:
        """Keep it from being begun, or send its worker the signal of Ctrl-C."""
        import ray

        ray.cancel(submitted, force=False)

    async def _look(self) -> None:
        """Look at each node that can run cells. Raises `SandboxError` that names what is not as it is here."""
        import ray

        nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
        with SharedFolder(self._folder) as shared:
            found = {}
            asked = {node["NodeID"]: _on(node["NodeID"], look, self.wanted, shared.sample) for node in nodes}
            for node in nodes:
                identity, address = node["NodeID"], node["NodeManagerAddress"]
                lacking = await _answer(asked[identity])
                found[node_name(address, identity)] = lacking or shared.unread(identity)
        if told := complaint(found):
            raise SandboxError(told)

    def _open_mailbox(self) -> Any:
        """On this node, which cannot be lost without the parent."""
        import ray

        here = ray.get_runtime_context().get_node_id()
        return ray.remote(Mailbox).options(num_cpus=0, max_concurrency=_CALLS_AT_ONCE, **_at(here)).remote()


def _on(node: str, function: Callable[..., object], *arguments: object) -> Any:
    """Call `function` on `node`, with its id as the last argument."""
    import ray

    return ray.remote(function).options(num_cpus=0, max_retries=0, **_at(node)).remote(*arguments, node)


def _at(node: str) -> dict[str, Any]:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False)}


async def _answer(asked: Any) -> list[str]:
    """What a node lacks: a node that cannot say so lacks everything."""
    try:
        return list(await asyncio.wait_for(asked, _NODE_SECONDS))
    except TimeoutError:
        return [f"it did not answer within {_NODE_SECONDS:.0f} s"]
    except Exception as error:  # noqa: BLE001  # whatever Ray raises where nothing can be run
        cause = getattr(error, "cause", None) or error
        return [f"sandbox does not run there as here ({type(cause).__name__}: {_line(cause)})"]


def _leave() -> None:
    """End the cluster that was started here, or leave the one that is there."""
    import ray

    ray.shutdown()


def _start(address: str | None, jobs: int | None) -> None:
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
        raise SandboxError(_failure(address, _line(error))) from error


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


def _line(error: object) -> str:
    """What Ray said, in a line."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "")[:_LONGEST]
