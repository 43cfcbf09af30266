"""Rows, good and faulty, and what axolotl makes of each: the slow tests ask it, `test_claims` checks them."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from proofs import Proof, Row, cards, damaged, late, lines, of_ours

from sandbox.checking.names import Code, Verdict
from sandbox.export.names import FORMATS, Format, Shape, Split, Style, data_file
from sandbox.export.trainers.axolotl import axolotl_files

Rows = list[Row]
Found = dict[str, Any]
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


# --- rows that go wrong -----------------------------------------------------------------------------------------------

Does = Callable[[Found], bool]


class Fault(NamedTuple):
    """Rows, and what axolotl does with them: `does` gets what the script found.

    `codes` are what the check finds in the same folder, None the rows as they are; `verdict` is what it says then.
    """

    rows: Rows
    does: Does
    instead: Row | None = None  # other lines of our configuration, or of its data set where they are under `data`
    codes: Sequence[Code | None] = ()
    verdict: Verdict = "fails"
    validation: Rows | None = None
    files: Mapping[str, bytes] = {}  # more files, or others
    ours: bool = False


def fails(stage: str, error: str = "") -> Does:
    return lambda found: found.get("failed", {}).get("stage") == stage and error in found["failed"]["error"]


def trains_on(at: int, **texts: Any) -> Does:
    """It goes through, and this is what is trained on for the row."""
    return lambda found: "losses" in found and texts.items() <= found["tokens"][at].items()


def keeps(count: int) -> Does:
    """It goes through with so many rows."""
    return lambda found: "losses" in found and len(found["tokens"]) == count


def marks(at: int, name: str, count: int) -> Does:
    """It goes through, and so many tokens of the row are marks, and not only look like them."""
    return lambda found: "losses" in found and found["tokens"][at]["special"][name] == count


def both(*every: Does) -> Does:
    return lambda found: all(does(found) for does in every)


def tells(at: int, text: str) -> Does:
    """It goes through, and this stands in what the model reads of the row."""
    return lambda found: "losses" in found and text in found["tokens"][at]["input_ids"]


def losses_are(loss: float) -> Does:
    return lambda found: set(found.get("losses", ())) == {loss}


def in_runs(kept: bool) -> Does:
    """It goes through, and rows that came by their labels still come so, or do no more."""
    return lambda found: "losses" in found and kept == (runs([row["label"] for row in found["tokens"]]) == 2)


def runs(values: Sequence[Any]) -> int:
    return len(list(itertools.groupby(values)))


def apart(name: str) -> Does:
    """It goes through, and rows that are alike are no neighbours any more."""
    return lambda found: "losses" in found and runs([row[name] for row in found["tokens"]]) == len(found["tokens"])


def but(rows: Rows, **changed: Any) -> Rows:
    """The rows with other values in the second."""
    return [{**row, **changed} if at == 1 else row for at, row in enumerate(rows)]


def each(rows: Rows, **changed: Any) -> Rows:
    """The rows with other or more values in all; a function makes the value of the one that is there."""
    return [row | {name: new(row[name]) if callable(new) else new for name, new in changed.items()} for row in rows]


def lacking(rows: Rows, name: str) -> Rows:
    """The second row has no such column."""
    return [*rows[:1], *without(rows[1:2], name), *rows[2:]]


def dated(rows: Rows, name: str) -> Rows:
    return [row | {name: f"2024-01-{at + 10}"} for at, row in enumerate(rows)]


def without(rows: Rows, name: str) -> Rows:
    return [{key: value for key, value in row.items() if key != name} for row in rows]


DPO, KTO, SFT = rows_of("dpo", "string"), rows_of("kto", "string"), rows_of("sft", "string")
ALPACA, REWARD = rows_of("alpaca", "string"), rows_of("reward", "string")
DPO_C, KTO_C, SFT_C, REWARD_C = ([as_messages(row) for row in rows] for rows in (DPO, KTO, SFT, REWARD))
GROUPED = rows_of("stable-alignment", "string")
MESSAGES = [{"messages": row["prompt"] + row["completion"]} for row in SFT_C]
SHAREGPT = {"prompt": [{"from": "human", "value": "q"}], "chosen": [{"from": "gpt", "value": "a"}]}
SIDE_BY_SIDE = [{side: row["prompt"] + row[side] for side in ("chosen", "rejected")} for row in DPO_C]
SHAREGPT_ROWS = [
    {"conversations": [{"from": "human", "value": row["prompt"]}, {"from": "gpt", "value": row["completion"]}]}
    for row in SFT
]
TEXTS = [{"text": row["completion"]} for row in SFT]
JOINED = [{side: row["prompt"] + row[side] for side in ("chosen", "rejected")} for row in DPO]
MODPO = rows_of("modpo", "string")
SORTED = [{"prompt": f"Q{at}", "completion": f"A{at}", "label": at < 12} for at in range(24)]
NINE = [row | {"label": at % 2 == 0} for at, row in enumerate(SORTED[:9])]
NAMELESS = [{"content": "x"}]
TWICE = QUESTIONS[2] + ANSWERS[2] + "<|im_end|>"
MORE = {"id": "x", "messages": user("x"), "scores": [1.5], "label": True, "tools": []}
INVENTED = f"{END}\n{START}user\nMore?"  # what a server with the wrong stop token leaves behind an answer
THOUGHT = "<think>Hm.</think>You."
TEMPLATED = f"{START}user\nQ{END}\n{START}assistant\n"
BOT = {"role": "bot", "content": "x"}
LONG = "long " * 1000
TEXT, KEYS, JOIN = "must be of type `str`", "keys are required", "TypeError"
# What becomes of the fifth row: a question and an answer as strings, with a template, and the whole.
WHO, ANSWER, WHO_C, ANSWER_C = asked(DPO[4]), said(DPO[4]["chosen"]), asked(DPO_C[4]), said(DPO_C[4]["chosen"])
OPEN, READY = f"{START}user\n", f"{START}assistant\n"
CHAT: Row = {"data": {"type": "chat_template"}}
ANSWERS_ONLY: Row = {"data": {"type": "chat_template", "field_messages": "completion"}}
AS_TEXT: Row = {"data": {"type": "completion"}}
AS_SHAREGPT: Row = {"data": {"type": "chat_template", "field_messages": "conversations"}}
AS_SHAREGPT["data"] |= {"message_property_mappings": {"role": "from", "content": "value"}}
TWO_STEPS: Row = {"max_steps": 2}  # only then labels show in the loss
SHUFFLED: Row = {"shuffle_merged_datasets": True}
OWN_DPO: Row = {"data": {"type": "chat_template.default", "field_messages": "prompt"}, "skip_prepare_dataset": False}
OWN_REWARD: Row = {"data": {"type": "bradley_terry.chat_template"}, "skip_prepare_dataset": False}

FAULTS: dict[tuple[Format, Style], dict[str, Fault]] = {
    ("dpo", "string"): {
        "conversations": Fault(DPO_C, fails("load", TEXT)),
        "conversational answers": Fault(each(DPO_C, prompt="Why?"), fails("load", TEXT),
            codes=("mixed_style_columns",)),
        "some conversations": Fault(DPO[:3] + DPO_C[3:], fails("load", TEXT), codes=("mixed_style_rows",)),
        "no prompt": Fault(without(DPO, "prompt"), fails("load", KEYS)),
        "null answer": Fault(but(DPO, chosen=None), fails("load", KEYS), codes=("null_text",)),
        "null prompt": Fault(but(DPO, prompt=None), fails("load", KEYS), codes=("null_text",)),
        "empty answer": Fault(but(DPO, chosen=""), fails("load", KEYS), codes=("empty_answer",)),
        "empty prompt": Fault(but(DPO, prompt=""), fails("load", KEYS), codes=("empty_prompt",)),
        "number": Fault(but(DPO, chosen=5), fails("load", TEXT), codes=("not_text",)),
        "numbers": Fault(each(DPO, chosen=5), fails("load", TEXT), codes=("not_text",)),
        "other columns": Fault(each(DPO, system="x", **MORE), trains_on(4, prompt_ids=WHO, chosen_ids=ANSWER),
            codes=("extra_column",), verdict="note"),
        "images": Fault(each(DPO, images=[]), fails("build", "vision-related"), codes=("image_column",)),
        "long prompt": Fault(but(DPO, prompt=LONG), keeps(5), codes=("prompt_too_long",), verdict="drops rows"),
        "long answer": Fault(but(DPO, chosen=LONG), keeps(5), codes=("row_too_long",), verdict="drops rows"),
        "chosen is rejected": Fault(each(DPO, chosen="x", rejected="x"), keeps(6),
            codes=("equal_pair",), verdict="trains wrongly"),
        "stable-alignment": Fault(GROUPED, fails("load", KEYS), codes=(None,)),
        "rows": Fault(DPO, trains_on(4, prompt_ids=WHO, chosen_ids=ANSWER), codes=(None,), verdict="fine"),
        "absent answer": Fault(lacking(DPO, "chosen"), fails("load", KEYS), codes=("missing_column",)),
        "dates": Fault(dated(DPO, "chosen"), fails("load", TEXT), codes=("all_dates",)),
        "a column more later": Fault(
            DPO, keeps(6), codes=("new_column",), verdict="note", validation=each(DPO, id="x")
        ),
        "a column less later": Fault(
            DPO, fails("load", KEYS), codes=("lost_column",), validation=without(DPO, "rejected")
        ),
        "texts and numbers": Fault(
            [row | {"id": at or "x"} for at, row in enumerate(DPO)], keeps(6), codes=("mixed_types",), verdict="note"
        ),
        "tools": Fault(each(DPO, tools="none"), fails("build", "JSONDecodeError"), codes=("tools_column",)),
        "tokens": Fault(
            each(DPO, input_ids=[65], labels=[65], attention_mask=[1]), trains_on(4, chosen_ids=ANSWER),
            codes=("ready_tokens", "token_column"), verdict="note",
        ),
        "turns beside": Fault(
            each(DPO, messages=user("x")), trains_on(4, chosen_ids=ANSWER), codes=("messages_column",), verdict="note"
        ),
        "the other way round": Fault(
            [*DPO, DPO[4] | {"chosen": DPO[4]["rejected"], "rejected": DPO[4]["chosen"]}], keeps(7),
            codes=("contradiction",), verdict="note",
        ),
        "invented turn": Fault(
            but(DPO, chosen="Who?" + INVENTED),
            both(trains_on(1, chosen_ids=f"Who?{INVENTED}{END}"), marks(1, "chosen_ids", 3)),
            codes=("special_token",), verdict="trains wrongly",
        ),
        "end": Fault(
            but(DPO, chosen="Yes." + END), both(trains_on(1, chosen_ids="Yes." + END), marks(1, "chosen_ids", 1))
        ),
        "ready": Fault(
            but(DPO, prompt=TEMPLATED), trains_on(1, prompt_ids=TEMPLATED), codes=("templated",), verdict="note"
        ),
        "modpo": Fault(MODPO, trains_on(4, chosen_ids=ANSWER), codes=(None,), verdict="fine"),
    },
    ("dpo", "conversational"): {
        "string prompt": Fault(each(DPO_C, prompt="Why?"), fails("build"), codes=("mixed_style_columns",)),
        "some strings": Fault(DPO_C[:3] + DPO[4:], trains_on(3, prompt_ids=WHO, chosen_ids=DPO[4]["chosen"]),
            codes=("mixed_style_rows",), verdict="trains wrongly"),
        "no prompt": Fault(SIDE_BY_SIDE, trains_on(4, prompt_ids=WHO_C, chosen_ids=ANSWER_C),
            codes=(None,), verdict="note"),
        "no rejected": Fault(without(DPO_C, "rejected"), fails("build", "rejected")),
        "null answer": Fault(but(DPO_C, chosen=None), fails("build", JOIN), codes=("null_text",)),
        "null content": Fault(but(DPO_C, chosen=assistant(None)), trains_on(1, chosen_ids=f"None{END}\n"),
            codes=("null_content",), verdict="trains wrongly"),
        "empty answer": Fault(but(DPO_C, chosen=assistant("")), trains_on(1, chosen_ids=END + "\n"),
            codes=("empty_answer",), verdict="trains wrongly"),
        "empty prompt": Fault(but(DPO_C, prompt=user("")), trains_on(1, prompt_ids=f"{OPEN}{END}\n{READY}"),
            codes=("empty_prompt",), verdict="trains wrongly"),
        "no turn": Fault(but(DPO_C, chosen=[]), fails("build", "IndexError"), codes=("empty_conversation",)),
        "other columns": Fault(each(DPO_C, margin=1.5, **MORE), trains_on(4, prompt_ids=WHO_C, chosen_ids=ANSWER_C),
            codes=("extra_column",), verdict="note"),
        "image": Fault(each(DPO_C, image="x"), fails("build", "vision-related"), codes=("image_column",)),
        "long prompt": Fault(but(DPO_C, prompt=user(LONG)), keeps(5), codes=("prompt_too_long",), verdict="drops rows"),
        "long answer is cut": Fault(but(DPO_C, chosen=assistant(LONG)), keeps(6),
            codes=("row_too_long",), verdict="note"),
        "swapped roles": Fault(
            but(DPO_C, prompt=assistant("Answer"), chosen=user("Question")), trains_on(1, chosen_ids=f"ion{END}\n"),
            codes=("role_order", "answer_not_assistant",), verdict="trains wrongly"),
        "unknown role": Fault(
            but(DPO_C, prompt=[BOT]), trains_on(1, prompt_ids=f"{START}bot\nx{END}\n{READY}"),
            codes=("unknown_role",), verdict="trains wrongly"),
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
        "end": Fault(
            but(DPO_C, chosen=assistant("Yes." + END)),
            both(trains_on(1, chosen_ids=f"Yes.{END}{END}\n"), marks(1, "chosen_ids", 2)),
            codes=("special_token",), verdict="trains wrongly",
        ),
        "rows": Fault(DPO_C, trains_on(4, chosen_ids=ANSWER_C), codes=(None,), verdict="fine"),
        "no turn to ask": Fault(but(DPO_C, prompt=[]), fails("build"), codes=("empty_conversation",)),
        "single turns": Fault(
            [row | {side: row[side][0] for side in ("chosen", "rejected")} for row in DPO_C], fails("build"),
            codes=(None,),
        ),
        "no role": Fault(
            but(DPO_C, chosen=NAMELESS), trains_on(1, chosen_ids=f"{START}\nx{END}\n"), codes=("bad_message",),
            verdict="trains wrongly",
        ),
        "no role at all": Fault(
            each(DPO_C, chosen=NAMELESS), fails("build", "endswith"), codes=("bad_message",)
        ),
    },
    ("kto", "string"): {
        "labels 0 and 1": Fault(each(KTO, label=int), keeps(6), TWO_STEPS, codes=("integer_label",), verdict="note"),
        "labels 0.0 and 1.0": Fault(each(KTO, label=float), keeps(6)),
        "labels 2 and 6": Fault(each(KTO, label=lambda good: 6 if good else 2), keeps(6),
            TWO_STEPS, codes=("odd_label",), verdict="trains wrongly"),
        "one label": Fault(
            each(KTO, label=True), keeps(6), TWO_STEPS, codes=("one_label",), verdict="trains wrongly"
        ),
        "labels as text": Fault(each(KTO, label=str), fails("build", "'int' and 'str'"), codes=("text_label",)),
        "null label": Fault(but(KTO, label=None), fails("build", "'int' and 'NoneType'"), codes=("null_label",)),
        "null answer": Fault(but(KTO, completion=None), fails("load", KEYS), codes=("null_text",)),
        "empty answer": Fault(but(KTO, completion=""), fails("load", KEYS), codes=("empty_answer",)),
        "empty prompt": Fault(but(KTO, prompt=""), fails("load", KEYS), codes=("empty_prompt",)),
        "neighbours alike": Fault(
            but(KTO, completion=KTO[0]["completion"]), trains_on(1, KL_completion_ids=said(KTO[0]["completion"])),
            {"micro_batch_size": 2}, codes=("same_answer_neighbours",), verdict="trains wrongly", ours=True),
        "one row at a time": Fault(KTO, fails("build", "batch size must be > 1"), {"micro_batch_size": 1}),
        "other columns": Fault(each(KTO, id="x", scores=[1.5]), trains_on(4, completion_ids=ANSWER),
            codes=("extra_column",), verdict="note"),
        "messages": Fault(each(KTO, messages=user("x")), trains_on(4, completion_ids=KTO[4]["completion"]),
            codes=("messages_column",), verdict="trains wrongly"),
        "images": Fault(each(KTO, images=[]), fails("build", "vision-related"), codes=("image_column",)),
        "long prompt": Fault(but(KTO, prompt=LONG), keeps(5), codes=("prompt_too_long",), verdict="drops rows"),
        "invented turn": Fault(
            but(KTO, completion="Who?" + INVENTED),
            both(trains_on(1, completion_ids=f"Who?{INVENTED}{END}"), marks(1, "completion_ids", 3)),
            codes=("special_token",), verdict="trains wrongly",
        ),
        "rows": Fault(KTO, trains_on(4, completion_ids=ANSWER), codes=(None,), verdict="fine"),
        "number": Fault(but(KTO, completion=5), fails("load", TEXT), codes=("not_text",)),
        "no label later": Fault(
            KTO, fails("train", "label"), codes=("lost_column",), validation=without(KTO, "label")
        ),
        "tools": Fault(each(KTO, tools="none"), fails("build", "JSONDecodeError"), codes=("tools_column",)),
        "long answer": Fault(but(KTO, completion=LONG), keeps(5), codes=("row_too_long",), verdict="drops rows"),
        "few bad ones": Fault(
            [row | {"label": at > 0} for at, row in enumerate(KTO)], keeps(6), codes=("label_imbalance",),
            verdict="note",
        ),
        "sorted": Fault(SORTED, in_runs(True), codes=("label_runs",), verdict="trains wrongly", ours=True),
        "sorted, shuffled": Fault(SORTED, in_runs(False), SHUFFLED, codes=("label_runs",), verdict="note"),
        "neighbours that ask the same": Fault(
            but(KTO, prompt=KTO[0]["prompt"]), trains_on(1, KL_completion_ids=said(KTO[0]["completion"])),
            codes=("same_prompt_neighbours",), verdict="trains wrongly", ours=True,
        ),
        "neighbours that ask the same, shuffled": Fault(
            but(KTO, prompt=KTO[0]["prompt"]), apart("prompt_ids"), SHUFFLED, codes=("same_prompt_neighbours",),
            verdict="note",
        ),
        "neighbours alike, shuffled": Fault(
            but(KTO, completion=KTO[0]["completion"]), apart("completion_ids"), SHUFFLED,
            codes=("same_answer_neighbours",), verdict="note",
        ),
        "ends alike": Fault(
            [*KTO[:-1], KTO[5] | {"prompt": KTO[0]["prompt"]}],
            trains_on(0, prompt_ids=KTO[0]["prompt"], KL_completion_ids=said(KTO[5]["completion"])),
            codes=("batch_ends",), verdict="trains wrongly", ours=True,
        ),
        "left alone": Fault(
            NINE, trains_on(8, completion_ids="A8" + END, KL_completion_ids="A8" + END), codes=("lone_row",),
            verdict="trains wrongly", ours=True,
        ),
    },
    ("kto", "conversational"): {
        "string prompt": Fault(each(KTO_C, prompt="Why?"), fails("build"), codes=("mixed_style_columns",)),
        "null answer": Fault(but(KTO_C, completion=None), fails("build", JOIN), codes=("null_text",)),
        "empty answer": Fault(but(KTO_C, completion=assistant("")), trains_on(1, completion_ids=END + "\n"),
            codes=("empty_answer",), verdict="trains wrongly"),
        "long prompt": Fault(but(KTO_C, prompt=user(LONG)), keeps(5), codes=("prompt_too_long",), verdict="drops rows"),
        "rows": Fault(KTO_C, trains_on(4, completion_ids=ANSWER_C), codes=(None,), verdict="fine"),
        "no turn": Fault(
            but(KTO_C, completion=[]), trains_on(1, completion_ids=""), codes=("empty_conversation",),
            verdict="trains wrongly",
        ),
        "long answer is cut": Fault(
            but(KTO_C, completion=assistant(LONG)), keeps(6), codes=("row_too_long",), verdict="note"
        ),
    },
    ("reward", "string"): {
        "null answer": Fault(but(REWARD, chosen=None), fails("build", "NoneType"), codes=("null_text",)),
        "null margin": Fault(but(REWARD, margin=None), fails("train", "NoneType"), codes=("null_number",)),
        "empty answer": Fault(but(REWARD, chosen=""), trains_on(1, chosen_ids=QUESTIONS[1] + END),
            codes=("empty_answer",), verdict="trains wrongly"),
        "other columns": Fault(each(REWARD, id="x", scores=[1.5]), trains_on(4, chosen_ids=WHO + ANSWER),
            codes=("extra_column",), verdict="note"),
        "long answer": Fault(but(REWARD, chosen=LONG), keeps(5), codes=("row_too_long",), verdict="drops rows"),
        "chosen is rejected": Fault(each(REWARD, chosen="x", rejected="x"), keeps(6),
            codes=("equal_pair",), verdict="trains wrongly"),
        "own reader": Fault(REWARD, fails("load", "KeyError: 'system'"), OWN_REWARD),
        "rows": Fault(REWARD, trains_on(4, chosen_ids=WHO + ANSWER), codes=(None,), verdict="fine"),
        "no prompt": Fault(JOINED, trains_on(4, chosen_ids=WHO + ANSWER), codes=(None,), verdict="note"),
        "no margin later": Fault(
            REWARD, keeps(6), codes=("lost_margin",), verdict="note", validation=without(REWARD, "margin")
        ),
        "whole number": Fault(but(REWARD, margin=2), keeps(6), codes=("mixed_numbers",), verdict="note"),
        "whole numbers": Fault(each(REWARD, margin=2), keeps(6), codes=("integer_number",), verdict="note"),
        "margins below nought": Fault(each(REWARD, margin=-1.5), keeps(6), codes=("negative_margin",), verdict="note"),
        "margins that are no numbers": Fault(
            each(REWARD, margin=math.nan), losses_are(0.0), codes=("not_finite",), verdict="trains wrongly"
        ),
        "margins in quotes": Fault(each(REWARD, margin="1.5"), fails("train", "'str'"), codes=("not_a_number",)),
        "number": Fault(but(REWARD, chosen=5), fails("build", "endswith"), codes=("not_text",)),
        "images": Fault(
            each(REWARD, images=["a.png"]), trains_on(4, chosen_ids=WHO + ANSWER), codes=("image_column",),
            verdict="note",
        ),
        "tools": Fault(each(REWARD, tools="none"), fails("build", "JSONDecodeError"), codes=("tools_column",)),
        "long prompt": Fault(but(REWARD, prompt=LONG), keeps(5), codes=("prompt_too_long",), verdict="drops rows"),
    },
    ("reward", "conversational"): {
        "string prompt": Fault(each(REWARD_C, prompt="Why?"), fails("build"), codes=("mixed_style_columns",)),
        "null answer": Fault(but(REWARD_C, chosen=None), fails("build", JOIN), codes=("null_text",)),
        "long answer": Fault(but(REWARD_C, chosen=assistant(LONG)), keeps(5),
            codes=("row_too_long",), verdict="drops rows"),
        "rows": Fault(REWARD_C, keeps(6), codes=(None,), verdict="fine"),
        "no turn": Fault(
            but(REWARD_C, chosen=[]), trains_on(1, chosen_ids=f"{OPEN}{QUESTIONS[1]}{END}\n"),
            codes=("empty_conversation",), verdict="trains wrongly",
        ),
    },
    ("sft", "string"): {
        "conversations": Fault(SFT_C, fails("load", TEXT), codes=(None,)),
        "null answer": Fault(but(SFT, completion=None), trains_on(1, input_ids=QUESTIONS[1], labels=""),
            codes=("null_text",), verdict="drops rows"),
        "null prompt": Fault(but(SFT, prompt=None), trains_on(1, input_ids=f"None{ANSWERS[1]}{END}"),
            codes=("null_text",), verdict="trains wrongly"),
        "empty answer": Fault(but(SFT, completion=""), trains_on(1, input_ids=QUESTIONS[1], labels=""),
            codes=("empty_answer",), verdict="drops rows"),
        "empty prompt": Fault(but(SFT, prompt=""), trains_on(1, input_ids=ANSWERS[1] + END, labels=ANSWERS[1] + END),
            codes=("empty_prompt",), verdict="trains wrongly"),
        "number": Fault(but(SFT, completion=5), fails("load", TEXT), codes=("not_text",)),
        "other columns": Fault(each(SFT, **MORE), trains_on(4, input_ids=WHO + ANSWER, labels=ANSWER),
            codes=("extra_column",), verdict="note"),
        "system": Fault(each(SFT, system="x"), trains_on(4, input_ids=f"x{WHO}{ANSWER}"),
            codes=("system_column",), verdict="note"),
        "columns of tokens": Fault(each(SFT, input_ids=[65], labels=[65], attention_mask=[1]), fails("train"),
            codes=("ready_tokens",)),
        "long answer": Fault(but(SFT, completion=LONG), keeps(5), codes=("row_too_long",), verdict="drops rows"),
        "messages": Fault(MESSAGES, trains_on(4, input_ids=WHO_C + ANSWER_C, labels=ANSWER), CHAT,
            codes=(None,), verdict="note"),
        "messages, answer first": Fault(
            but(MESSAGES, messages=assistant("Answer") + user("Question")), trains_on(1, labels="Answer" + END), CHAT,
            codes=("role_order",), verdict="trains wrongly"),
        "messages, no answer": Fault(but(MESSAGES, messages=user("Question")), trains_on(1, labels=""), CHAT),
        "messages, no turn": Fault(but(MESSAGES, messages=[]), fails("load", "IndexError"), CHAT,
            codes=("empty_conversation",)),
        "completion as messages": Fault(SFT_C, trains_on(4, input_ids=READY + ANSWER_C), ANSWERS_ONLY),
        "rows": Fault(SFT, trains_on(4, input_ids=WHO + ANSWER, labels=ANSWER), codes=(None,), verdict="fine"),
        **{
            code: Fault(SFT, fails("load"), codes=(code,), files={"data/sft/train.jsonl": broken})
            for code, broken in damaged(SFT).items()
        },
        "no rows": Fault([], fails("load", "StopIteration"), codes=("no_rows",)),
        "a broken Parquet file": Fault(
            SFT, fails("load"), {"data": {"path": "data/sft/test.parquet"}}, codes=("unreadable_file",),
            files={"data/sft/test.parquet": b"PAR1"},
        ),
        **{
            code: Fault(SFT, keeps(6), codes=(code,), verdict="note", files={"README.md": card})
            for code, card in cards("data/sft/train.jsonl").items()
        },
        "another format": Fault(
            SFT, keeps(6), codes=("formats_differ",), verdict="note", files={"data/sft/test.csv": b"prompt\nx\n"}
        ),
        "a fraction after ten megabytes": Fault(
            late(each(SFT, n=1), {"n": 1.5}), fails("load", "DatasetGenerationError"), codes=("late_type",)
        ),
        "a number after ten megabytes": Fault(
            late(SFT[4:], {"completion": 7}), trains_on(100, labels="7" + END), codes=("late_bent",),
            verdict="trains wrongly",
        ),
        "dates": Fault(dated(SFT, "completion"), fails("load", TEXT), codes=("all_dates",)),
        "absent answer": Fault(
            lacking(SFT, "completion"), trains_on(1, labels=""), codes=("missing_column",), verdict="drops rows"
        ),
        "absent prompt": Fault(
            lacking(SFT, "prompt"), trains_on(1, input_ids=f"None{ANSWERS[1]}{END}"), codes=("missing_column",),
            verdict="trains wrongly",
        ),
        "a column that one row lacks": Fault(
            lacking(each(SFT, note="x"), "note"), keeps(6), codes=("uneven_column",), verdict="note"
        ),
        "another type later": Fault(
            each(SFT, note="x"), keeps(6), codes=("types_differ",), verdict="note", validation=each(SFT, note=[1])
        ),
        "numbers later": Fault(
            each(SFT, note="x"), keeps(6), codes=("types_bent",), verdict="note", validation=each(SFT, note=1)
        ),
        "no prompt later": Fault(
            SFT, fails("load", "KeyError: 'prompt'"), codes=("lost_column",), validation=without(SFT, "prompt")
        ),
        "images": Fault(
            each(SFT, images=["a.png"]), trains_on(4, labels=ANSWER), codes=("image_column",), verdict="note"
        ),
        "two columns of tokens": Fault(
            each(SFT, input_ids=[65], labels=[65]), trains_on(4, labels=ANSWER), codes=("token_column",), verdict="note"
        ),
        "long columns of tokens": Fault(
            each(SFT, input_ids=[65] * 3, labels=[65] * 3, attention_mask=[1] * 3), trains_on(4, labels="b" * 3),
            codes=("ready_tokens",), verdict="trains wrongly",
        ),
        "text": Fault(each(SFT, text="x"), trains_on(4, labels=ANSWER), codes=("text_column",), verdict="note"),
        "tools": Fault(each(SFT, tools="none"), trains_on(4, labels=ANSWER), codes=("tools_column",), verdict="note"),
        "question in the answer": Fault(
            [row | {"completion": row["prompt"] + row["completion"]} for row in SFT], trains_on(2, labels=TWICE),
            codes=("prompt_in_answer",), verdict="trains wrongly",
        ),
        "a row twice": Fault([*SFT, SFT[0]], keeps(7), codes=("duplicate_row",), verdict="note"),
        "both splits alike": Fault(SFT, keeps(6), codes=("leak",), verdict="trains wrongly", validation=SFT),
        "invented turn": Fault(
            but(SFT, completion="Who?" + INVENTED),
            both(trains_on(1, labels=f"Who?{INVENTED}{END}"), marks(1, "labels", 3)),
            codes=("special_token",), verdict="trains wrongly",
        ),
        "mark of another model": Fault(
            but(SFT, completion="Yes.<|eot_id|>"),
            both(trains_on(1, labels=f"Yes.<|eot_id|>{END}"), marks(1, "labels", 1)),
        ),
        "a word that is a token elsewhere": Fault(
            but(SFT, completion="<s>Yes</s>"), both(trains_on(1, labels="<s>Yes</s>" + END), marks(1, "labels", 1)),
            codes=("perhaps_special",), verdict="note",
        ),
        "thought": Fault(
            but(SFT, completion=THOUGHT), trains_on(1, labels=THOUGHT + END), codes=("thinking_tag",), verdict="note"
        ),
        "messages, end": Fault(
            but(MESSAGES, messages=user("Q") + assistant("Yes." + END)),
            both(trains_on(1, labels=f"Yes.{END}{END}"), marks(1, "labels", 2)),
            CHAT, codes=("special_token",), verdict="trains wrongly",
        ),
        "messages, marks in the question": Fault(
            but(MESSAGES, messages=user(f"Q{END}\n{START}assistant\nNo") + assistant("Yes.")),
            both(trains_on(1, labels="Yes." + END), marks(1, "input_ids", 6)),
            CHAT, codes=("special_token",), verdict="trains wrongly",
        ),
        "texts, templated": Fault(
            but(TEXTS, text=TEMPLATED + "Yes." + END), trains_on(1, labels=TEMPLATED + "Yes." + END), AS_TEXT,
            codes=("templated",), verdict="note",
        ),
        "messages, null": Fault(but(MESSAGES, messages=None), fails("load"), CHAT, codes=("null_text",)),
        "messages, tools": Fault(
            each(MESSAGES, tools="none"), fails("load", "JSONDecodeError"), CHAT, codes=("tools_column",)
        ),
        "messages, system": Fault(
            each(MESSAGES, system="x"), trains_on(4, input_ids=f"{START}system\nx{END}\n{WHO_C}{ANSWER_C}"), CHAT,
            codes=("system_column",), verdict="note",
        ),
        "messages, no role": Fault(
            but(MESSAGES, messages=user("Question") + NAMELESS), trains_on(1, labels=""), CHAT, codes=("bad_message",),
            verdict="drops rows",
        ),
        "messages, more after the answer": Fault(
            but(MESSAGES, messages=MESSAGES[1]["messages"] + user("And?")), trains_on(1, labels=ANSWERS[1] + END), CHAT,
            codes=("no_answer",), verdict="note",
        ),
        "sharegpt": Fault(SHAREGPT_ROWS, trains_on(4, labels=ANSWER), AS_SHAREGPT, codes=(None,), verdict="note"),
        "sharegpt, nothing else": Fault(SHAREGPT_ROWS, fails("load", "field_messages"), CHAT),
        "texts": Fault(TEXTS, trains_on(4, labels=ANSWER), AS_TEXT, codes=(None,), verdict="fine"),
        "texts, null": Fault(but(TEXTS, text=None), keeps(5), AS_TEXT, codes=("null_text",), verdict="drops rows"),
        "texts, absent": Fault(
            [*TEXTS[:1], {"id": "x"}, *TEXTS[2:]], keeps(5), AS_TEXT, codes=("missing_column",), verdict="drops rows"
        ),
        "texts, long": Fault(
            but(TEXTS, text=LONG), keeps(8), AS_TEXT, codes=("row_too_long",), verdict="note"
        ),
        "texts, empty": Fault(but(TEXTS, text=""), keeps(5), AS_TEXT, codes=("empty_answer",), verdict="drops rows"),
    },
    ("alpaca", "string"): {
        "null answer": Fault(but(ALPACA, output=None), trains_on(1, labels=""),
            codes=("null_text",), verdict="drops rows"),
        "empty answer": Fault(but(ALPACA, output=""), trains_on(1, labels=""),
            codes=("empty_answer",), verdict="drops rows"),
        "null input": Fault(but(ALPACA, input=None), trains_on(1, labels=ANSWERS[1] + END),
            codes=("null_extra",), verdict="note"),
        "no input": Fault(without(ALPACA, "input"), trains_on(1, labels=ANSWERS[1] + END),
            codes=(None,), verdict="note"),
        "rating": Fault(each(ALPACA, rating=4.5), trains_on(4, labels=ANSWER), codes=("extra_column",), verdict="note"),
        "long input": Fault(but(ALPACA, input=LONG), keeps(5), codes=("prompt_too_long",), verdict="drops rows"),
        "messages": Fault(MESSAGES, fails("load", "KeyError: 'instruction'")),
        "stable-alignment": Fault(GROUPED, fails("load", "KeyError: 'instruction'"), codes=(None,)),
        "rows": Fault(ALPACA, trains_on(4, labels=ANSWER), codes=(None,), verdict="fine"),
        "null instruction": Fault(
            but(ALPACA, instruction=None), tells(1, "### Instruction:\nNone\n"), codes=("null_text",),
            verdict="trains wrongly",
        ),
        "templated": Fault(
            but(ALPACA, instruction=TEMPLATED), tells(1, "### Instruction:\n" + TEMPLATED), codes=("templated",),
            verdict="trains wrongly",
        ),
        "system": Fault(each(ALPACA, system="x"), keeps(6), codes=("system_column",), verdict="note"),
    },
}  # fmt: skip
CASES = [(*shape, name) for shape, faults in FAULTS.items() for name in faults]


def files_of(format_: Format, style: Style, fault: Fault) -> dict[str, bytes]:
    """A folder of rows that go wrong, without configurations: what the check is given."""
    part = PARTS.get(format_, (format_,))[0]
    found = {data_file(part, "train", "jsonl"): lines(fault.rows), **fault.files}
    if fault.validation is not None:
        found[data_file(part, "validation", "jsonl")] = lines(fault.validation)
    return found | ({"manifest.json": of_ours(format_)} if fault.ours else {})


def proofs() -> Iterator[Proof]:
    """All of them, for the check."""
    for format_, style, name in CASES:
        fault = FAULTS[format_, style][name]
        files = files_of(format_, style, fault)
        yield from (Proof(f"{format_} {style} {name}", files, fault.verdict, code) for code in fault.codes)


def planted(folder: Path, format_: Format, style: Style, fault: Fault) -> str:
    """Those files, with our configuration made to read JSON, and in order; the path of that."""
    for name, content in files_of(format_, style, fault).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    part = PARTS.get(format_, (format_,))[0]
    splits: tuple[Split, ...] = ("train",) if fault.validation is None else ("train", "validation")
    ((name, text),) = axolotl_files(Shape(format_, style, {part: splits}))
    document, instead = yaml.safe_load(text), dict(fault.instead or {})
    more = instead.pop("data", {})
    for key, split in zip(("datasets", "test_datasets"), splits, strict=False):
        document[key] = [document[key][0] | {"path": data_file(part, split, "jsonl")} | more]
    path = folder / name
    path.parent.mkdir()
    # One step sees all rows, as four batches make one.
    document |= {"shuffle_merged_datasets": False, "max_steps": 1}
    path.write_text(yaml.safe_dump({**document, **instead}))
    return name
