"""Rows, good and faulty, and what LLaMA-Factory makes of each: the slow tests ask it, `test_claims` checks them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from proofs import Proof, Row, cards, damaged, late, lines

from sandbox.checking.names import Code, Verdict

Stage = Literal["sft", "rm", "kto", "pt"]
ENDS = "</s>\n"  # what the template `default` of LLaMA-Factory puts behind an answer, and trains on


def as_messages(row: Row) -> Row:
    """A row of string style in conversational style."""
    roles = {"prompt": "user", "completion": "assistant", "chosen": "assistant", "rejected": "assistant"}
    return {name: [{"role": roles[name], "content": value}] if name in roles else value for name, value in row.items()}


def folder_of(rows: list[Row], entry: dict[str, Any]) -> dict[str, bytes]:
    """The files of a folder with such rows, by name."""
    info = {"rows": {"file_name": "train.jsonl", **entry}}
    return {"train.jsonl": lines(rows), "dataset_info.json": json.dumps(info).encode()}


# --- rows of anyone: what `sandbox export --check` claims -------------------------------------------------------------


def user(text: str | None) -> Row:
    return {"role": "user", "content": text}


def assistant(text: str | None) -> Row:
    return {"role": "assistant", "content": text}


TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
TAGS |= {"system_tag": "system"}
AS_SFT = {"columns": {"prompt": "prompt", "response": "completion"}}
AS_PAIR = {"ranking": True, "columns": {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"}}
AS_KTO = {"columns": {"prompt": "prompt", "response": "completion", "kto_tag": "label"}}
AS_MESSAGES = {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": TAGS}
AS_OPENAI = {**AS_MESSAGES, "formatting": "openai"}
AS_MESSAGE_PAIR = {"columns": {"messages": "prompt", "chosen": "chosen", "rejected": "rejected"}}
AS_MESSAGE_PAIR |= {"formatting": "sharegpt", "ranking": True, "tags": TAGS}

SFT = [{"prompt": "Q1", "completion": "A1"}, {"prompt": "Q2", "completion": "A2"}]
PAIR = [{"prompt": "Q1", "chosen": "C1", "rejected": "R1"}, {"prompt": "Q2", "chosen": "C2", "rejected": "R2"}]
KTO = [{**SFT[0], "label": True}, {**SFT[1], "label": False}]
MESSAGES = [{"messages": [user("Q1"), assistant("A1")]}]
SHAREGPT = [{"conversations": [{"from": "human", "value": "Q1"}, {"from": "gpt", "value": "A1"}]}]
TEXTS = [{"text": "T1"}, {"text": "T2"}]
JOINED = [{side: f"Is it {n}? {side}" for side in ("chosen", "rejected")} for n in range(2)]
CONVERSATIONS = [{side: [user("Q"), assistant(side)] for side in ("chosen", "rejected")} for _ in range(2)]
SIDES = {"chosen": "chosen", "rejected": "rejected"}
REWARD = [{**row, "margin": 1.5} for row in PAIR]
SIX = [{"prompt": f"Q{n}", "completion": f"A{n}", "label": n > 0} for n in range(6)]
GROUPED = [{"query": "Q", "responses": ["A", "B"], "scores": [1.0, 2.0], "models": ["m", "m"]}]
ALPACA = [{"instruction": "Q1", "input": "", "output": "A1"}, {"instruction": "Q2", "input": "x", "output": "A2"}]


def changed(row: Row, **columns: Any) -> Row:
    return {**row, **columns}


def on(column: str, formatting: str, **more: str) -> dict[str, Any]:
    """Conversations in one column."""
    return {"formatting": formatting, "columns": {"messages": column, **more}, "tags": TAGS}


Codes = Sequence[Code | None]


class Fails(NamedTuple):
    """Rows on which LLaMA-Factory ends with an error. `codes` are what the check finds, None the rows as they are."""

    what: str
    rows: list[Row]
    entry: dict[str, Any]
    stage: Stage
    error: str
    codes: Codes = ()
    files: Mapping[str, bytes | None] = {}  # more files, or others; None takes one away
    validation: list[Row] | None = None


INVENTED = "<|im_end|>\n<|im_start|>user\nMore?"  # what a server with the wrong stop token leaves behind an answer
READY = "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n"
NO_ROW = "Cannot find valid samples"  # what it says when it has dropped every row
FAILS = [
    Fails("prompt and completion without a mapping", SFT, {}, "sft", "KeyError: 'instruction'",
          codes=("mapping_column_missing",)),
    Fails("pairs without a mapping", PAIR, {}, "rm", "not applicable in the current training stage"),
    Fails("pairs with ranking, without columns", PAIR, {"ranking": True}, "rm", "KeyError: 'instruction'"),
    Fails("pairs with columns, without ranking", PAIR, {"columns": AS_PAIR["columns"]}, "rm", "not applicable",
          codes=("mapping_ranking",)),
    Fails("pairs for SFT", PAIR, AS_PAIR, "sft", "not applicable"),
    Fails("pairs for KTO", PAIR, AS_PAIR, "kto", "not applicable"),
    Fails("labelled rows without a mapping", KTO, {}, "kto", "KeyError: 'instruction'"),
    Fails("labelled rows for SFT", KTO, AS_KTO, "sft", NO_ROW),
    Fails("rows without labels for KTO", SFT, AS_SFT, "kto", NO_ROW),
    Fails("labels 0 and 1", [changed(row, label=int(row["label"])) for row in KTO], AS_KTO, "kto", NO_ROW,
          codes=("integer_label",)),
    Fails("labels in quotes", [changed(row, label=str(row["label"])) for row in KTO], AS_KTO, "kto", NO_ROW,
          codes=("text_label",)),
    Fails("a label 0 among booleans", [KTO[0], changed(KTO[1], label=0)], AS_KTO, "kto", "changed from boolean"),
    Fails("SFT lists as alpaca", [*map(as_messages, SFT)], AS_SFT, "sft", "expected str instance, list found",
          codes=(None, "mapping_style",)),
    Fails("SFT lists, the question", [*map(as_messages, SFT)], on("prompt", "sharegpt"), "sft", NO_ROW),
    Fails("SFT lists, the answer", [*map(as_messages, SFT)], on("completion", "sharegpt"), "sft", NO_ROW),
    Fails(
        "SFT lists, both", [*map(as_messages, SFT)], on("prompt", "sharegpt", response="completion"), "sft", NO_ROW
    ),
    Fails("SFT lists as openai", [*map(as_messages, SFT)], on("prompt", "openai"), "sft", NO_ROW),
    Fails("pairs of lists as alpaca", [*map(as_messages, PAIR)], AS_PAIR, "rm", "expected str instance, list found"),
    Fails("pairs of lists as sharegpt", [*map(as_messages, PAIR)], AS_MESSAGE_PAIR, "rm", NO_ROW,
          codes=(None, "mapping_pairs",)),
    Fails(
        "pairs of lists as openai",
        [*map(as_messages, PAIR)],
        {**AS_MESSAGE_PAIR, "formatting": "openai"},
        "rm",
        NO_ROW,
    ),
    Fails("KTO lists as alpaca", [*map(as_messages, KTO)], AS_KTO, "kto", "expected str instance, list found"),
    Fails("KTO lists", [*map(as_messages, KTO)], on("prompt", "sharegpt", kto_tag="label"), "kto", NO_ROW,
          codes=(None,)),
    Fails("KTO lists, answer", [*map(as_messages, KTO)], on("completion", "sharegpt", kto_tag="label"), "kto", NO_ROW),
    Fails("messages without a mapping", MESSAGES, {}, "sft", "KeyError: 'instruction'"),
    Fails("messages as sharegpt, nothing else", MESSAGES, {"formatting": "sharegpt"}, "sft", "KeyError: 'conversa"),
    Fails("messages without tags", MESSAGES, {**AS_MESSAGES, "tags": {}}, "sft", "KeyError: None",
          codes=("mapping_tags",)),
    Fails("messages with the usual tags", MESSAGES, {k: AS_MESSAGES[k] for k in ("formatting", "columns")}, "sft",
          "KeyError: 'from'", codes=("mapping_tags",)),
    Fails("messages that are null", [*MESSAGES, {"messages": None}], AS_MESSAGES, "sft", "TypeError",
          codes=("null_text",)),
    Fails("a message without text", [*MESSAGES, {"messages": [user("Q"), assistant(None)]}], AS_MESSAGES, "sft",
          "Expected a string", codes=("null_content",)),
    Fails("an unknown role as openai", [{"messages": [user("Q"), {"role": "bot", "content": "A"}]}], AS_OPENAI, "sft",
          "KeyError: 'bot'"),
    Fails("a mapped column that is not there", SFT, {"columns": {"prompt": "prompt", "response": "answer"}}, "sft",
          "KeyError: 'answer'", codes=("mapping_column_missing",)),
    Fails("a file that is not there", SFT, {**AS_SFT, "file_name": "none.jsonl"}, "sft", "not found",
          codes=("mapping_file_missing",)),
    Fails("a split of a file", SFT, {**AS_SFT, "split": "validation"}, "sft", "Unknown split",
          codes=("mapping_split",)),
    Fails("no rows", [], AS_SFT, "sft", "SchemaInferenceError", codes=("no_rows",)),
    Fails("alpaca without input", [{"instruction": "Q", "output": "A"}], {}, "sft", "KeyError: 'input'",
          codes=("mapping_column_missing",)),
    Fails("grouped rows without a mapping", GROUPED, {}, "sft", "KeyError: 'instruction'"),
    Fails("grouped rows", GROUPED, {"columns": {"prompt": "query", "response": "responses"}}, "sft", NO_ROW,
          codes=(None,)),
    Fails("answers that are numbers", [changed(row, completion=5) for row in SFT], AS_SFT, "sft", NO_ROW,
          codes=("not_text",)),
    Fails("questions that are numbers", [changed(row, prompt=5) for row in SFT], AS_SFT, "sft", "int found",
          codes=("not_text",)),
    Fails("a number among texts", [SFT[0], changed(SFT[1], completion=5)], AS_SFT, "sft", "changed from string",
          codes=("mixed_types", "not_text",)),
    Fails("texts and lists", [SFT[0], as_messages(SFT[1])], AS_SFT, "sft", "changed from string to array",
          codes=("mixed_style_rows",)),
    Fails("lists and texts", [as_messages(SFT[0]), SFT[1]], AS_SFT, "sft", "changed from array to string"),
    Fails("answers that all look like dates", [changed(row, completion="2024-01-01") for row in SFT], AS_SFT, "sft",
          NO_ROW, codes=("all_dates",)),
    Fails("questions that all look like dates", [changed(row, prompt="2024-01-01") for row in SFT], AS_SFT, "sft",
          "datetime found", codes=("all_dates",)),
    Fails("every answer null", [changed(row, rejected=None) for row in PAIR], AS_PAIR, "rm", NO_ROW,
          codes=("null_text",)),
    Fails("no dataset_info.json", SFT, AS_SFT, "sft", "dataset_info.json", codes=("mapping_absent",),
          files={"dataset_info.json": None}),
    Fails("a broken dataset_info.json", SFT, AS_SFT, "sft", "dataset_info.json", codes=("mapping_broken",),
          files={"dataset_info.json": b"{"}),
    Fails("a file of another type", SFT, {**AS_SFT, "file_name": "rows.tsv"}, "sft", "Allowed file types",
          codes=("mapping_file_type",), files={"rows.tsv": b"prompt\tcompletion\n"}),
    Fails("labels that no entry names", KTO, AS_SFT, "kto", NO_ROW, codes=("mapping_kto_tag",)),
    *(Fails(code, SFT, AS_SFT, "sft", "", codes=(code,), files={"train.jsonl": broken})
      for code, broken in damaged(SFT).items()),
    Fails("a broken Parquet file", SFT, {**AS_SFT, "file_name": "rows.parquet"}, "sft", "Arrow",
          codes=("unreadable_file",), files={"rows.parquet": b"PAR1", "train.jsonl": None}),
    Fails("another split without answers", SFT, AS_SFT, "sft", "KeyError: 'completion'", codes=("lost_column",),
          validation=[{"prompt": "Q3"}]),
    Fails("conversations without a prompt", CONVERSATIONS,
          {**AS_MESSAGE_PAIR, "columns": {"messages": "chosen", **SIDES}}, "rm", NO_ROW, codes=(None,)),
    Fails("strings and lists in a row", [changed(row, prompt=[user("Q")]) for row in PAIR], AS_PAIR, "rm",
          "expected str instance, list found", codes=("mixed_style_columns",)),
    Fails("messages that are absent", [*MESSAGES, {"id": 1}], AS_MESSAGES, "sft", "TypeError",
          codes=("missing_column",)),
    Fails("a turn without a role", [*MESSAGES, {"messages": [user("Q"), {"content": "A"}]}], AS_MESSAGES, "sft",
          "Invalid JSON format in function message", codes=("bad_message",)),
    Fails("labels 2 and 6", [changed(row, label=6 if row["label"] else 2) for row in KTO], AS_KTO, "kto", NO_ROW,
          codes=("odd_label",)),
    Fails("a column of texts and numbers", [changed(row, id=n or "x") for n, row in enumerate(SFT)], AS_SFT, "sft",
          "changed from string to number", codes=("mixed_types",)),
    Fails("a fraction after ten megabytes", late([changed(SFT[0], n=1)], {"n": 1.5}), AS_SFT, "sft", "was truncated",
          codes=("late_type",)),
    Fails("a number after ten megabytes", late(SFT, {"completion": 1}), AS_SFT, "sft", "changed from string to number",
          codes=("late_bent",)),
]  # fmt: skip


class Trains(NamedTuple):
    """Rows that LLaMA-Factory trains on, and the answers it does, in their order; with the label for KTO."""

    what: str
    rows: list[Row]
    entry: dict[str, Any]
    stage: Stage
    answers: list[Any]
    codes: Codes = ()
    files: Mapping[str, bytes | None] = {}
    validation: list[Row] | None = None
    options: Mapping[str, Any] = {}


FINE = [
    Trains("prompt and completion", SFT, AS_SFT, "sft", ["A1", "A2"], codes=(None,)),
    Trains("more columns", [changed(row, rating=6.5, more=[None]) for row in SFT], AS_SFT, "sft", ["A1", "A2"],
           codes=("extra_column",)),
    Trains("pairs", PAIR, AS_PAIR, "rm", [("C1", "R1"), ("C2", "R2")], codes=(None,)),
    Trains("pairs with more", [changed(row, margin=1.0) for row in PAIR], AS_PAIR, "rm", [("C1", "R1"), ("C2", "R2")],
           codes=(None,)),
    Trains("labels", KTO, AS_KTO, "kto", [("A1", True), ("A2", False)], codes=(None,)),
    Trains("alpaca", ALPACA, {}, "sft", ["A1", "A2"], codes=(None,)),
    Trains("alpaca with a rating", [changed(row, rating=6.5) for row in ALPACA], {}, "sft", ["A1", "A2"]),
    Trains("alpaca with input null", [changed(ALPACA[0], input=None), ALPACA[1]], {}, "sft", ["A1", "A2"],
           codes=("null_extra",)),
    Trains("messages", MESSAGES, AS_MESSAGES, "sft", ["A1"], codes=(None,)),
    Trains("pairs of single messages", [{key: value if key == "prompt" else value[0] for key, value in row.items()}
                                        for row in map(as_messages, PAIR)],
           AS_MESSAGE_PAIR, "rm", [("C1", "R1"), ("C2", "R2")], codes=(None,)),
    Trains("labelled messages", [{"messages": [user("Q1"), assistant("A1")], "label": True},
                                 {"messages": [user("Q2"), assistant("A2")], "label": False}],
           on("messages", "sharegpt", kto_tag="label"), "kto", [("A1", True), ("A2", False)]),
    Trains("sharegpt", SHAREGPT, {"formatting": "sharegpt"}, "sft", ["A1"], codes=(None,)),
    Trains("texts", TEXTS, {"columns": {"prompt": "text"}}, "pt", ["T1</s>", "T2</s>"], codes=(None,),
           options={"packing": False}),
    Trains("a row twice", [SFT[0], SFT[0]], AS_SFT, "sft", ["A1", "A1"], codes=("duplicate_row",)),
    Trains("good and bad", [KTO[0], KTO[1], changed(KTO[0], label=False)], AS_KTO, "kto",
           [("A1", True), ("A2", False), ("A1", False)], codes=("contradiction",)),
    Trains("few bad ones", SIX, AS_KTO, "kto", [(f"A{n}", n > 0) for n in range(6)], codes=("label_imbalance",)),
    Trains("whole numbers as margins", [changed(row, margin=1) for row in PAIR], AS_PAIR, "rm",
           [("C1", "R1"), ("C2", "R2")], codes=("integer_number",)),
    Trains("one whole number", [REWARD[0], changed(PAIR[1], margin=1)], AS_PAIR, "rm", [("C1", "R1"), ("C2", "R2")],
           codes=("mixed_numbers",)),
    Trains("margins below nought", [changed(row, margin=-1.5) for row in PAIR], AS_PAIR, "rm",
           [("C1", "R1"), ("C2", "R2")], codes=("negative_margin",)),
    Trains("a margin null", [REWARD[0], changed(PAIR[1], margin=None)], AS_PAIR, "rm", [("C1", "R1"), ("C2", "R2")],
           codes=("null_number",)),
    Trains("a column that one row lacks", [SFT[0], changed(SFT[1], note="x")], AS_SFT, "sft", ["A1", "A2"],
           codes=("uneven_column",)),
    Trains("one more column in another split", SFT, AS_SFT, "sft", ["A1", "A2"], codes=("new_column",),
           validation=[changed(row, note="x") for row in SFT]),
    Trains("another split without margins", REWARD, AS_PAIR, "rm", [("C1", "R1"), ("C2", "R2")], codes=("lost_margin",),
           validation=PAIR),
    Trains("another type in another split", [changed(row, note="x") for row in SFT], AS_SFT, "sft", ["A1", "A2"],
           codes=("types_differ",), validation=[changed(row, note=[1]) for row in SFT]),
    Trains("numbers in another split", [changed(row, note="x") for row in SFT], AS_SFT, "sft", ["A1", "A2"],
           codes=("types_bent",), validation=[changed(row, note=1) for row in SFT]),
    Trains("columns that others stumble over", [changed(row, images=["a.png"], tools="none", system="S", input_ids=[1],
                                                        text="T", messages=[user("x")]) for row in SFT],
           AS_SFT, "sft", ["A1", "A2"], codes=("image_column", "tools_column", "system_column", "token_column",
                                               "text_column", "messages_column")),
    *(Trains(code, SFT, AS_SFT, "sft", ["A1", "A2"], codes=(code,), files={"README.md": card})
      for code, card in cards("train.jsonl").items()),
    Trains("a prompt that runs into its answer", [{"prompt": "Is it?", "completion": "A"}], AS_SFT, "sft", ["A"],
           codes=("prompt_runs_in",)),
    Trains("a word that is a token elsewhere", [changed(SFT[0], completion="A1 [MASK]"), SFT[1]], AS_SFT, "sft",
           ["A1 [MASK]", "A2"], codes=("perhaps_special",)),
    Trains("a thought", [changed(SFT[0], completion="<think>Hm.</think>A1"), SFT[1]], AS_SFT, "sft",
           ["<think>Hm.</think>A1", "A2"], codes=("thinking_tag",)),
    Trains("texts in a template", [{"text": READY + "T1<|im_end|>"}, TEXTS[1]], {"columns": {"prompt": "text"}}, "pt",
           [f"{READY}T1<|im_end|></s>", "T2</s>"], codes=("templated",), options={"packing": False}),
    Trains("a long answer", [{"prompt": "Q", "completion": "R" * 300}], AS_SFT, "sft", ["R" * 44],
           codes=("row_too_long",), options={"cutoff_len": 64}),
]  # fmt: skip
DROPS = [
    Trains("an answer null", [changed(SFT[0], completion=None), SFT[1]], AS_SFT, "sft", ["A2"], codes=("null_text",)),
    Trains("an answer absent", [{"prompt": "Q1"}, SFT[1]], AS_SFT, "sft", ["A2"], codes=("missing_column",)),
    Trains("chosen null", [changed(PAIR[0], chosen=None), PAIR[1]], AS_PAIR, "rm", [("C2", "R2")],
           codes=("null_text",)),
    Trains("a label null", [*KTO, changed(KTO[1], label=None)], AS_KTO, "kto", [("A1", True), ("A2", False)],
           codes=("null_label",)),
    Trains("the assistant first", [{"messages": [assistant("A0"), *MESSAGES[0]["messages"]]}, *MESSAGES],
           AS_MESSAGES, "sft", ["A1"], codes=("role_order",)),
    Trains("two turns of the user", [{"messages": [user("Q0"), *MESSAGES[0]["messages"]]}, *MESSAGES],
           AS_MESSAGES, "sft", ["A1"], codes=("role_order",)),
    Trains("the user last", [{"messages": [*MESSAGES[0]["messages"], user("Q2")]}, *MESSAGES],
           AS_MESSAGES, "sft", ["A1"], codes=("no_answer",)),
    Trains("an unknown role", [{"messages": [user("Q"), {"role": "bot", "content": "A"}]}, *MESSAGES],
           AS_MESSAGES, "sft", ["A1"], codes=("unknown_role",)),
    Trains("no messages", [{"messages": []}, *MESSAGES], AS_MESSAGES, "sft", ["A1"], codes=("empty_conversation",)),
    Trains("a system message, no tag for it", [{"messages": [{"role": "system", "content": "S"},
                                                             *MESSAGES[0]["messages"]]}, *MESSAGES],
           {**AS_MESSAGES, "tags": {key: tag for key, tag in TAGS.items() if key != "system_tag"}}, "sft", ["A1"],
           codes=("mapping_system",)),
]  # fmt: skip
WRONG = [
    Trains("an empty question", [changed(SFT[0], prompt=""), SFT[1]], AS_SFT, "sft", ["A1", "A2"],
           codes=("empty_prompt",)),
    Trains("a question null", [changed(SFT[0], prompt=None), SFT[1]], AS_SFT, "sft", ["A1", "A2"],
           codes=("null_text",)),
    Trains("a pair's question null", [changed(PAIR[0], prompt=None), PAIR[1]], AS_PAIR, "rm",
           [("C1", "R1"), ("C2", "R2")], codes=("null_text",)),
    Trains("an empty answer: silence is learnt", [changed(SFT[0], completion=""), SFT[1]], AS_SFT, "sft", ["", "A2"],
           codes=("empty_answer",)),
    Trains("an empty message", [{"messages": [user("Q"), assistant("")]}], AS_MESSAGES, "sft", [""],
           codes=("empty_answer",)),
    Trains("chosen empty", [changed(PAIR[0], chosen=""), PAIR[1]], AS_PAIR, "rm", [("", "R1"), ("C2", "R2")],
           codes=("empty_answer",)),
    Trains("chosen the same as rejected", [changed(PAIR[0], rejected="C1"), PAIR[1]], AS_PAIR, "rm",
           [("C1", "C1"), ("C2", "R2")], codes=("equal_pair",)),
    Trains("a good answer that is empty becomes a bad one", [KTO[1], changed(KTO[0], completion="")], AS_KTO, "kto",
           [("A2", False), ("", False)], codes=("empty_answer",)),
    Trains("a good answer that is null becomes a bad one", [KTO[1], changed(KTO[0], completion=None)], AS_KTO, "kto",
           [("A2", False), ("", False)], codes=("null_text",)),
    Trains("labels 0 and 1 for SFT: bad answers are learnt", [changed(row, label=int(row["label"])) for row in KTO],
           AS_KTO, "sft", ["A1", "A2"]),
    Trains("labels of one kind", [KTO[0], changed(KTO[1], label=True)], AS_KTO, "kto", [("A1", True), ("A2", True)],
           codes=("one_label",)),
    Trains("strings without a prompt of their own", JOINED, {"ranking": True, "columns": SIDES}, "rm",
           [("Is it 0? chosen", "Is it 0? rejected"), ("Is it 1? chosen", "Is it 1? rejected")], codes=(None,)),
    Trains("a good answer that is absent becomes a bad one", [KTO[1], {"prompt": "Q1", "label": True}], AS_KTO, "kto",
           [("A2", False), ("", False)], codes=("missing_column",)),
    Trains("a chosen message of the user", [
        {"conversations": [user("Q1")], "chosen": assistant("C1"), "rejected": assistant("R1")},
        {"conversations": [user("Q2")], "chosen": user("C2"), "rejected": assistant("R2")},
    ], {**AS_MESSAGE_PAIR, "columns": {"messages": "conversations", **SIDES}}, "rm",
           [("C1", "R1"), ("Human: C2</s>\nAssistant:", "R2")], codes=("answer_not_assistant",)),
    Trains("a question absent", [{"completion": "A1"}, SFT[1]], AS_SFT, "sft", ["A1", "A2"], codes=("missing_column",)),
    Trains("a text null", [TEXTS[0], {"text": None}], {"columns": {"prompt": "text"}}, "pt", ["T1</s>", "</s>"],
           codes=("null_text",), options={"packing": False}),
    Trains("the question in the answer", [{"prompt": "Is it so at all?", "completion": "Is it so at all? A"}], AS_SFT,
           "sft", ["Is it so at all? A"], codes=("prompt_in_answer",)),
    Trains("a mark of templates", [{"prompt": "What is {{idx}}?", "completion": "A"}], AS_SFT, "sft", ["A"],
           codes=("placeholder",)),
    Trains("an invented turn", [changed(SFT[0], completion="A1" + INVENTED), SFT[1]], AS_SFT, "sft",
           ["A1" + INVENTED, "A2"], codes=("special_token",)),
    Trains("an end in a pair", [changed(PAIR[0], chosen="C1</s>"), PAIR[1]], AS_PAIR, "rm",
           [("C1</s>", "R1"), ("C2", "R2")], codes=("special_token",)),
    Trains("an invented turn in a message", [{"messages": [user("Q"), assistant("A" + INVENTED)]}], AS_MESSAGES, "sft",
           ["A" + INVENTED], codes=("special_token",)),
    Trains("a prompt in a template", [changed(SFT[0], prompt=READY), SFT[1]], AS_SFT, "sft", ["A1", "A2"],
           codes=("templated",)),
    Trains("a long question", [{"prompt": "0123456789" * 30, "completion": "A"}], AS_SFT, "sft", ["A"],
           codes=("prompt_too_long",), options={"cutoff_len": 64}),
    Trains("formatting openai", MESSAGES, AS_OPENAI, "sft", ["A1"], codes=("mapping_openai",)),
    Trains("rows of both splits", SFT, AS_SFT, "sft", ["A1", "A2"], codes=("leak",), validation=SFT),
    Trains("the same question twice running", [KTO[0], changed(KTO[1], prompt="Q1")], AS_KTO, "kto",
           [("A1", True), ("A2", False)], codes=("same_prompt_neighbours",)),
    Trains("the same answer twice running", [KTO[0], changed(KTO[1], completion="A1")], AS_KTO, "kto",
           [("A1", True), ("A1", False)], codes=("same_answer_neighbours",)),
]  # fmt: skip


Fact = Fails | Trains
# Which files are splits of the same rows is said by a card alone.
SPLITS = b"""---
configs:
- config_name: rows
  data_files:
  - {split: train, path: train.jsonl}
  - {split: validation, path: validation.jsonl}
---
"""


def files_of(fact: Fact) -> dict[str, bytes]:
    """The folder that both LLaMA-Factory and the check are given."""
    entry = {"file_name": "train.jsonl", **fact.entry}
    found: dict[str, bytes | None] = {**folder_of(fact.rows, entry)}
    if fact.validation is not None:
        info = {"rows": entry, "validation": {**entry, "file_name": "validation.jsonl"}}
        found |= {"validation.jsonl": lines(fact.validation), "dataset_info.json": json.dumps(info).encode()}
        found["README.md"] = SPLITS
    return {name: content for name, content in {**found, **fact.files}.items() if content is not None}


def options_of(fact: Fact) -> dict[str, Any]:
    """What LLaMA-Factory is told besides the rows."""
    evaluated = {} if fact.validation is None else {"eval_dataset": "validation", "do_eval": True}
    return {**evaluated, **(fact.options if isinstance(fact, Trains) else {})}


def proofs() -> Iterator[Proof]:
    """All of them, for the check."""
    lists: dict[Verdict, Sequence[Fact]] = {"fails": FAILS, "drops rows": DROPS, "trains wrongly": WRONG, "note": FINE}
    for verdict, facts in lists.items():
        for fact in facts:
            max_length = options_of(fact).get("cutoff_len", 1024)
            yield from (Proof(fact.what, files_of(fact), verdict, code, max_length) for code in fact.codes)
