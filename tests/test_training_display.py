"""What a training looks like while it goes on: a panel on a terminal, lines in a pipe, JSON lines for programs."""

import io
import json
import re
import threading
from pathlib import Path

import pytest
from rich.console import Console

from sandbox.progress import display as display_module
from sandbox.progress.display import Display, JsonDisplay, LogDisplay, PanelDisplay
from sandbox.progress.events import Finished, Note
from sandbox.progress.training import Measured, Stepped, TrainingCourse, TrainingStarted
from sandbox.runs.training.manifest import Figure, HeldOut
from sandbox.runs.training.records import StepLine

BEFORE = HeldOut(
    questions=14,
    pairs=21,
    margin=Figure(mean=-0.06, low=-0.31, high=0.19, n=14),
    ranked=Figure(mean=0.43, low=0.22, high=0.64, n=14),
    best_loss=Figure(mean=4.1, low=None, high=None, n=14),
    reward=None,
)


def step(number: int) -> Stepped:
    parts: dict[str, float | None] = {"best": 1.25, "penalty": 0.5}
    return Stepped(StepLine(step=number, loss=1.5, parts=parts, rate=1e-3, gradient_norm=0.5, tokens=400))


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())


class Overheard(io.StringIO):
    """Text that sets `heard` when `wanted` is written."""

    def __init__(self, wanted: str, heard: threading.Event) -> None:
        super().__init__()
        self._wanted, self._heard = wanted, heard

    def write(self, text: str) -> int:
        if self._wanted in text:
            self._heard.set()
        return super().write(text)


def tell(display: Display) -> None:
    with display:
        display.show(Note("Converting the base, once."))
        display.show(Measured("test", "before", {"alignment": BEFORE}))
        display.show(TrainingStarted("one [bold]", Path("trained/one"), 20, 169))
        for number in (1, 2):
            display.show(step(number))
        display.stopping()
        display.show(Finished(["Training one stopped by interrupt."], {"status": "stopped"}))


def test_the_panel_shows_what_matters_within_80_columns() -> None:
    course = TrainingCourse()
    course.take(TrainingStarted("one", Path("trained/one"), 20, 169, done=10))
    assert course.line() == "step 10 of 20; measuring and getting ready"
    course.take(Measured("test", "before", {"alignment": BEFORE}))
    course.take(step(12))
    console = Console(file=io.StringIO(), force_terminal=True, width=80, highlight=False)
    console.print(course.panel())
    shown = " ".join(written(console).replace("│", " ").split())
    for part in (
        "12/20",
        "loss 1.500, best 1.250, penalty 0.500",
        "margin -0.06",
        "43 % [22 %, 64 %] of 21 pairs",
    ):
        assert part in shown, part
    assert max(map(len, written(console).splitlines())) <= 80
    assert re.fullmatch(r"step 12 of 20; loss 1\.500, .*; \d+\.\d tokens/s, .+ left", course.line())


def test_a_terminal_gets_a_panel_that_goes_away_also_in_a_sweep() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, highlight=False)
    with PanelDisplay(console) as display:
        for name in ("first", "second"):
            display.show(TrainingStarted(name, Path("trained") / name, 20, 169))
            display.show(step(1))
            assert len(console._live_stack) == 1
            display.show(Finished(["Done."], {}))
    assert console._live_stack == []


def test_a_pipe_gets_lines_of_what_is_rare_and_none_of_each_step() -> None:
    console = Console(file=io.StringIO(), width=10_000, highlight=False)
    tell(LogDisplay(console))
    assert written(console).splitlines() == [
        "Converting the base, once.",
        "Held out (test), before: alignment: margin -0.06 [-0.31, 0.19], 43 % [22 %, 64 %] of 21 pairs "
        "ranked right, loss of the best answer 4.10; 14 questions",
        "Training one [bold]: 20 steps, 169 rows, in trained/one",
        "Stopping: this step is ended and kept. Ctrl-C again stops at once.",
        "Training one stopped by interrupt.",
    ]


def test_a_pipe_hears_how_far_each_training_of_a_sweep_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display_module, "LOG_SECONDS", 0.001)
    heard = threading.Event()
    file = Overheard("step 7 of 20", heard)
    with LogDisplay(Console(file=file, width=10_000, highlight=False)) as display:
        for name in ("first", "second"):
            heard.clear()
            display.show(TrainingStarted(name, Path("trained") / name, 20, 169))
            display.show(step(7))
            assert heard.wait(10), name
            display.show(Finished(["Done."], {}))


def test_programs_get_every_step_as_a_line_of_json() -> None:
    stream = io.BytesIO()
    tell(JsonDisplay(stream, Console(file=io.StringIO())))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["measured", "started", "step", "step", "finished"]
    assert (lines[1]["steps"], lines[1]["steps_done"]) == (20, 0)
    assert lines[0]["held_out"]["alignment"]["ranked"] == {"mean": 0.43, "low": 0.22, "high": 0.64, "n": 14}
    assert (lines[2]["step"], lines[2]["loss"], lines[2]["parts"]["penalty"]) == (1, 1.5, 0.5)
