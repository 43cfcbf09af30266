"""What TRL 1.16 and `datasets` 5 make of faulty rows: what `sandbox export --check` says of them is proved here."""

import json
import logging
import math
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from proofs import Row, lines, shown
from tiny_model import END, alone, light, losses, save_tiny_model, text, tiny_tokenizer, trained
from trl_facts import (
    ALPACA,
    ANSWERS,
    COUNT,
    FAULTS,
    GROUPED,
    LONG,
    SCRIPTS,
    UNLOADED,
    USUAL,
    Fault,
    S,
    all_with,
    one_with,
    rows,
    said,
    talk,
    without,
)

from sandbox.export.names import KTO_BATCH

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("trl") is None, reason="TRL is not installed here: pip install trl"),
    # TRL 1.16 and accelerate still use names that transformers 5 has renamed.
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    texts = [words for row in rows("dpo") for words in row.values()]
    with light():
        yield save_tiny_model(tmp_path_factory.mktemp("model"), [*texts, *["Fair?Yes"] * 50])


Train = Callable[..., Any]


@pytest.fixture
def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path) -> Train:
    """Two real steps on rows: `train(script, rows, **options)`; the trainer."""
    alone(monkeypatch, tmp_path)
    return lambda script, made, **options: trained(script, made, model, tmp_path / "trained", **options)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """What `datasets` reads from a JSONL file for each split; `chunksize` stands for the 10 MB that types come from."""
    import datasets

    alone(monkeypatch, tmp_path)

    def read(chunksize: int = 10 << 20, **splits: list[Row]) -> Any:
        files = {split: str(tmp_path / f"{split}.jsonl") for split in splits}
        for split, made in splits.items():
            Path(files[split]).write_text("".join(json.dumps(row) + "\n" for row in made))
        return datasets.load_dataset("json", data_files=files, chunksize=chunksize)

    return read


def weights(trainer: Any) -> list[float]:
    """What was learned last: those of the head."""
    head = trainer.model.score if hasattr(trainer.model, "score") else trainer.model.lm_head
    found: list[float] = head.weight.flatten().tolist()
    return found


def write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def attempt(fault: Fault, folder: Path, model: Path) -> Any:
    """The trainer, or what it, or the loading before it, raised."""
    import datasets

    options = {"max_length": fault.max_length, "per_device_train_batch_size": KTO_BATCH}
    try:
        splits = datasets.load_dataset(str(folder))
        trainer = trained(fault.script, splits["train"], model, folder / "out", splits.get("validation"), **options)
        if fault.validation is not None:
            trainer.evaluate()
    except Exception as error:  # noqa: BLE001 - whatever it is, TRL does not train
        return error
    return trainer


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{fault.script} {fault.code} {fault.verdict}" for fault in FAULTS])
def test_trl_does_what_the_check_says(
    fault: Fault, tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone(monkeypatch, tmp_path)
    folder = tmp_path / "set"
    write(folder, fault.files)
    found = attempt(fault, folder, model)
    failed = found if isinstance(found, Exception) else None
    kept = 0 if failed else found.train_dataset.num_rows
    if failed and fault.by_chance:
        return
    assert fault.verdict in shown(failed, len(fault.rows), kept), failed
    if fault.answer is not None or fault.verdict in ("fine", "note"):
        wanted = USUAL if fault.answer is None else fault.answer
        assert learned(found).removesuffix("\n").endswith(wanted.removesuffix("\n"))


@pytest.mark.parametrize(("error", "files"), [case[1:] for case in UNLOADED], ids=[case[0] for case in UNLOADED])
def test_a_folder_that_datasets_does_not_load(
    error: str, files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`trl --dataset_name FOLDER` loads it so."""
    import datasets

    alone(monkeypatch, tmp_path)
    write(tmp_path / "good", {"train.jsonl": lines(S)})
    assert datasets.load_dataset(str(tmp_path / "good"))["train"].num_rows == COUNT
    write(tmp_path / "set", files)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - some are of packages that are imported only later
        datasets.load_dataset(str(tmp_path / "set"))["train"].to_list()
    assert raised.type.__name__ == error


def learned(trainer: Any) -> str:
    """The answer of the fourth row that a trainer was given, with the question for `reward`."""
    row = trainer.train_dataset[3]
    return text(trainer, row.get("labels") or row.get("completion_ids") or row.get("chosen_ids") or ())


@pytest.mark.parametrize(("style", "ends"), [(rows, 2), (talk, 3)], ids=["string", "conversational"])
def test_a_mark_in_a_text_becomes_the_token_itself(train: Train, style: Callable[[str], list[Row]], ends: int) -> None:
    """Behind the mark at the very end a string gets no other end, and a turn does."""
    words = f"Yes.{END}No.{END}"
    answer: Any = words if style is rows else said("assistant", words)
    trainer = train("sft", one_with(style("sft"), completion=answer))
    token = trainer.processing_class.convert_tokens_to_ids(END)
    assert trainer.train_dataset[3]["labels"].count(token) == ends


@pytest.mark.parametrize(
    ("template", "last", "earlier"),
    [("deepseekv3", False, False), ("qwen3", True, False), ("glm4moe", True, False), ("llama3_1", True, True)],
)
def test_some_chat_templates_leave_thoughts_out(template: str, last: bool, earlier: bool) -> None:
    import trl

    written = (Path(trl.__file__).parent / "chat_templates" / f"{template}.jinja").read_text(encoding="utf-8")
    turns = said("user", "Q") + said("assistant", "<think>\nHm.\n</think>\n\nA")
    more = turns + said("user", "And?") + said("assistant", "B")
    render = tiny_tokenizer(["Q"]).apply_chat_template
    kept = ["Hm." in str(render(each, chat_template=written, tokenize=False)) for each in (turns, more)]
    assert kept == [last, earlier]


LACKING = [
    *(
        (f"{name} for {script}", script, made, KeyError, needed)
        for name, made in (("alpaca", ALPACA), ("stable-alignment", GROUPED * COUNT))
        for script, needed in (("sft", "text"), ("dpo", "chosen"), ("kto", "chosen"), ("reward", "chosen"))
    ),
    ("dpo rows for sft", "sft", rows("dpo"), KeyError, "completion"),
    ("sft rows for dpo", "dpo", rows("sft"), KeyError, "chosen"),
    ("sft rows for reward", "reward", rows("sft"), KeyError, "chosen"),
    ("sft rows for kto", "kto", rows("sft"), ValueError, "label"),
    ("sft without prompt", "sft", without(rows("sft"), "prompt"), KeyError, "text"),
    ("kto without prompt", "kto", without(rows("kto"), "prompt"), KeyError, "chosen"),
    ("dpo without rejected", "dpo", without(rows("dpo"), "rejected"), KeyError, "rejected"),
]


@pytest.mark.parametrize(
    ("script", "made", "error", "needed"), [case[1:] for case in LACKING], ids=[case[0] for case in LACKING]
)
def test_rows_that_lack_a_column_are_refused(
    train: Train, script: str, made: list[Row], error: type[Exception], needed: str
) -> None:
    with pytest.raises(error, match=needed):
        train(script, made)


@pytest.mark.parametrize("options", [{}, {"completion_only_loss": True}])
def test_messages_train_on_the_question_too(train: Train, options: Row) -> None:
    trainer = train("sft", [{"messages": row["prompt"] + row["completion"]} for row in talk("sft")], **options)
    seen = trainer.train_dataset[0]
    assert seen["labels"] == seen["input_ids"]
    assert "is it fair?" in text(trainer, seen["labels"])


@pytest.mark.parametrize("labels", [(1, 0), (1.0, 0.0)])
def test_kto_takes_numbers_nought_and_one_as_labels(train: Train, labels: tuple[float, float]) -> None:
    numbers = [row | {"label": labels[0] if row["label"] else labels[1]} for row in rows("kto")]
    assert weights(train("kto", numbers, learning_rate=0.01)) == weights(train("kto", rows("kto"), learning_rate=0.01))


@pytest.mark.parametrize("labels", [(1, -1), (2, 1), (5, 2)])
def test_kto_takes_every_other_number_as_desirable(train: Train, labels: tuple[int, int]) -> None:
    numbers = [row | {"label": labels[0] if row["label"] else labels[1]} for row in rows("kto")]
    wished = weights(train("kto", all_with(rows("kto"), label=True), learning_rate=0.01))
    assert weights(train("kto", numbers, learning_rate=0.01)) == wished
    assert weights(train("kto", rows("kto"), learning_rate=0.01)) != wished


@pytest.mark.parametrize("label", ["true", "True", "1", None])
def test_kto_refuses_strings_and_nulls_as_labels(train: Train, label: str | None) -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        train("kto", all_with(rows("kto"), label=label))
    with pytest.raises(TypeError, match="unsupported operand"):
        train("kto", one_with(rows("kto"), label=None))


def test_kto_refuses_batches_of_one(train: Train) -> None:
    with pytest.raises(ValueError, match="batch size must be > 1"):
        train("kto", rows("kto"), per_device_train_batch_size=1)


def test_kto_refuses_another_order(train: Train) -> None:
    with pytest.raises(ValueError, match="train_sampling_strategy"):
        train("kto", rows("kto"), train_sampling_strategy="random")


def beside(trainer: Any) -> list[tuple[str, str]]:
    """Each prompt with the completion that KTO takes as one of another prompt."""
    return [
        (text(trainer, row["prompt_ids"]), text(trainer, row["KL_completion_ids"])) for row in trainer.train_dataset
    ]


def test_kto_pairs_neighbours_and_the_ends_of_each_batch(train: Train) -> None:
    made = rows("kto")
    expected = [
        (made[n]["prompt"], made[before]["completion"] + END) for n, before in enumerate((3, 0, 1, 2, 7, 4, 5, 6))
    ]
    assert beside(train("kto", made)) == expected


@pytest.mark.parametrize("places", [(4, 5), (0, 3)], ids=["neighbours", "ends of a batch"])
def test_kto_silently_takes_completions_of_the_same_prompt(train: Train, places: tuple[int, int]) -> None:
    made = [row | ({"prompt": "The same?\n"} if n in places else {}) for n, row in enumerate(rows("kto"))]
    matched = {(row["prompt"], row["completion"] + END) for row in made} | {
        ("The same?\n", made[n]["completion"] + END) for n in places
    }
    assert len(matched & set(beside(train("kto", made)))) == 1
    assert not matched & set(beside(train("kto", rows("kto"))))


def test_kto_pairs_a_row_left_alone_in_the_last_batch_with_itself(train: Train) -> None:
    made = [*rows("kto"), {"prompt": "Last?\n", "completion": "Alone.", "label": True}]
    assert beside(train("kto", made))[-1] == ("Last?\n", "Alone." + END)


@pytest.mark.parametrize("label", [True, False])
def test_kto_trains_on_one_label(train: Train, label: bool, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("trl")
    logger.addHandler(caplog.handler)
    with caplog.at_level(logging.WARNING, "trl"):  # our own trainings, in this process, leave it at errors
        trainer = train("kto", all_with(rows("kto"), label=label))
    logger.removeHandler(caplog.handler)
    assert trainer.state.global_step == 2
    assert "You have different amounts of desirable" in caplog.text


def test_kto_splits_pairs_all_chosen_before_all_rejected(train: Train) -> None:
    trainer = train("kto", rows("dpo"))
    assert trainer.train_dataset["label"][:] == [True] * COUNT + [False] * COUNT


def test_kto_doubles_rows_that_also_have_pairs(train: Train) -> None:
    assert train("kto", all_with(rows("kto"), chosen="C.", rejected="R.")).train_dataset.num_rows == 2 * COUNT


@pytest.mark.parametrize("script", SCRIPTS)
def test_empty_prompts_are_trained_on(train: Train, script: str) -> None:
    trainer = train(script, one_with(rows(script), prompt=""))
    assert trainer.train_dataset.num_rows == COUNT
    assert trainer.train_dataset[3].get("prompt_ids", []) == []


@pytest.mark.parametrize("script", ["dpo", "reward"])
def test_equal_sides_teach_nothing(train: Train, script: str) -> None:
    trainer = train(script, [row | {"rejected": row["chosen"]} for row in rows(script)])
    assert all(entry["grad_norm"] < 1e-5 for entry in trainer.state.log_history if "grad_norm" in entry)


@pytest.mark.parametrize("script", SCRIPTS)
def test_prompts_that_fill_the_context_are_left_out_silently(
    train: Train, script: str, caplog: pytest.LogCaptureFixture
) -> None:
    trainer = train(script, one_with(rows(script), prompt=LONG), max_length=64)
    assert trainer.train_dataset.num_rows == COUNT - 1
    assert not any("word" in str(row) for row in trainer.train_dataset["prompt"])
    assert not [each for each in caplog.messages if "drop" in each.lower() or "length" in each.lower()]


@pytest.mark.parametrize("script", ["sft", "dpo", "reward"])
def test_nothing_but_prompts_that_fill_the_context_is_refused(train: Train, script: str) -> None:
    with pytest.raises(ValueError, match="num_samples"):
        train(script, all_with(rows(script), prompt=LONG), max_length=64)


def test_kto_trains_on_nothing_at_all_without_an_error(train: Train, model: Path) -> None:
    trainer = train("kto", all_with(rows("kto"), prompt=LONG), max_length=64)
    assert trainer.train_dataset.num_rows == 0
    assert not list(losses(trainer))


@pytest.mark.parametrize(("script", "kept"), [("sft", COUNT), ("dpo", COUNT), ("kto", COUNT), ("reward", COUNT - 1)])
def test_answers_over_the_context_lose_their_end_or_their_row(train: Train, script: str, kept: int) -> None:
    trainer = train(script, one_with(rows(script), **{ANSWERS[script][0]: LONG}), max_length=64)
    assert trainer.train_dataset.num_rows == kept
    if script != "reward":
        batch = trainer.data_collator([{k: v for k, v in trainer.train_dataset[3].items() if k != "KL_completion_ids"}])
        assert batch["input_ids"].shape[-1] == 64
        assert END not in text(trainer, batch["input_ids"][0])


@pytest.mark.parametrize("script", SCRIPTS)
def test_other_columns_are_set_aside(train: Train, script: str) -> None:
    scored = train(script, all_with(rows(script), score=4.0, models=["m"], note=None, chosen_score="5"))
    plain = train(script, rows(script))
    assert weights(scored) == weights(plain)


def test_reward_takes_whole_numbers_as_margins(train: Train) -> None:
    whole = train("reward", all_with(rows("reward"), margin=2))
    assert weights(whole) == weights(train("reward", all_with(rows("reward"), margin=2.0)))


@pytest.mark.parametrize(("margin", "error"), [("1.5", ValueError), (None, TypeError)])
def test_reward_refuses_strings_and_nulls_as_margins(train: Train, margin: str | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        train("reward", all_with(rows("reward"), margin=margin))
    with pytest.raises(TypeError, match="must be real number"):
        train("reward", one_with(rows("reward"), margin=None))


def test_one_margin_that_is_no_number_ruins_the_model_while_the_loss_looks_perfect(train: Train) -> None:
    trainer = train("reward", one_with(rows("reward"), margin=math.nan))
    assert list(losses(trainer)) == [0.0, 0.0]
    assert any(map(math.isnan, weights(trainer)))


@pytest.mark.parametrize("script", ["dpo", "reward"])
def test_an_implicit_prompt_is_what_both_sides_begin_with(train: Train, script: str) -> None:
    made = [{key: row["prompt"] + row[key] for key in ANSWERS[script]} for row in rows("dpo")]
    trainer = train(script, made)
    seen = trainer.train_dataset[0]
    assert text(trainer, seen["chosen_ids"]).endswith("Yes, 0 times." + END)
    assert script == "reward" or text(trainer, seen["prompt_ids"]) == "Question 0: is it fair?\n"


def test_dpo_takes_words_that_answers_share_for_the_prompt(train: Train) -> None:
    trainer = train("dpo", [{"chosen": f"It is fair {n}.", "rejected": f"It isn't fair {n}."} for n in range(COUNT)])
    seen = trainer.train_dataset[0]
    assert text(trainer, seen["prompt_ids"]) == "It is"
    assert text(trainer, seen["chosen_ids"]) == " fair 0." + END


def test_answers_without_any_prompt_are_trained_on_as_they_are(train: Train) -> None:
    trainer = train("dpo", without(rows("dpo"), "prompt"))
    assert trainer.train_dataset[0]["prompt_ids"] == []


@pytest.mark.parametrize("made", [rows, talk], ids=["string", "conversational"])
def test_a_prompt_that_the_answers_repeat_is_trained_on(train: Train, made: Callable[[str], list[Row]]) -> None:
    doubled = [row | {key: row["prompt"] + row[key] for key in ANSWERS["dpo"]} for row in made("dpo")]
    trainer = train("dpo", doubled)
    assert "is it fair?" in text(trainer, trainer.train_dataset[0]["chosen_ids"])


def test_a_prompt_that_runs_into_its_answer_loses_its_last_mark(train: Train) -> None:
    """Tokens merge across the border; a line break at the end of the prompt keeps them apart."""
    merged = train("sft", [{"prompt": "Is it Fair?", "completion": "Yes."}] * COUNT)
    assert text(merged, merged.train_dataset[0]["labels"]) != "Yes." + END
    apart = train("sft", [{"prompt": "Is it Fair?\n", "completion": "Yes."}] * COUNT)
    assert text(apart, apart.train_dataset[0]["labels"]) == "Yes." + END


def test_rows_of_both_splits_are_trained_on_and_evaluated_silently(train: Train, table: Callable[..., Any]) -> None:
    both = table(train=rows("sft"), validation=rows("sft"))
    trainer = train("sft", both["train"])
    assert all(map(math.isfinite, [*losses(trainer), trainer.evaluate(both["validation"])["eval_loss"]]))


TURNS = said("user", "x")
EARLY: Row = {"prompt": "x" * 100}
BREAKING: list[tuple[str, Row, Row]] = [
    ("null then string", {"c": None}, {"c": "s"}),
    ("null then float", {"c": None}, {"c": 1.5}),
    ("null then turns", {"c": None}, {"c": TURNS}),
    ("absent then string", {}, {"c": "s"}),
    ("int then float", {"c": 1}, {"c": 1.5}),
    ("int then string", {"c": 1}, {"c": "s"}),
    ("int then bool", {"c": 1}, {"c": True}),
    ("turns then string", {"c": TURNS}, {"c": "s"}),
    ("empty list then strings", {"c": []}, {"c": ["m"]}),
    ("whole numbers then floats", {"c": [1]}, {"c": [1.5]}),
]
BENDING: list[tuple[str, Row, Row, Any]] = [
    ("string then turns", {"c": "s"}, {"c": TURNS}, '[{"role":"user","content":"x"}]'),
    ("string then int", {"c": "s"}, {"c": 1}, "1"),
    ("int then digits", {"c": 1}, {"c": "7"}, 7),
    ("bool then int", {"c": True}, {"c": 0}, False),
    ("string then absent", {"c": "s"}, {}, None),
]


@pytest.mark.parametrize(("early", "late"), [case[1:] for case in BREAKING], ids=[case[0] for case in BREAKING])
def test_types_that_change_after_the_first_chunk_break_loading(
    table: Callable[..., Any], early: Row, late: Row
) -> None:
    import datasets

    made = [EARLY | early] * 200 + [{"prompt": "p"} | late]
    with pytest.raises(datasets.exceptions.DatasetGenerationError):
        table(chunksize=1 << 10, train=made)
    assert table(chunksize=1 << 20, train=made)["train"].num_rows == 201


@pytest.mark.parametrize(("early", "late", "read"), [case[1:] for case in BENDING], ids=[case[0] for case in BENDING])
def test_types_that_change_after_the_first_chunk_are_bent_silently(
    table: Callable[..., Any], early: Row, late: Row, read: Any
) -> None:
    made = table(chunksize=1 << 10, train=[EARLY | early] * 200 + [{"prompt": "p"} | late])["train"]
    assert made[200]["c"] == read
    assert type(made[200]["c"]) is type(read)


def test_the_first_chunk_is_ten_megabytes(table: Callable[..., Any]) -> None:
    import datasets

    wide = {"prompt": "x" * 10_000}
    with pytest.raises(datasets.exceptions.DatasetGenerationError):
        table(train=[wide | {"c": 1}] * 1100 + [{"prompt": "p", "c": 1.5}])
    assert table(train=[wide | {"c": 1}] * 900 + [{"prompt": "p", "c": 1.5}])["train"].features["c"].dtype == "float64"
