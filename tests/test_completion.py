"""What shells are told while a line is typed: commands, options, closed sets, ids of runs; and never an error."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import COMMAND, ROOT, Sandbox
from example_runs import scripted_run

from sandbox.figures.runs_list import STATUSES
from sandbox.figures.selection import SORT_KEYS
from sandbox.inspection.evaluation.wanted import SORTS
from sandbox.inspection.options import View
from sandbox.options.evaluation import SUITES
from sandbox.options.option import options
from sandbox.suites.sources import GROUPS, listing

SLOW = {"torch", "openai", "faiss", "numpy", "pyarrow", "jinja2", "filelock"}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Folders of which three look like runs, and what else may lie there."""
    for number, name in enumerate(("old", "other", "new", ".hidden", "no run", "-x")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        os.utime(tmp_path / "runs" / name, (number, number))
    (tmp_path / "runs" / "file").write_text("")
    (tmp_path / "runs" / "link").symlink_to("old")
    os.mkfifo(tmp_path / "runs" / "pipe")
    (tmp_path / "studies" / "over").mkdir(parents=True)
    return tmp_path


def offered(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """What bash gets for the last of `words`, in this process."""
    monkeypatch.setenv("COMP_WORDS", "\n".join(["sandbox", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    monkeypatch.setenv("_SANDBOX_COMPLETE", "complete_bash")
    done = sandbox()
    assert (done.code, done.err) == (0, "")
    return done.out.split("\n")[:-1] if done.out.strip() else []


def test_what_bash_is_offered(runs: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = {
        ("inspect", ""): ["new", "other", "old", "over"],
        ("inspect", "o"): ["other", "old", "over"],
        ("inspect", "old", ""): ["new", "other", "over"],
        ("inspect", "--runs", "nowhere", "--studies", "nowhere", ""): [],
        ("export", "ov"): ["over"],
        ("study", "run", ""): ["over"],
        ("study", "show", "o"): ["over"],
        ("export", "n"): ["new"],
        ("pack", "o"): ["other", "old", "over"],
        ("pack", "old", "--mem"): ["--memory"],
        ("simulate", "--resume", ""): ["new", "other", "old"],
        ("simulate", "--replay", "ol"): ["old"],
        ("simulate", "--labels", "al"): ["all-good", "all-bad"],
        ("simulate", "--questions", ""): ["hh-rlhf", "starter"],
        ("simulate", "--observer-m"): ["--observer-model"],
        ("simulate", "--config", ""): [],
        ("evaluate", "--suite", "vicuna,hh"): ["vicuna,hhh", "vicuna,hhh-adversarial"],
        ("evaluate", "--fetch", "tru"): ["trust", "truthfulness"],
        ("evaluate", "--export", ""): ["lm-eval", "inspect"],
        ("simulate", "--bogus", "x", "--lab"): ["--labels"],
        ("export", "-f", "d"): ["dpo"],
        ("export", "--for", "trl,a"): ["trl,axolotl"],
        ("inspect", "one", "--table", "Par"): [r"Pareto\ front"],
        ("analyze", "observer", "one", "--table", "n"): [r"neighbours\ against\ the\ observer"],
        ("analyze", "observer", "one", "--with", "gpt-4o,p"): ["gpt-4o,people"],
        ("annotate", "one", "--dimension", "a"): ["alignment"],
        ("analyze", "pareto", "ov"): ["over"],
        ("inspect", "--status", "st"): ["stopped"],
        ("q",): ["questions"],
        ("questions", "f"): ["fetch"],
        ("help", "questions", "sh"): ["show"],
        ("--version", "simul"): ["simulate"],
    }
    found = {words: offered(sandbox, monkeypatch, *words) for words in cases}
    assert found == cases


def test_other_shells_are_answered_too(runs: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "sandbox inspect o")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    for shell, wanted in (("zsh", '_arguments \'*: :(("other"\n"old"\n"over"))\'\n'), ("fish", "other\nold\nover\n")):
        monkeypatch.setenv("_SANDBOX_COMPLETE", f"complete_{shell}")
        done = sandbox()
        assert (done.code, done.out, done.err) == (0, wanted, "")


def test_a_fault_is_not_told_into_the_line(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_SANDBOX_COMPLETE", "complete_bash")  # and nothing of what bash says with it
    done = sandbox()
    assert (done.code, done.out, done.err) == (0, "", "")


def test_real_bash_completes(runs: Path) -> None:
    if not (bash := shutil.which("bash")):
        pytest.skip("no bash here")
    program = runs / "bin" / "sandbox"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec \'{COMMAND[0]}\' -c "{COMMAND[2]}" "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(_SANDBOX_COMPLETE=source_bash sandbox)"\n'
        'COMP_WORDS=(sandbox inspect o); COMP_CWORD=2; _sandbox_completion sandbox; echo "${COMPREPLY[@]}"\n'
    )
    variables = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([bash, "-c", script], cwd=runs, env=variables, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("other old over\n", "")


def test_nothing_slow_is_imported_for_it(runs: Path) -> None:
    code = "import sys, atexit; atexit.register(lambda: print(*sys.modules)); " + COMMAND[2].removeprefix(
        "import sys; "
    )
    variables = {"COMP_WORDS": "sandbox\ninspect\no", "COMP_CWORD": "2", "_SANDBOX_COMPLETE": "complete_bash"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=runs, env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("other\nold\nover\n")
    assert not SLOW & set(done.stdout.split())


def test_names_that_are_offered_are_those_that_are_taken(sandbox: Sandbox, tmp_path: Path) -> None:
    offered = options(View)
    assert offered["status"].suggested == STATUSES
    assert set(SORT_KEYS) < set(offered["sort"].suggested)
    assert set(SORTS) < set(offered["sort"].suggested)
    for order in set(offered["sort"].suggested) - set(SORT_KEYS) - set(SORTS):
        assert sandbox("inspect", "--sort", order).code == 0, order
    scripted_run(sandbox, tmp_path)
    scripted_run(sandbox, tmp_path, "two", seed=1)
    for table in offered["table"].suggested:
        alone, beside = sandbox("inspect", "one", "--table", table), sandbox("inspect", "one", "two", "--table", table)
        assert 0 in (alone.code, beside.code), table


def test_every_suite_that_ships_is_offered() -> None:
    ship = {each.name for each in listing()} - {*GROUPS["starter"]}
    assert {*SUITES} == ship | {*GROUPS}
