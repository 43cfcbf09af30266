"""The documentation as a site: strict, with nothing loaded from elsewhere, and a reference of all that the code has."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from bs4 import BeautifulSoup, Tag
from built_site import build_site

import sandbox as api
from agents.model import ErrorKind
from agents.replies import Missing
from sandbox import extending
from sandbox.cli import parser
from sandbox.commands import endings
from sandbox.commands.forms import FORMS
from sandbox.commands.schemas import SCHEMAS
from sandbox.errors import SandboxError, UsageError
from sandbox.export.columns import schema
from sandbox.export.names import FORMATS, Style
from sandbox.options.domain import shown_number
from sandbox.options.option import Option, options
from sandbox.progress import events
from sandbox.questions.options import Listing
from sandbox.vocabulary.vocabulary import columns

# What a browser would fetch as it shows a page. Links that a reader follows are none.
LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc(?:set)?=[\"']?(?:https?:)?//"
    r"|<link\b(?![^>]*\brel=[\"'](?:canonical|next|prev|index|search))[^>]*\bhref=[\"']?(?:https?:)?//"
)
FETCHED_BY_STYLES = re.compile(r"(?:url\(|@import\s+)[\"']?(?:https?:)?//")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("site"))


def read(site: Path, page: str) -> BeautifulSoup:
    return BeautifulSoup((site / "reference" / f"{page}.html").read_text(encoding="utf-8"), "html.parser")


def named(section: Tag) -> list[str]:
    """What stands as code in the first column of its tables."""
    return [code.text for cell in section.select("tbody tr > td:first-child") for code in cell.select("code")]


def heading(section: Tag) -> str:
    return section.select_one("h2, h3").find(string=True)


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        assert not LOADED.findall(page.read_text(encoding="utf-8")), page
    for style in site.rglob("*.css"):
        assert not FETCHED_BY_STYLES.findall(style.read_text(encoding="utf-8")), style


def commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(f"{path} {name}", below)


def test_the_reference_has_every_option_of_every_command_and_no_other(site: Path) -> None:
    page = read(site, "commands")
    shown = {
        heading(section): sorted(flag.text for flag in section.select("dt .descname"))
        for section in page.select("section section")
    }
    there = {
        path: sorted(flag for each in command.params if each.param_type_name == "option" for flag in each.opts)
        for path, command in commands("sandbox", parser())
    }
    assert {path: sorted(flags) for path, flags in shown.items()} == {
        path: sorted(each) for path, each in there.items()
    }
    assert sum(map(len, there.values())) > 300


def test_the_reference_has_key_variable_bounds_choices_and_default_of_every_option(site: Path) -> None:
    page = read(site, "commands")
    told = defaultdict(set)
    for entry in page.select("dl.option dd"):
        for variable in re.findall(r"variable (SANDBOX_\w+)", entry.text):
            told[variable].add(entry.text)
    declared: list[Option] = [each for kind in (*FORMS, Listing) for each in options(kind).values()]
    assert told.keys() == {each.variable for each in declared}
    beside = {word for word in re.findall(r"SANDBOX_\w+", page.text) if word not in told}
    assert beside == {"SANDBOX_CACHE_DIR", "SANDBOX_STATE_DIR"}
    for option in declared:
        domain = option.domain
        bounds = [shown_number(each) for each in (domain.least, domain.most) if each is not None]
        default = [] if option.default in (None, False) else [f"default {option.default}"]
        wanted = [f"key {option.flag[2:].replace('-', '_')};", *domain.choices, *bounds, *default]
        fitting = [text for text in told[option.variable] if all(each in text for each in wanted)]
        assert fitting, (option.name, wanted, told[option.variable])


def schemas() -> Iterator[dict[str, Any]]:
    """Of every record that is written, and of all that are in it."""
    for kind in SCHEMAS.values():
        whole = kind.model_json_schema(mode="serialization")
        yield from (whole, *whole.get("$defs", {}).values())


def test_the_reference_has_every_field_of_every_record_and_no_other(site: Path) -> None:
    page = read(site, "records")
    shown = {(heading(section), frozenset(named(section))) for section in page.select("section section section")}
    of_commands = {each.__name__ for each in FORMS} | {"SocietyModel"}
    there = {
        (each["title"], frozenset(each["properties"]))
        for each in schemas()
        if "properties" in each and each["title"] not in of_commands
    }
    assert shown == there
    assert sum(len(fields) for _, fields in there) > 300


def test_the_site_has_every_column_and_no_other(site: Path) -> None:
    page = BeautifulSoup((site / "columns.html").read_text(encoding="utf-8"), "html.parser")
    shown = {name for code in named(page.select_one("#names")) for name in code.split()}
    assert shown == columns().keys()


def test_the_reference_has_every_column_of_every_training_format_and_no_other(site: Path) -> None:
    shown = {heading(section): set(named(section)) for section in read(site, "training-sets").select("section section")}
    there = {
        name: {column for style in get_args(Style) for column in schema(name, style).names}
        for name in set(FORMATS) - {"parquet"}
    }
    assert shown == there


def methods(value: Any) -> list[str]:
    """Those of a class that is no record of options, and properties."""
    own = vars(value) if isinstance(value, type) and not hasattr(value, "form") else {}
    return [
        name for name, each in own.items() if not name.startswith("_") and (callable(each) or hasattr(each, "fget"))
    ]


def test_the_reference_has_every_name_of_the_python_api_and_no_other(site: Path) -> None:
    shown = {str(entry["id"]) for entry in read(site, "python").select("dl.py > dt")}
    named_there = {
        *(f"sandbox.{name}" for name in api.__all__),
        *(f"sandbox.{each}.{name}" for each in api.__all__ for name in methods(getattr(api, each))),
        *(f"sandbox.progress.events.{each.__name__}" for each in get_args(events.Event)),
        *(f"sandbox.extending.{name}" for name in set(extending.__all__) - set(api.__all__)),
    }
    assert named_there <= shown
    assert [name for name in shown - named_there if name.rpartition(".")[0] not in named_there] == []


def test_the_reference_has_every_exit_code_and_every_way_to_fail(site: Path) -> None:
    page = read(site, "exit-codes")
    codes, kinds, reasons = page.select("section section")
    constants = {value for name, value in vars(endings).items() if name.isupper() and isinstance(value, int)}
    shown = {int(cell.text) for cell in codes.select("tbody tr > td:first-child")}
    assert shown == constants | {SandboxError.exit_code, UsageError.exit_code}
    assert tuple(named(kinds)) == get_args(ErrorKind)
    assert tuple(named(reasons)) == get_args(Missing)
