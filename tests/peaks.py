"""The command in a process of its own, and the most memory that it held. Knows no command."""

import os
import re
import subprocess
import sys
from pathlib import Path

from conftest import Finished

# The peak that the system keeps for `wait` is also that of the process which started this one.
_CODE = """
import atexit, pathlib, sys
atexit.register(lambda: sys.stderr.write(pathlib.Path("/proc/self/status").read_text()))
sys.argv[0] = "sandbox"
from sandbox.cli import main
main()
"""


def measured(folder: Path, *arguments: object) -> tuple[Finished, int]:
    """What the command left behind, and its peak in MiB."""
    command = [sys.executable, "-c", _CODE, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=False)
    err, _, status = done.stderr.partition("Name:\t")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak, done.stderr
    return Finished(done.returncode, done.stdout, err), int(peak[1]) >> 10
