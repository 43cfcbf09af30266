"""Quotes that were forgotten: words that a shell took apart are told with the quotes they need."""

from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import scripted_run
from tables import table

ADVICE = "Words that belong together go into quotes: "


@table(
    ("words", "meant"),
    [
        ("inspect one --search prices of rent", '--search "prices of rent"'),
        ("inspect --search prices of rent one", '--search "prices of rent"'),
        ("inspect --search=prices of rent one --json", '--search "prices of rent"'),
        ("inspect one --label good --search rent now --limit 5", '--search "rent now"'),
        ("inspect one --search costs $5 now", "--search 'costs $5 now'"),
        ("inspect one --model my model", '--model "my model"'),
        ("inspect one --round 1 - 2", '--round "1 - 2"'),
        ("inspect one --plot rounds -o my picture.svg", '-o "my picture.svg"'),
        ("inspect one --search rent onee", '--search "rent onee"'),
        ("export one --format sft --out my set", '--out "my set"'),
        ("export --check my set", '--check "my set"'),
        ("simulate --questions my file.txt --model scripted", '--questions "my file.txt"'),
        ("simulate --config my run.toml", '--config "my run.toml"'),
        ("doctor --model my model", '--model "my model"'),
        ("questions show --questions my file.txt", '--questions "my file.txt"'),
    ],
)
def test_the_text_is_told_in_quotes(sandbox: Sandbox, made_run: Path, words: str, meant: str) -> None:
    done = sandbox(*words.split())
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[1:] == [ADVICE + meant]
    if words.split(maxsplit=1)[0] in ("inspect", "export"):
        assert "no such run" in done.err


def test_a_slip_in_the_name_of_a_run_is_still_told(sandbox: Sandbox, made_run: Path) -> None:
    first, advice = sandbox("inspect", "--search", "rent", "onee").err.splitlines()
    assert first == "Error: onee: no such run, as a path or in runs. Did you mean 'one'?"
    assert advice == ADVICE + '--search "rent onee"'


@pytest.fixture
def runs(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    scripted_run(sandbox, tmp_path, "two")


@table(
    "words",
    [
        "inspect --search rent one two",  # both are runs
        "inspect one three",  # no text goes before it
        "inspect --json one three",
        "inspect --limit 5 three one",  # a number has no blanks
        "inspect --search rent one --sort nothing",
        "simulate one",
    ],
)
def test_other_mistakes_are_no_matter_of_quotes(sandbox: Sandbox, runs: None, words: str) -> None:
    done = sandbox(*words.split())
    assert done.code == 2
    assert ADVICE not in done.err


def test_a_text_in_quotes_is_searched(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    assert sandbox("inspect", "one", "--search", "a b").code == 0


def test_long_texts_are_cut(sandbox: Sandbox, made_run: Path) -> None:
    err = sandbox("inspect", made_run, "--search", *["word"] * 5000).err
    assert len(err) < 500
    assert "..." in err
