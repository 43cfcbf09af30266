"""Drives the browser by keys at 80 x 24, and tells what is on the screen then. Knows textual, no run."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import textual._wait
from textual.pilot import Pilot

from sandbox.inspection.browser.app import Browser

Steps = Callable[[Pilot[None]], Awaitable[None]]


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look five times as often whether the browser is at rest, which each key waits for."""
    for name in ("SLEEP_GRANULARITY", "SLEEP_IDLE"):
        monkeypatch.setattr(f"textual._wait.{name}", getattr(textual._wait, name) / 5)


def drive_app(app: Browser, steps: Steps) -> None:
    """Open `app` and take `steps`."""

    async def go() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await steps(pilot)

    asyncio.run(go())


async def settle(pilot: Pilot[None]) -> None:
    """Until nothing is read and everything is drawn."""
    await pilot.pause()
    while reading := [worker for worker in pilot.app.workers if not worker.is_finished]:
        await asyncio.gather(*(worker.wait() for worker in reading), return_exceptions=True)
        await pilot.pause()
    await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> str:
    """Press `keys` one by one; what is on the screen then."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)
    return screen(pilot)


def screen(pilot: Pilot[None]) -> str:
    """What is on the screen, a line a line."""
    return "\n".join(
        "".join(segment.text for segment in strip).rstrip() for strip in pilot.app.screen._compositor.render_strips()
    )
