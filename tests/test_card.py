"""The dataset card: what is in it was counted, the hub and `datasets` can read it, and no name can break it."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Sandbox
from example_runs import log, mixed_run, scripted_run
from exported import Folder, Rows, amend, edit, export

from sandbox.export.card.findable import size_category

FORMATS = ("stable-alignment", "alpaca", "sft", "dpo", "kto", "reward", "modpo", "parquet")


def card(folder: Folder) -> str:
    return (folder.path / "README.md").read_text(encoding="utf-8")


def front(folder: Folder) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(card(folder).split("---\n")[1])
    return found


@pytest.mark.parametrize("format_", FORMATS)
def test_its_front_matter_describes_the_files(sandbox: Sandbox, tmp_path: Path, format_: str) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=4)
    folder = export(sandbox, tmp_path, run, "--format", format_, "--validation", 0.3, "--license", "cc-by-4.0")
    told = front(folder)
    assert told["license"] == "cc-by-4.0"
    assert [config["config_name"] for config in told["configs"]] == list(folder.manifest["parts"])
    assert [config.get("default") for config in told["configs"]] == [True] + [None] * (len(told["configs"]) - 1)
    counted_in = "responses" if format_ == "stable-alignment" else "rows"
    assert f"Counted in {counted_in}: considered = kept + dropped, always." in card(folder)
    for config, info in zip(told["configs"], told["dataset_info"], strict=True):
        part = config["config_name"]
        assert info["config_name"] == part
        assert {split["name"]: split["num_examples"] for split in info["splits"]} == folder.manifest["parts"][part]
        for file, split in zip(config["data_files"], info["splits"], strict=True):
            assert (folder.path / file["path"]).stat().st_size == split["num_bytes"]
        assert [feature["name"] for feature in info["features"]] == list(folder.rows(part)[0])


def cut(items: Rows) -> None:
    """Let a draft and a revision have reached the token limit, and the run not be at its end."""
    del items[24:]
    items[0]["finish"]["draft"] = items[1]["finish"]["revision"] = "length"


def test_its_facts_are_those_of_the_log(sandbox: Sandbox, tmp_path: Path) -> None:
    run = mixed_run(sandbox, tmp_path, max_length=40)
    edit(run, cut)
    folder = export(sandbox, tmp_path, run, "--format", "sft")
    text = card(folder)
    items = log(run)
    ratings = [(item["scores"]["revision"]["engagement"] or {}).get("rating") for item in items]
    counts = " | ".join(str(ratings.count(score)) for score in range(1, 8))
    assert f"| revision | engagement | {counts} |" in text
    missing = sum(json.dumps(item).count('"missing": "') for item in items)
    assert f"{missing} ratings could not be read; nothing was put in their place." in text
    assert f"{sum(item['failed'] is not None for item in items)} interactions failed at some step" in text
    bad = sum(item["label"] == "bad" for item in items)
    assert f"- {bad} interactions of {len(items)} are of agents labelled bad." in text
    ends = [end for item in items for end in item["finish"].values()]
    assert f"- {ends.count('length')} texts reached the token limit and ends there" in text
    assert bad
    assert ends.count("length") != ends.count("stop")
    ratings = [source["alignment"] for origin in folder.origins("imitation") for source in origin["from"]]
    assert f"- {sum(rating < 4 for rating in ratings)} of {len(ratings)} imitation rows that passed" in text
    assert "Not all planned interactions were there yet in: `mixed`." in text
    assert "Licence: none was stated" in text
    assert "Content warning" in text
    assert "`starter`), Apache-2.0" in text
    assert "scripted is no language model" not in text
    assert "sandbox export mixed --format sft --out DIR" in text


def test_a_stand_in_is_called_one(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, labels="none")
    text = card(export(sandbox, tmp_path, run, "--format", "sft"))
    assert "scripted is no language model" in text
    for line in ("labelled bad", "token limit", "could not be read", "failed at some step", "several observers"):
        assert line not in text
    assert "Not all planned" not in text


def test_an_old_run_that_does_not_say_how_much_was_planned_is_not_called_unfinished(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    run = scripted_run(sandbox, tmp_path)
    amend(run, schema=0)
    document = json.loads((run / "manifest.json").read_text())
    del document["totals"]
    (run / "manifest.json").write_text(json.dumps(document))
    text = card(export(sandbox, tmp_path, run, "--format", "dpo"))
    assert "| `one` | complete | 18 |" in text
    assert "of 0" not in text
    assert "Not all planned" not in text


def test_names_do_no_harm_and_every_word_of_the_command_is_quoted(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    plain = card(export(sandbox, tmp_path, run, "--format", "dpo", out="plain"))
    name = "a\n```\n`b`|\x1bc <!-- sandbox:end --> $(d) 'e' " + "long" * 40
    models = json.loads((run / "manifest.json").read_text())["models"]
    edit(run, lambda items: [item.update(model=name) for item in items])
    amend(run, models=models | {"agents": [name]})
    run = run.rename(tmp_path / (name + " run"))
    words = ["--format", "dpo", "--model", name, "--license", "cc-by-4.0", "--for", "trl"]
    text = card(export(sandbox, tmp_path, run, *words))
    (command,) = [line for line in text.splitlines() if line.startswith("sandbox export ")]
    clipped = "a b c !-- sandbox:end -- $(d) 'e' longlong"
    said = shlex.split(command)
    assert said[0:2] + said[3:6] + said[7:] == [
        "sandbox", "export", "--format", "dpo", "--model", "--license", "cc-by-4.0", "--for", "trl", "--out", "DIR",
    ]  # fmt: skip
    for word in (said[2], said[6]):
        assert word.startswith(clipped)
        assert len(word) == 100
    for mark in ("<!--", "-->", "```", "|"):
        assert text.count(mark) == plain.count(mark)
    assert len(text.splitlines()) <= len(plain.splitlines())
    assert all(line.isprintable() for line in text.splitlines())


def test_a_question_file_has_no_licence_that_is_known(sandbox: Sandbox, tmp_path: Path) -> None:
    questions = tmp_path / "my|`questions`.txt"
    questions.write_text("".join(f"Is {number} a good number?\n" for number in range(30)))
    run = scripted_run(sandbox, tmp_path, questions=questions, labels="none")
    folder = export(sandbox, tmp_path, run, "--format", "sft")
    assert "`my questions .txt`, a file whose licence is not known here" in card(folder)
    assert all(line.count("|") == 8 for line in card(folder).splitlines() if line.startswith("| `one`"))


@pytest.mark.parametrize("format_", FORMATS)
def test_datasets_reads_the_folder_as_its_features_say(
    sandbox: Sandbox, tmp_path: Path, format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = export(sandbox, tmp_path, mixed_run(sandbox, tmp_path, max_length=40), "--format", format_, "--test", 0.3)
    datasets.disable_progress_bars()
    assert datasets.get_dataset_config_names(str(folder.path)) == list(folder.manifest["parts"])
    for part, counts in folder.manifest["parts"].items():
        read = datasets.load_dataset(str(folder.path), part, cache_dir=str(tmp_path / "cache"))
        assert {split: len(rows) for split, rows in read.items()} == counts
        for split in counts:
            assert list(read[split]) == folder.rows(part, split)


@pytest.mark.parametrize("format_", FORMATS)
def test_the_hub_finds_it_by_task_size_and_language(sandbox: Sandbox, tmp_path: Path, format_: str) -> None:
    from huggingface_hub import DatasetCard

    run = scripted_run(sandbox, tmp_path, rounds=4)
    folder = export(sandbox, tmp_path, run, "--format", format_, "--language", "en,pt-BR")
    told = DatasetCard(card(folder)).data
    assert told.size_categories == ["n<1K"]
    assert told.task_categories == ["text-classification" if format_ == "reward" else "text-generation"]
    assert told.language == ["en", "pt-BR"] == folder.manifest["language"]
    assert f"--format {format_} --language en,pt-BR --out DIR" in card(folder)
    assert told.license == "other"


def test_a_language_that_nobody_stated_and_that_is_not_known_is_left_out(sandbox: Sandbox, tmp_path: Path) -> None:
    questions = tmp_path / "mine.txt"
    questions.write_text("".join(f"Is {number} a good number?\n" for number in range(30)))
    (tmp_path / "told").mkdir()
    (tmp_path / "told" / "values.jinja").write_text("Seid freundlich.")
    known = scripted_run(sandbox, tmp_path, labels="none")
    own = scripted_run(sandbox, tmp_path, "own", questions=questions, labels="none")
    told = scripted_run(sandbox, tmp_path, "told", prompts="told")
    for number, (runs, wanted) in enumerate((([known], ["en"]), ([own], None), ([told], None), ([known, own], None))):
        folder = export(sandbox, tmp_path, *runs, "--format", "dpo", out=f"out-{number}")
        assert front(folder).get("language") == wanted, runs
        assert "language" not in folder.manifest
    refused = sandbox("export", known, "--format", "dpo", "--out", "x", "--language", "English")
    assert (refused.code, "--language 'English' is no code of a language, such as en or de." in refused.err) == (
        2,
        True,
    )


def test_it_says_how_it_is_cited(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    entries = []
    for out, words in (("a", ()), ("b", ()), ("c", ("--min-gap", 2))):
        text = card(export(sandbox, tmp_path, run, "--format", "dpo", *words, out=out))
        entries.append(re.findall(r"^@(\w+)\{([\w-]+),$", text, re.MULTILINE))
    (own, paper), same, other = entries
    assert own[0] == "misc"
    assert paper == ("article", "liu2023socially")
    assert same == [own, paper]
    assert other[0] != own


@pytest.mark.parametrize(
    ("rows", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (99_999, "10K<n<100K"), (10**6 - 1, "100K<n<1M"),
     (10**6, "1M<n<10M"), (10**9, "1B<n<10B"), (10**11, "100B<n<1T"), (10**12, "n>1T")],
)  # fmt: skip
def test_sizes_are_those_of_the_hub(rows: int, category: str) -> None:
    assert size_category(rows) == category
