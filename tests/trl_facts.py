"""Faulty rows, and what TRL 1.16 and `datasets` 5 make of each: the slow tests run them, `test_claims` checks them."""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from proofs import Proof, Row, cards, damaged, late, lines, of_ours
from tiny_model import END, START

from sandbox.checking.names import Code, Verdict

Turns = list[dict[str, str | None]]
COUNT = 8
LONG = "word " * 100 + "\n"
SCRIPTS = ("sft", "dpo", "kto", "reward")
ANSWERS = {
    "sft": ("completion",),
    "dpo": ("chosen", "rejected"),
    "kto": ("completion",),
    "reward": ("chosen", "rejected"),
}


def said(role: str, words: str | None) -> Turns:
    return [{"role": role, "content": words}]


def rows(script: str) -> list[Row]:
    """Good rows in string style."""
    made: list[Row] = []
    for n in range(COUNT):
        yes, no = f"Yes, {n} times.", f"No, not {n} times."
        row: Row = {"prompt": f"Question {n}: is it fair?\n"}
        row |= {"completion": yes} if script in {"sft", "kto"} else {"chosen": yes, "rejected": no}
        row |= {"kto": {"label": n % 2 == 0}, "reward": {"margin": 1.5}}.get(script, {})
        made.append(row)
    return made


def talk(script: str) -> list[Row]:
    """The same rows as conversations."""
    return [
        {
            key: said("user" if key == "prompt" else "assistant", value) if isinstance(value, str) else value
            for key, value in row.items()
        }
        for row in rows(script)
    ]


def all_with(made: list[Row], **changed: Any) -> list[Row]:
    return [row | changed for row in made]


def one_with(made: list[Row], **changed: Any) -> list[Row]:
    """The fourth row differs, so that the first, which TRL looks at, is good."""
    return [row | changed if n == 3 else row for n, row in enumerate(made)]


def without(made: list[Row], *columns: str) -> list[Row]:
    return [{key: value for key, value in row.items() if key not in columns} for row in made]


def swapped(made: list[Row], other: list[Row], column: str) -> list[Row]:
    return [row | {column: more[column]} for row, more in zip(made, other, strict=True)]


ALPACA: list[Row] = [{"instruction": "Is it fair?", "input": "", "output": "Yes."}] * COUNT
GROUPED: list[Row] = [{"query": "Is it fair?", "responses": ["Yes.", "No."], "scores": [5.0, 2.0], "models": ["m"] * 2}]

# --- what `sandbox export --check` says of rows, and what TRL does with them ------------------------------------------


class Fault(NamedTuple):
    """Rows for a script of TRL, what it does with them, and how the answer of the fourth row ends that it learns.

    Without an `answer`, the usual one is learned where nothing is wrong; else other tests here show what is learned.
    """

    code: Code | None
    script: str
    rows: list[Row]
    verdict: Verdict
    answer: str | None = None
    validation: list[Row] | None = None
    max_length: int = 1024
    ours: str = ""  # the format, in a folder of ours
    by_chance: bool = False  # TRL looks at one column for the style of a row, and at which hangs on Python's hash seed

    @property
    def files(self) -> dict[str, bytes]:
        """The folder that both TRL and the check are given."""
        splits = {"train.jsonl": self.rows, "validation.jsonl": self.validation}
        found = {name: lines(made) for name, made in splits.items() if made is not None}
        return found | ({"manifest.json": of_ours(self.ours)} if self.ours else {})


S, D, K, R = (rows(script) for script in SCRIPTS)
SC, DC, KC, RC = (talk(script) for script in SCRIPTS)
MODPO = all_with(D, **{f"{side}_{of}": 4.5 for side in ("chosen", "rejected") for of in ("alignment", "engagement")})
MESSAGES = [{"messages": row["prompt"] + row["completion"]} for row in SC]
SHAREGPT = [{"conversations": [{"from": "human", "value": "Fair?"}, {"from": "gpt", "value": "Yes."}]}] * COUNT
TEXTS = [{"text": row["completion"]} for row in S]
PAIRS = [{side: row["prompt"] + row[side] for side in ANSWERS["dpo"]} for row in D]
PAIRS_C = [{side: row["prompt"] + row[side] for side in ANSWERS["dpo"]} for row in DC]
TALKS = {"sft": SC, "dpo": DC, "kto": KC, "reward": RC}
STRINGS = {"sft": S, "dpo": D, "kto": K, "reward": R}
SINGLE = [{"prompt": row["prompt"]} | {side: row[side][0] for side in ANSWERS["dpo"]} for row in DC]
DATES = [f"2024-01-{10 + n}" for n in range(COUNT)]
FIRST = {script: answers[0] for script, answers in ANSWERS.items()}
USUAL = f"Yes, 3 times.{END}"
NAMELESS = [{"content": "x"}]
BEGINS = f"{START}\nx{END}\n"  # a turn without a role
LAST_OF_CHAT = said("user", "Q") + said("user", "And?")
MERGED = f"s.{END}"  # the question mark is learned, too: it is in one token with the answer
SORTED = [{"prompt": f"Q{n}?\n", "completion": f"A{n}.", "label": n < 12} for n in range(24)]


INVENTED = f"{END}\n{START}user\nAnd?"  # what a server with the wrong stop token leaves behind an answer
THOUGHT = "<think>Hm.</think>"


def lacking(made: list[Row], column: str) -> list[Row]:
    """The fourth row has no such column."""
    return [without([row], column)[0] if n == 3 else row for n, row in enumerate(made)]


def of_each(code: Code, verdict: Verdict, made: Callable[[str], list[Row]], answer: str | None = None) -> list[Fault]:
    """The same for every script."""
    return [Fault(code, script, made(script), verdict, answer) for script in SCRIPTS]


TAKEN = [
    *(Fault(None, script, made, "fine") for kinds in (STRINGS, TALKS) for script, made in kinds.items()),
    Fault(None, "dpo", MODPO, "fine"),
    Fault(None, "sft", TEXTS, "fine"),
    *(Fault(None, script, made, "fails") for script in SCRIPTS for made in (ALPACA, GROUPED * COUNT)),
    Fault(None, "sft", MESSAGES, "trains wrongly", f"is it fair?\n{END}\n{START}assistant\n{USUAL}\n"),
    Fault(None, "sft", SHAREGPT, "trains wrongly", f"{START}human\nFair?{END}\n{START}gpt\nYes.{END}\n"),
    Fault(None, "dpo", SINGLE, "fails"),
    *(Fault(None, script, made, "note") for script in ("dpo", "reward") for made in (PAIRS, PAIRS_C)),
]
COLUMNS = [
    Fault("no_rows", "sft", [], "fails"),
    Fault("new_column", "sft", S, "fails", validation=all_with(S, score=1.0)),
    Fault("lost_column", "sft", S, "fails", validation=without(S, "completion")),
    Fault("lost_column", "dpo", D, "fails", validation=without(D, "rejected")),
    Fault("lost_margin", "reward", R, "fails", validation=without(R, "margin")),
    Fault("types_differ", "sft", S, "fails", validation=SC),
    Fault("types_bent", "sft", S, "trains wrongly", validation=all_with(S, completion=7)),
    Fault("late_type", "sft", late(all_with(S, score=1), {"score": 1.5}), "fails"),
    Fault("late_bent", "sft", late(S, {"completion": 7}), "trains wrongly"),
    *of_each(
        "all_dates", "fails", lambda s: [row | {FIRST[s]: date} for row, date in zip(rows(s), DATES, strict=True)]
    ),
    *of_each("mixed_types", "note", lambda s: [row | {"id": n or "x"} for n, row in enumerate(rows(s))]),
    Fault("mixed_numbers", "reward", one_with(R, margin=2), "note"),
    *of_each("missing_column", "fails", lambda s: lacking(rows(s), FIRST[s])),
    *of_each("missing_column", "fails", lambda s: lacking(rows(s), "prompt")),
    Fault("uneven_column", "sft", one_with(S, note="x"), "note"),
    Fault("image_column", "sft", all_with(S, images=["a.png"]), "fails"),
    Fault("image_column", "dpo", all_with(D, image="a.png"), "fails"),
    Fault("image_column", "kto", all_with(K, images=["a.png"]), "fails"),
    Fault("image_column", "reward", all_with(R, images=["a.png"]), "note"),
    Fault("token_column", "sft", all_with(S, input_ids=[1, 2]), "trains wrongly", f"{START}{END}"),
    Fault("token_column", "sft", all_with(S, labels=[1, 2]), "fails"),
    *(Fault("token_column", script, all_with(STRINGS[script], input_ids=[1]), "note") for script in SCRIPTS[1:]),
    Fault("text_column", "sft", all_with(S, text="x"), "trains wrongly", "Yes, 3 times."),
    Fault("text_column", "dpo", all_with(D, text="x"), "note"),
    *of_each("tools_column", "fails", lambda s: all_with(rows(s), tools="none")),
    Fault("tools_column", "sft", all_with(MESSAGES, tools=""), "fails"),
    *of_each("system_column", "note", lambda s: all_with(rows(s), system="Be rude.")),
]
VALUES = [
    *of_each("null_text", "fails", lambda s: one_with(rows(s), **{FIRST[s]: None})),
    *of_each("null_text", "fails", lambda s: one_with(talk(s), prompt=None)),
    Fault("null_text", "sft", one_with(MESSAGES, messages=None), "fails"),
    Fault("null_text", "sft", one_with(TEXTS, text=None), "fails"),
    Fault("null_number", "reward", one_with(R, margin=None), "fails"),
    Fault("null_number", "dpo", one_with(MODPO, chosen_alignment=None), "note"),
    Fault("null_label", "kto", one_with(K, label=None), "fails"),
    Fault("null_extra", "sft", all_with(S, note=None), "note"),
    *of_each("not_text", "fails", lambda s: all_with(rows(s), **{FIRST[s]: 5})),
    *of_each("not_text", "fails", lambda s: all_with(rows(s), prompt=5)),
    Fault("not_a_number", "reward", all_with(R, margin="1.5"), "fails"),
    Fault("not_finite", "reward", one_with(R, margin=math.nan), "trains wrongly"),
    Fault("negative_margin", "reward", all_with(R, margin=-1.5), "note"),
    Fault("integer_number", "reward", all_with(R, margin=2), "note"),
]
TURNED = [
    *of_each("mixed_style_rows", "fails", lambda s: rows(s)[:3] + talk(s)[3:]),
    *of_each("mixed_style_rows", "trains wrongly", lambda s: talk(s)[:3] + rows(s)[3:], "Yes, 3 times."),
    *of_each("mixed_style_columns", "fails", lambda s: swapped(talk(s), rows(s), "prompt")),
    *of_each("mixed_style_columns", "fails", lambda s: swapped(rows(s), talk(s), "prompt")),
    *of_each("empty_conversation", "fails", lambda s: one_with(talk(s), prompt=[]))[:3],
    *(fault._replace(by_chance=True, verdict="drops rows" if fault.script == "sft" else "trains wrongly")
      for fault in of_each("empty_conversation", "trains wrongly", lambda s: one_with(talk(s), **{FIRST[s]: []}))),
    Fault("empty_conversation", "sft", one_with(MESSAGES, messages=[]), "fails"),
    *of_each("bad_message", "trains wrongly", lambda s: one_with(talk(s), **{FIRST[s]: NAMELESS}), f"\nx{END}\n"),
    *of_each("bad_message", "fails", lambda s: all_with(talk(s), **dict.fromkeys(("prompt", *ANSWERS[s]), NAMELESS))),
    Fault("bad_message", "sft", one_with(MESSAGES, messages=said("user", "Q") + NAMELESS), "trains wrongly", BEGINS),
    *of_each("null_content", "trains wrongly", lambda s: one_with(talk(s), **{FIRST[s]: said("assistant", None)}),
             f"{END}\n"),
    *of_each("unknown_role", "trains wrongly", lambda s: one_with(talk(s), **{FIRST[s]: said("bot", "x")}),
             f"bot\nx{END}\n"),
    *of_each("role_order", "trains wrongly", lambda s: one_with(talk(s), prompt=said("assistant", "x")), f"{USUAL}\n"),
    Fault("role_order", "sft", one_with(MESSAGES, messages=LAST_OF_CHAT + said("assistant", "x")), "trains wrongly",
          f"user\nAnd?{END}\n{START}assistant\nx{END}\n"),
    *of_each("answer_not_assistant", "trains wrongly", lambda s: one_with(talk(s), **{FIRST[s]: said("user", "x")}),
             f"user\nx{END}\n"),
    Fault("no_answer", "sft", one_with(MESSAGES, messages=said("user", "Q")), "trains wrongly", f"user\nQ{END}\n"),
]  # fmt: skip
SAID = [
    *of_each("empty_prompt", "trains wrongly", lambda s: one_with(rows(s), prompt=""), USUAL),
    *of_each("empty_prompt", "trains wrongly", lambda s: one_with(talk(s), prompt=said("user", "")), f"{USUAL}\n"),
    *of_each("empty_answer", "trains wrongly", lambda s: one_with(rows(s), **{FIRST[s]: ""}), END),
    *of_each("empty_answer", "trains wrongly", lambda s: one_with(talk(s), **{FIRST[s]: said("assistant", "")}),
             f"{END}\n"),
    Fault("empty_answer", "sft", one_with(TEXTS, text=""), "trains wrongly", END),
    *(Fault("prompt_too_long", script, one_with(made, prompt=LONG), "drops rows", max_length=64)
      for script, made in STRINGS.items()),
    *(Fault("row_too_long", script, one_with(STRINGS[script], **{FIRST[script]: LONG}), "note", "", max_length=64)
      for script in SCRIPTS[:3]),
    Fault("row_too_long", "reward", one_with(R, chosen=LONG), "drops rows", max_length=64),
    Fault("row_too_long", "sft", one_with(TEXTS, text=LONG), "note", "", max_length=64),
    *of_each("prompt_in_answer", "trains wrongly", lambda s: [
        row | {side: row["prompt"] + row[side] for side in ANSWERS[s]} for row in rows(s)], f"is it fair?\n{USUAL}"),
    *(Fault("equal_pair", script, all_with(STRINGS[script], rejected="Yes.", chosen="Yes."), "trains wrongly")
      for script in ("dpo", "reward")),
    *of_each("special_token", "trains wrongly", lambda s: one_with(rows(s), **{FIRST[s]: "Yes." + INVENTED}),
             f"Yes.{INVENTED}{END}"),
    *of_each("special_token", "trains wrongly", lambda s: one_with(
        talk(s), **{FIRST[s]: said("assistant", f"Yes.{END}")}), f"Yes.{END}{END}\n"),
    Fault("special_token", "sft", one_with(MESSAGES, messages=said("user", "Q") + said("assistant", "A" + INVENTED)),
          "trains wrongly", f"A{INVENTED}{END}\n"),
    *of_each("templated", "note", lambda s: one_with(rows(s), prompt=f"{START}user\nQ{END}\n{START}assistant\n")),
    Fault("templated", "sft", one_with(TEXTS, text=f"{START}user\nQ{END}\n{START}assistant\n{USUAL}"), "note"),
    *of_each("perhaps_special", "note", lambda s: one_with(rows(s), **{FIRST[s]: "<s>No</s>[PAD]"}),
             f"<s>No</s>[PAD]{END}"),
    *of_each("thinking_tag", "note", lambda s: one_with(rows(s), **{FIRST[s]: f"{THOUGHT}No."}), f"{THOUGHT}No.{END}"),
    *of_each("thinking_tag", "note", lambda s: one_with(talk(s), **{FIRST[s]: said("assistant", f"{THOUGHT}No.")}),
             f"{THOUGHT}No.{END}\n"),
    Fault("duplicate_row", "sft", [*S, S[0]], "note"),
    Fault("contradiction", "dpo", [*D, D[0] | {"chosen": D[0]["rejected"], "rejected": D[0]["chosen"]}], "note"),
    Fault("leak", "sft", S, "trains wrongly", validation=S),
    Fault("prompt_runs_in", "sft", all_with(S, prompt="Is it Fair?", completion="Yes."), "trains wrongly", MERGED,
          ours="sft"),
]  # fmt: skip
LABELLED = [
    Fault("integer_label", "kto", [row | {"label": int(row["label"])} for row in K], "note"),
    Fault("text_label", "kto", [row | {"label": str(row["label"])} for row in K], "fails"),
    Fault("odd_label", "kto", [row | {"label": 6 if row["label"] else 2} for row in K], "trains wrongly"),
    Fault("one_label", "kto", all_with(K, label=True), "trains wrongly"),
    Fault("label_imbalance", "kto", [row | {"label": n > 0} for n, row in enumerate(K)], "note"),
    Fault("label_runs", "kto", SORTED, "trains wrongly", "A3." + END),
    Fault("same_prompt_neighbours", "kto", [row | {"prompt": f"Q{n // 2}?\n"} for n, row in enumerate(K)],
          "trains wrongly"),
    Fault("same_answer_neighbours", "kto", [row | {"completion": f"A{n // 2}."} for n, row in enumerate(K)],
          "trains wrongly"),
    Fault("batch_ends", "kto", [*K[:-1], K[7] | {"prompt": K[0]["prompt"]}], "trains wrongly", ours="kto"),
    Fault("lone_row", "kto", [*K, K[0] | {"prompt": "Alone?\n", "completion": "Alone."}], "trains wrongly", ours="kto"),
]  # fmt: skip
FAULTS = [*TAKEN, *COLUMNS, *VALUES, *TURNED, *SAID, *LABELLED]
DAMAGED, CARDS = damaged(S), cards("train.jsonl")
UNLOADED: list[tuple[Code, str, dict[str, bytes]]] = [
    *((code, "DatasetGenerationError", {"train.jsonl": DAMAGED[code]}) for code in DAMAGED if code != "not_utf8"),
    ("not_utf8", "UnicodeDecodeError", {"train.jsonl": DAMAGED["not_utf8"]}),
    ("unreadable_file", "ArrowInvalid", {"train.parquet": b"PAR1"}),
    ("formats_differ", "ValueError", {"train.jsonl": lines(S), "test.csv": b"prompt,completion\nq,a\n"}),
    ("card_broken", "ParserError", {"train.jsonl": lines(S), "README.md": CARDS["card_broken"]}),
    ("card_file_missing", "FileNotFoundError", {"train.jsonl": lines(S), "README.md": CARDS["card_file_missing"]}),
    ("card_features_differ", "DatasetGenerationError",
     {"train.jsonl": lines(S), "README.md": CARDS["card_features_differ"]}),
    ("card_rows_differ", "NonMatchingSplitsSizesError",
     {"train.jsonl": lines(S), "README.md": CARDS["card_rows_differ"]}),
]  # fmt: skip


def proofs() -> Iterator[Proof]:
    """All of them, for the check."""
    for fault in FAULTS:
        yield Proof(f"{fault.script} {fault.code}", fault.files, fault.verdict, fault.code, fault.max_length)
    for code, _, files in UNLOADED:
        yield Proof(code, files, "fails", code)
