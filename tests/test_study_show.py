"""What a study comes to: recomputed from its files, pooled and paired as it says, and nothing left out in silence."""

import csv
import json
import re
from collections import defaultdict
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import Sandbox
from example_studies import changed, runs_of, small_study

MEASURES = [
    *("draft_alignment", "revision_alignment", "alignment_gain"),
    *("draft_engagement", "revision_engagement", "engagement_gain"),
]
Row = dict[str, Any]


@pytest.fixture
def study(sandbox: Sandbox, tmp_path: Path) -> Path:
    return small_study(sandbox, tmp_path)


def shown(sandbox: Sandbox, *words: object) -> dict[str, Any]:
    done = sandbox("study", "show", "small", "--json", *words)
    assert done.code == 0, done.err
    document: dict[str, Any] = json.loads(done.out)
    return document


def of_log(run: Path, measure: str) -> list[list[int]]:
    """The ratings, or the gains, of each round."""
    rounds: dict[int, list[int]] = defaultdict(list)
    dimension = "alignment" if "alignment" in measure else "engagement"
    for line in (run / "interactions.jsonl").read_text().splitlines():
        scores = json.loads(line)["scores"]
        draft, revision = ((scores[text][dimension] or {}).get("rating") for text in ("draft", "revision"))
        both = None not in (draft, revision)
        value = (revision - draft if both else None) if "gain" in measure else draft if "draft" in measure else revision
        rounds[json.loads(line)["round"]] += [] if value is None else [value]
    return list(rounds.values())


def estimated(values: Any) -> Row:
    """The mean of cells, and percentiles of the means of all ways to draw as many of them."""
    draws = np.array(values)[list(product(range(len(values)), repeat=len(values)))].mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5]) if np.ptp(values) > 0 else (None, None)
    return {"mean": pytest.approx(np.mean(values)), "low": near(low), "high": near(high), "count": len(values)}


def near(value: float | None) -> Any:
    return None if value is None else pytest.approx(value)


def by_hand(study: Path) -> tuple[list[Row], list[Row], list[Row]]:
    """Conditions, differences and rounds of `table.parquet`, whose means are those of the logs."""
    cells = pq.read_table(study / "table.parquet").to_pylist()
    pools: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for cell in cells:
        pools[cell["labels"], cell["neighbours"]].append(cell)
        for measure in MEASURES:
            rounds = of_log(study / "runs" / cell["cell"], measure)
            assert cell[measure] == np.mean([rating for each in rounds for rating in each])
            assert cell[f"{measure}_by_round"] == [np.mean(each) for each in rounds]
            assert cell[f"{measure}_count_by_round"] == [len(each) for each in rounds]
    conditions, differences, rounds = [], [], []
    base = next(iter(pools.values()))
    for (labels, neighbours), pool in pools.items():
        name, size = {"labels": labels, "neighbours": neighbours}, {"cells": len(pool)}
        conditions.append(name | size | {each: estimated([cell[each] for cell in pool]) for each in MEASURES})
        if pool is not base:
            pairs = [(one, two) for one in pool for two in base if one["seed"] == two["seed"]]
            less = {each: estimated([one[each] - two[each] for one, two in pairs]) for each in MEASURES}
            differences.append(name | {"paired": True, "pairs": 5, "cells_of_base": 5} | size | less)
        for number in range(2):
            drawn = {each: [cell[f"{each}_by_round"][number] for cell in pool] for each in MEASURES if "rev" in each}
            means = {each: estimated(values) for each, values in drawn.items()}
            rounds.append(name | size | {"round": number, "interactions_until": 9 * (number + 1)} | means)
    return conditions, differences, rounds


def test_every_figure_follows_from_the_table_and_the_logs(sandbox: Sandbox, study: Path) -> None:
    tables = shown(sandbox)["tables"]
    conditions, differences, rounds = by_hand(study)
    assert tables["conditions"] == conditions
    assert tables["differences"] == differences
    assert tables["by round"] == rounds
    cells = pq.read_table(study / "table.parquet").to_pylist()
    assert tables["cells"] == [{key: value for key, value in row.items() if "by_round" not in key} for row in cells]


def test_the_front_and_what_it_takes_to_come_near_follow_from_the_rounds(sandbox: Sandbox, study: Path) -> None:
    tables = shown(sandbox, "--within", 0.4)["tables"]
    means = {
        measure: [[each[measure]["mean"] for each in tables["by round"][at : at + 2]] for at in range(0, 8, 2)]
        for measure in ("revision_alignment", "revision_engagement")
    }
    ends = list(zip(*([each[-1] for each in rounds] for rounds in means.values()), strict=True))
    beaten = [any(two != one and two[0] >= one[0] and two[1] >= one[1] for two in ends) for one in ends]
    assert [not row["on_the_front"] for row in tables["Pareto front"]] == beaten
    assert True in beaten
    assert not all(beaten)
    for measure, rounds in means.items():
        dimension = measure.removeprefix("revision_")
        goal = max(each[-1] for each in rounds) - 0.4
        first = [next((number for number, mean in enumerate(each) if mean >= goal), None) for each in rounds]
        assert [row[f"{dimension}_round"] for row in tables["interactions needed"]] == first
        reached = [None if number is None else 9 * (number + 1) for number in first]
        assert [row[f"{dimension}_interactions_until"] for row in tables["interactions needed"]] == reached
    assert None in first


def test_a_cell_weighs_each_of_its_ratings_the_same(sandbox: Sandbox, study: Path) -> None:
    file = runs_of(study)[0] / "rounds.jsonl"
    first, second = map(json.loads, file.read_text().splitlines())
    first["scores"]["revision"]["alignment"] = {"mean": 7.0, "count": 9}
    second["scores"]["revision"]["alignment"] = {"mean": 1.0, "count": 1}
    file.write_text(f"{json.dumps(first)}\n{json.dumps(second)}\n")
    assert shown(sandbox)["tables"]["cells"][0]["revision_alignment"] == pytest.approx(64 / 10)


def damage(study: Path) -> dict[int, str]:
    """Spoil cells in every way; their statuses by index, but for those that the study has no more."""
    runs = runs_of(study)
    runs[1].rename(study / "elsewhere")
    changed(runs[2] / "manifest.json", lambda manifest: manifest.update(fingerprint="0" * 64))
    changed(runs[3] / "manifest.json", lambda manifest: manifest.update(status="running", finished=None))
    changed(runs[4] / "manifest.json", lambda manifest: manifest.update(status="stopped", stopped_by="budget"))
    changed(runs[5] / "manifest.json", lambda manifest: manifest.update(status="failed", stopped_by="error"))
    (runs[6] / "manifest.json").write_text("{")
    rounds = (runs[7] / "rounds.jsonl").read_bytes().splitlines(keepends=True)
    (runs[7] / "rounds.jsonl").write_bytes(rounds[0])
    (runs[8] / "rounds.jsonl").write_bytes(b"".join(rounds).replace(b'"count":9', b'"count":%d' % 10**400))
    changed(study / "study.json", lambda record: record["cells"][9].update(retired=True))
    return {
        1: "absent",
        2: "another",
        3: "interrupted",
        4: "stopped",
        5: "failed",
        **dict.fromkeys((6, 7, 8), "broken"),
    }


def test_what_is_not_complete_is_shown_and_pooled_nowhere(sandbox: Sandbox, study: Path) -> None:
    statuses = damage(study)
    done = sandbox("study", "show", "small", "--json")
    assert done.code == 0
    assert done.err.count("Warning: Cell 00") == 3
    document = json.loads(done.out)
    assert document["study"]["statuses"] == {
        "absent": 1, "another": 1, "broken": 3, "complete": 11, "failed": 1, "interrupted": 1, "stopped": 1,
    }  # fmt: skip
    cells = {row["index"]: row for row in document["tables"]["cells"]}
    assert {index: row["status"] for index, row in cells.items() if row["status"] != "complete"} == statuses
    assert 9 not in cells
    assert [cells[index]["calls"] for index in (1, 2, 6, 7, 8)] == [None] * 5
    assert cells[4]["revision_alignment"] is not None
    assert [row["cells"] for row in document["tables"]["conditions"]] == [1, 0, 5, 5]
    first, second, *_ = document["tables"]["conditions"]
    assert first["revision_alignment"] == {
        "mean": cells[0]["revision_alignment"],
        "low": None,
        "high": None,
        "count": 1,
    }
    assert second["revision_alignment"] == {"mean": None, "low": None, "high": None, "count": 0}
    told = (
        "left out: 1 absent, 1 with a run of something else, 3 broken, 1 failed, 1 interrupted, 1 stopped, 1 retired, "
        "of 20 cells"
    )
    assert told in document["notes"]["cells"]
    assert told in document["notes"]["conditions"]


def test_cells_of_several_lengths_are_pooled_and_compared_in_no_silence(sandbox: Sandbox, study: Path) -> None:
    changed(study / "study.json", lambda record: [cell.update(rounds=1) for cell in record["cells"][3:8]])
    for run in runs_of(study)[3:8]:
        changed(run / "manifest.json", lambda manifest: manifest["config"].update(rounds=1))
        (run / "rounds.jsonl").write_bytes((run / "rounds.jsonl").read_bytes().splitlines(keepends=True)[0])
    document = shown(sandbox)
    rounds = [(row["neighbours"], row["round"]) for row in document["tables"]["by round"]]
    assert rounds == [(1, 0), (3, 0), (1, 0), (1, 1), (3, 0), (3, 1)]
    assert [row["round"] for row in document["tables"]["Pareto front"]] == [0, 0, 1, 1]
    for table in ("conditions", "differences", "Pareto front", "interactions needed", "by round"):
        assert "cells have 1 to 2 rounds" in document["notes"][table], table


@pytest.mark.slow
def test_a_cell_of_fewer_rounds_than_the_study_asks_for_is_not_complete(
    sandbox: Sandbox, study: Path, tmp_path: Path
) -> None:
    (tmp_path / "study.toml").write_text((study / "study.toml").read_text().replace("rounds = 2", "rounds = 3"))
    done = sandbox("study", "run", "study.toml", "--cell", "1")
    assert done.code == 0, done.err
    cells = shown(sandbox)["tables"]["cells"]
    assert [row["index"] for row in cells if row["status"] == "complete"] == [1]
    assert {(row["status"], row["rounds_done"]) for row in cells} == {("complete", 3), ("stopped", 2)}
    done = sandbox("export", "small", "--format", "dpo", "--out", "set")
    assert "19 cells left out, not complete" in done.err
    assert sandbox("study", "run", "study.toml").code == 0
    assert {row["status"] for row in shown(sandbox)["tables"]["cells"]} == {"complete"}


def test_a_difference_is_of_the_same_seeds_where_both_have_some(sandbox: Sandbox, study: Path) -> None:
    gone = [*range(3), 13, 14, *range(15, 17)]
    changed(study / "study.json", lambda record: [record["cells"][index].update(retired=True) for index in gone])
    tables = shown(sandbox)["tables"]
    alignment = {row["cell"][:3]: row["revision_alignment"] for row in tables["cells"]}
    more, unpaired, some = tables["differences"]
    assert [more["paired"], more["pairs"], more["cells"], more["cells_of_base"]] == [True, 2, 5, 2]
    assert more["revision_alignment"]["count"] == 2
    assert more["revision_alignment"]["low"] is None
    assert [unpaired["paired"], unpaired["pairs"], unpaired["cells"]] == [False, 0, 3]
    own, base = ([alignment[f"{index:03d}"] for index in indices] for indices in ((10, 11, 12), (3, 4)))
    assert unpaired["revision_alignment"]["mean"] == pytest.approx(np.mean(own) - np.mean(base))
    assert unpaired["revision_alignment"]["low"] is None, "two cells are too few"
    assert some["pairs"] == 2
    other = shown(sandbox, "--base", "neighbours=3,labels=all-good")["tables"]["differences"]
    assert [row["pairs"] for row in other] == [2, 3, 3]


def test_seeds_that_are_no_axis_pair_cells_too_and_others_are_drawn_apart(sandbox: Sandbox, study: Path) -> None:
    def seedless(record: Row) -> None:
        record["axes"] = ["labels", "neighbours"]
        for cell in record["cells"]:
            del cell["values"]["seed"]

    changed(study / "study.json", seedless)
    for run in runs_of(study)[10:15]:
        changed(run / "manifest.json", lambda manifest: manifest.update(seed=manifest["seed"] + 3))
    same, apart, _ = shown(sandbox)["tables"]["differences"]
    assert [(row["paired"], row["pairs"]) for row in (same, apart)] == [(True, 5), (True, 2)]
    for run in runs_of(study)[10:15]:
        changed(run / "manifest.json", lambda manifest: manifest.update(seed=manifest["seed"] + 2))
    tables = shown(sandbox)["tables"]
    apart = tables["differences"][1]
    assert (apart["paired"], apart["pairs"]) == (False, 0)
    less, (base, _, own, _) = apart["draft_alignment"], (row["draft_alignment"] for row in tables["conditions"])
    assert less["mean"] == pytest.approx(own["mean"] - base["mean"])
    own, base, less = (each["high"] - each["low"] for each in (own, base, less))
    assert less == pytest.approx((own**2 + base**2) ** 0.5, rel=0.1), "chance of both sides"


@pytest.fixture
def odd(study: Path) -> Path:
    """The small study with other values: of numbers of many digits, of texts with commas in them, of none at all."""

    def named(record: Row) -> None:
        record["axes"] = ["prior_size", "model", "flag", "seed"]
        sizes, models = (0.001, 0.004, 1e-07, 2), ("a,b=c", 'q"=,')
        for number, cell in enumerate(record["cells"]):
            own = {"prior_size": sizes[number // 5], "model": models[number % 2]} if number else {"flag": True}
            cell["values"] = {**own, "seed": number}

    changed(study / "study.json", named)
    return study


def test_a_condition_is_named_by_its_values_in_any_order_whatever_is_in_them(sandbox: Sandbox, odd: Path) -> None:
    for name in (
        "prior_size=0.004,model=a,b=c",
        "model=a,b=c,prior_size=0.004",
        " model=a,b=c, prior-size=0.004",
    ):
        assert shown(sandbox, "--base", name)["study"]["base"] == {"prior_size": 0.004, "model": "a,b=c", "flag": None}
    base = shown(sandbox, "--by", "model", "--base", 'model=q"=,')["study"]["base"]
    assert base == {"model": 'q"=,'}
    assert shown(sandbox, "--base", "flag=true")["study"]["base"] == {"prior_size": None, "model": None, "flag": True}
    assert shown(sandbox, "--by", "flag", "--base", "flag=")["study"]["base"] == {"flag": None}
    wrong = sandbox("study", "show", "small", "--base", "model=a")
    assert (wrong.code, "There are: flag=true; prior_size=0.001,model=q" in wrong.err) == (2, True)


@pytest.mark.slow
def test_values_of_axes_lose_no_digit_in_any_table(sandbox: Sandbox, odd: Path) -> None:
    page = sandbox("study", "show", "small", "--html", "page.html")
    assert page.code == 0, page.err
    shown_cells, listed = sandbox("study", "show", "small").out, sandbox("inspect", "small").out
    for value in ("0.001", "0.004", "1e-07", "true"):
        for where in (shown_cells, listed, Path("page.html").read_text()):
            assert re.search(rf"[ >]{value}[ <]", where), value
    for words in (("study", "show", "small", "--table", "cells"), ("inspect", "small")):
        rows = list(csv.DictReader(sandbox(*words, "--csv").out.splitlines()))
        assert [row["prior_size"] for row in rows] == ["", *["0.001"] * 4, *["0.004"] * 5, *["1e-07"] * 5, *"22222"]


def test_by_pools_what_is_not_named_and_pairs_within_it(sandbox: Sandbox, study: Path) -> None:
    document = shown(sandbox, "--by", "labels", "--base", "labels=all-bad")
    assert document["study"]["base"] == {"labels": "all-bad"}
    assert [row["cells"] for row in document["tables"]["conditions"]] == [10, 10]
    (row,) = document["tables"]["differences"]
    assert (row["labels"], row["pairs"]) == ("all-good", 10)
    values = [cell["revision_alignment"] for cell in document["tables"]["cells"]]
    less = row["revision_alignment"]
    assert less["mean"] == pytest.approx(np.mean(values[:10]) - np.mean(values[10:]))
    assert less["low"] < less["mean"] < less["high"]
    assert shown(sandbox, "--by", "labels", "--base", "labels=all-bad") == document
    seeds = shown(sandbox, "--by", "labels,neighbours,seed")["tables"]["conditions"]
    assert [row["cells"] for row in seeds] == [1] * 20


def test_the_table_is_written_again_wherever_it_differs_and_through_no_link(sandbox: Sandbox, study: Path) -> None:
    shown(sandbox)
    before = [(study / name).read_bytes() for name in ("table.csv", "table.parquet")]
    times = (study / "table.csv").stat().st_mtime_ns
    shown(sandbox)
    assert (study / "table.csv").stat().st_mtime_ns == times
    other = study.parent / "other.csv"
    other.write_text("mine")
    (study / "table.csv").unlink()
    (study / "table.csv").symlink_to(other)
    (study / "table.parquet").write_bytes(b"PAR1")
    shown(sandbox)
    assert [(study / name).read_bytes() for name in ("table.csv", "table.parquet")] == before
    assert other.read_text() == "mine"
    assert not (study / "table.csv").is_symlink()
    (study / "table.csv").unlink()
    (study / "table.csv").mkdir()  # it cannot be written, and that is nobody's concern who looks
    shown(sandbox)
    rows = list(csv.DictReader(before[0].decode().splitlines()))
    assert [row["labels"] for row in rows] == ["all-good"] * 10 + ["all-bad"] * 10
    types = {field.name: str(field.type) for field in pq.read_schema(study / "table.parquet")}
    assert (types["labels"], types["neighbours"], types["cost_usd"]) == ("string", "int64", "double")


def test_no_log_of_a_complete_cell_is_read(sandbox: Sandbox, study: Path) -> None:
    before = sandbox("study", "show", "small", "--csv").out
    for run in runs_of(study):
        for log in ("interactions.jsonl", "calls.jsonl"):
            (run / log).write_bytes(b"nothing that could be read")
    assert sandbox("study", "show", "small", "--csv").out == before


@pytest.mark.slow
def test_pictures_and_the_page_are_the_same_each_time(sandbox: Sandbox, study: Path) -> None:
    damage(study)
    for what in ("conditions", "rounds", "pareto"):
        assert sandbox("study", "show", "small", "--plot", what, "-o", f"{what}.svg").code == 0
        words = re.findall(r">([^<>]+)</text>", Path(f"{what}.svg").read_text())
        assert "labels=all-bad,neighbours=3" in words
        assert any("11 complete cells of 19; the others are left out" in word for word in words), words
        assert any("its scores mean nothing" in word for word in words)
    for name in ("one.html", "two.html"):
        assert sandbox("study", "show", "small", "--html", name).code == 0
    page = Path("one.html").read_text()
    assert page == Path("two.html").read_text()
    assert page.count("data:image/svg+xml") == 8
    assert "default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-" in page
    for told in ("left out: 1 absent", "interactions needed", "its scores mean nothing", "broken"):
        assert told in page
    again = sandbox("study", "show", "small", "--html", "one.html")
    assert again.code == 2
    assert "replaces nothing" in again.err


def test_a_study_is_found_by_its_folder_its_name_and_its_file(sandbox: Sandbox, study: Path, tmp_path: Path) -> None:
    found = [sandbox("study", "show", word, "--csv").out for word in ("small", study, study / "study.toml")]
    assert found[0] == found[1] == found[2] != ""
    (tmp_path / "mine.toml").write_text('name = "small"\n[matrix]\nseed = [1]\n')
    assert sandbox("study", "show", "mine.toml", "--csv").out == found[0]
    assert sandbox("study", "show", "small", "--studies", tmp_path).code == 2


def test_a_terminal_of_80_columns_shows_every_table(
    sandbox: Sandbox, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox import terminal

    damage(study)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(terminal, "_UNWRAPPED", 80)
    done = sandbox("study", "show", "small")
    assert max(map(len, done.out.splitlines())) <= 80
    for told in (
        "11 of 19 cells complete, 4 conditions",
        "interrupted",
        "broken",
        "differences",
        "less labels=all-good",
    ):
        assert told in done.out


def test_mistakes_are_told_in_words_that_help(sandbox: Sandbox, study: Path) -> None:
    for words, told in (
        (["nothing"], "no study of that name in studies"),
        (["smal"], "Did you mean 'small'?"),
        ([], "STUDY is missing"),
        (["small", "other"], "other: one word too many"),
        (["small", "--by", "label"], "Did you mean 'labels'?"),
        (["small", "--base", "labels=none"], "There are: labels=all-good,neighbours=1; "),
        (["small", "--base", "labels=all-bad"], "They are: labels=all-bad,neighbours=1; labels=all-bad,neighbours=3."),
        (["small", "--json", "--csv"], "two ways"),
        (["small", "--plot", "rounds"], "-o rounds.png"),
        (["small", "-o", "a.png"], "--plot"),
        (["small", "--table", "cell"], "Did you mean 'cells'?"),
        (["small", "--within", "7"], "a difference of two ratings"),
    ):
        done = sandbox("study", "show", *words)
        assert done.code == 2, words
        assert told in done.err, words


def test_a_run_counts_once_whatever_a_record_says(sandbox: Sandbox, study: Path) -> None:
    for what in ("index", "name"):

        def doubled(record: Row, what: str = what) -> None:
            record["cells"][1][what] = record["cells"][0][what]

        before = (study / "study.json").read_bytes()
        changed(study / "study.json", doubled)
        for words in (("study", "show", "small"), ("inspect", "small")):
            done = sandbox(*words)
            assert (done.code, f"two cells have the {what} 0" in done.err) == (1, True), done.err
        (study / "study.json").write_bytes(before)


@pytest.mark.slow
def test_a_record_of_others_does_no_harm(sandbox: Sandbox, study: Path) -> None:
    def spoil(record: Row) -> None:
        record["name"] = "<b>\x1b[2Jx</b>"
        record["axes"] = ["status", "labels", "labels", "no"]
        for number, cell in enumerate(record["cells"]):
            cell["values"] = {
                "status": "complete",
                "labels": [10**40, "=1+1", True, 0.5][number % 4],
                "seed": "\x1b[2J",
            }

    changed(study / "study.json", spoil)
    for words in (["--csv"], [], ["--plot", "pareto", "-o", "a.svg"], ["--html", "a.html"]):
        done = sandbox("study", "show", "small", *words)
        assert done.code == 0, done.err
        assert "\x1b" not in done.out + done.err
    page = Path("a.html").read_text()
    assert "<b>" not in page
    assert "\x1b" not in page
    assert pq.read_table(study / "table.parquet").num_rows == 20
