"""The command line itself, as a process where that is what matters: start-up, help, versions, wrong words, pipes."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest
from conftest import COMMAND, ROOT, Sandbox


def run(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, env=variables, capture_output=True, text=True, check=False, timeout=60
    )


def declared_version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def test_version_and_help(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).stdout == f"sandbox {declared_version()}\n"
    shown = run("--help", cwd=tmp_path)
    assert shown.returncode == 0
    for command in ("simulate", "inspect", "questions", "doctor"):
        assert command in shown.stdout


@pytest.mark.parametrize("columns", ["80", "200"])
def test_help_of_simulate_names_every_option_at_any_width(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    from sandbox.options.config import Config
    from sandbox.options.option import options

    monkeypatch.setenv("COLUMNS", columns)
    shown = sandbox("simulate", "--help").out
    assert all(option.flag in shown for option in options(Config).values())
    assert "no language model" in " ".join(shown.replace("│", " ").split())


def test_no_command_shows_help(tmp_path: Path) -> None:
    done = run(cwd=tmp_path)
    assert done.returncode == 2
    assert "Usage" in done.stdout + done.stderr
    assert "Error" not in done.stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*COMMAND, "inspect", "--schema"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        errors = process.stderr.read()
    assert errors == b""


def test_the_question_sets_can_be_shown(sandbox: Sandbox) -> None:
    shown = sandbox("questions", "show", "--questions", "starter", "--limit", "2")
    assert shown.code == 0
    assert "216 questions, 216 prior pairs" in shown.out
    assert "... and 214 more" in shown.out
    assert '"too_long":' in sandbox("questions", "show", "--questions", "starter", "--max-length", "50", "--json").out
