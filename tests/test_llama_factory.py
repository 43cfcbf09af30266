"""What we say of LLaMA-Factory, asked of LLaMA-Factory: its own code reads folders of ours, and rows that go wrong."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from conftest import ROOT, Sandbox
from example_runs import scripted_run
from exported import export
from llama_factory_facts import (
    AS_KTO,
    AS_MESSAGE_PAIR,
    AS_MESSAGES,
    AS_OPENAI,
    AS_PAIR,
    AS_SFT,
    DROPS,
    ENDS,
    FAILS,
    FINE,
    KTO,
    MESSAGES,
    PAIR,
    SFT,
    TAGS,
    WRONG,
    Fact,
    Fails,
    Stage,
    Trains,
    as_messages,
    assistant,
    files_of,
    folder_of,
    options_of,
    user,
)
from proofs import Row
from tables import table

from sandbox.export.names import FORMATS, Format, Shape, Split, Style, data_file
from sandbox.export.trainers.llama_factory import dataset_name, llama_factory_files, llama_factory_takes

Reads = Callable[..., dict[str, Any]]

PYTHON = ROOT / ".trainers" / "llama-factory" / "bin" / "python"
SCRIPT = ROOT / "tests" / "trainers" / "llama_factory_reads.py"
STAGES: dict[Format, Stage] = {"alpaca": "sft", "sft": "sft", "dpo": "rm", "kto": "kto", "reward": "rm", "modpo": "rm"}
TAKEN: list[tuple[Format, Style]] = [(name, "string") for name in STAGES]
PARTS: dict[Format, tuple[str, ...]] = {
    "stable-alignment": ("imitation", "self-critic"),
    "alpaca": ("imitation", "self-critic"),
    "modpo": ("alignment", "engagement"),
    "parquet": ("interactions",),
}


# --- what is exported, and what LLaMA-Factory must make of it ---------------------------------------------------------

# Texts that something on the way might take for something else: dates, white space, marks of other texts.
QUESTIONS = ("Ist das gerecht? – “Ja”\nund 公平?", "2024-01-01", "  <image> {{content}} </s> ")
ANSWERS = ("2024-01-02", "2023-05-06T07:08:09", " Nein.\r\n\u2028<video> {{idx}} <|im_end|>\t")
OTHERS = ("2022-02-02", "2021-01-01", "- Ja.\n- 5")


def rows_of(format_: Format) -> list[Row]:
    """Three rows as a format has them, in string style."""
    said = list(zip(QUESTIONS, ANSWERS, OTHERS, strict=True))
    both = [{"prompt": question, "chosen": one, "rejected": other} for question, one, other in said]
    scores = {f"{side}_{name}": 6.5 for side in ("chosen", "rejected") for name in ("alignment", "engagement")}
    return {
        "stable-alignment": [
            {"query": question, "responses": [one, other], "scores": [6.5, 3.0], "models": ["m", "m"]}
            for question, one, other in said
        ],
        "alpaca": [
            {"instruction": question, "input": put, "output": one}
            for (question, one, _), put in zip(said, ("", "2020-01-01", "Draft:\nx"), strict=True)
        ],
        "sft": [{"prompt": question, "completion": one} for question, one, _ in said],
        "dpo": both,
        "kto": [{"prompt": q, "completion": one, "label": at % 2 == 0} for at, (q, one, _) in enumerate(said)],
        "reward": [{**row, "margin": 3.5} for row in both],
        "modpo": [{**row, **scores} for row in both],
        "parquet": [],
    }[format_]


def written(folder: Path, format_: Format, style: Style) -> Shape:
    """An exported folder with a train and a validation split in each part."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from sandbox.export.columns import schema

    splits: tuple[Split, ...] = ("train", "validation")
    shape = Shape(format_, style, dict.fromkeys(PARTS.get(format_, (format_,)), splits))
    rows = rows_of(format_) if style == "string" else [as_messages(row) for row in rows_of(format_)]
    for part in shape.parts:
        for split, some in zip(splits, (rows, rows[:2]), strict=True):
            path = folder / data_file(part, split, "parquet")
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(some, schema(format_, style)), path)
    for name, text in llama_factory_files(shape):
        (folder / name).write_text(text, encoding="utf-8")
    return shape


def converted(row: Row) -> Row:
    """What LLaMA-Factory's converter must make of a row of string style."""
    question = row.get("prompt") or "\n".join(filter(None, (row.get("instruction"), row.get("input"))))
    if "label" in row:
        said = [row["completion"], ""] if row["label"] else ["", row["completion"]]
    else:
        said = [row[name] for name in ("completion", "output", "chosen", "rejected") if name in row]
    answers = [{"role": "assistant", "content": text} for text in said]
    return {"_prompt": [{"role": "user", "content": question}], "_response": answers, "_system": ""}


def trained(row: Row) -> dict[str, Any]:
    """The texts that must be trained on, and the label."""
    if "chosen" in row:
        return {"chosen": row["chosen"] + ENDS, "rejected": row["rejected"] + ENDS}
    label = {"label": row["label"]} if "label" in row else {}
    return {"answer": row.get("completion", row.get("output")) + ENDS} | label


def trained_by(token_row: dict[str, Any]) -> dict[str, Any]:
    """The same of a row as LLaMA-Factory gives it to its trainer."""
    sides = {name: token_row[name]["trained"] for name in ("answer", "chosen", "rejected") if name in token_row}
    return sides | ({"label": token_row["label"]} if "label" in token_row else {})


# --- asking LLaMA-Factory ---------------------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    """Without our packages, which are not those of LLaMA-Factory."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@pytest.fixture(scope="module")
def reads() -> Iterator[Reads]:
    """Ask LLaMA-Factory what it makes of a dataset of a folder; one process for all, as its import takes seconds."""
    if not PYTHON.exists():
        pytest.skip("LLaMA-Factory is not here: `make test-trainers` makes the environment")
    words, pipe, nowhere = [PYTHON, SCRIPT, "--requests"], subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(words, env=environment(), stdin=pipe, stdout=pipe, stderr=nowhere, text=True) as process:
        assert process.stdin
        assert process.stdout
        asks, answers = process.stdin, process.stdout

        def ask(folder: Path, dataset: str, stage: Stage, **options: Any) -> dict[str, Any]:
            request = {"folder": str(folder), "dataset": dataset, "stage": stage, "options": options}
            asks.write(json.dumps(request) + "\n")
            asks.flush()
            line = answers.readline()
            assert line, "the process has ended: run its script by hand to see why"
            reply: dict[str, Any] = json.loads(line)
            return reply

        yield ask


@pytest.fixture
def read_rows(reads: Reads, tmp_path: Path) -> Reads:
    """The same for rows that are written as JSONL, under an entry of `dataset_info.json`."""

    def read(rows: list[Row], entry: dict[str, Any], stage: Stage, **options: Any) -> dict[str, Any]:
        for name, content in folder_of(rows, entry).items():
            (tmp_path / name).write_bytes(content)
        return reads(tmp_path, "rows", stage, **options)

    return read


# --- our own folders --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("format_", STAGES)
def test_llama_factory_trains_on_the_answers_that_the_command_exports(
    reads: Reads, sandbox: Sandbox, tmp_path: Path, format_: Format
) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=4)
    folder = export(sandbox, tmp_path, run, "--format", format_, "--validation", 0.3)
    for part, counts in folder.manifest["parts"].items():
        for split in counts:
            rows = folder.rows(part, split)
            reply = reads(folder.path, dataset_name(part, split), STAGES[format_])
            assert reply["error"] is None
            assert reply["converted"] == [converted(row) for row in rows]
            assert [trained_by(row) for row in reply["trained"]] == [trained(row) for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize(("format_", "style"), TAKEN)
def test_llama_factory_takes_no_text_for_something_else(
    reads: Reads, tmp_path: Path, format_: Format, style: Style
) -> None:
    shape = written(tmp_path, format_, style)
    rows = rows_of(format_)
    for part in shape.parts:
        for split, some in (("train", rows), ("validation", rows[:2])):
            reply = reads(tmp_path, dataset_name(part, split), STAGES[format_])
            assert reply["error"] is None
            assert reply["converted"] == [converted(row) for row in some]
            assert [trained_by(row) for row in reply["trained"]] == [trained(row) for row in some]


@pytest.mark.slow
def test_validation_rows_can_be_given_as_the_evaluation_set(reads: Reads, tmp_path: Path) -> None:
    written(tmp_path, "dpo", "string")
    reply = reads(tmp_path, "dpo", "rm", eval_dataset="dpo-validation", do_eval=True)
    assert reply["error"] is None
    assert [trained_by(row) for row in reply["trained"]] == [trained(row) for row in rows_of("dpo")]


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["sft", "dpo", "kto", "reward", "modpo"])
@pytest.mark.parametrize("formatting", ["alpaca", "sharegpt", "openai"])
def test_no_mapping_makes_llama_factory_train_on_our_conversations(
    reads: Reads, tmp_path: Path, format_: Format, formatting: str
) -> None:
    """The columns under which string rows are read, and those of conversations."""
    shape = written(tmp_path, format_, "conversational")
    assert not (tmp_path / "dataset_info.json").exists()
    [(name, text)] = llama_factory_files(shape._replace(style="string"))
    entries = json.loads(text)
    for entry in entries.values():
        entry["columns"]["messages"] = entry["columns"]["prompt"]
        entry |= {"formatting": formatting, "tags": TAGS}
    (tmp_path / name).write_text(json.dumps(entries), encoding="utf-8")
    reply = reads(tmp_path, next(iter(entries)), STAGES[format_])
    assert reply["error"]
    assert not reply["trained"]


def test_formats_that_llama_factory_takes_are_those_of_the_tests() -> None:
    every = [(name, style) for name in FORMATS for style in get_args(Style)]
    assert [shape for shape in every if llama_factory_takes(*shape)] == TAKEN


@table(("format_", "style"), TAKEN)
def test_every_entry_names_a_file_and_columns_of_the_folder(tmp_path: Path, format_: Format, style: Style) -> None:
    import pyarrow.parquet as pq

    shape = written(tmp_path, format_, style)
    entries = json.loads((tmp_path / "dataset_info.json").read_text(encoding="utf-8"))
    assert list(entries) == [dataset_name(part, split) for part, splits in shape.parts.items() for split in splits]
    for entry in entries.values():
        assert not Path(entry["file_name"]).is_absolute()
        assert set(entry["columns"].values()) <= set(pq.read_schema(tmp_path / entry["file_name"]).names)


@table("format_", FORMATS)
@table("style", get_args(Style))
def test_nothing_is_written_for_rows_that_are_not_taken(format_: Format, style: Style) -> None:
    files = list(llama_factory_files(Shape(format_, style, {"part": ("train",)})))
    assert bool(files) == llama_factory_takes(format_, style)


@pytest.mark.slow
def test_the_script_reads_a_folder_by_hand(reads: Reads, tmp_path: Path) -> None:
    written(tmp_path, "kto", "string")
    words = [PYTHON, SCRIPT, tmp_path, "kto-validation", "--stage", "kto"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment())
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    some = rows_of("kto")[:2]
    assert lines[:2] == [converted(row) for row in some]
    assert [trained_by(row) for row in lines[2:]] == [trained(row) for row in some]


@pytest.mark.slow
@pytest.mark.parametrize("fact", FAILS, ids=[fact.what for fact in FAILS])
def test_llama_factory_fails(read_fact: Reads, fact: Fails) -> None:
    reply = read_fact(fact)
    assert fact.error in (reply["error"] or "it did not fail")
    assert reply["error"]
    assert not reply["trained"]


@pytest.fixture
def read_fact(reads: Reads, tmp_path: Path) -> Reads:
    """What LLaMA-Factory makes of a fact."""

    def read(fact: Fact) -> dict[str, Any]:
        for name, content in files_of(fact).items():
            (tmp_path / name).write_bytes(content)
        return reads(tmp_path, "rows", fact.stage, **options_of(fact))

    return read


def answers(reply: dict[str, Any]) -> list[Any]:
    """What is trained on, as the facts write it."""
    assert reply["error"] is None
    found = [trained_by(row) for row in reply["trained"]]
    said = [tuple(v.removesuffix(ENDS) if isinstance(v, str) else v for v in row.values()) for row in found]
    return [values if len(values) > 1 else values[0] for values in said]


@pytest.mark.slow
@pytest.mark.parametrize("fact", FINE, ids=[fact.what for fact in FINE])
def test_llama_factory_trains_on_every_row(read_fact: Reads, fact: Trains) -> None:
    reply = read_fact(fact)
    assert answers(reply) == fact.answers
    assert len(fact.answers) == len(fact.rows)


@pytest.mark.slow
@pytest.mark.parametrize("fact", DROPS, ids=[fact.what for fact in DROPS])
def test_llama_factory_drops_a_row_and_goes_on(read_fact: Reads, fact: Trains) -> None:
    reply = read_fact(fact)
    assert answers(reply) == fact.answers
    assert len(fact.answers) == len(fact.rows) - 1
    assert "Dropped invalid example" in " ".join(reply["warnings"])


@pytest.mark.slow
@pytest.mark.parametrize("fact", WRONG, ids=[fact.what for fact in WRONG])
def test_llama_factory_trains_wrongly_and_says_nothing(read_fact: Reads, fact: Trains) -> None:
    reply = read_fact(fact)
    assert answers(reply) == fact.answers
    assert len(fact.answers) == len(fact.rows)
    assert "Dropped" not in " ".join(reply["warnings"])


@pytest.mark.slow
def test_labels_of_one_kind_are_warned_of(read_rows: Reads) -> None:
    assert "Your dataset only has one preference type." in read_rows([KTO[0]], AS_KTO, "kto")["warnings"]


@pytest.mark.slow
def test_every_turn_of_the_assistant_is_trained_on_and_none_of_the_user(read_rows: Reads) -> None:
    turns = [user("Q1"), assistant("A1"), user("Q2"), assistant("A2")]
    reply = read_rows([{"messages": turns}], AS_MESSAGES, "sft")
    assert reply["trained"][0]["answer"]["trained"] == f"A1{ENDS}A2{ENDS}"


@pytest.mark.slow
@pytest.mark.parametrize("system", [[], [{"role": "system", "content": "S"}]])
def test_openai_formatting_puts_in_a_system_prompt(read_rows: Reads, system: list[Row]) -> None:
    rows = [{"messages": [*system, *MESSAGES[0]["messages"]]}]
    put_in = "S\ndetailed thinking off" if system else "detailed thinking off"
    reply = read_rows(rows, AS_OPENAI, "sft")
    assert reply["converted"][0]["_system"] == put_in
    assert reply["trained"][0]["answer"]["text"].startswith(f"System: {put_in}")
    assert read_rows(rows, AS_MESSAGES, "sft")["converted"][0]["_system"] == "".join(turn["content"] for turn in system)


@pytest.mark.slow
def test_pairs_of_lists_become_the_question_as_the_answer(read_rows: Reads) -> None:
    reply = read_rows([*map(as_messages, PAIR)], AS_MESSAGE_PAIR, "rm")
    assert [row["_response"] for row in reply["converted"]] == [[user("Q1")], [user("Q2")]]


@pytest.mark.slow
def test_pretraining_reads_the_question_alone(read_rows: Reads) -> None:
    reply = read_rows(SFT, AS_SFT, "pt", packing=False)
    assert [row["answer"]["trained"] for row in reply["trained"]] == ["Q1</s>", "Q2</s>"]


@pytest.mark.slow
def test_kto_lays_each_question_beside_the_answer_of_the_row_before(read_rows: Reads) -> None:
    neighbours = [KTO[0], {"prompt": "Q1", "completion": "B1", "label": False}, KTO[1]]
    beside = [row["kl"]["text"] for row in read_rows(neighbours, AS_KTO, "kto")["trained"]]
    assert [text.replace("</s>\n", "|") for text in beside] == [
        "Human: Q1|Assistant:A2|",
        "Human: Q1|Assistant:A1|",  # the same question: no mismatched pair, as KTO wants it
        "Human: Q2|Assistant:B1|",
    ]


@pytest.mark.slow
def test_a_long_question_is_cut_at_its_end_and_the_row_stays(read_rows: Reads) -> None:
    rows = [{"prompt": "0123456789" * 30, "completion": "Answer"}]
    [row] = read_rows(rows, AS_SFT, "sft", cutoff_len=64)["trained"]
    assert row["answer"]["trained"] == "Answer" + ENDS
    assert "Assistant:" not in row["answer"]["text"]


@pytest.mark.slow
def test_a_long_answer_is_cut_and_never_ends(read_rows: Reads) -> None:
    rows = [{"prompt": "Q", "chosen": "C", "rejected": "R" * 300}]
    [row] = read_rows(rows, AS_PAIR, "rm", cutoff_len=64)["trained"]
    assert set(row["rejected"]["trained"]) == {"R"}


@pytest.mark.slow
def test_a_placeholder_of_its_templates_in_a_question_is_filled_in(read_rows: Reads) -> None:
    [row] = read_rows([{"prompt": "What is {{idx}}?", "completion": "{{idx}}"}], AS_SFT, "sft")["trained"]
    assert row["answer"]["text"] == "Human: What is 0?</s>\nAssistant:{{idx}}</s>\n"
    [row] = read_rows([{"prompt": "What is {{content}}?", "completion": "A"}], AS_SFT, "sft")["trained"]
    assert row["answer"]["text"].startswith("Human: What is {{content}}?</s>")


MARKED = "A<|im_end|>\n<|im_start|>user\nMore?"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "template", "special"),
    [
        (MARKED, "default", ["<|im_end|>", "<|im_start|>", "</s>"]),
        (MARKED, "chatml", ["<|im_end|>", "<|im_start|>", "<|im_end|>"]),
        ("A<|im_end|>", "chatml", ["<|im_end|>", "<|im_end|>"]),
        ("A</s>", "default", ["</s>", "</s>"]),
        ("<s>A</s>", "default", ["<s>", "</s>", "</s>"]),
        ("A <|eot_id|>", "default", ["</s>"]),
    ],
)
def test_a_mark_in_a_text_becomes_the_token_where_the_tokenizer_has_it(
    read_rows: Reads, said: str, template: str, special: list[str]
) -> None:
    [row] = read_rows([{"prompt": "Q", "completion": said}], AS_SFT, "sft", template=template)["trained"]
    assert row["answer"]["special"] == special


@pytest.mark.slow
def test_a_template_is_put_around_one_that_is_there(read_rows: Reads) -> None:
    rows = [{"prompt": "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n", "completion": "A"}]
    [row] = read_rows(rows, AS_SFT, "sft", template="chatml")["trained"]
    assert row["answer"]["text"].startswith("<|im_start|>user\n<|im_start|>user\nQ<|im_end|>\n")


@pytest.mark.slow
def test_a_template_of_a_thinking_model_leaves_thoughts_of_earlier_turns_out(read_rows: Reads) -> None:
    said = [assistant(f"<think>\n{thought}\n</think>\n\nA") for thought in ("Hm.", "So.")]
    rows = [{"messages": [user("Q1"), said[0], user("Q2"), said[1]]}]
    [kept] = read_rows(rows, AS_MESSAGES, "sft", template="chatml")["trained"]
    [cut] = read_rows(rows, AS_MESSAGES, "sft", template="qwen3", mask_history=True)["trained"]
    assert ("Hm." in kept["answer"]["text"], "Hm." in cut["answer"]["text"]) == (True, False)
    assert "So." in cut["answer"]["trained"]


LATE = [
    ("a column that was not there", {}, {"note": "x"}, "new columns"),
    ("a column that was null", {"note": None}, {"note": "x"}, "Couldn't cast array of type string to null"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("what", "early", "late", "error"), LATE, ids=[fact[0] for fact in LATE])
def test_jsonl_that_changes_after_ten_megabytes_fails(
    read_rows: Reads, what: str, early: Row, late: Row, error: str
) -> None:
    row = {"prompt": "Q" * 2_000, "completion": "A" * 3_000, **early}
    reply = read_rows([*[row] * 2_500, {**row, **late}], AS_SFT, "sft")
    assert error in (reply["error"] or "it did not fail")
