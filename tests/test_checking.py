"""Planted faults in rows: each is found where it is, and counts for trainers that it harms; clean rows are clean."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from example_datasets import ALL, KINDS, Row, Rows, checked, clean_row, clean_rows, question, turn, write_folder
from tables import table

from sandbox.export.names import TRAINERS


@table("kind", KINDS)
def test_clean_rows_have_no_findings(tmp_path: Path, kind: str) -> None:
    found = checked(write_folder(tmp_path / "set", kind))
    assert (found.code, found.findings) == (0, [])
    name, _, style = kind.partition(", ")
    assert {table["kind"] for table in found.document["tables"]} == {name}
    assert [table["split"] for table in found.document["tables"]] == ["train", "test"]
    conversations = style or name in ("messages", "sharegpt")
    assert found.document["tables"][0]["style"] == ("conversational" if conversations else "string")


class Fault(NamedTuple):
    """`plant` changes rows of `kind` so that `code` is found first at `line` of the training split.

    `harms` are the trainers for which that counts; a fault of the `whole` set is planted in the other split, too.
    """

    code: str
    kind: str
    plant: Callable[[Rows], object]
    line: int
    harms: str
    name: str = ""
    whole: bool = False


def put(line: int, column: str, value: object) -> Callable[[Rows], object]:
    return lambda rows: rows[line - 1].__setitem__(column, value)


def put_all(column: str, value: Callable[[int], object]) -> Callable[[Rows], object]:
    return lambda rows: [row.__setitem__(column, value(number)) for number, row in enumerate(rows)]


def drop(line: int, column: str) -> Callable[[Rows], object]:
    return lambda rows: rows[line - 1].pop(column)


def swap_in(line: int, row: Callable[[Rows], Row]) -> Callable[[Rows], object]:
    return lambda rows: rows.__setitem__(line - 1, row(rows))


def _begin_with_prompt(rows: Rows) -> None:
    for column in ("chosen", "rejected"):
        rows[6][column] = rows[6]["prompt"] + " " + rows[6][column]


INVENTED = "<|im_end|>\n<|im_start|>user\nWhy?"
TEMPLATED = "<|im_start|>user\nIs it?<|im_end|>\n<|im_start|>assistant\n"
SAID = turn("assistant", "It depends.")
FAULTS = [
    Fault("null_text", "dpo", put(5, "rejected", None), 5, ALL),
    Fault("null_text", "sft, conversational", put(5, "prompt", None), 5, "trl", "conversational"),
    Fault("null_text", "kto", put(5, "completion", None), 5, ALL, "kto"),
    Fault("null_extra", "alpaca", put(5, "input", None), 5, "", "alpaca"),
    Fault("missing_column", "dpo", drop(5, "chosen"), 5, ALL),
    Fault("uneven_column", "alpaca", drop(4, "input"), 4, ""),
    Fault("not_text", "dpo", put(5, "chosen", 17), 5, ALL),
    Fault("mixed_types", "sft", lambda rows: [row.update(id="x" if row is rows[0] else 2) for row in rows], 1,
          "llama-factory", whole=True),
    Fault("placeholder", "sft", put(5, "prompt", "What is {{idx}}?"), 5, "llama-factory"),
    Fault("mixed_style_rows", "dpo", swap_in(6, lambda _: clean_row(50, "dpo, conversational")), 6, ALL),
    Fault("mixed_style_columns", "dpo, conversational", put(6, "prompt", question(5)), 6, "trl, axolotl"),
    Fault("equal_pair", "dpo", lambda rows: put(3, "rejected", rows[2]["chosen"])(rows), 3, ALL),
    Fault("equal_pair", "reward", lambda rows: put(3, "rejected", rows[2]["chosen"])(rows), 3, ALL, "reward"),
    Fault("prompt_in_answer", "dpo", _begin_with_prompt, 7, ALL),
    Fault("prompt_in_answer", "sft", put(4, "completion", question(3) + "\n Yes."), 4, ALL, "sft"),
    Fault("empty_prompt", "dpo", put(3, "prompt", " \n"), 3, ALL),
    Fault("empty_prompt", "alpaca", put(3, "instruction", ""), 3, "llama-factory, axolotl", "alpaca"),
    Fault("empty_answer", "sft", put(3, "completion", ""), 3, ALL),
    Fault("empty_answer", "kto", put(4, "completion", "  "), 4, ALL, "kto"),
    Fault("prompt_too_long", "dpo", put(8, "prompt", "long " * 900), 8, ALL),
    Fault("row_too_long", "dpo", put(8, "chosen", "long " * 900), 8, "axolotl"),
    Fault("row_too_long", "reward", put(8, "chosen", "long " * 900), 8, "trl, axolotl", "reward"),
    Fault("duplicate_row", "dpo", lambda rows: rows.append(dict(reversed(rows[1].items()))), 13, ""),
    Fault("contradiction", "dpo", lambda rows: rows.append(
        {"prompt": rows[1]["prompt"], "chosen": rows[1]["rejected"], "rejected": rows[1]["chosen"]}), 2, ""),
    Fault("contradiction", "kto", lambda rows: rows.append({**rows[1], "label": not rows[1]["label"]}), 2, "", "kto"),
    Fault("extra_column", "dpo", put_all("id", lambda number: f"row-{number}"), 1, "", whole=True),
    Fault("text_column", "sft", put_all("text", lambda number: f"text {number}"), 1, "trl", whole=True),
    Fault("messages_column", "kto", put_all("messages", lambda _: SAID), 1, "trl, axolotl", whole=True),
    Fault("image_column", "dpo", put_all("images", lambda _: ["a.png"]), 1, "trl, axolotl", whole=True),
    Fault("token_column", "sft", put_all("input_ids", lambda _: [1, 2]), 1, "trl", whole=True),
    Fault("null_extra", "dpo", put_all("id", lambda number: f"row-{number}" if number else None), 1, "", whole=True),
    Fault("integer_label", "kto", put_all("label", lambda number: number % 2), 1, "llama-factory", whole=True),
    Fault("text_label", "kto", put_all("label", lambda number: str(number % 2 == 1)), 1, ALL),
    Fault("odd_label", "kto", put_all("label", lambda number: 1 if number % 2 else -1), 1, ALL),
    Fault("null_label", "kto", put(4, "label", None), 4, ALL),
    Fault("same_answer_neighbours", "kto", lambda rows: put(6, "completion", rows[4]["completion"])(rows), 6,
          "trl, llama-factory"),
    Fault("batch_ends", "kto", put(8, "prompt", question(0)), 8, ""),
    Fault("batch_ends", "kto", lambda rows: put(12, "completion", rows[8]["completion"])(rows), 12, "", "short batch"),
    Fault("lone_row", "kto", lambda rows: rows.__delitem__(slice(9, None)), 9, ""),
    Fault("tools_column", "dpo", put(4, "tools", "none"), 4, "trl, axolotl"),
    Fault("system_column", "sft", put_all("system", lambda _: "Be kind."), 1, "", whole=True),
    Fault("prompt_runs_in", "sft", put(4, "prompt", "Is it Fair?"), 4, ""),
    Fault("one_label", "kto", put_all("label", lambda _: True), 12, ALL),
    Fault("label_imbalance", "kto", put_all("label", lambda number: number not in (5, 10)), 5, ""),
    Fault("label_runs", "kto", lambda rows: [rows.extend(clean_rows("kto", 18, 20)), rows.sort(
        key=lambda row: bool(row["label"]))], 15, "trl"),
    Fault("same_prompt_neighbours", "kto", put(6, "prompt", question(4)), 6, "trl, llama-factory"),
    Fault("integer_number", "reward", put_all("margin", lambda number: number), 1, "", whole=True),
    Fault("mixed_numbers", "reward", put(7, "margin", 2), 7, ""),
    Fault("null_number", "reward", put(7, "margin", None), 7, "trl, axolotl"),
    Fault("not_a_number", "reward", put(7, "margin", "2.0"), 7, "trl, axolotl"),
    Fault("not_finite", "reward", put(7, "margin", float("nan")), 7, "trl, axolotl"),
    Fault("negative_margin", "reward", put(7, "margin", -1.5), 7, ""),
    Fault("empty_conversation", "dpo, conversational", put(9, "chosen", []), 9, "trl, axolotl"),
    Fault("bad_message", "dpo, conversational", put(9, "chosen", [{"content": "No."}]), 9, "trl, axolotl"),
    Fault("null_content", "dpo, conversational", put(9, "chosen", [{"role": "assistant"}]), 9, "trl, axolotl"),
    Fault("mixed_style_rows", "kto, conversational", swap_in(6, lambda _: clean_row(5, "kto")), 6, "trl, axolotl",
          "conversational"),
    Fault("all_dates", "sft", put_all("completion", lambda number: f"2024-01-{number + 10}"), 1, ALL, whole=True),
    Fault("unknown_role", "dpo, conversational", put(9, "chosen", turn("bot", "It depends.")), 9, "trl, axolotl"),
    Fault("role_order", "dpo, conversational", put(9, "prompt", SAID), 9, "trl, axolotl"),
    Fault("role_order", "messages", put(9, "messages", SAID + SAID), 9, ALL, "messages"),
    Fault("answer_not_assistant", "dpo, conversational", put(9, "chosen", turn("user", "No.")), 9, "trl, axolotl"),
    Fault("no_answer", "messages", put(9, "messages", turn("user", "Well?")), 9, "trl, llama-factory"),
    Fault("not_a_list", "stable-alignment", put(9, "scores", 4.0), 9, ALL),
    Fault("lengths_differ", "stable-alignment", put(9, "scores", [4.0]), 9, ALL),
    Fault("lengths_differ", "stable-alignment-chat, conversational", put(9, "engagement", [4.0]), 9, ALL),
    Fault("not_a_number", "stable-alignment", put(9, "engagement", [4.0, "5"]), 9, ALL, "engagement"),
    Fault("role_order", "stable-alignment-chat, conversational", put(9, "prompt", SAID), 9, ALL),
    Fault("null_number", "stable-alignment", put(9, "scores", [4.0, None]), 9, ALL, "score"),
    Fault("integer_number", "stable-alignment", put_all("scores", lambda _: [4, 2]), 1, "", "scores"),
    Fault("special_token", "dpo", put(5, "rejected", f"No.{INVENTED}"), 5, ALL),
    Fault("special_token", "sft", put(5, "prompt", f"Is it?{INVENTED}"), 5, ALL, "a question"),
    Fault("special_token", "alpaca", put(5, "input", "It is so.<|eot_id|>"), 5, "llama-factory, axolotl"),
    Fault("special_token", "dpo, conversational", put(5, "chosen", turn("assistant", "<end_of_turn>")), 5,
          "trl, axolotl"),
    Fault("special_token", "messages", put(5, "messages", turn("user", "Why?") + turn("assistant", f"I{INVENTED}")), 5,
          ALL, "messages"),
    Fault("special_token", "sharegpt", put(5, "conversations", [{"from": "human", "value": f"Why?{INVENTED}"},
                                                                {"from": "gpt", "value": "So."}]), 5,
          ALL, "sharegpt"),
    Fault("special_token", "stable-alignment", put(5, "responses", ["Yes.", "No.</s>"]), 5, ALL, "responses"),
    Fault("templated", "sft", put(5, "prompt", TEMPLATED), 5, "llama-factory"),
    Fault("templated", "alpaca", put(5, "instruction", TEMPLATED), 5, "llama-factory, axolotl"),
    Fault("templated", "text", put(5, "text", f"<s>[INST] Why? [/INST] {TEMPLATED}So.</s>"), 5, "", "text"),
    Fault("perhaps_special", "kto", put(5, "completion", "It is <s>right</s> wrong, [MASK]."), 5, ""),
    Fault("thinking_tag", "reward", put(5, "chosen", "<think>Hm.</think>Yes."), 5, ""),
    Fault("hidden_text", "sft", put(5, "completion", "No.\u202e"), 5, ""),
    Fault("hidden_text", "dpo", put(5, "rejected", "No.\U000e0041\U000e0042"), 5, "", "tags"),
    Fault("null_text", "stable-alignment", put(9, "responses", ["It depends.", None]), 9, ALL, "response"),
]  # fmt: skip


@table("fault", FAULTS)
def test_a_planted_fault_is_found_where_it_is(tmp_path: Path, fault: Fault) -> None:
    rows, others = clean_rows(fault.kind), clean_rows(fault.kind, first=100)
    fault.plant(rows)
    if fault.whole:
        fault.plant(others)
    folder = write_folder(tmp_path / "set", fault.kind, rows, others)
    found = checked(folder)
    assert found.places(fault.code)[0] == ("train.jsonl", fault.line)
    harmed = {trainer for trainer in TRAINERS if checked(folder, trainer).finding(fault.code)["counts"]}
    assert harmed == set(filter(None, fault.harms.split(", ")))
