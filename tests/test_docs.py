"""The documents say what is there: the file tree, links and headings, fields of records, versions, pins."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT
from pydantic import BaseModel

import sandbox
from sandbox.runs.manifest import Manifest
from sandbox.runs.records import Interaction, JournalLine, RoundSummary

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


def documents() -> list[Path]:
    """Ours: not those of hidden folders, nor of runs."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/*.md")]
    return sorted(path for path in found if not path.parent.name.startswith("."))


def prose(path: Path) -> str:
    """The text of a document without its blocks of code, in which `#` begins a comment."""
    return re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> list[str]:
    """What its headings are linked by, as GitHub makes it of them."""
    headings = re.findall(r"^#+ (.+)$", prose(path), flags=re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings]


def dead(link: str, file: Path) -> bool:
    """Whether a relative `link` that stands in `file` leads nowhere."""
    path, _, heading = link.partition("#")
    target = (file.parent / path) if path else file
    return not target.exists() or bool(heading and heading not in anchors(target))


def test_every_relative_link_leads_to_a_file_and_a_heading() -> None:
    links = [(file, link) for file in documents() for link in re.findall(r"\]\(([^)\s]+)\)", prose(file))]
    relative = [(file, link) for file, link in links if "://" not in link]
    assert len(relative) > 50
    assert not [f"{file.name}: {link}" for file, link in relative if dead(link, file)]


def test_no_heading_of_what_is_linked_stands_twice() -> None:
    for file in ROOT.glob("docs/*.md"):
        assert len(anchors(file)) == len(set(anchors(file))), file


def test_code_refers_to_headings_of_the_repository_and_to_no_other_document() -> None:
    for file in [path for package in (*PACKAGES, "tests") for path in (ROOT / package).rglob("*")]:
        if file.suffix not in (".py", ".jinja") or file == Path(__file__):
            continue
        text = file.read_text(encoding="utf-8")
        assert "contract section" not in text.lower(), file
        links = re.findall(r"(?:docs/)[\w-]+\.md(?:#[\w-]+)?", text)
        assert not [link for link in links if dead(link, ROOT / "README.md")], file


@pytest.mark.parametrize(
    ("heading", "record"),
    [
        ("Interaction", Interaction),
        ("Journal line", JournalLine),
        ("Round summary", RoundSummary),
        ("Manifest", Manifest),
    ],
)
def test_the_format_names_every_field_of_a_record_in_order(heading: str, record: type[BaseModel]) -> None:
    section = (ROOT / "docs/format.md").read_text().partition(f"### {heading}\n")[2].partition("\n##")[0]
    rows = re.findall(r"^\| (`.+?) \|", section, flags=re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    fields = [field.alias or name for name, field in record.model_fields.items()]
    assert [name for name in named if name in fields] == fields


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


def test_each_row_of_what_endpoints_do_is_tied_to_a_test() -> None:
    rows = [line for line in prose(ROOT / "docs" / "endpoints.md").splitlines() if line.startswith("| ")]
    cells = [re.split(r"(?<!\\)\|", row) for row in rows if not row.startswith("| what |")]
    assert len(cells) > 30
    assert {len(row) for row in cells} == {6}
    for row in cells:
        file, _, test = row[4].strip(" `").partition("::")
        source = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert f"def {test or 'test_'}" in source, row[4]
