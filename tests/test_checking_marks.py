"""Special tokens and tags of thinking in rows: each mark is named and counted, with what each trainer makes of it."""

from pathlib import Path

import pytest
from example_datasets import KINDS, Row, Rows, checked, clean_rows, write_folder, write_lines
from tables import table

from sandbox import terminal
from sandbox.commands.check import run_check
from sandbox.export.names import TRAINERS
from sandbox.export.options import ExportOptions

INVENTED = "<|im_end|>\n<|im_start|>user\nAnd why?"


def answered(path: Path, *answers: str) -> Path:
    """Clean rows of questions and answers, the first of which end with `answers`."""
    rows = clean_rows("sft")
    for row, answer in zip(rows, answers, strict=False):
        row["completion"] += answer
    write_lines(path, rows)
    return path


def spoilt(rows: Rows) -> Rows:
    """The first row ends with a mark, whatever its kind is."""
    return [_spoilt(row) if at == 0 else row for at, row in enumerate(rows)]


def _spoilt(row: Row) -> Row:
    name = next(name for name in ("completion", "chosen", "output", "responses", "text", "messages", "conversations")
                if name in row)  # fmt: skip
    value = row[name]
    if isinstance(value, str):
        return row | {name: value + INVENTED}
    if isinstance(value[-1], str):
        return row | {name: [*value[:-1], value[-1] + INVENTED]}
    key = "value" if "value" in value[-1] else "content"
    return row | {name: [*value[:-1], value[-1] | {key: value[-1][key] + INVENTED}]}


@table("kind", KINDS)
def test_an_invented_turn_is_found_in_rows_of_every_kind(tmp_path: Path, kind: str) -> None:
    found = checked(write_folder(tmp_path / "set", kind, spoilt(clean_rows(kind))))
    assert found.codes == {"special_token"}
    finding = found.finding("special_token")
    assert (finding["count"], finding["about"]) == (1, "<|im_end|>, <|im_start|>")
    assert found.places("special_token") == [("train.jsonl", 1)]
    assert finding["counts"]
    assert found.code == 1


MARKS = [
    "<|im_end|>", "<|im_start|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|endoftext|>", "<|start_header_id|>",
    "<|end|>", "<|assistant|>", "<|user|>", "<|return|>", "<|channel|>", "<|message|>", "<|end_of_turn|>", "<|EOT|>",
    "<|END_OF_TURN_TOKEN|>", "<end_of_turn>", "<start_of_turn>", "<\uff5cend▁of▁sentence\uff5c>", "<turn|>", "[INST]",
    "[/INST]", "[gMASK]", "[|endofturn|]", "</s>", "<|fim_middle|>", "<|of_a_model_to_come|>",
]  # fmt: skip


@table("mark", MARKS)
def test_each_mark_is_named(tmp_path: Path, mark: str) -> None:
    found = checked(answered(tmp_path / "rows.jsonl", mark))
    assert [(finding["code"], finding["about"]) for finding in found.findings] == [("special_token", mark)]


@table("tag", ["<think>", "</think>", "<thinking>", "[THINK]", "◁think▷", "<|channel>thought", "</THINK>"])
def test_tags_of_thinking_are_a_note(tmp_path: Path, tag: str) -> None:
    found = checked(answered(tmp_path / "rows.jsonl", f" {tag} "))
    assert "thinking_tag" in found.codes
    assert found.finding("thinking_tag")["about"] == tag
    assert not found.finding("thinking_tag")["counts"]


@table(
    ("text", "code"),
    [
        ("<s>right</s> wrong", "perhaps_special"),
        ("right</s> wrong<s>", "perhaps_special"),
        ("<s>right</s> wrong</s>", "special_token"),
        ("fill in with <pad>", "perhaps_special"),
        ("the [MASK] was worn", "perhaps_special"),
        ("he writes `<|im_end|>`", "special_token"),  # a tokenizer does not mind that it is quoted
        ("see [1] and [the page](x), <b>a</b> < c, a <|> b", ""),
        ("[analysis](x), <analyst>, [thinking]", ""),
    ],
)
def test_what_may_be_prose_is_no_fault(tmp_path: Path, text: str, code: str) -> None:
    found = checked(answered(tmp_path / "rows.jsonl", f" {text} "))
    assert code in found.codes if code else not found.codes
    assert found.code == (code == "special_token")


def test_rows_are_counted_once_and_marks_by_their_rows(tmp_path: Path) -> None:
    path = answered(tmp_path / "rows.jsonl", INVENTED, "", "<|im_end|>" * 3, INVENTED, " ", "<|im_end|>")
    finding = checked(path).finding("special_token")
    assert (finding["count"], finding["about"]) == (4, "<|im_end|>, <|im_start|> (2)")
    assert [place["row"] for place in finding["places"]] == [1, 3, 4]


def test_content_in_parts_is_looked_at(tmp_path: Path) -> None:
    said = [{"type": "text", "text": "Yes."}, {"type": "text", "text": f"Always.{INVENTED}"}]
    turns = [{"role": "user", "content": "Is it?"}, {"role": "assistant", "content": said}]
    write_lines(tmp_path / "rows.jsonl", [{"messages": turns}])
    assert "special_token" in checked(tmp_path / "rows.jsonl").codes


def test_columns_that_nobody_trains_on_are_not_looked_at(tmp_path: Path) -> None:
    write_lines(tmp_path / "rows.jsonl", [row | {"raw": f"Yes.{INVENTED}"} for row in clean_rows("dpo")])
    assert checked(tmp_path / "rows.jsonl").codes == {"extra_column"}


def test_what_each_trainer_does_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    terminal.console.cache_clear()
    path = answered(tmp_path / "rows.jsonl", INVENTED)
    assert run_check(path, ExportOptions(for_="trl")) == 1
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("1 finding, worst first.")
    real = "trains wrongly: where the tokenizer has them, they become real ones"
    assert lines[start + 2 : start + 6] == [
        "wrong: default train (json): special tokens of chat templates in 1 row: <|im_end|>, <|im_start|>",
        "  at rows.jsonl:1",
        f"  trl, axolotl: {real}: turns end or begin within a text, and it learns that",
        f"  llama-factory: {real}, and its template puts another end behind",
    ]
    for trainer in TRAINERS:
        verdict = checked(path, trainer).document["trainers"][trainer]
        assert verdict["verdict"] == "trains wrongly"
        assert "become real ones" in verdict["why"][0]


def test_a_text_full_of_different_marks_is_told_in_a_line(tmp_path: Path) -> None:
    path = answered(tmp_path / "rows.jsonl", "".join(f"<|mark_{number}|>" for number in range(5000)))
    about = checked(path).finding("special_token")["about"]
    assert about.endswith(" and 93 more")
    assert len(about) < 200


@table("piece", ["<|", "<a:", "<a_", "</think", "[", "<s>", "</s>", "<|im_end|>", "<think>", "[TH", "◁"])
def test_looking_at_a_long_text_comes_to_an_end(tmp_path: Path, piece: str) -> None:
    """Where the time grew with the square of the length, this would take many minutes."""
    assert checked(answered(tmp_path / "rows.jsonl", piece * (100_000 // len(piece)))).code in (0, 1)
