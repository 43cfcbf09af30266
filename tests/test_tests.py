"""The tests themselves: each file says what behaviour it is about, and leans on no other test file."""

import re
from functools import cache
from pathlib import Path

import pytest
from tables import table

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("test_*.py"))
IMPORTED = re.compile(r"^ *(?:from|import) (test_\w+)", re.MULTILINE)


@cache
def texts() -> dict[str, str]:
    """Every test file by its name, without its end."""
    return {file.stem: file.read_text() for file in FILES}


def test_no_test_file_imports_from_another() -> None:
    """What two of them need stands in a module that runs no test; a process of its own may import the very file."""
    found = {name: {*IMPORTED.findall(text)} - {name} for name, text in texts().items()}
    assert len(found) > 50
    assert {name: names for name, names in found.items() if names} == {}


def test_an_import_would_be_found() -> None:
    assert IMPORTED.findall("import test_one\nif x:\n    from test_two import three\n") == ["test_one", "test_two"]


def test_the_first_line_of_a_test_file_says_what_it_is_about() -> None:
    first = {name: text.partition("\n")[0].removesuffix('"""') for name, text in texts().items()}
    begun = {name: line.removeprefix('"""') for name, line in first.items() if line.startswith('"""')}
    assert first.keys() == begun.keys()
    assert [name for name, line in begun.items() if len(line) < 30 or not line.endswith(".")] == []


def test_a_table_names_every_case_that_fails() -> None:
    seen = []

    @table(("one", "other"), [(1, 1), (1, 2), (2, 2), (3, 4)])
    def equal(one: int, other: int) -> None:
        seen.append((one, other))
        assert one == other

    with pytest.raises(BaseExceptionGroup, match="2 of 4 cases fail") as raised:
        equal()
    assert [error.__notes__ for error in raised.value.exceptions] == [["in case 1: (1, 2)"], ["in case 3: (3, 4)"]]
    assert len(seen) == 4


def test_what_was_to_be_raised_and_was_not_fails_a_case() -> None:
    @table("number", [0, 1])
    def refused(number: int) -> None:
        with pytest.raises(ZeroDivisionError):
            1 / number

    with pytest.raises(BaseExceptionGroup, match="1 of 2 cases fail") as raised:
        refused()
    assert raised.value.exceptions[0].__notes__ == ["in case 1: 1"]


@table("name", ["a", "b"])
def test_each_case_of_a_table_has_a_folder_of_its_own(tmp_path: Path, name: str) -> None:
    assert not list(tmp_path.iterdir())
    (tmp_path / name).touch()
