"""A Ray cluster of two nodes with a core each, in a process of its own: a machine with Ray that tests can break.

    python two_nodes.py        writes its address once it is there; loses its second node when it reads a line

Ends, and the cluster with it, when its input does. A start that fails, as on a busy machine, is tried again.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TRIES = 3
STORE = 80 << 20  # bytes


class TwoNodes:
    """The cluster as tests see it: its `address`, and its second node, which can be lost."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin
        assert process.stdout
        self._in, self._out = process.stdin, process.stdout
        self.address = self._out.readline().strip()
        assert self.address, f"no cluster after {TRIES} tries"

    def lose_a_node(self) -> None:
        """Kill the second node as a machine goes down."""
        self._in.write("lose\n")
        self._in.flush()
        assert self._out.readline()


@contextmanager
def two_nodes(folder: Path, environment: Mapping[str, str]) -> Iterator[TwoNodes]:
    """A cluster whose nodes run in `folder` with `environment`."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-W", "ignore", __file__]
    process = subprocess.Popen(command, cwd=folder, env={**environment}, text=True, start_new_session=True, **pipes)
    try:
        yield TwoNodes(process)
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        try:
            process.wait(60)
        finally:
            process.kill()
            process.stdout.close()  # type: ignore[union-attr]


def started() -> Any:
    """The cluster and its second node."""
    from ray.cluster_utils import Cluster

    for _ in range(TRIES - 1):
        try:
            return both(Cluster())
        except Exception as error:  # noqa: BLE001  # Ray knows no other
            sys.stderr.write(f"{error}\n")
    return both(Cluster())


def both(cluster: Any) -> Any:
    cluster.add_node(num_cpus=1, object_store_memory=STORE)
    return cluster, cluster.add_node(num_cpus=1, object_store_memory=STORE)


def main() -> None:
    cluster, second = started()
    sys.stdout.write(f"{cluster.address}\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        raylet = second.all_processes["raylet"][0].process
        os.kill(raylet.pid, signal.SIGKILL)
        raylet.wait()
        sys.stdout.write("lost\n")
        sys.stdout.flush()
    cluster.shutdown()


if __name__ == "__main__":
    main()
