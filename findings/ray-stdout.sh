#!/usr/bin/env bash
# Ray prints into the standard output of a program that turned its logs off, when a worker dies.
#
# Versions    ray 2.60.0, a cluster of its own on one machine. RAY=2.61.0 in the environment tries another version.
# Behaviour   With `ray.init(log_to_driver=False, logging_level=logging.ERROR)` the messages of the raylet about dead
#             workers and their tasks go to stdout all the same, coloured, whether that is a terminal or a pipe. They go
#             to whatever `sys.stdout` is at the time, so `contextlib.redirect_stdout` keeps them away.
# Why         Whatever writes its results on stdout, as JSON lines or a table, has lines in them that are none, though
#             the task was run again and all went well.
# Needs       bash, python3 (3.11 or newer), PyPI (80 MB).
# Exit        0 while it is so, 1 when it no longer is, 2 when Ray could not be had or did not start.
# Seen        With 2.60.0, where the program prints its first line and its last one (lines cut here):
#               {"event": "started"}
#               (raylet) A worker died or was killed while executing a task by an unexpected system error.
#               (raylet) Task fails_once failed. There are 3 retries remaining, so the task will be retried
#               {"event": "finished", "result": 42}
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 2' INT TERM HUP
export HOME="$folder" PIP_DISABLE_PIP_VERSION_CHECK=1 RAY_USAGE_STATS_ENABLED=0
python3 -m venv "$folder/venv" || exit 2
"$folder/venv/bin/pip" install --quiet "ray==${RAY:-2.60.0}" || exit 2

cat >"$folder/program.py" <<'PYTHON'
import json
import logging
import os
import signal
import sys
from pathlib import Path

import ray


def fails_once(marker):
    """The first time its worker is lost, as when memory is short."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 42


try:
    ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
except Exception as error:
    print(f"Ray did not start: {error}", file=sys.stderr)
    sys.exit(2)
print(json.dumps({"event": "started"}), flush=True)
result = ray.get(ray.remote(fails_once).remote(str(Path("marker").absolute())))
ray.shutdown()
print(json.dumps({"event": "finished", "result": result}), flush=True)
PYTHON

(cd "$folder" && timeout 200 venv/bin/python -W ignore program.py >out 2>err) || { cat "$folder/err"; exit 2; }
cut -c 1-100 "$folder/out"
if grep -q '"result": 42' "$folder/out" && grep -qv '^{' "$folder/out"; then
  echo "It is as described."
else
  echo "It is NOT as described: this has changed."
  exit 1
fi
