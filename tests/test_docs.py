"""The documents say what is there: the README's file tree, versions that agree, pins for everything installed."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT

import sandbox

PACKAGES = ("prompts", "memory", "agents", "sandbox")


def tree() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8").rpartition("## File tree")[2]


def rooms() -> list[str]:
    """Every folder that holds modules, in the form in which the tree shows it."""
    folders = [path.parent.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("__init__.py")]
    return sorted(f"{'  ' * (len(folder.parts) - 1)}{folder.name}/" for folder in folders)


def test_the_file_tree_names_every_room_and_no_other() -> None:
    shown = [line.split("/")[0] + "/" for line in tree().splitlines() if re.match(r" *\w+/ ", line)]
    beside = {"tests/", "docs/", "benchmarks/", "runs/"}
    assert sorted(shown) == sorted([*rooms(), *beside])


def test_every_module_says_what_it_is() -> None:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            assert path.read_text(encoding="utf-8").startswith(('"""', 'r"""')), path


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == sandbox.__version__


def test_everything_installed_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    pinned = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    assert {re.match(r"[\w-]+", name)[0].lower() for name in wanted} <= pinned  # type: ignore[index]


def test_nothing_committed_names_this_machine() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = Path(ROOT / name)
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            assert f"{ROOT}/" not in text, name
