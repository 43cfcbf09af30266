"""Processes that are interrupted while they load something that takes for ever."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import ROOT

# What is loaded takes for ever: whoever waits for it never ends.
STUCK = "import sys, time; sys.stderr.write('LOADING\\n'); sys.stderr.flush(); time.sleep(600)"
RUN = "import sys; sys.argv[0] = 'sandbox'; from sandbox.__main__ import main; main()"


def stuck(module: str, name: str) -> str:
    """Code that makes `name` of `module` hang, and runs the command line."""
    there = f"import {module} as module\nmodule.{name}\n"
    return f"{there}def hang(*given, **named):\n    {STUCK}\nmodule.{name} = hang\n{RUN}"


@contextmanager
def started(folder: Path, code: str, *arguments: object, path: Path = ROOT) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)])}
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def interrupted(process: subprocess.Popen[str], mark: str) -> tuple[int, str]:
    """Its exit code and what it said after Ctrl-C, which is sent once it says `mark`."""
    assert process.stderr
    before = []
    for line in process.stderr:
        before.append(line)
        if mark in line:
            break
    else:
        pytest.fail("".join(before))
    process.send_signal(signal.SIGINT)
    code = process.wait(timeout=60)
    return code, process.stderr.read()
