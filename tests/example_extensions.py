"""The extensions that docs/extending.md shows, laid out as an installer leaves them."""

import shutil
import tomllib
from pathlib import Path

from conftest import ROOT

EXAMPLES = ROOT / "docs" / "examples" / "extensions"


def installed(folder: Path) -> Path:
    """`folder`, which is made: on the path, it has all of them."""
    folder.mkdir()
    for file in EXAMPLES.glob("*/*.py"):
        shutil.copy(file, folder)
        project = tomllib.loads((file.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        lay_out(folder, file.stem, project["version"], project["entry-points"])
    return folder


def lay_out(folder: Path, module: str, version: str, points: dict[str, dict[str, str]]) -> None:
    """What says that `module` is a package of `version`, and what it offers by group and name."""
    about = folder / f"{module}-{version}.dist-info"
    about.mkdir()
    name = module.replace("_", "-")
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    lines = [
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in of.items()) for group, of in points.items()
    ]
    (about / "entry_points.txt").write_text("".join(lines), encoding="utf-8")
