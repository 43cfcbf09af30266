"""An answer goes out in one of three ways, and only what that way needs is worked out."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.errors import UsageError
from sandbox.inspection.output import Answer, Parts, deliver
from sandbox.sheet import Sheet
from sandbox.terminal import console

ONE = Sheet("one", ("a", "b"), [[1, "x"], [2, None]])
TWO = Sheet("two", ("c",), [["=1"]])
WAYS: dict[str, dict[str, Any]] = {"terminal": {}, "csv": {"csv": True}, "json": {"json": True}}


@pytest.fixture(autouse=True)
def _console_of_this_test() -> Iterator[None]:
    console.cache_clear()
    yield
    console.cache_clear()


def out(capfd: pytest.CaptureFixture[str], answer: Answer, **way: Any) -> str:
    deliver(answer, **way)
    return capfd.readouterr().out


def never() -> Any:
    raise AssertionError("this was not asked for")


def test_each_way_calls_nothing_of_the_others(capfd: pytest.CaptureFixture[str]) -> None:
    given: dict[str, Any] = {"sheets": lambda: [ONE], "document": lambda: {"n": 1}, "shown": lambda: ["words"]}
    needs = {"terminal": "shown", "csv": "sheets", "json": "document"}
    said = {"terminal": "words\n", "csv": "a,b\n1,x\n2,\n", "json": '{"n":1}\n'}
    for name, way in WAYS.items():
        only = dict.fromkeys(given, never) | {needs[name]: given[needs[name]]}
        assert out(capfd, Answer(**only), **way) == said[name]


def test_sheets_alone_go_out_in_every_way(capfd: pytest.CaptureFixture[str]) -> None:
    answer = Answer(sheets=lambda: iter([ONE, TWO]))
    assert out(capfd, answer, csv=True) == "# one\na,b\n1,x\n2,\n\n# two\nc\n'=1\n"
    tables = {"one": [{"a": 1, "b": "x"}, {"a": 2, "b": None}], "two": [{"c": "=1"}]}
    assert json.loads(out(capfd, answer, json=True)) == {"tables": tables, "notes": {}}
    shown = out(capfd, answer)
    assert shown.index("one") < shown.index("two")
    assert all(not line.endswith(" ") for line in shown.splitlines())


def test_a_table_is_chosen_by_its_name_in_every_way(capfd: pytest.CaptureFixture[str]) -> None:
    answer = Answer(sheets=lambda: [ONE, TWO], shown=never)
    for name, way in WAYS.items():
        assert "=1" in (told := out(capfd, answer, table="two", **way)), name
        assert "x" not in told, name
        with pytest.raises(UsageError) as caught:
            deliver(answer, table="tow", **way)
        assert str(caught.value) == "--table tow: no such table. Did you mean 'two'?\nThere are: one, two."


def test_sheets_among_other_things_become_tables(capfd: pytest.CaptureFixture[str]) -> None:
    shown = out(capfd, Answer(sheets=never, shown=lambda: [TWO, "below"]))
    assert "──" in shown
    assert shown.endswith("below\n")


def test_a_large_document_goes_out_part_by_part(capfd: pytest.CaptureFixture[str]) -> None:
    def parts() -> Iterator[str]:
        yield '{"text":"a\u202eb"}'
        assert capfd.readouterr().out.startswith('{"n":2,"of":[')
        yield "2"

    deliver(Answer(document=lambda: Parts('{"n":2,"of":[', parts(), "]}")), json=True)
    rest = capfd.readouterr().out
    assert rest.endswith(",2]}\n")
    assert "\u202e" not in rest
