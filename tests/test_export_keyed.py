"""Exports of societies with keys, options and material, with groups, persuaders, and peers who rate revisions."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from conftest import Sandbox
from example_runs import log, scripted_run
from exported import Folder, Rows, edit, export, interactions, rebuilt
from keyed_runs import QUESTIONS, population_file, question_file, society

from sandbox.inspection.prompts_sent import prompts_sent
from sandbox.runs.reading import open_run

CONTROL = ("--control", "persuader:0.3")
VIEW = ("--evaluator-view", "truncated:4")
KEPT = "questions.jsonl"


def simulated(
    sandbox: Sandbox, folder: Path, *words: object, name: str = "keyed", questions: Path | None = None
) -> Path:
    """A run of nine scripted agents and three rounds about five questions; its folder."""
    given = [*society(folder)[:-2], "--questions", questions or question_file(folder)]
    done = sandbox("simulate", "--model", "scripted", *given, "--run-id", name, *words)
    assert done.code == 0, done.err
    return folder / "runs" / name


def put(item: dict[str, Any], characters: int | None = None) -> str:
    """The question of an interaction as it is put, with so many characters of its material."""
    (asked,) = [each for each in QUESTIONS if each["question"] == item["question"]]
    options = "\n".join(f"{letter}) {text}" for letter, text in zip("ABC", item["options"], strict=False))
    return f"{item['question']}\n\n{str(asked['material'])[:characters]}\n\n{options}"


def traced(folder: Folder, part: str, run: Path) -> Rows:
    """Rows of a part, each with the interaction of its first text as `item`."""
    known = interactions(run)
    origins = (known[origin["from"][0]["interaction"]] for origin in folder.origins(part))
    return [row | {"item": item} for row, item in zip(folder.rows(part), origins, strict=True)]


def test_prompts_show_what_the_author_was_shown(sandbox: Sandbox, tmp_path: Path) -> None:
    run = simulated(sandbox, tmp_path, *VIEW)
    sft = export(sandbox, tmp_path, run, "--format", "sft", out="sft")
    for row in traced(sft, "imitation", run):
        assert row["prompt"] == f"{put(row['item'])}\n"
    for row in traced(sft, "self-critic", run):
        assert f"Question:\n{put(row['item'], 4)}\n\nAnswer:\n{row['item']['draft']}" in row["prompt"]
    for row in traced(sft, "realignment", run):
        assert f"Question:\n{put(row['item'])}\n\nDraft:\n{row['item']['draft']}" in row["prompt"]
    for format_, column in (("dpo", "prompt"), ("kto", "prompt"), ("modpo", "prompt"), ("stable-alignment", "query")):
        folder = export(sandbox, tmp_path, run, "--format", format_, out=format_)
        rows = traced(folder, next(iter(folder.manifest["parts"])), run)
        assert rows
        assert all(put(row["item"]) in row[column] for row in rows)
    told = {"evaluators see": "the first 4 characters of the material"}
    assert sft.manifest["runs"][0]["studied"] == told
    assert "- In `keyed`: evaluators see: the first 4 characters" in (sft.path / "README.md").read_text()


def test_prompts_of_drafts_are_those_that_the_society_asked_with(sandbox: Sandbox, tmp_path: Path) -> None:
    run = simulated(sandbox, tmp_path, "--population", population_file(tmp_path), *CONTROL)
    known, opened = interactions(run), open_run("keyed", tmp_path / "runs")
    asked = {
        (item.group, item.question): [message._asdict() for message in sent.messages]
        for item in opened.interactions()
        if item.recall is None and item.persuader is None
        for sent in prompts_sent(opened, item)
        if sent.key.stage == "draft" and sent.is_exact
    }
    for format_, said in (("sft", str), ("dpo", str), ("kto", str), ("stable-alignment", str), ("dpo", list)):
        style = "string" if said is str else "conversational"
        words = ("--format", format_, "--prompt", "draft", "--style", style)
        folder = export(sandbox, tmp_path, run, *words, out=f"{format_}-{style}")
        part = next(iter(folder.manifest["parts"]))
        seen = 0
        for row, origin in zip(folder.rows(part), folder.origins(part), strict=True):
            items = [known[source["interaction"]] for source in origin["from"]]
            ((group, question),) = {(item["group"], item["question"]) for item in items}
            if messages := asked.get((group, question)):
                system, user = (message["content"] for message in messages)
                wanted = {str: f"{system}\n\n{user}\n", list: messages}[said]
                assert row.get("prompt", wanted) == wanted
                assert (row.get("instruction", system), row.get("input", user)) == (system, user)
                seen += 1
        assert seen >= len(asked) > 2, format_
    digests = json.loads((run / "manifest.json").read_text())["prompts"]
    assert folder.manifest["options"]["prompt"] == "draft"
    assert folder.manifest["prompts"] == {
        name: digests[name] for name in ("data", "draft", "options", "persona", "rule")
    }
    assert "--prompt draft" in (folder.path / "README.md").read_text()


def test_prompts_of_drafts_are_of_one_set_of_templates(sandbox: Sandbox, tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "persona.jinja").write_text("{% block user %}You are {{ persona }}.{% endblock %}")
    words = ("--population", population_file(tmp_path))
    runs = simulated(sandbox, tmp_path, *words), simulated(sandbox, tmp_path, *words, "--prompts", templates, name="b")
    draft = ("--format", "dpo", "--prompt", "draft", "--out", "out")
    refused = sandbox("export", *runs, *draft)
    assert (refused.code, refused.err.splitlines()[0]) == (
        2,
        "Error: These runs ask for drafts in different words: persona.jinja differs.",
    )
    (runs[0] / "prompts" / "draft.jinja").write_text("{% block user %}{{ question | fence('question') }}{% endblock %}")
    changed = sandbox("export", runs[0], *draft)
    assert changed.code == 2
    assert "What agents of keyed were asked cannot be told" in changed.err
    assert not (tmp_path / "out").exists()


def test_what_persuaders_said_trains_nobody_and_is_marked_in_the_flat_rows(sandbox: Sandbox, tmp_path: Path) -> None:
    run = simulated(sandbox, tmp_path, *CONTROL)
    marked = {f"keyed/{item['id']}" for item in log(run) if "persuader" in item}
    assert len(marked) == 9
    for format_ in ("stable-alignment", "alpaca", "sft", "dpo", "kto", "reward", "modpo"):
        folder = export(sandbox, tmp_path, run, "--format", format_, out=format_)
        assert folder.manifest["filters"]["interactions"] == {
            "considered": 27, "kept": 18, "dropped": {"persuader": 9},
        }  # fmt: skip
        origins = [origin for part in folder.manifest["parts"] for origin in folder.origins(part)]
        assert origins
        assert not marked & {source["interaction"] for origin in origins for source in origin["from"]}
        assert "- Left out: 9 interactions of agents that were told" in (folder.path / "README.md").read_text()
    flat = export(sandbox, tmp_path, run, "--format", "parquet")
    rows = flat.rows("interactions")
    assert {f"keyed/{row['id']}" for row in rows if row["persuader"] is not None} == marked
    assert "- 9 interactions of agents that were told" in (flat.path / "README.md").read_text()


def test_flat_rows_lose_nothing_and_have_columns_for_what_any_of_the_runs_has(sandbox: Sandbox, tmp_path: Path) -> None:
    import datasets

    words = ("--population", population_file(tmp_path), "--peers-rate", "revision", *VIEW, *CONTROL)
    runs = simulated(sandbox, tmp_path, *words), scripted_run(sandbox, tmp_path, "plain")
    folder = export(sandbox, tmp_path, *runs, "--format", "parquet")
    rows = folder.rows("interactions")
    assert [rebuilt(row) for row in rows if row["run"] == "keyed"] == log(runs[0])
    table = pq.read_table(folder.path / "data/interactions/train.parquet")
    assert table.to_pylist() == rows
    more = table.schema.names[table.schema.names.index("failed_error") + 1 :]
    assert more == [
        *("group", "options", "gold", "draft_choice", "revision_choice", "persuader", "revision_feedback"),
    ]
    of_plain = [row for row in rows if row["run"] == "plain"]
    assert {name: value for row in of_plain for name, value in row.items() if name in more} == dict.fromkeys(more)
    assert all(each["group"] is None for row in of_plain for each in row["feedback"])
    assert sandbox("export", "--check", folder.path).code == 0
    read = datasets.load_dataset(str(folder.path), "interactions", split="train", cache_dir=str(tmp_path / "cache"))
    assert read.to_list() == rows
    alone = export(sandbox, tmp_path, runs[1], "--format", "parquet", out="alone")
    assert list(alone.rows("interactions")[0])[-1] == "failed_error"
    assert "group" not in alone.rows("interactions")[0]["feedback"][0]


def test_a_key_in_free_text_is_a_column_and_no_part_of_a_prompt(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "free.jsonl"
    path.write_text('{"question": "What is two and two?", "gold": "four"}\n')
    run = simulated(sandbox, tmp_path, questions=path)
    row = export(sandbox, tmp_path, run, "--format", "parquet").rows("interactions")[0]
    assert list(row)[-2:] == ["failed_error", "gold_text"]
    assert row["gold_text"] == "four"
    folder = export(sandbox, tmp_path, run, "--format", "dpo", out="dpo")
    assert {row["prompt"] for row in folder.rows("dpo")} == {"What is two and two?\n"}


def test_one_question_with_other_options_is_another_task_in_the_same_split(sandbox: Sandbox, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    turned = ({**each, "options": [*each["options"], "none of these"]} for each in QUESTIONS)
    other.write_text("".join(f"{json.dumps(each)}\n" for each in turned))
    runs = simulated(sandbox, tmp_path, name="one"), simulated(sandbox, tmp_path, name="two", questions=other)
    words = ("--format", "dpo", "--pairs", "across", "--opponents", 100, "--validation", 0.5)
    folder = export(sandbox, tmp_path, *runs, *words)
    seen: dict[str, set[str]] = {}
    for split in ("train", "validation"):
        for row, origin in zip(folder.rows("dpo", split), folder.origins("dpo", split), strict=True):
            of = {source["interaction"].split("/")[0] for source in origin["from"]}
            assert of == {"two" if "none of these" in row["prompt"] else "one"}
            (question,) = [each["question"] for each in QUESTIONS if str(each["question"]) in row["prompt"]]
            seen.setdefault(str(question), set()).add(split)
    assert all(len(splits) == 1 for splits in seen.values())
    assert {*map(frozenset, seen.values())} == {frozenset(["train"]), frozenset(["validation"])}


def test_material_is_taken_from_what_the_run_kept_as_it_was_made(sandbox: Sandbox, tmp_path: Path) -> None:
    run, plain = simulated(sandbox, tmp_path), scripted_run(sandbox, tmp_path, "plain")
    for folder in (run, plain):
        kept = (folder / KEPT).read_text()
        assert (folder / KEPT).write_text(kept.replace('"question":"W', '"question":"V', 1)) == len(kept)
        assert '"question":"V' in (folder / KEPT).read_text()
    refused = sandbox("export", run, "--format", "dpo", "--out", "out")
    assert refused.code == 1
    assert KEPT in refused.err
    # Of a run without material the kept questions say nothing that its log does not say.
    export(sandbox, tmp_path, plain, "--format", "dpo")


def test_scores_of_a_rating_stand_beside_the_same_prompts(sandbox: Sandbox, tmp_path: Path) -> None:
    run = simulated(sandbox, tmp_path, *CONTROL)
    assert sandbox("rate", run, "--observer-model", "scripted", "--name", "again").code == 0
    folder = export(sandbox, tmp_path, run, "--scores", "again", "--format", "kto")
    assert folder.manifest["filters"]["interactions"]["dropped"] == {"persuader": 9}
    assert all(row["prompt"] == f"{put(row['item'])}\n" for row in traced(folder, "kto", run))


def test_a_log_that_has_more_than_its_manifest_says_is_exported_as_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    def keyed(items: Rows) -> None:
        items[1]["gold_text"] = "Yes."

    run = scripted_run(sandbox, tmp_path)
    edit(run, keyed)
    rows = export(sandbox, tmp_path, run, "--format", "parquet", "--round", "0").rows("interactions")
    assert [row["gold_text"] for row in rows[:3]] == [None, "Yes.", None]
    assert rebuilt(rows[1])["gold_text"] == "Yes."
