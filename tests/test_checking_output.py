"""How a check is shown: on a terminal and in a pipe, worst first, and no text of a file can do harm there."""

import json
from pathlib import Path

import pytest
from example_datasets import clean_rows, write_folder, write_lines

from sandbox import terminal
from sandbox.checking.names import CODES, HARMFUL, Finding, Place
from sandbox.checking.trainers.assessment import BROKEN, WRONG_IN_ITSELF, WRONG_IN_OURS
from sandbox.checking.trainers.claims import TAKES
from sandbox.checking.trainers.facts import FACTS, fact
from sandbox.checking.trainers.known import EVERY_CLAIM, does
from sandbox.commands.check import run_check
from sandbox.export.names import TRAINERS
from sandbox.export.options import ExportOptions

# What no trainer minds, and people may.
ONLY_TOLD = {"configuration_changed", "other_files", "not_looked_at", "card_edited"}


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    terminal.console.cache_clear()


def shown(path: Path, capsys: pytest.CaptureFixture[str], trainers: str | None = None) -> list[str]:
    capsys.readouterr()
    run_check(path, ExportOptions(for_=trainers))
    return capsys.readouterr().out.splitlines()


def test_a_clean_folder_takes_a_line_for_each_trainer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(write_folder(tmp_path / "set", "dpo"), capsys)
    end = lines.index("trl: trains on it")
    absent = "fails: without the file it finds no data set"
    assert lines[end + 1 : end + 3] == [f"llama-factory: {absent}", "axolotl: trains on it"]
    assert lines[end + 3 :] == [f"{tmp_path / 'set'} will do for trl and axolotl; not for llama-factory."]
    assert "default  train  json   dpo, string" in "\n".join(lines)
    lines = shown(tmp_path / "set" / "train.jsonl", capsys)
    assert lines[-4:] == [
        *(f"{trainer}: trains on it" for trainer in TRAINERS),
        f"Nothing is wrong with {tmp_path / 'set/train.jsonl'}.",
    ]


def test_findings_come_worst_first_with_their_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = clean_rows("dpo", 30)
    rows += rows[3:8]
    rows[20]["chosen"] = None
    lines = shown(write_folder(tmp_path / "set", "dpo", rows), capsys)
    start = lines.index("3 findings, worst first.")
    assert lines[start + 2 : start + 7] == [
        "wrong: default train (json): chosen is null in 1 row",
        "  at train.jsonl:21",
        *(f"  {trainer}: {': '.join(does(trainer, 'null_text', 'dpo', 'string'))}" for trainer in TRAINERS),
    ]
    assert lines[start + 8 : start + 10] == [
        "note: default train (json): an exact copy of an earlier row in 5 rows",
        "  at train.jsonl:31, 32, 33, ...",
    ]
    assert lines[-1] == f"{tmp_path / 'set'} will not do as it is."


def test_what_it_is_not_for_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(write_folder(tmp_path / "set", "alpaca"), capsys, "axolotl")
    (line,) = (line for line in lines if line.startswith("trl"))
    assert line.startswith("trl (not what this is for): does not take these rows")
    assert "axolotl: trains on it" in lines


def test_no_text_of_a_file_reaches_the_terminal_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\u202e[red]x[/red]\x07"
    rows = [{**row, evil: None} for row in clean_rows("dpo")]
    folder = write_folder(tmp_path / "set", "dpo", rows)
    card = f"---\nconfigs:\n- config_name: {json.dumps(evil)}\n  data_files: train.jsonl\n---\n"
    (folder / "README.md").write_text(card, encoding="utf-8")
    text = "\n".join(shown(folder, capsys))
    assert "[red]x[/red]" in text
    assert not {"\x1b", "\u202e", "\x07"} & set(text)
    run_check(folder, ExportOptions(json=True))
    assert not {"\x1b", "\u202e", "\x07"} & set(capsys.readouterr().out)


def test_a_name_full_of_braces_is_told_as_it_is() -> None:
    assert "{rows} is null in 2 rows" in fact(Finding("null_text", None, "{rows}", 2, (Place("a"),)))


def test_every_code_has_words_and_a_claim() -> None:
    assert set(FACTS) == set(CODES)
    claimed = {claim.code for claim in EVERY_CLAIM}
    assert set(CODES) - claimed - BROKEN - WRONG_IN_ITSELF - WRONG_IN_OURS == ONLY_TOLD
    assert {trainer for claim in EVERY_CLAIM for trainer in claim.trainers} == set(TRAINERS)
    assert all(rule.why for rule in (*EVERY_CLAIM, *TAKES))


def test_no_claim_is_hidden_behind_another() -> None:
    for number, claim in enumerate(EVERY_CLAIM):
        for before in EVERY_CLAIM[:number]:
            same = before.code == claim.code and set(before.trainers) >= set(claim.trainers)
            assert not (same and before.kinds is None and before.style is None and not before.ours), claim


def test_broken_files_harm_every_trainer_that_reads_them() -> None:
    for code in ("broken_line", "not_an_object", "not_utf8", "lone_surrogate", "unreadable_file", "no_rows"):
        assert {does(trainer, code, "dpo", "string").verdict for trainer in TRAINERS} <= HARMFUL


def test_a_narrow_terminal_is_no_trouble(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    write_lines(tmp_path / ("long-" * 20) / "train.jsonl", clean_rows("dpo"))
    assert "will do for trl and axolotl" in shown(tmp_path, capsys)[-1]


def test_long_lines_are_wrapped_below_their_first_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = clean_rows("dpo")
    rows[3]["chosen"] = None
    folder = write_folder(tmp_path / "set", "dpo", rows)
    whole = shown(folder, capsys)
    assert any(len(line) > 80 for line in whole)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    terminal.console.cache_clear()
    lines = shown(folder, capsys)
    assert max(len(line) for line in lines if "\x1b" not in line) <= 80  # that is the heading
    (start,) = (place for place, line in enumerate(lines) if line.startswith("  llama-factory: trains wrongly"))
    assert f"{lines[start]} {lines[start + 1].removeprefix(' ' * 6)}" in whole


def test_what_it_will_do_for_is_said_at_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(tmp_path / "rows.jsonl", clean_rows("sharegpt"))
    (tmp_path / "dataset_info.json").write_text('{"a": {"file_name": "rows.jsonl", "formatting": "sharegpt"}}')
    assert shown(tmp_path, capsys)[-1] == f"{tmp_path} will do for llama-factory and axolotl; not for trl."
    write_lines(tmp_path / "rows.jsonl", clean_rows("stable-alignment"))
    (tmp_path / "dataset_info.json").unlink()
    assert shown(tmp_path, capsys)[-1].startswith(f"Nothing is wrong with {tmp_path} in itself; sandbox train alone")


def test_half_a_character_can_be_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{**row, "\ud800": "x"} for row in clean_rows("dpo")]
    (tmp_path / "train.json").write_text(json.dumps(rows), encoding="utf-8")
    assert any(r"columns that these rows do not need: \ud800" in line for line in shown(tmp_path, capsys))
    run_check(tmp_path, ExportOptions(json=True))
    assert json.loads(capsys.readouterr().out)["findings"][0]["about"] == r"\ud800"


def test_a_file_of_nothing_but_faults_is_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (f'{{"a": [{"1," * number}\n' for number in range(1, 1000))
    (tmp_path / "train.jsonl").write_text("".join(lines), encoding="utf-8")
    told = shown(tmp_path, capsys)
    assert "2 findings, worst first." in told
    assert "  at train.jsonl:1, 2, 3, ..." in told


def test_a_new_column_in_every_row_does_not_fill_the_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(tmp_path / "train.jsonl", [{**row, f"c{n}": n} for n, row in enumerate(clean_rows("dpo", 1500))])
    lines = shown(tmp_path, capsys)
    assert "3 findings, worst first." in lines
    assert any("can do without are absent in 1499 rows: " in line and " more" in line for line in lines)
    assert sum("columns that these rows do not need" in line for line in lines) == 1
