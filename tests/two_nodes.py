"""A Ray cluster in a process of its own, which tests can break: two nodes with a core each, and a head with none.

    python two_nodes.py        writes its address once it is there, and ends, and the cluster with it, with its input

A start that fails, as on a busy machine, is tried again.
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


@contextmanager
def two_nodes(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The address of a cluster whose nodes run in `folder` with `environment`."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-W", "ignore", __file__]
    process = subprocess.Popen(command, cwd=folder, env={**environment}, text=True, start_new_session=True, **pipes)
    try:
        address = process.stdout.readline().strip()  # type: ignore[union-attr]
        assert address, f"no cluster after {TRIES} tries"
        yield address
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        try:
            process.wait(60)
        finally:
            process.kill()
            process.stdout.close()  # type: ignore[union-attr]


def lose_node_of(run: Path) -> None:
    """Kill the node whose worker writes `run`, as a machine goes down."""
    inode = (run / ".lock").stat().st_ino
    locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    worker = next(each[4] for each in locks if each[1] == "FLOCK" and each[5].endswith(f":{inode}"))
    raylet = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1]
    os.kill(int(raylet), signal.SIGKILL)


def started() -> Any:
    from ray.cluster_utils import Cluster

    for _ in range(TRIES - 1):
        try:
            return with_nodes(Cluster())
        except Exception as error:  # noqa: BLE001  # Ray knows no other
            sys.stderr.write(f"{error}\n")
    return with_nodes(Cluster())


def with_nodes(cluster: Any) -> Any:
    for cores in (0, 1, 1):
        cluster.add_node(num_cpus=cores, object_store_memory=STORE)
    return cluster


def main() -> None:
    cluster = started()
    sys.stdout.write(f"{cluster.address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    main()
