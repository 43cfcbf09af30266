"""The page about training and `make loop`: their commands are there, and run as they stand; steps are timed alike."""

import shlex
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer
from click import Context
from conftest import ROOT, Sandbox
from tiny_model import make_tiny_model, texts_of

from benchmarks import gpu_train
from benchmarks.train_quality import backward, gap
from sandbox.cli import app

PAGE = ROOT / "docs" / "training.md"
pytestmark = pytest.mark.skipif(find_spec("trl") is None, reason="trl is missing: pip install 'society-sandbox[train]'")


def block(heading: str) -> list[list[str]]:
    """The words of each command in the first block below a heading of the page."""
    text = PAGE.read_text(encoding="utf-8").partition(f"# {heading}\n")[2].split("```")[1]
    return [shlex.split(line, comments=True) for line in text.strip().splitlines()]


def recipe() -> list[list[str]]:
    """The words of each command of `make loop`."""
    done = subprocess.run(["make", "--dry-run", "loop"], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [shlex.split(line) for line in done.stdout.splitlines() if line.startswith(".venv/bin/sandbox ")]
    return [["sandbox", *words] for _, *words in lines]


def read(words: list[str]) -> dict[str, Any]:
    """The options that a command takes from these words. Raises what Click raises for those that it does not know."""
    command: Any = typer.main.get_command(app)
    _, name, *rest = words
    taken, _, _ = command.commands[name].make_parser(Context(command.commands[name])).parse_args(rest)
    return dict(taken)


def test_the_recipe_of_the_loop_has_commands_that_there_are_and_uses_what_was_made_before() -> None:
    commands = recipe()
    taken = [(words[1], read(words)) for words in commands]
    made = {options["out"] for _, options in taken if "out" in options}
    assert len(commands) > 10
    assert {words[2] for words in commands if words[1] == "train"} <= made
    assert {options["adapter"] for _, options in taken if options.get("adapter")} <= made
    suites = {suite for name, options in taken if name == "evaluate" for suite in ",".join(options["suite"]).split(",")}
    assert [suite for suite in suites if (ROOT / suite).is_file()] == ["docs/examples/loop/hhh-own.toml"]


@pytest.mark.slow
def test_the_recipe_makes_its_sets_and_plans_its_trainings(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands = recipe()
    folder = Path(next(read(words)["out"] for words in commands if words[1] == "export")).parent
    monkeypatch.setenv("SANDBOX_RUNS", str(folder / "runs"))
    for _, *words in commands:
        if words[0] in ("simulate", "export", "train"):
            done = sandbox(*words, *(["--dry-run"] if words[0] == "train" else []))
            assert done.code == 0, done.err


@pytest.mark.slow
def test_the_first_commands_of_the_page_teach_the_embedded_model_and_let_it_speak(process: Any, tmp_path: Path) -> None:
    for _, *words in block("In a few minutes"):
        done = process(*words)
        out, err = done.communicate(timeout=1200)
        assert done.returncode == 0, (words, err)
    assert "local" in out


@pytest.fixture
def lesson(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The society of the page, and a test model in the place of the embedded one."""
    assert sandbox(*block("In a few minutes")[0][1:]).code == 0
    assert sandbox("export", "lesson", "--format", "sft", "--prompt", "draft", "--out", "words").code == 0
    make_tiny_model(tmp_path / "tiny", texts_of(tmp_path / "words"))
    monkeypatch.setenv("SANDBOX_TRAIN_MODEL", "tiny")
    return sandbox


@pytest.mark.slow
@pytest.mark.parametrize("heading", ["Weights of two aims", "Reinforcement"])
def test_other_commands_of_the_page_train_a_test_model(
    lesson: Sandbox, monkeypatch: pytest.MonkeyPatch, heading: str
) -> None:
    monkeypatch.setenv("SANDBOX_TRAIN_ANSWERS", "0")
    for _, *words in block(heading):
        with monkeypatch.context() as patch:
            if "--steps" not in words:
                patch.setenv("SANDBOX_TRAIN_STEPS", "3")
            done = lesson(*words)
        assert done.code == 0, (words, done.err)


def test_without_a_card_nothing_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.argv", ["gpu_train"])
    assert gpu_train.main() == 2
    assert capsys.readouterr().err.startswith("There is no GPU here")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")
def test_both_ways_of_the_measurement_on_a_card_read_the_same_tokens(lesson: Sandbox, tmp_path: Path) -> None:
    from benchmarks.gpu_steps import WARM, by_bare_loop, by_trainer, trainer_of

    rows = ("--format", "stable-alignment", "--style", "conversational", "--prompt", "draft", "--out", "data")
    assert lesson("export", "lesson", *rows).code == 0
    ready = [trainer_of(tmp_path / "data", "tiny", 2, 3) for _ in range(2)]
    told = [by_trainer(ready[0]).told("trainer"), by_bare_loop(ready[1], 3).told("bare loop")]
    assert WARM > 0
    assert [(each["steps"], each["memory, MiB"]) for each in told] == [(3, None)] * 2
    assert told[0]["tokens"] == told[1]["tokens"] > 0


def test_a_front_that_turns_back_and_intervals_that_meet_are_seen() -> None:
    assert [backward(values) for values in ([1, 2, 3], [1, 1, 3], [3, 2, 1])] == [0, 1, 2]
    assert gap({"high": 1.0}, {"low": 1.5}) == 0.5
    assert gap({"high": 2.0}, {"low": 1.5}) == -0.5
    assert gap({"high": None}, {"low": 1.5}) is None
