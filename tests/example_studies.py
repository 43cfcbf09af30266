"""A study worth looking at: two axes and five seeds, run once in a session and copied. Knows the command."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import Sandbox

FILE = """
name = "small"
[base]
model = "scripted"
questions = "starter"
embedder = "hash"
grid = 3
rounds = 2
prior_size = 5
[matrix]
labels = ["all-good", "all-bad"]
neighbours = [1, 3]
seed = { from = 0, count = 5 }
"""


def small_study(sandbox: Sandbox, tmp_path: Path) -> Path:
    """20 complete cells of 9 scripted agents and 2 rounds, below `studies`; its folder."""
    kept, folder = tmp_path.parent / ".example-study", tmp_path / "studies" / "small"
    if not kept.exists():
        (tmp_path / "study.toml").write_text(FILE)
        done = sandbox("study", "run", "study.toml")
        assert done.code == 0, done.err
        folder.rename(kept)
    shutil.copytree(kept, folder)
    return folder


def runs_of(folder: Path) -> list[Path]:
    """The folders of its cells, by index."""
    return sorted((folder / "runs").iterdir())


def changed(file: Path, change: Callable[[Any], None]) -> None:
    """Change a JSON document in place."""
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))
