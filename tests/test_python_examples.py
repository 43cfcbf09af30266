"""The examples of the Python API do what they say, and a strict type checker agrees with them."""

import runpy
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest
from conftest import ROOT
from tables import table

from sandbox.api.keywords import EvaluateOptions, SimulateOptions, StudyOptions, Text, Texts, TrainOptions
from sandbox.options.config import Config
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.option import Declared, options
from sandbox.options.training import TrainingConfig
from sandbox.studies import options as options_of_study

EXAMPLES = ROOT / "docs" / "examples" / "python"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")


def told(name: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines that an example prints."""
    runpy.run_path(str(EXAMPLES / f"{name}.py"))
    out, err = capsys.readouterr()
    assert not err
    return out.splitlines()


def test_fifteen_lines_simulate_load_and_plot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = (EXAMPLES / "alignment_by_label.py").read_text().splitlines()
    assert len([line for line in code if line]) <= 15
    lines = told("alignment_by_label", capsys)
    assert lines[0].split() == ["label", "bad", "good"]
    assert [line.split()[0] for line in lines[2:]] == ["0", "1", "2", "3", "4", "5"]
    assert (tmp_path / "alignment.png").read_bytes().startswith(b"\x89PNG")


def test_conditions_are_compared_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told("conditions", capsys)
    assert [line.partition(": ")[2].split(";")[0] for line in lines[:6]] == ["complete"] * 6
    assert [line.split()[0] for line in lines[6:]] == ["seed", "neighbours", "1", "4"]


def test_what_a_budget_ends_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told("go_on", capsys)
    assert any("stopped by budget" in line for line in lines)
    assert [line.split(",")[0] for line in lines[-6:]] == sorted(
        f"starter-{kind}" for kind in ("agree", "choice", "judged", "leak", "survey", "toxicity")
    )


def test_what_the_page_says_can_be_run(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "python.md").read_text()
    blocks = [block.partition("```")[0] for block in page.split("```python\n")[1:]]
    assert len(blocks) >= 3
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block.replace("rounds=3", 'rounds=3, embedder="hash", grid=3'), "python.md", "exec"), names)
    assert "<Run " in capsys.readouterr().out


def test_the_page_names_every_public_name() -> None:
    import sandbox

    page = (ROOT / "docs" / "python.md").read_text()
    assert [name for name in sandbox.__all__ if f"`{name}`" not in page and f"sandbox.{name}" not in page] == []


@table(
    ("kind", "keywords"),
    [
        (Config, SimulateOptions), (EvaluationConfig, EvaluateOptions), (options_of_study.StudyOptions, StudyOptions),
        (TrainingConfig, TrainOptions),
    ],
)  # fmt: skip
def test_keywords_are_the_options_of_the_command(kind: type[Declared], keywords: type) -> None:
    wanted = {name: option.domain.type for name, option in options(kind).items() if name not in ("json", "debug")}
    found = get_type_hints(keywords)
    assert found.keys() == wanted.keys()
    for name, hint in found.items():
        if hint in (Text, Texts):
            assert wanted[name] in (str, Path), name
        else:
            assert hint == wanted[name] | None, name


@pytest.mark.slow
def test_a_strict_type_checker_knows_every_word(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("import sandbox\nsandbox.simulat()\nsandbox.simulate(round=3, labels='bad')\n")
    files = map(str, sorted([*EXAMPLES.glob("*.py"), tmp_path / "wrong.py"]))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *files], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert [line.split(" error: ")[1].split("  [")[0] for line in done.stdout.splitlines() if " error: " in line] == [
        'Module has no attribute "simulat"; maybe "simulate"?',
        'Unexpected keyword argument "round" for "simulate"; did you mean "rounds"?',
        """Argument "labels" to "simulate" has incompatible type "Literal['bad']"; expected """
        """"Literal['all-good', 'all-bad', 'half', 'mixed', 'none'] | None\"""",
    ], done.stdout
