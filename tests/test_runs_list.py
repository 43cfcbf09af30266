"""The list of runs: what sets them apart, sorted, filtered, sized, and whether a running one is alive."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

import pytest
from conftest import Sandbox
from example_runs import log, mixed_run, scripted_run

from sandbox.figures.runs_list import listed, listed_in, runs_sheet
from sandbox.runs.directory import RunDirectory
from sandbox.runs.locking import lock
from sandbox.runs.reading import open_run


def ids(sandbox: Sandbox, *options: object) -> list[str]:
    return [item["run_id"] for item in json.loads(sandbox("inspect", "--json", *options).out)]


def test_runs_are_sorted_and_filtered(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "good", labels="all-good", rounds=1)
    scripted_run(sandbox, tmp_path, "bad", labels="all-bad", rounds=1)
    mixed_run(sandbox, tmp_path)
    assert set(ids(sandbox)) == {"good", "bad", "mixed"}
    created = {item["run_id"]: item["created"] for item in json.loads(sandbox("inspect", "--json").out)}
    assert ids(sandbox) == sorted(created, key=lambda name: created[name], reverse=True)
    assert ids(sandbox, "--sort", "created", "--reverse") == ids(sandbox)[::-1]
    assert [name for name in ids(sandbox, "--sort", "alignment") if name != "mixed"] == ["good", "bad"]
    assert ids(sandbox, "--sort", "size")[0] == "mixed"
    assert ids(sandbox, "--sort", "size", "--reverse")[-1] == "mixed"
    assert ids(sandbox, "--model", "fake") == ["mixed"]
    assert ids(sandbox, "--status", "running") == []
    assert len(ids(sandbox, "--limit", 2)) == 2
    assert ids(sandbox, "--sort", "model")[0] == "mixed"
    slip = sandbox("inspect", "--status", "complte")
    assert slip.code == 2
    assert "Did you mean 'complete'?" in slip.err
    assert "None of the 3 runs in runs fits." in sandbox("inspect", "--model", "other").out
    wrong = sandbox("inspect", "--sort", "szie")
    assert wrong.code == 2
    assert "Did you mean 'size'?" in wrong.err


def columns(text: str) -> list[str]:
    """The headings of a table, which stand on two lines where they have two words."""
    lines = text.splitlines()
    end = next(place for place, line in enumerate(lines) if line.startswith(" \u2500"))
    return " ".join(lines[2:end]).split()


def test_the_list_shows_the_settings_in_which_runs_differ(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "one", rounds=1)
    scripted_run(sandbox, tmp_path, "two", rounds=1)
    same = sandbox("inspect").out
    assert columns(same) == ["run", "status", "rounds", "alignment", "cost", "age", "size"]
    alike = "all have labels mixed, seed 0, model scripted, questions starter, scope local, grid 3"
    assert alike in " ".join(same.split())
    scripted_run(sandbox, tmp_path, "three", rounds=1, seed=7, labels="all-bad", observe="joint", temperature=0.5)
    apart = sandbox("inspect").out
    told = "run status rounds alignment labels seed observe temperature cost age size"
    assert columns(apart) == told.split()
    assert "all-bad" in apart
    narrow = runs_sheet(listed_in(tmp_path / "runs")[0]).table(58)
    headings = [str(column.header) for column in narrow.columns]
    assert headings == ["run", "status", "rounds", "alignment", "labels", "seed"]
    assert str(narrow.caption).endswith("observe, temperature, cost, age, size: in a wider terminal, or with --csv")
    row = next(csv.DictReader(sandbox("inspect", "--csv", "--where", "seed=7").out.splitlines()))
    assert (row["run"], row["labels"], row["observe"], row["temperature"], row["prior"]) == (
        "three", "all-bad", "joint", "0.5", "starter",
    )  # fmt: skip


def test_any_setting_filters_the_list(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "good", labels="all-good", rounds=1)
    scripted_run(sandbox, tmp_path, "bad", labels="all-bad", rounds=1, seed=1)
    mixed_run(sandbox, tmp_path)
    wanted = {
        ("labels=all-good",): {"good"},
        ("labels!=all-good",): {"bad", "mixed"},
        ("seed=0", "labels!=mixed"): {"good"},
        ("seed=0", "seed=1", "rounds=1"): {"good", "bad"},
        ("seed!=0", "seed!=1"): set(),
        ("model=fake",): {"mixed"},
        ("observer-model=fake",): {"mixed"},
        ("radius=2.0",): {"good", "bad", "mixed"},
        ("question_mark=no", "prior=starter"): {"good", "bad", "mixed"},
        ("column=question=a,chosen=b",): set(),
    }
    found = {words: set(ids(sandbox, *(word for each in words for word in ("--where", each)))) for words in wanted}
    assert found == wanted
    slips = {
        "sed=1": "--where sed=1: sed is no option of a run. Did you mean 'seed'?",
        "yes=1": "--where yes=1: yes is no option of a run.",
        "seed=x": "--where seed=x: wanted is a whole number from 0",
        "labels=good": "--where labels=good: wanted is one of all-good",
        "labels": "--where labels: wanted is NAME=VALUE, or NAME!=VALUE, such as labels=all-good.",
        "labels=": "wanted is NAME=VALUE",
    }
    for slip, said in slips.items():
        done = sandbox("inspect", "--where", slip)
        assert (done.code, said in done.err) == (2, True), done.err
    assert "--where chooses from the list of runs" in sandbox("inspect", "good", "--where", "seed=1").err


def test_a_running_run_is_alive_only_while_somebody_works_on_it(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    text = (run / "manifest.json").read_text()
    (run / "manifest.json").write_text(text.replace('"status": "complete"', '"status": "running"'))
    assert [item["status_now"] for item in json.loads(sandbox("inspect", "--json").out)] == ["interrupted"]
    with lock(RunDirectory(run)):
        assert [item["status_now"] for item in json.loads(sandbox("inspect", "--json").out)] == ["running"]


def test_size_rounds_and_age_are_those_of_the_files(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    (item,) = json.loads(sandbox("inspect", "--json").out)
    assert item["bytes"] == sum(file.stat().st_size for file in run.rglob("*") if file.is_file())
    assert item["rounds_done"] == 2
    opened = listed(open_run(str(run), run.parent), [])
    created = datetime.fromisoformat(opened.run.manifest.created)
    row = runs_sheet([opened], now=created.replace(tzinfo=UTC)).rows[0]
    assert row[0] == "one"
    assert "0s" in row


def test_alignment_is_of_drafts_and_revisions_of_the_same_interactions(sandbox: Sandbox, tmp_path: Path) -> None:
    mixed_run(sandbox, tmp_path)
    scripted_run(sandbox, tmp_path)
    for name in ("one", "mixed"):
        run = tmp_path / "runs" / name
        scores = [[item["scores"][text]["alignment"] for text in ("draft", "revision")] for item in log(run)]
        rated = [[score and score["rating"] for score in both] for both in scores]
        before, after = (fmean(each) for each in zip(*(both for both in rated if None not in both), strict=True))
        (item,) = (item for item in json.loads(sandbox("inspect", "--json").out) if item["run_id"] == name)
        assert (item["alignment_before"], item["alignment_after"]) == (pytest.approx(before), pytest.approx(after))
        assert f"{before:.2f} -> {after:.2f}" in sandbox("inspect").out
    assert 0 < sum(None in both for both in rated) < len(rated)
    (run / "interactions.jsonl").write_text("{\n")
    assert sandbox("inspect").code == 0
    (run / "rounds.jsonl").write_text("")
    assert [item["alignment_after"] for item in json.loads(sandbox("inspect", "--json", "--model", "fake").out)] == [
        None
    ]


def test_csv_has_numbers_for_programs(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    (row,) = csv.DictReader(sandbox("inspect", "--csv").out.splitlines())
    (item,) = json.loads(sandbox("inspect", "--json").out)
    assert float(row["alignment_after"]) == round(item["alignment_after"], 6)
    assert (row["bytes"], row["rounds_done"], row["cost_usd"]) == (str(item["bytes"]), "2", "0.0")
    assert int(row["age_seconds"]) < 1000


@pytest.mark.parametrize("created", ["yesterday", "2026-01-01T00:00:00"])
def test_a_strange_time_does_not_hide_the_list(sandbox: Sandbox, tmp_path: Path, created: str) -> None:
    scripted_run(sandbox, tmp_path, "good")
    run = scripted_run(sandbox, tmp_path)
    document = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(document | {"created": created}))
    done = sandbox("inspect")
    assert done.code == 0
    assert "good" in done.out
    assert ("is no time" in done.err) == (created == "yesterday")


@pytest.mark.parametrize("option", ["--why", "--interactions", "--agent=1", "--map=0", "--interaction=r000-a000"])
def test_what_is_asked_of_a_run_needs_its_name(sandbox: Sandbox, option: str) -> None:
    done = sandbox("inspect", option)
    assert done.code == 2
    assert "asks about a run: name it. List them: sandbox inspect" in done.err
