"""A run and a study for every analysis, made once in a session and copied. Knows the command."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from conftest import Sandbox
from keyed_runs import population_file, question_file, society

ANALYSES: Final = ("sophistry", "representation", "observer", "pareto")
STUDIED: Final = ("--peers-rate", "revision", "--evaluator-view", "answer-only", "--control", "persuader:0.3")
STUDY: Final = """
name = "small"
[base]
model = "scripted"
questions = "keyed.jsonl"
population = "population.toml"
peers_rate = "revision"
embedder = "hash"
labels = "none"
grid = 3
rounds = 2
[matrix]
neighbours = [1, 2]
seed = { from = 0, count = 3 }
"""


def studied_run(sandbox: Sandbox, tmp_path: Path) -> Path:
    """The run `one` of 9 scripted agents in two groups and 3 rounds, with persuaders."""
    words = ("simulate", "--model", "scripted", *society(tmp_path), "--run-id", "one", *STUDIED)
    return _kept(sandbox, tmp_path, "runs/one", (*words, "--population", population_file(tmp_path)))


def studied_study(sandbox: Sandbox, tmp_path: Path) -> Path:
    """The study `small`: two conditions of three seeds, each 9 agents and 2 rounds."""
    question_file(tmp_path)
    population_file(tmp_path)
    (tmp_path / "study.toml").write_text(STUDY)
    return _kept(sandbox, tmp_path, "studies/small", ("study", "run", "study.toml"))


def _kept(sandbox: Sandbox, tmp_path: Path, path: str, words: Sequence[object]) -> Path:
    kept, folder = tmp_path.parent / ".analysed" / path, tmp_path / path
    if not kept.exists():
        done = sandbox(*words)
        assert done.code == 0, done.err
        shutil.copytree(folder, kept)
    elif not folder.exists():
        shutil.copytree(kept, folder)
    return folder
