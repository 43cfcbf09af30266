"""Every exported row is traced back to what was said in its run, and its numbers are recomputed from the log."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import Sandbox
from example_runs import log, mixed_run, scripted_run
from exported import Folder, Rows, answers, edit, export, interactions, rate, rebuilt, said, score

from sandbox.export.exporting import Export
from sandbox.export.recipe import Recipe
from sandbox.runs.reading import open_run

TRAINING = ("stable-alignment", "alpaca", "sft", "dpo", "kto", "reward", "modpo")


@pytest.fixture
def runs(sandbox: Sandbox, tmp_path: Path) -> tuple[Path, Path]:
    """Two runs about the same few questions: one in which much went wrong, and one of the scripted model."""
    return mixed_run(sandbox, tmp_path, max_length=40), scripted_run(sandbox, tmp_path, seed=7, max_length=40)


@pytest.fixture
def many(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A run in which few questions come back again and again."""
    return scripted_run(sandbox, tmp_path, rounds=20, max_length=40)


def text_of(item: dict[str, Any], source: dict[str, Any]) -> str:
    """What a source of a row names."""
    if source["said"] != "feedback":
        assert (source["alignment"], source["engagement"]) == tuple(
            score(item, source["said"], dimension) for dimension in ("alignment", "engagement")
        )
        return str(item[source["said"]])
    (feedback,) = [each for each in item["feedback"] if each["agent"] == source["neighbour"]]
    assert feedback["rating"] == source["rating"]
    return str(feedback["reason"])


def traced(folder: Folder, part: str, known: dict[str, dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Any, Rows]]:
    """Each row of a part, its interactions, and its sources with their texts."""
    for number, (row, origin) in enumerate(zip(folder.rows(part), folder.origins(part), strict=True)):
        assert origin["row"] == number
        items = [known[source["interaction"]] for source in origin["from"]]
        sources = [source | {"text": text_of(item, source)} for item, source in zip(items, origin["from"], strict=True)]
        yield row, items, sources


@pytest.mark.parametrize(("style", "asks"), [("string", "query"), ("conversational", "prompt")])
def test_grouped_rows_have_every_response_with_its_own_scores_and_models(
    sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path], style: str, asks: str
) -> None:
    known = interactions(*runs)
    folder = export(sandbox, tmp_path, *runs, "--format", "stable-alignment", "--style", style)
    merged = Counter[str]()
    for part in ("imitation", "self-critic", "realignment"):
        for row, items, sources in traced(folder, part, known):
            assert len(set(row["responses"])) == len(row["responses"])
            assert [source["text"] for source in sources] == [
                row["responses"][source["response"]] for source in sources
            ]
            for at in range(len(row["responses"])):
                merged[part] -= 1
                given = [each for each in zip(items, sources, strict=True) if each[1]["response"] == at]
                merged[part] += len(given)
                ratings = [source.get("rating") or source.get("alignment") for _, source in given]
                others = [found for _, source in given if (found := source.get("engagement")) is not None]
                assert row["scores"][at] == pytest.approx(fmean(ratings))
                assert row["engagement"][at] == (pytest.approx(fmean(others)) if others else None)
                assert row["models"][at] == ", ".join(dict.fromkeys(author(*each)["model"] for each in given))
            told = row["query"] if style == "string" else row["prompt"][0]["content"]
            assert all(item["question"] in told for item in items)
            assert part == "imitation" or all(item["draft"] in told for item in items)
    assert +merged == {
        part: counts["dropped"]["merged"]
        for part, counts in folder.manifest["filters"].items()
        if "merged" in counts["dropped"]
    }
    assert merged["self-critic"]
    queries = [json.dumps(row[asks]) for part in folder.manifest["parts"] for row in folder.rows(part)]
    assert len(queries) == len(set(queries))


def author(item: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    """Who said what a source names: a neighbour, or the agent."""
    return next((each for each in item["feedback"] if each["agent"] == source.get("neighbour")), item)


def test_what_stands_in_the_frame_of_a_query_has_columns_too(
    sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path]
) -> None:
    folder = export(sandbox, tmp_path, *runs, "--format", "stable-alignment")
    for part in folder.manifest["parts"]:
        for row in folder.rows(part):
            asked = f"### Instruction:\n{row['instruction']}\n\n"
            asked += f"### Input:\n{row['input']}\n\n" if row["input"] else ""
            assert row["query"].endswith(f"\n\n{asked}### Response:\n")
            assert bool(row["input"]) == (part != "imitation")


def test_realignment_is_only_what_became_better_and_ends_above_four(
    sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path]
) -> None:
    folder = export(sandbox, tmp_path, *runs, "--format", "alpaca")
    wanted = {
        name
        for name, item in interactions(*runs).items()
        if (before := score(item, "draft")) and (after := score(item, "revision")) and before < after > 4
    }
    rows = list(traced(folder, "realignment", interactions(*runs)))
    assert {source["interaction"] for _, _, sources in rows for source in sources} == wanted
    for row, (item,), (source,) in rows:
        assert row["output"] == item["revision"] == source["text"]
        places = [row["input"].index(part) for part in (item["question"], f"Draft:\n{item['draft']}")]
        ratings = [each["rating"] for each in item["feedback"]]
        read = [int(line.split()[2]) for line in row["input"].splitlines() if line.startswith("Feedback, rating ")]
        assert places == sorted(places)
        assert read == sorted((rating for rating in ratings if rating), reverse=True)


def test_counts_by_kind_are_those_of_a_hand_count(sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path]) -> None:
    folder = export(sandbox, tmp_path, *runs, "--format", "sft", "--keep-duplicates")
    rated = [(item, text) for run in runs for item, text in answers(run) if score(item, text)]
    feedback = [each for run in runs for item in log(run) for each in item["feedback"]]
    better = [
        item
        for run in runs
        for item in log(run)
        if (before := score(item, "draft")) and (after := score(item, "revision")) and before < after > 4
    ]
    counted = {part: counts["train"] for part, counts in folder.manifest["parts"].items()}
    assert counted == {
        "imitation": len(rated),
        "self-critic": sum(each["rating"] is not None and bool(each["reason"]) for each in feedback),
        "realignment": len(better),
    }
    dropped = {kind: rows["dropped"] for kind, rows in folder.manifest["filters"].items()}
    unrated = [(item, text) for run in runs for item, text in answers(run) if not score(item, text)]
    assert dropped["imitation"] == {"no rating": len(unrated)}
    assert dropped["self-critic"].get("no rating") == sum(each["missing"] is not None for each in feedback)
    assert unrated  # the run is one in which ratings are missing
    assert any(item["failed"] for item in log(runs[0]))


@pytest.mark.parametrize("style", ["string", "conversational"])
def test_sft_rows_say_what_was_said(sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path], style: str) -> None:
    folder = export(sandbox, tmp_path, *runs, "--format", "sft", "--style", style)
    for row, (item,), (source,) in traced(folder, "imitation", interactions(*runs)):
        assert row == {
            "prompt": said(style, "user", item["question"]),
            "completion": said(style, "assistant", source["text"]),
        }
    for row, (item,), (source,) in traced(folder, "self-critic", interactions(*runs)):
        prompt = row["prompt"] if style == "string" else row["prompt"][0]["content"]
        assert prompt.rstrip("\n").endswith(f"Question:\n{item['question']}\n\nAnswer:\n{item['draft']}")
        assert row["completion"] == said(style, "assistant", source["text"])


@pytest.mark.parametrize("style", ["string", "conversational"])
@pytest.mark.parametrize("objective", ["alignment", "engagement"])
@pytest.mark.parametrize("format_", ["dpo", "reward"])
def test_pairs_prefer_the_answer_that_was_rated_higher(
    sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path], style: str, objective: str, format_: str
) -> None:
    words = ("--format", format_, "--style", style, "--objective", objective, "--min-gap", 2, "--opponents", 3)
    folder = export(sandbox, tmp_path, *runs, *words)
    across = 0
    for row, items, (chosen, rejected) in traced(folder, format_, interactions(*runs)):
        assert row["prompt"] == said(style, "user", items[0]["question"])
        assert items[0]["question_id"] == items[1]["question_id"]
        assert row["chosen"] == said(style, "assistant", chosen["text"])
        assert row["rejected"] == said(style, "assistant", rejected["text"])
        gap = chosen[objective] - rejected[objective]
        assert gap >= 2
        assert row.get("margin", float(gap)) == gap
        assert type(row.get("margin", 0.0)) is float
        across += chosen["interaction"] != rejected["interaction"]
    assert across


def test_pairs_within_interactions_are_those_of_a_hand_count(
    sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path]
) -> None:
    folder = export(sandbox, tmp_path, *runs, "--format", "dpo", "--pairs", "revision")
    wanted = {
        name
        for name, item in interactions(*runs).items()
        if (before := score(item, "draft")) and (after := score(item, "revision")) and before != after
        if item["draft"] != item["revision"]
    }
    assert {origin["from"][0]["interaction"] for origin in folder.origins("dpo")} == wanted


def test_with_enough_opponents_every_two_answers_of_different_agents_meet_once(
    sandbox: Sandbox, tmp_path: Path, many: Path
) -> None:
    folder = export(sandbox, tmp_path, many, "--format", "dpo", "--pairs", "across", "--opponents", 100)
    asked: dict[str, list[tuple[int, str, int]]] = {}
    for item, text in answers(many):
        asked.setdefault(item["question_id"], []).append((item["agent"], item[text], score(item, text) or 0))
    wanted = Counter(
        (question, *sorted((one[1], other[1])))
        for question, given in asked.items()
        for one, other in combinations(given, 2)
        if one[0] != other[0]
    )
    accounts = folder.manifest["filters"]["dpo"]
    assert accounts["considered"] == sum(wanted.values())
    assert len(asked) < len(log(many)) / 3


def test_each_answer_stands_beside_so_many_others(sandbox: Sandbox, tmp_path: Path) -> None:
    def one_draft_each(items: Rows) -> None:
        for item in items:
            item["question"], item["question_id"], item["revision"] = "Why?", "0", None
            item["scores"]["revision"] = {"alignment": None, "engagement": None}

    run = scripted_run(sandbox, tmp_path, rounds=1)
    edit(run, one_draft_each)
    for opponents, pairs in ((1, 9), (3, 27), (4, 36), (9, 36)):
        words = ("--format", "dpo", "--opponents", opponents)
        folder = export(sandbox, tmp_path, run, *words, out=f"out{opponents}")
        assert folder.manifest["filters"]["dpo"]["considered"] == pairs


def test_the_chosen_answer_is_good_enough(sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path]) -> None:
    every = export(sandbox, tmp_path, *runs, "--format", "dpo")
    folder = export(sandbox, tmp_path, *runs, "--format", "dpo", "--min-score", 6, out="good")
    ratings, good = ([origin["from"][0]["alignment"] for origin in each.origins("dpo")] for each in (every, folder))
    assert good == [rating for rating in ratings if rating >= 6]
    assert folder.manifest["filters"]["dpo"]["dropped"]["low score"] == sum(rating < 6 for rating in ratings) > 0


def test_answers_that_different_observers_rated_are_not_compared(sandbox: Sandbox, tmp_path: Path) -> None:
    seeds = {"one": 1, "other": 2}
    one, other = (scripted_run(sandbox, tmp_path, name, seed=seed, max_length=40) for name, seed in seeds.items())
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["models"]["observer"] = "stricter"
    (other / "manifest.json").write_text(json.dumps(manifest))
    for opponents in (1, 100):
        words = ("--format", "dpo", "--pairs", "across", "--opponents", opponents, "--seed", 3)
        both = export(sandbox, tmp_path, one, other, *words, out=f"both{opponents}")
        alone = [export(sandbox, tmp_path, run, *words, out=f"{run.name}{opponents}") for run in (one, other)]
        for origin in both.origins("dpo"):
            assert len({source["interaction"].split("/")[0] for source in origin["from"]}) == 1
        considered = [folder.manifest["filters"]["dpo"]["considered"] for folder in (both, *alone)]
        assert considered[0] == considered[1] + considered[2]
        assert "several observers" in (both.path / "README.md").read_text()


def test_that_nobody_can_be_compared_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=1)  # nine agents, nine questions
    refused = sandbox("export", run, "--format", "dpo", "--pairs", "across", "--out", "out")
    assert refused.code == 1
    assert "No question was answered by two agents that one observer rated" in refused.err


def test_progress_goes_up_to_the_end(sandbox: Sandbox, tmp_path: Path) -> None:
    steps: dict[str, list[tuple[int, int]]] = {}
    run = open_run("one", scripted_run(sandbox, tmp_path).parent)
    Export([run], Recipe(format="sft"), None, lambda what, *step: steps.setdefault(what, []).append(step)).write(
        tmp_path
    )
    assert list(steps) == ["reading", "making rows", "writing"]
    for told in steps.values():
        assert told == sorted(told)
        assert {total for _, total in told} == {told[-1][0]}


@pytest.mark.parametrize(("style", "objective"), [("string", "alignment"), ("conversational", "engagement")])
def test_kto_rows_are_labelled_by_the_threshold_and_never_repeat_a_prompt(
    sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path], style: str, objective: str
) -> None:
    words = ("--format", "kto", "--threshold", 5, "--style", style, "--objective", objective, "--keep-duplicates")
    folder = export(sandbox, tmp_path, *runs, *words)
    rows = list(traced(folder, "kto", interactions(*runs)))
    for row, (item,), (source,) in rows:
        assert row == {
            "prompt": said(style, "user", item["question"]),
            "completion": said(style, "assistant", source["text"]),
            "label": source[objective] > 5,
        }
        assert source[objective] != 5
    for (one, _, _), (other, _, _) in pairwise(rows):
        assert one["prompt"] != other["prompt"]
        assert one["completion"] != other["completion"]
    accounts = folder.manifest["filters"]["kto"]
    ratings = [score(item, text, objective) for run in runs for item, text in answers(run)]
    assert accounts["dropped"]["on the threshold"] == ratings.count(5)
    assert accounts["dropped"]["no rating"] == ratings.count(None)
    assert accounts["considered"] == len(ratings)
    assert accounts["kept"] == len(rows)


def test_kto_rows_that_find_no_place_are_counted_and_the_same_prompts_are_far_apart(
    sandbox: Sandbox, tmp_path: Path, many: Path
) -> None:
    folder = export(sandbox, tmp_path, many, "--format", "kto")
    rows = folder.rows("kto")
    for label in (True, False):
        prompts = [row["prompt"] for row in rows if row["label"] is label]
        different = len(set(prompts))
        assert len(prompts) > 3 * different
        assert len(set(prompts[: different // 2])) == different // 2

    def two_questions(items: Rows) -> None:
        for item in items:
            item["question"], item["question_id"] = ("Why?", "0") if item["agent"] else ("How?", "1")

    edit(many, two_questions)
    few = export(sandbox, tmp_path, many, "--format", "kto", "--keep-duplicates", out="few")
    accounts = few.manifest["filters"]["kto"]
    assert accounts["considered"] == len(list(answers(many)))
    assert accounts["dropped"]["beside the same"] > 200
    assert accounts["kept"] == len(few.rows("kto"))
    assert accounts["considered"] == accounts["kept"] + sum(accounts["dropped"].values())


def test_objectives_have_a_file_each_with_both_scores_and_their_agreement(
    sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path]
) -> None:
    folder = export(sandbox, tmp_path, *runs, "--format", "modpo")
    decided: dict[str, dict[frozenset[str], str]] = {}
    for part in ("alignment", "engagement"):
        for row, _, (chosen, rejected) in traced(folder, part, interactions(*runs)):
            for side, source in (("chosen", chosen), ("rejected", rejected)):
                assert row[side] == source["text"]
                assert row[f"{side}_alignment"] == float(source["alignment"])
                assert row[f"{side}_engagement"] == float(source["engagement"])
            assert row[f"chosen_{part}"] > row[f"rejected_{part}"]
            names = [f"{source['interaction']}/{source['said']}" for source in (chosen, rejected)]
            decided.setdefault(part, {})[frozenset(names)] = names[0]
    agreement = folder.manifest["agreement"]
    both = decided["alignment"].keys() & decided["engagement"].keys()
    agreed = sum(decided["alignment"][pair] == decided["engagement"][pair] for pair in both)
    accounts = folder.manifest["filters"]
    equal = accounts["alignment"]["dropped"].get("same text", 0) + accounts["alignment"]["dropped"].get("duplicate", 0)
    assert not equal  # then every pair that both decide is in both files
    assert (agreement["decided_by_both"], agreement["agreed"]) == (len(both), agreed)
    assert agreement["rate"] == agreed / len(both)
    for part in ("alignment", "engagement"):
        assert agreement["ties"][part] == accounts[part]["dropped"]["tie"]
        assert agreement["pairs"] == accounts[part]["considered"] - accounts[part]["dropped"]["no rating"]


@pytest.mark.slow
def test_bradley_terry_labels_are_drawn_with_the_odds_of_the_gap(sandbox: Sandbox, tmp_path: Path, many: Path) -> None:
    words = ("--format", "modpo", "--preference", "bradley-terry", "--opponents", 20)
    folder = export(sandbox, tmp_path, many, *words)
    for part in ("alignment", "engagement"):
        gaps = Counter(row[f"chosen_{part}"] - row[f"rejected_{part}"] for row in folder.rows(part))
        assert gaps[0.0]  # a tie is drawn too
        for gap in (1.0, 2.0):
            share, odds = gaps[gap] / (gaps[gap] + gaps[-gap]), 1 / (1 + math.exp(-gap))
            spread = 4 * math.sqrt(odds * (1 - odds) / (gaps[gap] + gaps[-gap]))
            assert abs(share - odds) < spread < 0.05, (part, gap)
    # Each objective has draws of its own.
    chosen = {
        part: {
            frozenset((row["chosen"], row["rejected"])): row["chosen"]
            for row in folder.rows(part)
            if row["chosen_alignment"] == row["rejected_alignment"]
            if row["chosen_engagement"] == row["rejected_engagement"]
        }
        for part in ("alignment", "engagement")
    }
    both = chosen["alignment"].keys() & chosen["engagement"].keys()
    alike = sum(chosen["alignment"][pair] == chosen["engagement"][pair] for pair in both)
    assert len(both) > 100
    assert 0.3 < alike / len(both) < 0.7
    # And so has each seed.
    same = ("--format", "dpo", "--preference", "bradley-terry", "--pairs", "revision", "--round", "0-3")
    drawn = [export(sandbox, tmp_path, many, *same, "--seed", seed, out=f"seed{seed}").rows("dpo") for seed in (0, 1)]
    sides = [{(row["prompt"], row["chosen"], row["rejected"]) for row in rows} for rows in drawn]
    texts = [{(prompt, *sorted(pair)) for prompt, *pair in each} for each in sides]
    assert texts[0] == texts[1]
    assert sides[0] != sides[1]


def test_a_smallest_gap_holds_for_drawn_labels_too(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=4)
    words = ("--format", "modpo", "--preference", "bradley-terry", "--min-gap", 2)
    folder = export(sandbox, tmp_path, run, *words)
    gaps = [row["chosen_alignment"] - row["rejected_alignment"] for row in folder.rows("alignment")]
    assert all(abs(gap) >= 2 for gap in gaps)
    assert min(gaps) < 0
    dropped = folder.manifest["filters"]["alignment"]["dropped"]
    assert dropped["tie"] + dropped["small gap"] > 0


def test_flat_interactions_lose_nothing(sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path]) -> None:
    folder = export(sandbox, tmp_path, *runs, "--format", "parquet")
    rows = folder.rows("interactions")
    assert [f"{row['run']}/{row['id']}" for row in rows] == [
        name for run in sorted(runs, key=lambda run: run.name) for name in interactions(run)
    ]
    assert [origin["from"] for origin in folder.origins("interactions")] == [
        [{"interaction": f"{row['run']}/{row['id']}"}] for row in rows
    ]
    for row, item in zip(rows, interactions(*sorted(runs, key=lambda run: run.name)).values(), strict=True):
        assert rebuilt(row) == item


@pytest.mark.parametrize("format_", [*TRAINING, "parquet"])
def test_both_files_say_the_same_and_training_rows_hold_no_null(
    sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path], format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.export.writing._BATCH", 3)
    folder = export(sandbox, tmp_path, *runs, "--format", format_, "--validation", 0.2)
    for part, splits in folder.manifest["parts"].items():
        for split, count in splits.items():
            table = pq.read_table(folder.path / "data" / part / f"{split}.parquet")
            rows = folder.rows(part, split)
            assert table.to_pylist() == rows
            assert len(rows) == count
            assert [origin["row"] for origin in folder.origins(part, split)] == list(range(count))
            assert all(list(row) == table.schema.names for row in rows)
            assert format_ == "parquet" or not any(column.null_count for column in table.columns)
            assert format_ == "parquet" or not any(field.nullable for field in table.schema)


def test_the_manifest_says_what_was_read_of_each_run(sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path]) -> None:
    folder = export(sandbox, tmp_path, *runs, "--format", "dpo", "--round", "1-")
    ordered = sorted(runs, key=lambda run: run.name)
    for run, told in zip(ordered, folder.manifest["runs"], strict=True):
        known = json.loads((run / "manifest.json").read_text())
        content = (run / "interactions.jsonl").read_bytes()
        assert told["sha256"] == hashlib.sha256(content).hexdigest()
        assert told["interactions"] == len(content.splitlines())
        assert (told["run_id"], told["seed"], told["fingerprint"]) == (run.name, known["seed"], known["fingerprint"])
        assert (told["planned"], told["models"]) == (known["totals"]["planned"], known["models"])


def odd(items: Rows) -> None:
    """What ratings and texts of a log can be, each in an interaction of its own."""
    for item in items:
        rate(item, "draft", 2)
        rate(item, "revision", 2)
    rate(items[0], "revision", 4)  # better, and not above 4
    rate(items[1], "revision", 5)
    for each in items[2]["feedback"]:
        each |= {"rating": 3, "missing": None, "reason": None}
    items[3]["draft"] = None
    items[4] |= {"draft": " \n", "revision": ""}
    for number, rating in ((5, 3), (6, 5), (7, 5), (8, 5)):  # the same words: two agents on each of two questions
        which = number // 7
        items[number] |= {"question": f"Why {which}?", "question_id": str(which), "draft": "The same words."}
        rate(items[number], "draft", rating)


def test_odd_interactions_give_the_rows_that_they_can(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=1)
    edit(run, odd)
    folder = export(sandbox, tmp_path, run, "--format", "alpaca", "--keep-duplicates")
    sources = {part: [origin["from"][0] for origin in folder.origins(part)] for part in folder.manifest["parts"]}
    assert [source["interaction"] for source in sources["realignment"]] == ["one/r000-a001"]
    critics = {source["interaction"][-1] for source in sources["self-critic"]}
    assert critics == set("015678")
    accounts = folder.manifest["filters"]
    assert accounts["self-critic"]["dropped"] == {"no reason": len(log(run)[2]["feedback"])}
    assert accounts["imitation"]["considered"] == accounts["imitation"]["kept"] == 2 * 9 - 1 - 2
    kto = export(sandbox, tmp_path, run, "--format", "kto", "--keep-duplicates", out="kto")
    assert kto.manifest["filters"]["kto"]["considered"] == 2 * 9 - 1 - 2


def test_the_same_answer_with_two_ratings_is_one_response_with_their_mean(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path, rounds=1)
    edit(run, odd)
    grouped = export(sandbox, tmp_path, run, "--format", "stable-alignment", out="grouped")
    both = export(sandbox, tmp_path, run, "--format", "stable-alignment", "--keep-duplicates", out="both")
    for folder, wanted in ((grouped, {"0?": [4.0], "1?": [5.0]}), (both, {"0?": [3.0, 5.0], "1?": [5.0, 5.0]})):
        found = {
            row["query"].split()[-3]: sorted(
                rating
                for text, rating in zip(row["responses"], row["scores"], strict=True)
                if text == "The same words."
            )
            for row in folder.rows("imitation")
            if "The same words." in row["responses"]
        }
        assert found == wanted
    for format_, column in (("alpaca", "output"), ("sft", "completion")):
        folder = export(sandbox, tmp_path, run, "--format", format_, out=format_)
        assert [row[column] for row in folder.rows("imitation")].count("The same words.") == 2


@pytest.mark.parametrize("format_", ["sft", "alpaca"])
def test_poor_targets_of_fine_tuning_are_told(
    sandbox: Sandbox, tmp_path: Path, runs: tuple[Path, Path], format_: str
) -> None:
    folder = export(sandbox, tmp_path, *runs, "--format", format_)
    ratings = [source["alignment"] for origin in folder.origins("imitation") for source in origin["from"]]
    poor = sum(rating < 4 for rating in ratings)
    words = f"{poor} of {len(ratings)} imitation rows that passed the filters are answers rated below 4"
    assert f"Warning: {words}" in folder.done.err
    assert f"- {words}" in (folder.path / "README.md").read_text()
    assert poor
    critiques = ("--format", format_, "--mix", "0:1:1")
    for number, others in enumerate((("--format", format_, "--min-score", 4), critiques, ("--format", "dpo"))):
        other = export(sandbox, tmp_path, *runs, *others, out=f"other{number}")
        assert "rated below" not in other.done.err + (other.path / "README.md").read_text()
