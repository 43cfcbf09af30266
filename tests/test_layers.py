"""Rooms: who may import whom, how large they are, and that nothing slow is imported before it is needed."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

from sandbox.simulation.deriving import DERIVING

ROOT = Path(__file__).parent.parent
PACKAGES = ("prompts", "memory", "agents", "sandbox")
# From below to above: a room may import those of the lines above its own, and no other of its own line.
ORDER = """
memory
prompts
agents
errors terminal text span sheet embedders hub_client foreign
vocabulary
options
extending
questions
suites
runs
calls
society
progress figures scores packing
works analysis
simulation inspection evaluation rating
studies annotation
preparing
api
commands
cli
__main__
"""
# These flat modules are what every room may use; they may use one another.
GROUND = ("errors", "terminal", "text", "span", "sheet", "embedders", "hub_client", "foreign")
# Rooms beside the order: all that they may import.
BESIDE = {
    "export": {"prompts", "memory", "agents", *GROUND, "vocabulary", "options", "questions", "runs", "society"},
    "exchange": {"memory", "agents", *GROUND, "options", "suites", "runs", "scores"},
    "checking": {"memory", "agents", *GROUND, "export"},
    "training": {"memory", "agents", *GROUND, "options", "questions", "runs", "export", "scores", "progress"},
}
OF_EXPORT_FOR_CHECKING = {"sandbox.export.names", "sandbox.export.card.merge"}
READERS, ENGINE = {"figures", "analysis", "inspection", "export"}, {"calls", "society", "simulation"}
SLOW = {
    "torch",
    "onnxruntime",
    "sentence_transformers",
    "openai",
    "faiss",
    "numpy",
    "pydantic",
    "pyarrow",
    "aiohttp",
    "jinja2",
}


class Import(NamedTuple):
    """`module` brings something of `name`."""

    module: str
    name: str


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path for path in (ROOT / package).rglob("*.py"))


def room(module: str) -> str:
    """The room of a module: a package of the top level, or what lies in `sandbox`, which is one by itself too."""
    first, _, rest = module.partition(".")
    return (rest.partition(".")[0] or "__init__") if first == "sandbox" else first


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Every statement below `node`, however deep; expressions, which are most of a tree, hold none."""
    for field in ("body", "orelse", "handlers", "finalbody", "cases"):
        for each in getattr(node, field, ()):
            yield each
            yield from statements(each)


@cache
def nodes() -> Mapping[Path, Sequence[ast.AST]]:
    """What every module consists of: reading a thousand functions takes a second."""
    return {path: tuple(statements(ast.parse(path.read_text(encoding="utf-8")))) for path in modules()}


@cache
def imports() -> list[Import]:
    """Every import of ours from a room into another."""
    pairs = [
        Import(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), name)
        for path, found in nodes().items()
        for name in imported(found)
        if name.partition(".")[0] in PACKAGES and name != "sandbox"
    ]
    return [each for each in pairs if room(each.module) != room(each.name)]


def imported(found: Sequence[ast.AST]) -> Iterator[str]:
    for node in found:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "sandbox":
            yield from (f"sandbox.{alias.name}" for alias in node.names if not alias.name.startswith("_"))
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def allowed() -> dict[str, set[str]]:
    """What each room may import."""
    may: dict[str, set[str]] = {}
    below: set[str] = set()
    for line in ORDER.strip().splitlines():
        for name in line.split():
            may[name] = below | ({*GROUND} - {name} if name in GROUND else set())
        below = below | set(line.split())
    for name in ("preparing", "api", "commands"):
        may[name] |= BESIDE.keys()
    # The package itself, whose names are those of the API.
    may["__init__"] = {"api", "errors", "options"}
    # The options of every command are declared in rooms of their own.
    may["cli"] |= BESIDE.keys()
    return may | BESIDE


def test_every_room_has_its_place() -> None:
    rooms = {room(".".join(path.relative_to(ROOT).with_suffix("").parts)) for path in modules()}
    assert rooms == allowed().keys()


def test_imports_go_one_way() -> None:
    may = allowed()
    assert [each for each in imports() if room(each.name) not in may[room(each.module)]] == []


def test_the_code_by_which_a_log_is_derived_is_that_of_all_rooms_that_do_so() -> None:
    deriving = {room(name) for name in DERIVING}
    assert "society" in deriving
    # Suites are what evaluations ask, of which nothing is known to be verified.
    used = {room(each.name) for each in imports() if room(each.module) in deriving}
    assert used <= deriving | {*GROUND, "suites"}


def test_a_check_knows_nothing_of_exports_but_names() -> None:
    into = {each.name for each in imports() if room(each.module) == "checking" and room(each.name) == "export"}
    assert into == OF_EXPORT_FOR_CHECKING


def test_readers_hardly_know_the_engine() -> None:
    into = [each for each in imports() if room(each.module) in READERS and room(each.name) in ENGINE]
    assert len(into) <= 7, into


def test_the_machine_of_calls_and_what_shows_it_know_no_society() -> None:
    knowing = {"calls", "progress"}
    assert not [each for each in imports() if room(each.module) in knowing and room(each.name) == "society"]


def test_rooms_are_small_and_functions_short() -> None:
    lengths, long = [], []
    for path, found in nodes().items():
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 200:
            long.append((path.name, text.count("\n")))
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        for node in (each for each in found if isinstance(each, functions)):
            lengths.append((node.end_lineno or 0) - node.lineno + 1)
            if lengths[-1] > 45:
                long.append((f"{path.name}: {node.name}", lengths[-1]))
    assert long == []
    assert median(lengths) <= 7
    flat = [path.stem for path in (ROOT / "sandbox").glob("*.py") if not path.stem.startswith("__")]
    assert len(flat) <= 8, flat


def test_the_command_line_starts_without_slow_imports() -> None:
    code = "import sys, sandbox.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "typer" in found.stdout.split()
    assert not SLOW & set(found.stdout.split())


def test_another_package_named_agents_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").write_text("")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import sandbox"
    found = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert found.returncode == 1
    assert "Another package named 'agents'" in found.stderr.splitlines()[-1]
