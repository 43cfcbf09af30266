"""What we say of axolotl, asked of axolotl: it trains on folders of ours, and on rows that go wrong."""

import json
import math
import os
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from conftest import ROOT, Sandbox
from example_runs import scripted_run
from exported import export

from sandbox.export.axolotl_files import axolotl_files, axolotl_takes
from sandbox.export.names import FORMATS, Format, Shape, Split, Style, data_file

Row = dict[str, Any]
Rows = list[Row]
Found = dict[str, Any]

PYTHON = ROOT / ".trainers" / "axolotl" / "bin" / "python"
SCRIPT = ROOT / "tests" / "trainers" / "axolotl_reads.py"
PARTS: dict[Format, tuple[str, ...]] = {
    "stable-alignment": ("imitation",),
    "alpaca": ("imitation", "self-critic"),
    "modpo": ("alignment", "engagement"),
    "parquet": ("interactions",),
}
STYLES: tuple[Style, ...] = ("string", "conversational")
SHAPES: list[tuple[Format, Style]] = [(format_, style) for format_ in FORMATS for style in STYLES]
NOT_TAKEN: set[tuple[Format, Style]] = {
    ("sft", "conversational"),
    *((format_, style) for format_ in ("stable-alignment", "parquet") for style in STYLES),
}
TAKEN = [shape for shape in SHAPES if shape not in NOT_TAKEN and shape != ("alpaca", "conversational")]
# The chat template and the tokens of the tiny model in the script. What stands behind an answer is what ends it.
END, START = "<|im_end|>", "<|im_start|>"

# --- what is exported, and what axolotl must train on -----------------------------------------------------------------

# Texts that something on the way might take for something else: dates, line ends, marks of other texts, None.
QUESTIONS = ("Ist das gerecht? – “Ja”\nund 公平?", "2024-01-01", "{instruction} {input} %s", "None", "Who?", "Why?")
ANSWERS = ("2024-01-02", "[1]", "Nein.\r\n\u2028{prompt} [[dummy_message]]", "user", "I.\n\n- 5", "x")
OTHERS = ("2022-02-02", "[2]", "- Ja.\n- 5", "null", "You.", "y")


def rows_of(format_: Format, style: Style) -> Rows:
    """Six rows as a format has them."""
    said = list(zip(QUESTIONS, ANSWERS, OTHERS, strict=True))
    both = [{"prompt": question, "chosen": one, "rejected": other} for question, one, other in said]
    scores = {f"{side}_{name}": 6.5 for name in ("alignment", "engagement") for side in ("chosen", "rejected")}
    rows: dict[Format, Rows] = {
        "stable-alignment": [
            {"query": q, "responses": [a, b], "scores": [6.5, 3.0], "models": ["m"]} for q, a, b in said
        ],
        "alpaca": [{"instruction": q, "input": b if len(b) > 4 else "", "output": a} for q, a, b in said],
        "sft": [{"prompt": q, "completion": a} for q, a, _ in said],
        "dpo": both,
        "kto": [{"prompt": q, "completion": a, "label": at % 2 == 0} for at, (q, a, _) in enumerate(said)],
        "reward": [{**row, "margin": 3.5} for row in both],
        "modpo": [{**row, **scores} for row in both],
        "parquet": [{"id": str(at)} for at in range(6)],
    }
    return rows[format_] if style == "string" else [as_messages(row) for row in rows[format_]]


def as_messages(row: Row) -> Row:
    """A row of string style in conversational style."""
    said = {"prompt": user, "completion": assistant, "chosen": assistant, "rejected": assistant}
    return {name: said[name](value) if name in said else value for name, value in row.items()}


def user(text: str | None) -> list[Row]:
    return [{"role": "user", "content": text}]


def assistant(text: str | None) -> list[Row]:
    return [{"role": "assistant", "content": text}]


def written(folder: Path, format_: Format, style: Style) -> Shape:
    """An exported folder with a train and a validation split in each part."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from sandbox.export.columns import schema

    splits: tuple[Split, ...] = ("train", "validation")
    shape = Shape(format_, style, dict.fromkeys(PARTS.get(format_, (format_,)), splits))
    rows = rows_of(format_, style)
    for part in shape.parts:
        for split, some in zip(splits, (rows, rows[:2]), strict=True):
            path = folder / data_file(part, split, "parquet")
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(some, schema(format_, style)), path)
    for name, text in axolotl_files(shape):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return shape


def asked(row: Row) -> str:
    """The prompt as the model must see it."""
    if isinstance(row["prompt"], str):
        return str(row["prompt"])
    return f"{START}user\n{row['prompt'][0]['content']}{END}\n{START}assistant\n"


def said(answer: str | list[Row]) -> str:
    """An answer as the model must see it, with its end."""
    return answer + END if isinstance(answer, str) else answer[0]["content"] + END + "\n"


def trained(row: Row) -> Row:
    """What axolotl's trainer must be given for a row of preferences."""
    if "completion" in row:
        return {"prompt_ids": asked(row), "completion_ids": said(row["completion"]), "label": row["label"]}
    chosen, rejected = said(row["chosen"]), said(row["rejected"])
    if "margin" in row:
        return {"chosen_ids": asked(row) + chosen, "rejected_ids": asked(row) + rejected, "margin": row["margin"]}
    return {"prompt_ids": asked(row), "chosen_ids": chosen, "rejected_ids": rejected}


def in_order(rows: Rows) -> Rows:
    """Rows in an order that does not depend on how they lay."""
    return sorted(rows, key=json.dumps)


# --- configurations, which need no axolotl ----------------------------------------------------------------------------


@pytest.mark.parametrize(("format_", "style"), SHAPES)
def test_takes_what_it_has_a_configuration_for(format_: Format, style: Style) -> None:
    shape = Shape(format_, style, dict.fromkeys(PARTS.get(format_, (format_,)), ("train", "test")))
    paths = [path for path, _ in axolotl_files(shape)]
    assert axolotl_takes(format_, style) == ((format_, style) not in NOT_TAKEN)
    assert paths == ([f"axolotl/{part}.yaml" for part in shape.parts] if axolotl_takes(format_, style) else [])


@pytest.mark.parametrize(("format_", "style"), TAKEN)
def test_configurations_name_the_files_of_their_part(format_: Format, style: Style) -> None:
    shape = Shape(format_, style, {"one": ("train", "validation", "test"), "two": ("train",), "three": ("test",)})
    one, two = (yaml.safe_load(text) for _, text in axolotl_files(shape))
    assert [source["path"] for source in one["datasets"]] == ["data/one/train.parquet"]
    assert [source["path"] for source in one["test_datasets"]] == ["data/one/validation.parquet"]
    assert [source["path"] for source in two["datasets"]] == ["data/two/train.parquet"]
    assert "test_datasets" not in two
    assert "eval_strategy" not in two
    assert isinstance(one["learning_rate"], float)


# --- rows that go wrong -----------------------------------------------------------------------------------------------

Does = Callable[[Found], bool]


class Fault(NamedTuple):
    """Rows, and what axolotl does with them: `does` gets what the script found."""

    rows: Rows
    does: Does
    instead: Row | None = None  # other lines of our configuration, or of its data set where they are under `data`


def fails(stage: str, error: str = "") -> Does:
    return lambda found: found.get("failed", {}).get("stage") == stage and error in found["failed"]["error"]


def trains_on(at: int, **texts: Any) -> Does:
    """It goes through, and this is what is trained on for the row."""
    return lambda found: "losses" in found and texts.items() <= found["tokens"][at].items()


def keeps(count: int) -> Does:
    """It goes through with so many rows."""
    return lambda found: "losses" in found and len(found["tokens"]) == count


def but(rows: Rows, **changed: Any) -> Rows:
    """The rows with other values in the second."""
    return [{**row, **changed} if at == 1 else row for at, row in enumerate(rows)]


def each(rows: Rows, **changed: Any) -> Rows:
    """The rows with other or more values in all; a function makes the value of the one that is there."""
    return [row | {name: new(row[name]) if callable(new) else new for name, new in changed.items()} for row in rows]


def without(rows: Rows, name: str) -> Rows:
    return [{key: value for key, value in row.items() if key != name} for row in rows]


DPO, KTO, SFT = rows_of("dpo", "string"), rows_of("kto", "string"), rows_of("sft", "string")
ALPACA, REWARD = rows_of("alpaca", "string"), rows_of("reward", "string")
DPO_C, KTO_C, SFT_C, REWARD_C = ([as_messages(row) for row in rows] for rows in (DPO, KTO, SFT, REWARD))
GROUPED = rows_of("stable-alignment", "string")
MESSAGES = [{"messages": row["prompt"] + row["completion"]} for row in SFT_C]
SHAREGPT = {"prompt": [{"from": "human", "value": "q"}], "chosen": [{"from": "gpt", "value": "a"}]}
SIDE_BY_SIDE = [{side: row["prompt"] + row[side] for side in ("chosen", "rejected")} for row in DPO_C]
MORE = {"id": "x", "messages": user("x"), "scores": [1.5], "label": True, "tools": []}
BOT = {"role": "bot", "content": "x"}
LONG = "long " * 1000
TEXT, KEYS, JOIN = "must be of type `str`", "keys are required", "TypeError"
# What becomes of the fifth row: a question and an answer as strings, with a template, and the whole.
WHO, ANSWER, WHO_C, ANSWER_C = asked(DPO[4]), said(DPO[4]["chosen"]), asked(DPO_C[4]), said(DPO_C[4]["chosen"])
OPEN, READY = f"{START}user\n", f"{START}assistant\n"
CHAT: Row = {"data": {"type": "chat_template"}}
ANSWERS_ONLY: Row = {"data": {"type": "chat_template", "field_messages": "completion"}}
OWN_DPO: Row = {"data": {"type": "chat_template.default", "field_messages": "prompt"}, "skip_prepare_dataset": False}
OWN_REWARD: Row = {"data": {"type": "bradley_terry.chat_template"}, "skip_prepare_dataset": False}

FAULTS: dict[tuple[Format, Style], dict[str, Fault]] = {
    ("dpo", "string"): {
        "conversations": Fault(DPO_C, fails("load", TEXT)),
        "conversational answers": Fault(each(DPO_C, prompt="Why?"), fails("load", TEXT)),
        "some conversations": Fault(DPO[:3] + DPO_C[3:], fails("load", TEXT)),
        "no prompt": Fault(without(DPO, "prompt"), fails("load", KEYS)),
        "null answer": Fault(but(DPO, chosen=None), fails("load", KEYS)),
        "null prompt": Fault(but(DPO, prompt=None), fails("load", KEYS)),
        "empty answer": Fault(but(DPO, chosen=""), fails("load", KEYS)),
        "empty prompt": Fault(but(DPO, prompt=""), fails("load", KEYS)),
        "number": Fault(but(DPO, chosen=5), fails("load", TEXT)),
        "numbers": Fault(each(DPO, chosen=5), fails("load", TEXT)),
        "other columns": Fault(each(DPO, system="x", **MORE), trains_on(4, prompt_ids=WHO, chosen_ids=ANSWER)),
        "images": Fault(each(DPO, images=[]), fails("build", "vision-related")),
        "long prompt": Fault(but(DPO, prompt=LONG), keeps(5)),
        "long answer": Fault(but(DPO, chosen=LONG), keeps(5)),
        "chosen is rejected": Fault(each(DPO, chosen="x", rejected="x"), keeps(6)),
        "stable-alignment": Fault(GROUPED, fails("load", KEYS)),
    },
    ("dpo", "conversational"): {
        "string prompt": Fault(each(DPO_C, prompt="Why?"), fails("build")),
        "some strings": Fault(DPO_C[:3] + DPO[4:], trains_on(3, prompt_ids=WHO, chosen_ids=DPO[4]["chosen"])),
        "no prompt": Fault(SIDE_BY_SIDE, trains_on(4, prompt_ids=WHO_C, chosen_ids=ANSWER_C)),
        "no rejected": Fault(without(DPO_C, "rejected"), fails("build", "rejected")),
        "null answer": Fault(but(DPO_C, chosen=None), fails("build", JOIN)),
        "null content": Fault(but(DPO_C, chosen=assistant(None)), trains_on(1, chosen_ids=f"None{END}\n")),
        "empty answer": Fault(but(DPO_C, chosen=assistant("")), trains_on(1, chosen_ids=END + "\n")),
        "empty prompt": Fault(but(DPO_C, prompt=user("")), trains_on(1, prompt_ids=f"{OPEN}{END}\n{READY}")),
        "no turn": Fault(but(DPO_C, chosen=[]), fails("build", "IndexError")),
        "other columns": Fault(each(DPO_C, margin=1.5, **MORE), trains_on(4, prompt_ids=WHO_C, chosen_ids=ANSWER_C)),
        "image": Fault(each(DPO_C, image="x"), fails("build", "vision-related")),
        "long prompt": Fault(but(DPO_C, prompt=user(LONG)), keeps(5)),
        "long answer is cut": Fault(but(DPO_C, chosen=assistant(LONG)), keeps(6)),
        "swapped roles": Fault(
            but(DPO_C, prompt=assistant("Answer"), chosen=user("Question")), trains_on(1, chosen_ids=f"ion{END}\n")
        ),
        "unknown role": Fault(
            but(DPO_C, prompt=[BOT]), trains_on(1, prompt_ids=f"{START}bot\nx{END}\n{READY}")
        ),
        "from and value": Fault(each(DPO_C, **SHAREGPT), fails("build")),
        "own reader": Fault(DPO_C, trains_on(4, prompt_ids=WHO_C, chosen_ids=ANSWER), OWN_DPO),
        "own reader, string prompt": Fault(each(DPO_C, prompt="Who?"), trains_on(4, prompt_ids=WHO_C), OWN_DPO),
        "own reader, blank at the end": Fault(but(DPO_C, chosen=assistant("Yes. ")), fails("load", KEYS), OWN_DPO),
        "own reader, answer that stands in the template": Fault(
            DPO_C, trains_on(3, chosen_ids=f"user\n[[dummy_message]]{END}\n{READY}user{END}"), OWN_DPO
        ),
        "own reader, unknown role": Fault(
            but(DPO_C, prompt=[BOT]), fails("load", "KeyError: 'bot'"), OWN_DPO
        ),
    },
    ("kto", "string"): {
        "labels 0 and 1": Fault(each(KTO, label=int), keeps(6)),
        "labels 0.0 and 1.0": Fault(each(KTO, label=float), keeps(6)),
        "labels 2 and 6": Fault(each(KTO, label=lambda good: 6 if good else 2), keeps(6)),
        "one label": Fault(each(KTO, label=True), keeps(6)),
        "labels as text": Fault(each(KTO, label=str), fails("build", "'int' and 'str'")),
        "null label": Fault(but(KTO, label=None), fails("build", "'int' and 'NoneType'")),
        "null answer": Fault(but(KTO, completion=None), fails("load", KEYS)),
        "empty answer": Fault(but(KTO, completion=""), fails("load", KEYS)),
        "empty prompt": Fault(but(KTO, prompt=""), fails("load", KEYS)),
        "neighbours alike": Fault(
            but(KTO, completion=KTO[0]["completion"]), trains_on(1, KL_completion_ids=said(KTO[0]["completion"])),
            {"micro_batch_size": 2},
        ),
        "one row at a time": Fault(KTO, fails("build", "batch size must be > 1"), {"micro_batch_size": 1}),
        "other columns": Fault(each(KTO, id="x", scores=[1.5]), trains_on(4, completion_ids=ANSWER)),
        "messages": Fault(each(KTO, messages=user("x")), trains_on(4, completion_ids=KTO[4]["completion"])),
        "images": Fault(each(KTO, images=[]), fails("build", "vision-related")),
        "long prompt": Fault(but(KTO, prompt=LONG), keeps(5)),
    },
    ("kto", "conversational"): {
        "string prompt": Fault(each(KTO_C, prompt="Why?"), fails("build")),
        "null answer": Fault(but(KTO_C, completion=None), fails("build", JOIN)),
        "empty answer": Fault(but(KTO_C, completion=assistant("")), trains_on(1, completion_ids=END + "\n")),
        "long prompt": Fault(but(KTO_C, prompt=user(LONG)), keeps(5)),
    },
    ("reward", "string"): {
        "null answer": Fault(but(REWARD, chosen=None), fails("build", "NoneType")),
        "null margin": Fault(but(REWARD, margin=None), fails("train", "NoneType")),
        "empty answer": Fault(but(REWARD, chosen=""), trains_on(1, chosen_ids=QUESTIONS[1] + END)),
        "other columns": Fault(each(REWARD, id="x", scores=[1.5]), trains_on(4, chosen_ids=WHO + ANSWER)),
        "long answer": Fault(but(REWARD, chosen=LONG), keeps(5)),
        "chosen is rejected": Fault(each(REWARD, chosen="x", rejected="x"), keeps(6)),
        "own reader": Fault(REWARD, fails("load", "KeyError: 'system'"), OWN_REWARD),
    },
    ("reward", "conversational"): {
        "string prompt": Fault(each(REWARD_C, prompt="Why?"), fails("build")),
        "null answer": Fault(but(REWARD_C, chosen=None), fails("build", JOIN)),
        "long answer": Fault(but(REWARD_C, chosen=assistant(LONG)), keeps(5)),
    },
    ("sft", "string"): {
        "conversations": Fault(SFT_C, fails("load", TEXT)),
        "null answer": Fault(but(SFT, completion=None), trains_on(1, input_ids=QUESTIONS[1], labels="")),
        "null prompt": Fault(but(SFT, prompt=None), trains_on(1, input_ids=f"None{ANSWERS[1]}{END}")),
        "empty answer": Fault(but(SFT, completion=""), trains_on(1, input_ids=QUESTIONS[1], labels="")),
        "empty prompt": Fault(but(SFT, prompt=""), trains_on(1, input_ids=ANSWERS[1] + END, labels=ANSWERS[1] + END)),
        "number": Fault(but(SFT, completion=5), fails("load", TEXT)),
        "other columns": Fault(each(SFT, **MORE), trains_on(4, input_ids=WHO + ANSWER, labels=ANSWER)),
        "system": Fault(each(SFT, system="x"), trains_on(4, input_ids=f"x{WHO}{ANSWER}")),
        "columns of tokens": Fault(each(SFT, input_ids=[65], labels=[65], attention_mask=[1]), fails("train")),
        "long answer": Fault(but(SFT, completion=LONG), keeps(5)),
        "messages": Fault(MESSAGES, trains_on(4, input_ids=WHO_C + ANSWER_C, labels=ANSWER), CHAT),
        "messages, answer first": Fault(
            but(MESSAGES, messages=assistant("Answer") + user("Question")), trains_on(1, labels="Answer" + END), CHAT
        ),
        "messages, no answer": Fault(but(MESSAGES, messages=user("Question")), trains_on(1, labels=""), CHAT),
        "messages, no turn": Fault(but(MESSAGES, messages=[]), fails("load", "IndexError"), CHAT),
        "completion as messages": Fault(SFT_C, trains_on(4, input_ids=READY + ANSWER_C), ANSWERS_ONLY),
    },
    ("alpaca", "string"): {
        "null answer": Fault(but(ALPACA, output=None), trains_on(1, labels="")),
        "empty answer": Fault(but(ALPACA, output=""), trains_on(1, labels="")),
        "null input": Fault(but(ALPACA, input=None), trains_on(1, labels=ANSWERS[1] + END)),
        "no input": Fault(without(ALPACA, "input"), trains_on(1, labels=ANSWERS[1] + END)),
        "rating": Fault(each(ALPACA, rating=4.5), trains_on(4, labels=ANSWER)),
        "long input": Fault(but(ALPACA, input=LONG), keeps(5)),
        "messages": Fault(MESSAGES, fails("load", "KeyError: 'instruction'")),
        "stable-alignment": Fault(GROUPED, fails("load", "KeyError: 'instruction'")),
    },
}  # fmt: skip
CASES = [(*shape, name) for shape, faults in FAULTS.items() for name in faults]


def planted(folder: Path, format_: Format, style: Style, fault: Fault) -> str:
    """A folder of rows that go wrong, with our configuration made to read JSON, and in order; the path of that."""
    part = PARTS.get(format_, (format_,))[0]
    data = folder / data_file(part, "train", "jsonl")
    data.parent.mkdir(parents=True)
    data.write_text("".join(json.dumps(row) + "\n" for row in fault.rows), encoding="utf-8")
    ((name, text),) = axolotl_files(Shape(format_, style, {part: ("train",)}))
    document, instead = yaml.safe_load(text), dict(fault.instead or {})
    source = document["datasets"][0] | instead.pop("data", {}) | {"path": data_file(part, "train", "jsonl")}
    path = folder / name
    path.parent.mkdir()
    path.write_text(yaml.safe_dump({**document, "shuffle_merged_datasets": False, **instead, "datasets": [source]}))
    return name


# --- asking axolotl ---------------------------------------------------------------------------------------------------

# TRL, by which axolotl trains, looks at one column to see whether rows are conversations, and which one depends on the
# seed of hash(). With this seed it is `messages` where there are some, and `chosen` in pairs.
SURROUNDINGS = {"PYTHONHASHSEED": "10", **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}}
needs_axolotl = pytest.mark.skipif(not PYTHON.exists(), reason="make test-trainers makes the environment with axolotl")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Found]]:
    """What axolotl makes of everything here, by folder; asked all at once, as it takes long to start."""
    base = tmp_path_factory.mktemp("axolotl")
    words = [word for pair in (*ours(base), *theirs(base)) for word in pair]
    by_folder: dict[str, list[Found]] = {}
    for item in answers(words):
        by_folder.setdefault(Path(item["folder"]).name, []).append(item)
    return by_folder


def answers(words: Sequence[str]) -> list[Found]:
    """What axolotl makes of folders and configurations, which come in turn."""
    command = [str(PYTHON), "-W", "ignore", str(SCRIPT), *words]
    done = subprocess.run(command, capture_output=True, text=True, env=SURROUNDINGS, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def ours(base: Path) -> Iterator[tuple[str, str]]:
    for format_, style in TAKEN:
        folder = base / f"{format_} {style}"
        yield from ((str(folder), f"axolotl/{part}.yaml") for part in written(folder, format_, style).parts)


def theirs(base: Path) -> Iterator[tuple[str, str]]:
    for format_, style, name in CASES:
        folder = base / f"{format_} {style} {name}"
        yield str(folder), planted(folder, format_, style, FAULTS[format_, style][name])


@needs_axolotl
@pytest.mark.slow
@pytest.mark.parametrize(("format_", "style"), TAKEN)
def test_trains_on_what_was_exported(found: dict[str, list[Found]], format_: Format, style: Style) -> None:
    parts = found[f"{format_} {style}"]
    assert [part["yaml"] for part in parts] == [f"axolotl/{part}.yaml" for part in PARTS.get(format_, (format_,))]
    for part in parts:
        assert "failed" not in part, part["failed"]
        assert len(part["evaluation"]) == 2
        assert len(part["losses"]) == 2
        assert all(map(math.isfinite, part["losses"]))
        check = check_sft if format_ in ("sft", "alpaca") else check_preferences
        check(rows_of(format_, style), part["tokens"])


def check_preferences(rows: Rows, tokens: Rows) -> None:
    wanted = [trained(row) for row in rows]
    got = [{name: row[name] for name in wanted[0]} for row in tokens]
    assert in_order(got) == in_order(wanted)
    if "label" in rows[0]:
        assert got == wanted  # KTO needs the order
        assert all(row["KL_completion_ids"] != row["completion_ids"] for row in tokens)


def check_sft(rows: Rows, tokens: Rows) -> None:
    """Only the answer is trained on, and the question, with its input, stands before it."""
    assert Counter(
        (row["input_ids"].partition("### Instruction:")[2] or row["input_ids"], row["labels"]) for row in tokens
    ) == Counter(map(read, rows))


def read(row: Row) -> tuple[str, str]:
    """What a model reads of a row of SFT, from the instruction on, and what of it it is trained on."""
    if "prompt" in row:
        return row["prompt"] + row["completion"] + END, row["completion"] + END
    told = f"\n\n### Input:\n{row['input']}" if row["input"] else ""
    answer = row["output"] + END
    return f"\n{row['instruction']}{told}\n\n### Response:\n{answer}", answer


@needs_axolotl
@pytest.mark.slow
def test_trains_on_what_the_command_exports(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=4, max_length=45)
    folders = {}
    for format_, style in TAKEN:
        words = ["--format", format_, "--max-rows", 14, "--validation", 0.4]
        words += ["--style", style] if format_ != "alpaca" else []
        folder = export(sandbox, tmp_path, run, *words, out=f"{format_}-{style}")
        folders[str(folder.path)] = folder
    asked_of = [
        word
        for folder in folders.values()
        for name in folder.files()
        if "axolotl/" in name
        for word in (str(folder.path), name)
    ]
    found = answers(asked_of)
    assert len(found) == len(asked_of) // 2 >= 15
    for item in found:
        assert "failed" not in item, item["failed"]
        folder, part = folders[item["folder"]], Path(item["yaml"]).stem
        check = check_sft if folder.manifest["format"] in ("sft", "alpaca") else check_preferences
        check(folder.rows(part), item["tokens"])


@needs_axolotl
@pytest.mark.slow
@pytest.mark.parametrize(("format_", "style", "name"), CASES)
def test_does_what_we_say(found: dict[str, list[Found]], format_: Format, style: Style, name: str) -> None:
    (item,) = found[f"{format_} {style} {name}"]
    shown = {key: item.get(key) for key in ("failed", "losses", "tokens")}
    assert FAULTS[format_, style][name].does(item), json.dumps(shown, indent=1)


@needs_axolotl
@pytest.mark.slow
def test_any_label_but_zero_counts_as_good(found: dict[str, list[Found]]) -> None:
    ratings, one, numbers = (
        found[f"kto string {name}"][0]["losses"] for name in ("labels 2 and 6", "one label", "labels 0 and 1")
    )
    assert ratings == one != numbers
