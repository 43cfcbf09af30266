"""The Ray cluster that cells run on: one that is started here for a study, or one that is there. Knows no cell.

How it comes about is told in `ray_start`.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sandbox.errors import SandboxError
from sandbox.studies.backends.ray_mailbox import Mailbox
from sandbox.studies.backends.ray_nodes import SharedFolder, complaint, look, node_name, wanted
from sandbox.studies.backends.ray_start import one_line, start

# How often a cell is run again whose worker or node was lost: Ray's own default.
_RETRIES: Final = 3
# A worker waits for letters in a call, and so does the parent.
_CALLS_AT_ONCE: Final = 50_000
_NODE_SECONDS: Final = 120.0


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
        self._stack: Final = ExitStack()
        self.mailbox: Any = None

    async def __aenter__(self) -> Self:
        self._stack.enter_context(_nothing_on_stdout())
        self._stack.callback(_leave)
        try:
            # In a thread, so that Ctrl-C is heard, and because Ray takes SIGTERM for itself in the main one.
            await asyncio.to_thread(start, self._address, self._jobs)
            await self._look()
            self.mailbox = self._open_mailbox()
        except BaseException:
            self._stack.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

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

        ray.cancel(submitted, force=False, recursive=False)  # its calls of the mailbox go on

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
        return [f"sandbox does not run there as here ({type(cause).__name__}: {one_line(cause)})"]


@contextmanager
def _nothing_on_stdout() -> Iterator[None]:
    """What Ray prints there, which it does of dead workers with its logs off, goes nowhere: programs read it."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        yield


def _leave() -> None:
    """End the cluster that was started here, or leave the one that is there."""
    import ray

    ray.shutdown()
