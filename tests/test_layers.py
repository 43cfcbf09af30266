"""Imports go one way: prompts, memory <- agents <- sandbox; and nothing slow is imported before it is needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "prompts": {"prompts"},
    "memory": {"memory"},
    "agents": {"agents", "prompts", "memory"},
    "sandbox": {"sandbox", "agents", "prompts", "memory"},
}
SLOW = {"torch", "sentence_transformers", "openai", "faiss", "numpy", "pydantic", "pyarrow", "aiohttp", "jinja2"}


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_one_way(package: str) -> None:
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for file in files:
        assert imported(file) & set(MAY_IMPORT) <= MAY_IMPORT[package], file


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
