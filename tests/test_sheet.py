"""Tables of plain values: a terminal's, CSV and JSON say the same, and texts do no harm in any of them."""

import csv
import io
import json

from rich.console import Console
from tables import table

from sandbox.sheet import Cell, Estimate, Sheet, shown

MEAN = Estimate(4.25, 4.0, 4.5, 12)
SHEET = Sheet("scores", ("run", "n", "mean"), [["one", 3, MEAN], ["two", None, None]], "a note", frozenset({"run"}))


def printed(sheet: Sheet, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(sheet.table(width))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_json_has_an_object_a_row() -> None:
    assert json.loads(json.dumps(SHEET.document())) == [
        {"run": "one", "n": 3, "mean": {"mean": 4.25, "low": 4.0, "high": 4.5, "count": 12}},
        {"run": "two", "n": None, "mean": None},
    ]


def test_csv_has_an_interval_in_columns_of_their_own() -> None:
    rows = list(csv.reader(io.StringIO(SHEET.csv())))
    assert rows == [
        ["run", "n", "mean", "mean_low", "mean_high", "mean_count"],
        ["one", "3", "4.25", "4.0", "4.5", "12"],
        ["two", "", "", "", "", ""],
    ]


@table("text", ["=1+1", "+cmd", "-2", "@x", "\tx"])
def test_a_text_is_no_formula_for_a_spreadsheet(text: str) -> None:
    sheet = Sheet("s", ("text", "number"), [[text, -2]])
    assert next(csv.DictReader(io.StringIO(sheet.csv()))) == {"text": f"'{text}", "number": "-2"}


def test_a_terminal_shows_title_rows_and_note_within_its_width() -> None:
    lines = printed(SHEET).splitlines()
    assert lines[0].strip() == "scores"
    assert any("4.25 [4.00, 4.50]" in line for line in lines)
    assert lines[-1].strip() == "a note"
    wide = Sheet("s", ("id", "text"), [["r000-a000", "word " * 100]], texts=frozenset({"text"}))
    assert max(map(len, printed(wide, 60).splitlines())) <= 60
    assert "r000-a000" in printed(wide, 60)


def test_what_tells_rows_apart_gets_room_first_and_is_wrapped_rather_than_cut() -> None:
    rows: list[list[Cell]] = [[f"suite-of-mine/an-item-with-a-name-{number}", "word " * 50] for number in range(2)]
    sheet = Sheet("s", ("item", "text"), rows, texts=frozenset({"item", "text"}), keys=("item",))
    assert all(str(item) in printed(sheet, 60) for item, _ in rows)
    narrow = printed(sheet, 30)
    assert max(map(len, narrow.splitlines())) <= 30
    cells = "".join(line[1:15].strip() for line in narrow.splitlines())
    assert all(str(item) in cells for item, _ in rows), narrow
    assert "suite" in printed(sheet, 20)
    short: list[list[Cell]] = [["leak rate of others", "social insurance number", "0.125 [0.055, 0.261]", "40/40"]]
    sheet = Sheet(
        "s", ("measure", "of", "value", "n"), short, texts=frozenset({"measure", "of"}), keys=("measure", "of")
    )
    assert "0.125 [0.055, 0.261]  40/40" in printed(sheet, 65), "numbers are never cut where a name can be wrapped"


def test_a_narrow_terminal_goes_without_what_is_optional_and_says_so() -> None:
    texts = frozenset({"id", "text"})
    rows: list[list[Cell]] = [["r000-a000", 1, "word " * 9, "12 MB"]]
    sheet = Sheet("s", ("id", "number", "text", "size"), rows, "so", texts, ("size",))
    assert "12 MB" in printed(sheet, 60)
    narrow = printed(sheet, 36)
    assert "12 MB" not in narrow
    assert "so; size: in a wider terminal" in " ".join(narrow.split())
    assert "r000-a000" in narrow
    assert max(map(len, narrow.splitlines())) <= 36


def test_model_output_is_harmless_in_a_cell() -> None:
    text = printed(Sheet("s", ("text",), [["\x1b[2J[red]x[/]\u202e"]], texts=frozenset({"text"})))
    assert "\x1b" not in text
    assert r"\x1b[2J[red]x[/]\u202e" in text


@table(
    ("cell", "text"),
    [(None, "-"), (Estimate(None, None, None, 0), "-"), (2.0, "2.00"), (3, "3"), (True, "yes"), ("a\n b", "a b")],
)
def test_cells_are_shown_in_one_line(cell: Cell, text: str) -> None:
    assert shown(cell) == text


def test_a_small_p_is_not_nought_and_a_small_loss_has_no_sign() -> None:
    sheet = Sheet("s", ("p", "change"), [[3e-7, -0.001], [1 / 10_001, 0.0], [0.0, 0.001]], fine=frozenset({"p"}))
    assert [sheet.shown("p", row[0]) for row in sheet.rows] == ["3e-07", "0.0001", "0.0000"]
    assert [row["p"] for row in csv.DictReader(io.StringIO(sheet.csv()))] == ["3e-07", str(1 / 10_001), "0.0"]
    assert [shown(cell) for cell in (-0.001, Estimate(-0.001, -0.004, 0.5, 9))] == ["0.00", "0.00 [0.00, 0.50]"]


def test_a_condition_is_wrapped_between_its_values() -> None:
    names = ["labels=all-good,scope=global,model=gpt-4o-mini", "labels=" + "x" * 60]
    sheet = Sheet(
        "s", ("condition", "n"), [[name, 1] for name in names], texts=frozenset({"condition"}), keys=("condition",)
    )
    lines = [line.split()[0] for line in printed(sheet, 40).splitlines() if line.strip()]
    assert lines[3:5] == ["labels=all-good,scope=global,", "model=gpt-4o-mini"]
    assert "".join(lines[5:]) == names[1]
