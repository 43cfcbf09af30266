"""The documents say what is there: the file tree, links and headings, fields of records, versions, pins."""

import re
import shlex
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
import yaml
from conftest import ROOT, Sandbox
from documented import unknown
from pydantic import BaseModel

import sandbox
from sandbox.commands.schemas import SCHEMAS
from sandbox.packing.listing import Listing
from sandbox.runs.annotation.records import AnnotationManifest, JudgedLine
from sandbox.runs.evaluation.manifest import EvaluationManifest
from sandbox.runs.evaluation.records import AgreeAnswer, AskLine, ChoiceAnswer, Judgement, LeakAnswer, SurveyAnswer
from sandbox.runs.manifest import Manifest
from sandbox.runs.rating.manifest import RatingManifest
from sandbox.runs.rating.records import RatedInteraction, RatingLine
from sandbox.runs.records import Interaction, JournalLine
from sandbox.runs.round_records import RoundSummary
from sandbox.runs.study import StudyRecord
from sandbox.runs.tags import Tags
from sandbox.runs.training.manifest import TrainingManifest
from sandbox.runs.training.records import AnswerLine, StepLine
from sandbox.scores.number import Number
from sandbox.studies.file import read_study_file
from sandbox.studies.matrix import combinations
from sandbox.suites.suite import Item, Suite

PACKAGES = ("prompts", "memory", "agents", "sandbox")


def tree() -> str:
    return (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").rpartition("## File tree")[2]


def rooms() -> list[str]:
    """Every folder that holds modules, in the form in which the tree shows it."""
    folders = [path.parent.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("__init__.py")]
    return sorted(f"{'  ' * (len(folder.parts) - 1)}{folder.name}/" for folder in folders)


def test_the_file_tree_names_every_room_and_no_other() -> None:
    shown = [line.split("/")[0] + "/" for line in tree().splitlines() if re.match(r" *\w+/ ", line)]
    beside = {"tests/", "docs/", "benchmarks/", "runs/"}
    assert sorted(shown) == sorted([*rooms(), *beside])


def pages() -> list[Path]:
    return [path for path in ROOT.glob("docs/**/*.md") if "_build" not in path.parts]


def documents() -> list[Path]:
    """Ours: not those of hidden folders, nor of runs, nor what the site took along."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *pages()]
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


def test_readme_is_short_and_names_every_page() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    shown = [page.relative_to(ROOT).as_posix() for page in ROOT.glob("docs/**/*.md")]
    pages = [page for page in shown if not page.startswith(("docs/reference/", "docs/_", "docs/index"))]
    assert [page for page in pages if f"({page})" not in text] == []


def test_no_heading_of_what_is_linked_stands_twice() -> None:
    for file in pages():
        assert len(anchors(file)) == len(set(anchors(file))), file


def test_code_refers_to_headings_of_the_repository_and_to_no_other_document() -> None:
    for file in [path for package in (*PACKAGES, "tests") for path in (ROOT / package).rglob("*")]:
        if file.suffix not in (".py", ".jinja") or file == Path(__file__):
            continue
        text = file.read_text(encoding="utf-8")
        assert "contract section" not in text.lower(), file
        links = re.findall(r"docs/(?:[\w-]+/)*[\w-]+\.md(?:#[\w-]+)?", text)
        assert not [link for link in links if dead(link, ROOT / "README.md")], file


# The records of files, by the heading of the format that explains their fields.
EXPLAINED: Final[Sequence[tuple[str, type[BaseModel]]]] = [
    ("Interaction", Interaction),
    ("Journal line", JournalLine),
    ("Round summary", RoundSummary),
    ("Manifest", Manifest),
    ("Study folder", StudyRecord),
    ("Tags", Tags),
    ("Manifest of an evaluation", EvaluationManifest),
    ("Journal line of an evaluation", AskLine),
    ("Answer", ChoiceAnswer),
    ("Answer", AgreeAnswer),
    ("Answer", LeakAnswer),
    ("Answer", SurveyAnswer),
    ("Judgement", Judgement),
    ("Numbers of an evaluation", Number),
    ("Kept suites", Suite),
    ("Kept suites", Item),
    ("Manifest of a rating", RatingManifest),
    ("Journal line of a rating", RatingLine),
    ("Rated interaction", RatedInteraction),
    ("Manifest of an annotation", AnnotationManifest),
    ("Judgement by a person", JudgedLine),
    ("Archive", Listing),
    ("Manifest of a training", TrainingManifest),
    ("Step of a training", StepLine),
    ("Answers side by side", AnswerLine),
]


@pytest.mark.parametrize(("heading", "record"), EXPLAINED)
def test_the_format_names_every_field_of_a_record_in_order(heading: str, record: type[BaseModel]) -> None:
    section = (ROOT / "docs/format.md").read_text().partition(f"### {heading}\n")[2].partition("\n##")[0]
    rows = re.findall(r"^\| (`.+?) \|", section, flags=re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    fields = [field.alias or name for name, field in record.model_fields.items()]
    assert [name for name in named if name in fields] == fields


def test_every_record_that_the_format_explains_has_a_schema() -> None:
    schemas = [kind.model_json_schema() for kind in SCHEMAS.values()]
    printed = {name for each in schemas for name in (each["title"], *each.get("$defs", ()))}
    assert {record.__name__ for _, record in EXPLAINED} <= printed


def test_every_module_says_what_it_is() -> None:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            assert path.read_text(encoding="utf-8").startswith(('"""', 'r"""')), path


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert project["version"] == sandbox.__version__ == cited["version"]
    assert (cited["cff-version"], cited["license"]) == ("1.2.0", project["license"])
    required = {"cff-version", "message", "title", "authors"}
    assert required <= cited.keys()
    assert {"type", "title", "authors"} <= cited["references"][0].keys()


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
    named = {re.match(r"[\w-]+", name)[0].lower() for name in wanted}  # type: ignore[index]
    assert named - {project["name"]} <= pinned


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


EXAMPLES = ROOT / "docs" / "examples"


def test_studies_to_copy_are_read_and_have_the_cells_that_the_documents_and_job_arrays_say() -> None:
    cells = {path.stem: len(combinations(read_study_file(path))) for path in EXAMPLES.glob("*.toml")}
    assert cells == {"small": 5, "labels": 15, "labels-by-model": 26, "paper": 9}
    page, script = (ROOT / "docs" / "studies.md").read_text(), (EXAMPLES / "slurm.sh").read_text()
    assert f"```toml\n{(EXAMPLES / 'labels-by-model.toml').read_text().partition(chr(10))[2]}```" in page
    assert "2 x 3 x 5 - 5 + 1 = 26 cells" in page
    assert "#SBATCH --array=0-25%4\n" in script
    job = yaml.safe_load((EXAMPLES / "kubernetes.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    assert (job["spec"]["completions"], job["spec"]["completionMode"]) == (26, "Indexed")


def test_studies_to_copy_can_be_planned(sandbox: Sandbox, tmp_path: Path) -> None:
    for path in EXAMPLES.glob("*.toml"):
        copy = tmp_path / path.name
        copy.write_text(path.read_text().replace('"hh-rlhf"', '"starter"'))  # which is there without a network
        done = sandbox("study", "run", copy, "--dry-run")
        assert done.code == 0, done.err


def test_job_arrays_can_be_read_by_what_runs_them() -> None:
    script = EXAMPLES / "slurm.sh"
    subprocess.run(["bash", "-n", script], check=True)
    lines = script.read_text().splitlines()
    first = next(place for place, line in enumerate(lines) if line and not line.startswith("#"))
    assert not [line for line in lines[first:] if line.startswith("#SBATCH")]  # sbatch reads none behind a command
    pod = yaml.safe_load((EXAMPLES / "kubernetes.yaml").read_text())["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    (container,) = pod["containers"]
    for command in (shlex.split(lines[-1])[1:], [*container["command"], *container["args"]]):
        assert not unknown(command), command
    assert container["args"] == ["--cell", "$(JOB_COMPLETION_INDEX)"]
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}


def test_commands_in_documents_are_those_that_there_are() -> None:
    blocks = [
        (path.name, line.partition("   #")[0].split(" && ")[-1])
        for path in documents()
        for block in re.findall(r"^```\w*\n.*?^```$", path.read_text(), flags=re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]
    commands = [
        (name, shlex.split(line.removeprefix("$ "))) for name, line in blocks if re.match(r"(\$ )?sandbox ", line)
    ]
    assert len(commands) > 50
    assert not [(name, words, unknown(words)) for name, words in commands if unknown(words)]
