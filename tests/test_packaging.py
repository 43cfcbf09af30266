"""What is built and installed works outside of the repository: wheel, source archive, pipx, recipe of an image."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from email.parser import HeaderParser
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

BIN = Path(sys.executable).parent
PACKAGES = ("agents", "memory", "prompts", "sandbox")


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def done(*words: object, cwd: Path, **variables: str) -> str:
    """What a program said on stdout; it knows no packages but those of its environment, and has no network."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    environment = {**kept, "PIP_NO_INDEX": "1", **variables}
    ended = subprocess.run(
        list(map(str, words)), cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built of the source archive, as who packages it for others would."""
    out = tmp_path_factory.mktemp("dist")
    done(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (found,) = out.glob("*.whl")
    assert list(out.glob("*.tar.gz"))
    return found


@pytest.mark.slow
def test_a_wheel_holds_every_file_that_the_code_reads(wheel: Path) -> None:
    tracked = done("git", "ls-files", *PACKAGES, cwd=ROOT).splitlines()
    with zipfile.ZipFile(wheel) as built:
        names = [name for name in built.namelist() if name.split("/")[0] in PACKAGES]
        (metadata,) = (name for name in built.namelist() if name.endswith("METADATA"))
        said = HeaderParser().parsestr(built.read(metadata).decode())
    assert sorted(names) == sorted(tracked)
    assert said["Version"] == project()["version"]
    assert set(said.get_all("Provides-Extra", [])) == set(project()["optional-dependencies"])


def test_a_source_archive_holds_what_is_tracked_and_nothing_that_was_made_beside_it() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    tracked = done("git", "ls-files", cwd=ROOT).splitlines()
    tops = {name if name.startswith("runs/") else name.split("/")[0] for name in tracked}
    built = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert set(built["sdist"]["only-include"]) == tops


@pytest.mark.slow
def test_pipx_runs_a_wheel_outside_of_the_repository(wheel: Path, tmp_path: Path) -> None:
    # Its own pip, and the packages that sandbox needs, are those of this environment: nothing is fetched.
    shared = tmp_path / "shared"
    shared.symlink_to(BIN.parent)
    own = {
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_SHARED_LIBS": str(shared),
        "PIPX_DISABLE_SHARED_LIBS_AUTO_UPGRADE": "1",
    }
    here = tmp_path / "elsewhere"
    here.mkdir()
    command = (BIN / "pipx", "run", "--spec", wheel, "sandbox")
    assert done(*command, "--version", cwd=here, **own) == f"sandbox {project()['version']}\n"
    # Those who are looked up at their first use: templates, starter questions, prices, suites, pages.
    small = ("--questions", "starter", "--grid", 3, "--radius", 2, "--embedder", "hash", "--run-id", "one")
    done(*command, "simulate", "--model", "scripted", *small, cwd=here, **own)
    done(
        *command,
        "evaluate",
        "--suite",
        "starter",
        "--model",
        "scripted",
        "--limit",
        4,
        "--run-id",
        "two",
        cwd=here,
        **own,
    )
    done(*command, "evaluate", "--list", cwd=here, **own)
    done(*command, "inspect", "one", "--html", "one.html", cwd=here, **own)
    done(*command, "export", "one", "--format", "sft", "--out", "set", cwd=here, **own)
    code = "import sandbox; print(sandbox.__file__)"
    (python,) = (tmp_path / "pipx").rglob("bin/python")
    assert Path(done(python, "-c", code, cwd=here).strip()).is_relative_to(tmp_path / "pipx")


def test_every_extra_is_told_where_installing_is() -> None:
    told = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE)
    assert sorted(rows) == sorted(project()["optional-dependencies"])


def test_an_image_is_made_of_what_is_there() -> None:
    text = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    copied = [word for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE) for word in shlex.split(line)[:-1]]
    assert {*PACKAGES, "pyproject.toml", "README.md", "LICENSE", "constraints.txt"} == set(copied)
    assert all((ROOT / name).exists() for name in copied)
    weights = re.findall(r"[\w-]+==[\d.]+", text)
    assert weights == re.findall(r"[\w-]+==[\d.]+", (ROOT / "Makefile").read_text(encoding="utf-8"))
    (extras,) = re.findall(r"/build\[([\w,]+)\]", text)
    assert set(extras.split(",")) <= set(project()["optional-dependencies"])


def test_the_changelog_begins_with_what_is_installed() -> None:
    releases = re.findall(r"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert releases[0] == project()["version"] == version("society-sandbox")
