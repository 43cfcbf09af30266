"""Studies where runs are read: lists, comparisons, exports, names; and what a stranger's folder may hold."""

import csv
import json
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import manifest, scripted_run
from jsonschema import Draft202012Validator
from study_folders import rewritten, study_of_four

CELLS = [
    "000-labels.all-good-seed.0",
    "001-labels.all-bad-seed.0",
    "002-labels.half-seed.0",
    "003-labels.all-good-seed.1",
]


@pytest.fixture
def study(sandbox: Sandbox, tmp_path: Path) -> Path:
    return study_of_four(sandbox, tmp_path)


def listed(sandbox: Sandbox, *words: object) -> list[str]:
    done = sandbox("inspect", *words, "--json")
    assert done.code == 0, done.err
    return [row["run_id"] for row in json.loads(done.out)]


def test_a_study_is_listed_as_its_runs_with_the_values_of_each(study: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text('name = "labels"\n')
    for name in ("labels", "studies/labels", study, "labels.toml"):
        assert listed(sandbox, name) == CELLS
    rows = json.loads(sandbox("inspect", "labels", "--json").out)
    assert [row["status_now"] for row in rows] == ["complete", "complete", "complete", "absent"]
    assert [row["retired"] for row in rows] == [False, False, True, False]
    assert rows[0]["config"]["labels"] == rows[0]["values"]["labels"] == "all-good"
    shown = sandbox("inspect", "labels").out
    assert "complete, retired" in shown
    assert "sandbox study run studies/labels" in shown
    table = list(csv.DictReader(sandbox("inspect", "labels", "--csv").out.splitlines()))
    assert [(row["labels"], row["seed"], row["status"]) for row in table][3] == ("all-good", "1", "absent")
    assert table[0]["rounds_done"] == "1"


def test_the_schema_fits_the_record_of_a_study(study: Path, sandbox: Sandbox) -> None:
    schema = json.loads(sandbox("inspect", "--schema").out)["study.json"]
    Draft202012Validator(schema).validate(json.loads((study / "study.json").read_text()))


def test_the_runs_of_a_study_are_sorted_and_filtered_like_others(study: Path, sandbox: Sandbox) -> None:
    assert listed(sandbox, "labels", "--status", "absent") == CELLS[3:]
    assert listed(sandbox, "labels", "--model", "scripted") == CELLS[:3]
    assert listed(sandbox, "labels", "--sort", "labels", "--limit", 2) == [CELLS[1], CELLS[0]]
    assert listed(sandbox, "labels", "--reverse") == CELLS[::-1]
    by_size = listed(sandbox, "labels", "--sort", "size")
    assert (by_size[-1], set(by_size)) == (CELLS[3], set(CELLS))
    wrong = sandbox("inspect", "labels", "--sort", "sed")
    assert (wrong.code, "Did you mean 'seed'?" in wrong.err) == (2, True)


def test_a_cell_is_a_run_by_its_path_and_by_its_name_in_the_study(study: Path, sandbox: Sandbox) -> None:
    for name in (f"labels/{CELLS[0]}", f"studies/labels/runs/{CELLS[0]}"):
        assert json.loads(sandbox("inspect", name, "--json").out)["manifest"]["run_id"] == CELLS[0]
        assert sandbox("simulate", "--replay", name).code == 0


def test_a_study_among_others_is_its_complete_runs(study: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "alone", rounds=1)
    done = sandbox("inspect", "labels", "alone", "--table", "costs", "--csv")
    assert [row["run"] for row in csv.DictReader(done.out.splitlines())] == [*CELLS[:2], "alone"]
    assert "labels: 1 retired cell left out" in done.err
    assert f"labels: 1 cell left out, not complete: {CELLS[3]} (absent)" in done.err
    picture = sandbox("inspect", "labels", "--plot", "pareto", "-o", "front.svg")
    assert (picture.code, (tmp_path / "front.svg").exists()) == (0, True)
    one = sandbox("inspect", "labels", "--why")
    assert (one.code, "several are compared as wholes: name one" in one.err) == (2, True)


def test_studies_stand_below_the_list_of_runs(study: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "alone", rounds=1)
    run, row = json.loads(sandbox("inspect", "--json").out)
    assert (run["run_id"], run["kind"]) == ("alone", "simulation")
    counts = {"cells": 3, "complete": 2, "running": 0, "failed": 0}
    assert row.items() >= {"run_id": "labels", "kind": "study", "status_now": "stopped", **counts}.items()
    assert row["bytes"] == sum(path.stat().st_size for path in (study / "runs").rglob("*") if path.is_file())
    assert [each["run"] for each in csv.DictReader(sandbox("inspect", "--csv").out.splitlines())] == ["alone"]
    (row,) = csv.DictReader(sandbox("inspect", "--table", "studies", "--csv").out.splitlines())
    assert (row["study"], row["complete"]) == ("labels", "2")
    assert "studies" in sandbox("inspect").out
    (study / "study.json").write_text("{}")
    broken = sandbox("inspect")
    assert (broken.code, "not a study of schema 1" in broken.err, "alone" in broken.out) == (0, True, True)


def test_runs_of_a_study_in_the_folder_of_runs_are_listed_by_names_that_can_be_given_back(
    study: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "runs").mkdir(exist_ok=True)
    study.rename(tmp_path / "runs" / "labels")
    names = listed(sandbox)
    assert sorted(names) == [f"labels/{cell}" for cell in CELLS[:3]]
    assert sandbox("inspect", *names).code == 0
    assert listed(sandbox, "labels") == CELLS


def test_an_export_of_a_study_is_one_of_its_complete_runs(study: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "alone", rounds=1)
    done = sandbox("export", "labels", "alone", "--format", "parquet", "--out", "set")
    assert done.code == 0, done.err
    assert "1 retired cell left out" in done.err
    assert f"not complete: {CELLS[3]} (absent)" in done.err
    sources = [(run["run_id"], run["study"]) for run in manifest(tmp_path / "set")["runs"]]
    assert sources == [(CELLS[0], "labels"), (CELLS[1], "labels"), ("alone", None)]
    card = (tmp_path / "set" / "README.md").read_text()
    assert f"`{CELLS[0]}` of `labels`" in card
    assert "sandbox export labels alone --format parquet" in card
    for cell in CELLS[:2]:
        document = manifest(study / "runs" / cell)
        (study / "runs" / cell / "manifest.json").write_text(json.dumps(document | {"status": "stopped"}))
    none = sandbox("export", "labels", "--format", "parquet", "--out", "other")
    assert (none.code, "sandbox study run studies/labels" in none.err) == (2, True)


def test_cells_of_two_studies_are_told_apart_by_their_studies(study: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    study_of_four(sandbox, tmp_path, "again", neighbours=2)
    scripted_run(sandbox, tmp_path, CELLS[0], rounds=1, seed=7)
    wanted = ["labels/" + CELLS[0], "labels/" + CELLS[1], "again/" + CELLS[0], "again/" + CELLS[1], CELLS[0]]
    done = sandbox("inspect", "labels", "again", f"runs/{CELLS[0]}", "--table", "costs", "--csv")
    assert [row["run"] for row in csv.DictReader(done.out.splitlines())] == wanted
    done = sandbox("export", "labels", "again", f"runs/{CELLS[0]}", "--format", "dpo", "--out", "set")
    assert done.code == 0, done.err
    assert {run["run_id"] for run in manifest(tmp_path / "set")["runs"]} == set(wanted)
    origin = (tmp_path / "set" / "origin" / "dpo" / "train.jsonl").read_text().splitlines()
    said = {each["interaction"].rpartition("/")[0] for row in origin for each in json.loads(row)["from"]}
    assert said == set(wanted)
    assert sandbox("export", "--check", "set").code == 0
    for twice in ("labels", f"labels/{CELLS[0]}", study):
        refused = sandbox("export", "labels", twice, "--format", "dpo", "--out", "other")
        assert (refused.code, "was named twice" in refused.err) == (2, True)


def test_where_one_run_is_wanted_a_study_is_told_what_to_run(study: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    for words in (("--resume", "labels"), ("--resume", "studies/labels"), ("--replay", "labels")):
        done = sandbox("simulate", *words)
        assert (done.code, "sandbox study run studies/labels" in done.err) == (2, True), done.err
    (tmp_path / "other.toml").write_text('name = "other"\n')
    begun = sandbox("inspect", "other.toml")
    assert (begun.code, "sandbox study run other.toml" in begun.err) == (2, True)
    assert "Did you mean 'labels'?" in sandbox("inspect", "lables").err


def test_a_strangers_study_leads_nowhere_and_harms_no_terminal(study: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    outside = study.rename(tmp_path / "kept")
    study.mkdir()
    (study / "study.json").write_bytes((outside / "study.json").read_bytes())
    (study / "runs").symlink_to(outside / "runs")
    done = sandbox("inspect", "labels")
    assert (done.code, "is a link, which is not followed" in done.err) == (0, True)
    assert sandbox("export", "labels", "--format", "parquet", "--out", "set").code == 2
    cells = json.loads((study / "study.json").read_text())["cells"]
    cells[3]["values"] = {"labels": "\x1b[2J=1", "status": "red"}
    rewritten(study, axes=["status", "status", "labels"], cells=cells)
    (study / "runs").unlink()
    shown, table = sandbox("inspect", "labels"), sandbox("inspect", "labels", "--csv")
    assert "\x1b" not in shown.out + table.out + shown.err
    assert [row["axis_status"] for row in csv.DictReader(table.out.splitlines())] == ["", "", "", "red"]
    for name in ("../kept", "a/b", ""):
        cells[0]["name"] = name
        rewritten(study, cells=cells)
        refused = sandbox("inspect", "labels")
        assert (refused.code, "not of the form that belongs there" in refused.err) == (1, True)
