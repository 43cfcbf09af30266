#!/usr/bin/env bash
# A Ray task that ends with sys.exit is done four times over, also with sys.exit(0).
#
# Versions    ray 2.60.0, a cluster of its own on one machine. RAY=2.61.0 in the environment tries another version.
# Behaviour   A worker that leaves by sys.exit counts as one that crashed, so its task is run again as often as
#             `max_retries` says, which is three times unless it is given. What arrives in the end says that the worker
#             died, and neither that it left nor with which code. The standard library's pool of processes runs the
#             same function once, and the SystemExit arrives.
# Why         Functions that end with sys.exit are common: any command line called as a function. What such a one paid
#             for, calls of a model for instance, is paid four times.
# Needs       bash, python3 (3.11 or newer), PyPI (80 MB).
# Exit        0 while it is so, 1 when it no longer is, 2 when Ray could not be had or did not start.
# Seen        With 2.60.0:
#               pool sys.exit(0): run 1 times, and SystemExit arrives
#               pool sys.exit(3): run 1 times, and SystemExit arrives
#               ray  sys.exit(0): run 4 times, and WorkerCrashedError arrives
#               ray  sys.exit(3): run 4 times, and WorkerCrashedError arrives
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP
export HOME="$folder" PIP_DISABLE_PIP_VERSION_CHECK=1 RAY_USAGE_STATS_ENABLED=0
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "ray==${RAY:-2.60.0}" || exit 2

cat >"$folder/look.py" <<'PYTHON'
import logging
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import ray


def leave(count, code):
    with open(count, "a") as file:
        file.write("x")
    sys.exit(code)


def in_pool(count, code):
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        pool.submit(leave, count, code).result()


def in_ray(count, code):
    ray.get(ray.remote(leave).remote(count, code))


def look(call, code):
    """How often it was run, and what arrived."""
    count = Path("count").absolute()
    count.write_text("")
    try:
        call(str(count), code)
    except BaseException as error:
        return len(count.read_text()), type(error).__name__
    return len(count.read_text()), "nothing"


if __name__ == "__main__":
    found = {("pool", code): look(in_pool, code) for code in (0, 3)}
    try:
        ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:
        print(f"Ray did not start: {error}")
        sys.exit(2)
    found |= {("ray", code): look(in_ray, code) for code in (0, 3)}
    for (where, code), (runs, arrived) in found.items():
        print(f"{where:4} sys.exit({code}): run {runs} times, and {arrived} arrives")
    so = [runs for runs, _ in found.values()] == [1, 1, 4, 4]
    print("It is as described." if so else "It is NOT as described: this has changed.")
    sys.exit(0 if so else 1)
PYTHON

(cd "$folder" && timeout 300 venv/bin/python -W ignore look.py)
