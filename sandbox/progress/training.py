"""A training as people follow it: its events, and how far it came in a line and a panel. Knows records alone."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table

from agents.protocol import Rated
from sandbox.runs.training.manifest import HeldOut
from sandbox.runs.training.records import StepLine
from sandbox.runs.training.words import held_out_line
from sandbox.terminal import plain, plain_line
from sandbox.text import counted, duration

_BAR: Final = 28  # columns


@dataclass(frozen=True, slots=True)
class TrainingStarted:
    """The first step of this process is about to be made, of `steps` on `rows`; `done` were made before."""

    name: str
    path: Path
    steps: int
    rows: int
    done: int = 0

    def __str__(self) -> str:
        left = f", {self.done} of them made before" if self.done else ""
        return f"Training {self.name}: {counted(self.steps, 'step')}{left}, {counted(self.rows, 'row')}, in {self.path}"

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "event": "started",
            "name": self.name,
            "path": str(self.path),
            "steps": self.steps,
            "rows": self.rows,
            "steps_done": self.done,
        }


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step was made."""

    step: StepLine

    def __str__(self) -> str:
        losses = {"loss": self.step.loss, **self.step.parts}
        return ", ".join(f"{name} {'-' if value is None else f'{value:z.3f}'}" for name, value in losses.items())

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {"event": "step", **self.step.model_dump(mode="json")}


@dataclass(frozen=True, slots=True)
class Measured:
    """What the questions of a held-out `split` say, by dimension, `when` the steps were not made yet, or all were."""

    split: str
    when: Literal["before", "after"]
    held_out: Mapping[Rated, HeldOut]

    def __str__(self) -> str:
        told = "; ".join(f"{name}: {held_out_line(found)}" for name, found in self.held_out.items())
        return f"Held out ({self.split}), {self.when}: {told}"

    def document(self) -> dict[str, Any]:
        """For programs."""
        told = {name: found.model_dump(mode="json") for name, found in self.held_out.items()}
        return {"event": "measured", "split": self.split, "when": self.when, "held_out": told}


class TrainingCourse:
    """How far the training came that was started last, if one was: its last step, and what was measured."""

    def __init__(self) -> None:
        self.started: TrainingStarted | None = None
        self._done = self._tokens = 0
        self._last: Stepped | None = None
        self._measured: dict[str, str] = {}
        self._since = time.monotonic()

    def take(self, event: TrainingStarted | Stepped | Measured) -> None:
        """Take in what happened. What is measured before the first step takes none of the time of steps."""
        match event:
            case TrainingStarted():
                self.started, self._done, self._tokens, self._last = event, event.done, 0, None
                self._measured = {}
            case Stepped(step):
                self._done, self._last = step.step, event
                self._tokens += step.tokens
            case Measured(split, when, held_out):
                told = {f"{split}, by {rating}": held_out_line(found) for rating, found in held_out.items()}
                self._measured |= {of: f"{of}, {when}: {line}" for of, line in told.items()}
        if self._last is None:
            self._since = time.monotonic()

    def line(self) -> str:
        """All of it in a line."""
        return f"step {self._done} of {self._planned}; {'; '.join(self._figures())}"

    def panel(self) -> RenderableType:
        """A bar, the loss and its parts, speed and time left, and what was held out."""
        grid = Table.grid(padding=(0, 1))
        bar = ProgressBar(self._planned, min(self._done, self._planned), width=_BAR)
        grid.add_row("step", bar, f"{self._done}/{self._planned}")
        told = map(plain_line, (*self._figures(), *self._measured.values()))
        title = self.started.name if self.started else ""
        return Panel(Group(grid, *told), title=plain(title), title_align="left", expand=False)

    @property
    def _planned(self) -> int:
        return self.started.steps if self.started else 0

    def _figures(self) -> list[str]:
        last = [str(self._last)] if self._last else []
        made = self._done - self.started.done if self.started else 0
        if made and self._done >= self._planned:
            return [*last, "measuring and saving"]
        if not made:
            return [*last, "measuring and getting ready"]
        took = max(time.monotonic() - self._since, 0.001)
        left = duration((self._planned - self._done) * took / made)
        return [*last, f"{self._tokens / took:.1f} tokens/s, {left} left"]
