#!/usr/bin/env bash
# Ray's workers give way to everything else on the machine: beside one busy process on their core they get a sixteenth.
#
# Versions    ray 2.60.0, a cluster of its own on one machine. RAY=2.61.0 in the environment tries another version.
# Behaviour   Workers are started at niceness 15. No argument of `ray.init` says so; RAY_worker_niceness=0 in the
#             environment of who starts the cluster turns it off. A task of one core (`num_cpus=1`) that shares it with
#             any other process gets what that one leaves.
# Why         A comparison of Ray with a pool of processes on a machine that is not idle compares two priorities, and a
#             task with a timeout, such as a call of a model, runs into it there.
# Needs       bash, python3 (3.11 or newer), PyPI (80 MB), Linux.
# Exit        0 while it is so, 1 when it no longer is, 2 when Ray could not be had or did not start.
# Seen        With 2.60.0:
#               RAY_worker_niceness=not set: niceness 15, 6% of a core beside one busy process
#               RAY_worker_niceness=0: niceness 0, 51% of a core beside one busy process
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP
export HOME="$folder" PIP_DISABLE_PIP_VERSION_CHECK=1 RAY_USAGE_STATS_ENABLED=0
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "ray==${RAY:-2.60.0}" || exit 2

cat >"$folder/look.py" <<'PYTHON'
import logging
import os
import sys
import time
from multiprocessing import get_context

import ray

SECONDS = 3


def busy(core):
    os.sched_setaffinity(0, {core})
    while True:
        pass


def share(core):
    """The niceness of a worker, and which part of a core it gets that it shares with one busy process."""
    os.sched_setaffinity(0, {core})
    used, until = time.process_time(), time.monotonic() + SECONDS
    while time.monotonic() < until:
        pass
    return os.getpriority(os.PRIO_PROCESS, 0), (time.process_time() - used) / SECONDS


if __name__ == "__main__":
    core = min(os.sched_getaffinity(0))
    beside = get_context("spawn").Process(target=busy, args=(core,), daemon=True)
    try:
        ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:
        print(f"Ray did not start: {error}")
        sys.exit(2)
    beside.start()
    niceness, part = ray.get(ray.remote(share).remote(core))
    beside.kill()
    print(f"RAY_worker_niceness={os.environ.get('RAY_worker_niceness', 'not set')}: ", end="")
    print(f"niceness {niceness}, {part:.0%} of a core beside one busy process")
    sys.exit(10 + (niceness > 0))
PYTHON

look() { (cd "$folder" && timeout 200 "$@" venv/bin/python -W ignore look.py) || code=$?; }
look env
default=$code
look env RAY_worker_niceness=0
[ "$default" != 2 ] && [ "$code" != 2 ] || exit 2
if [ "$default" = 11 ] && [ "$code" = 10 ]; then
  echo "It is as described."
else
  echo "It is NOT as described: this has changed."
  exit 1
fi
