"""The process that all workers are forked from, so that a start costs tens of milliseconds. Imports nothing slow."""

import multiprocessing
from multiprocessing import forkserver
from typing import Final

CONTEXT: Final = multiprocessing.get_context("forkserver")
# The command line too: a process that is started imports again what this one was started as.
PRELOAD: Final = ["sandbox.studies.backends.preloaded", "sandbox.cli"]


def preload() -> None:
    """Have it import what workers need, while this process does other things; told again, it does nothing."""
    CONTEXT.set_forkserver_preload(PRELOAD)
    forkserver.ensure_running()
