"""One call from a configuration to a complete run directory, and the event loop that runs are run in."""

import asyncio
import gc
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from sandbox.options.config import Config
from sandbox.options.option import options
from sandbox.progress.events import Event, Report
from sandbox.runs.manifest import Manifest
from sandbox.simulation.simulation import Simulation
from sandbox.society.plan import make_plan

T = TypeVar("T")
# Objects between two looks for cycles. What a call leaves behind is freed by counting references, and looking as often
# as Python does takes a sixth of the processor time of a call.
GC_THRESHOLD: Final = 20_000


def _silent(_event: Event) -> None:
    """Nobody watches."""


def run(config: Config, report: Report = _silent) -> Manifest:
    """Run the society of `config`, which is valid, from here to its end; the manifest it ends with.

    `report` is told every event as it happens. Raises `SandboxError` for what cannot go on.
    """
    defaults = {name: option.default for name, option in options(Config).items()}
    origins = {name: "default" if getattr(config, name) == value else "caller" for name, value in defaults.items()}
    origins["society"] = "caller" if config.society else "default"
    return in_loop(Simulation(make_plan(config), origins, report).run())


def in_loop(main: Coroutine[Any, Any, T]) -> T:
    """The result of `main` in an event loop of its own."""
    with _rare_collections():
        return asyncio.run(main)


@contextmanager
def _rare_collections() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(GC_THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
