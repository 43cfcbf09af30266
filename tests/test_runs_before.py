"""Runs that an earlier version began (see runs_before/README.md) open in `inspect` and `export`, with their figures.

They cannot go on, because templates are others now, and that is said.
"""

import json
import re
import shutil
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import pyarrow.parquet
import pytest
from conftest import ROOT, Sandbox
from example_runs import log
from exported import export

KEPT = ROOT / "tests" / "runs_before"


class Known(NamedTuple):
    """What the version that wrote a run said of it."""

    status: str
    alignment: list[tuple[float, float]]  # of draft and revision, by round
    pairs: int


KNOWN = {
    "whole": Known("complete", [(3.25, 4.25), (4.5, 5.0)], pairs=5),
    "cut": Known("interrupted", [(3.25, 4.25)], pairs=3),
}


@pytest.fixture(autouse=True)
def runs(tmp_path: Path) -> Path:
    """A copy of both, where the command looks for runs."""
    return Path(shutil.copytree(KEPT, tmp_path / "runs"))


def document(sandbox: Sandbox, *words: str) -> Any:
    done = sandbox("inspect", *words, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_the_list_shows_both(sandbox: Sandbox) -> None:
    listed = {run["run_id"]: run for run in document(sandbox)}
    assert listed.keys() == KNOWN.keys()
    for name, known in KNOWN.items():
        # Rounds of as many interactions, all rated.
        means = tuple(fmean(of_rounds) for of_rounds in zip(*known.alignment, strict=True))
        assert listed[name]["status_now"] == known.status
        assert (listed[name]["alignment_before"], listed[name]["alignment_after"]) == means
    shown = sandbox("inspect")
    assert shown.code == 0
    assert shown.err == ""
    assert all(name in shown.out for name in KNOWN)


@pytest.mark.parametrize("name", KNOWN)
def test_the_summary_has_their_figures(sandbox: Sandbox, name: str) -> None:
    rows = document(sandbox, name)["tables"]["alignment by round"]
    assert [(row["draft_alignment"]["mean"], row["revision_alignment"]["mean"]) for row in rows] == KNOWN[
        name
    ].alignment
    shown = sandbox("inspect", name)
    assert shown.code == 0
    assert KNOWN[name].status in shown.out


@pytest.mark.parametrize("name", KNOWN)
def test_an_interaction_is_told_as_it_was_logged(sandbox: Sandbox, runs: Path, name: str) -> None:
    logged = log(runs / name)[3]
    assert document(sandbox, name, "--interaction", "r000-a003") == logged
    shown = sandbox("inspect", name, "--interaction", "r000-a003")
    assert shown.code == 0
    assert logged["question"] in shown.out
    assert "It remembered from before the first round, similarity 0.2078" in shown.out


@pytest.mark.parametrize("name", KNOWN)
def test_their_prompts_are_shown_with_the_templates_of_today_which_is_said(
    sandbox: Sandbox, runs: Path, name: str
) -> None:
    prompts = document(sandbox, name, "--interaction", "r000-a003", "--prompts")["prompts"]
    assert len(prompts) == 8
    assert not any(prompt["is_exact"] for prompt in prompts)
    assert "NOT as sent" in sandbox("inspect", name, "--interaction", "r000-a003", "--prompts").out


@pytest.mark.parametrize("name", KNOWN)
def test_they_are_exported(sandbox: Sandbox, tmp_path: Path, runs: Path, name: str) -> None:
    pairs = export(sandbox, tmp_path, name, "--format", "dpo", out="pairs").rows("dpo")
    assert len(pairs) == KNOWN[name].pairs
    folder = export(sandbox, tmp_path, name, "--format", "parquet", out="everything").path
    (file,) = folder.rglob("*.parquet")
    table = pyarrow.parquet.read_table(file)
    assert sorted(table["draft"].to_pylist()) == sorted(item["draft"] for item in log(runs / name))


@pytest.mark.parametrize("option", ["--resume", "--replay"])
def test_one_that_was_cut_off_cannot_go_on_and_a_sentence_says_why(sandbox: Sandbox, runs: Path, option: str) -> None:
    before = contents(runs)
    done = sandbox("simulate", option, "cut")
    assert done.code == 2
    said = done.err[done.err.index("Error: ") :]
    assert re.fullmatch(r"Error: .*\bcut\b.*\btemplates\b.*\bversion\b.*\.\n", said)
    assert ". " not in said
    assert contents(runs) == before


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below `folder`."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
