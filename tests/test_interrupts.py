"""Ctrl-C answers at once in every phase, even while a library is loaded that nobody can tell to stop."""

import signal
from pathlib import Path

import pytest
from example_runs import SMALL
from interrupting import RUN, STUCK, interrupted, started, stuck


def slow(*case: object) -> object:
    """A case that hangs in a place like that of another."""
    return pytest.param(*case, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        slow(stuck("sandbox.simulation.opening", "embedder_of"), ["simulate", *SMALL]),
        slow(stuck("sandbox.simulation.opening", "embed"), ["simulate", *SMALL]),
        slow(stuck("sandbox.calls.serving", "LocalServer"), ["simulate", *SMALL[2:], "--model", "local"]),
        slow(stuck("sandbox.society.sources", "sets_of"), ["simulate", *SMALL]),
        slow(stuck("sandbox.calls.serving", "LocalServer"), ["doctor", "--model", "local"]),
        (stuck("sandbox.commands.doctor", "open_embedder"), ["doctor", "--model", "scripted"]),
    ],
)
def test_nobody_waits_for_what_is_loaded(tmp_path: Path, code: str, arguments: list[object]) -> None:
    with started(tmp_path, code, *arguments) as process:
        assert interrupted(process, "LOADING") == (130, "")
    assert not [*tmp_path.rglob("*.json*")], "no run was begun"


def test_a_run_that_is_taken_up_stays_as_it_was(sandbox: object, tmp_path: Path) -> None:
    assert sandbox("simulate", *SMALL, "--budget-calls", 20, "--run-id", "one").code == 4  # type: ignore[operator]
    files = {path: path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file()}
    code = stuck("sandbox.simulation.opening", "kept_vectors")
    with started(tmp_path, code, "simulate", "--resume", "one", "--budget-calls", 90) as process:
        code_, said = interrupted(process, "LOADING")
    assert (code_, said) == (130, "Go on with it: sandbox simulate --resume runs/one\n")
    assert {path: path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file()} == files


def test_what_is_being_loaded_takes_it_for_no_error_of_its_own(tmp_path: Path) -> None:
    greedy = f"try:\n    {STUCK}\nexcept BaseException:\n    raise ImportError('partially initialized') from None"
    (tmp_path / "greedy.py").write_text(greedy)
    loads = "import sandbox.questions.sets as module\ndef hang(*given, **named):\n    import greedy\nmodule.load = hang"
    words = ("questions", "show", "--questions", "starter")
    with started(tmp_path, f"{loads}\n{RUN}", *words, path=tmp_path) as process:
        assert interrupted(process, "LOADING") == (130, "")


@pytest.mark.slow
def test_an_error_that_is_being_told_is_told_no_more(tmp_path: Path) -> None:
    with started(tmp_path, stuck("sandbox.commands.error_words", "in_lines"), "inspect", "nowhere") as process:
        assert interrupted(process, "LOADING") == (130, "")


def test_before_anything_is_loaded_it_ends_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text(STUCK)
    with started(tmp_path, RUN, "--help", path=tmp_path) as process:
        assert interrupted(process, "LOADING") == (-signal.SIGINT, "")
