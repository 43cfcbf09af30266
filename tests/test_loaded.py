"""`sandbox.load`: which runs it finds, and their interactions, ratings and rounds as tables, as files have them."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from analysed import studied_run
from conftest import Sandbox
from example_runs import aged, log, mixed_run, scripted_run
from example_studies import changed, runs_of, small_study
from exported import export
from judging import annotate

import sandbox as api

ALWAYS = ["run", "seed", "labels", "models"]
Row = dict[str, Any]


def test_interactions_are_the_rows_of_the_export_and_of_the_csv(sandbox: Sandbox, tmp_path: Path) -> None:
    for run in (mixed_run(sandbox, tmp_path), studied_run(sandbox, tmp_path)):
        out = export(sandbox, tmp_path, run.name, "--format", "parquet", out=f"{run.name}-out")
        (file,) = out.path.glob("data/**/train*.parquet")
        wanted = pq.read_table(file).sort_by("id")
        table = api.load(run).interactions()
        assert table.column_names == [*ALWAYS, *wanted.column_names[1:]]
        assert table.drop_columns(ALWAYS[1:]).equals(wanted)
        rows = list(csv.DictReader(sandbox("inspect", run, "--interactions", "--csv").out.splitlines()))
        for name in {*rows[0]} & {*table.column_names}:
            shown = ["" if value is None else str(value) for value in table[name].to_pylist()]
            assert [row[name].removeprefix("'") for row in rows] == shown or name == "question", name


def test_ratings_are_those_of_the_log_and_one_that_is_missing_is_null(sandbox: Sandbox, tmp_path: Path) -> None:
    run = mixed_run(sandbox, tmp_path)
    table = api.load(run).ratings()
    read = {
        (row["id"], row["text"], row["dimension"], row["neighbour"]): (row["rating"], row["missing"])
        for row in table.to_pylist()
    }
    wanted = {}
    for item in log(run):
        for text, scores in item["scores"].items():
            for dimension, score in scores.items():
                key = (item["id"], text, dimension, None)
                wanted[key] = (score["rating"], score["missing"]) if score else (None, None)
        for said in item["feedback"]:
            wanted[item["id"], "draft", "feedback", said["agent"]] = (said["rating"], said["missing"])
    assert read == wanted
    assert len(table) == len(wanted)
    frame = table.to_pandas()
    missing = frame[frame.missing.notna()]
    assert set(missing.missing) >= {"unparsable", "refused"}
    assert missing.rating.isna().all()
    assert frame.rating.notna().sum() == sum(rating is not None for rating, _ in wanted.values())


def test_rounds_are_those_that_the_run_wrote(sandbox: Sandbox, tmp_path: Path) -> None:
    run = mixed_run(sandbox, tmp_path)
    written = [json.loads(line) for line in (run / "rounds.jsonl").read_text().splitlines()]
    for row, line in zip(api.load(run).rounds().to_pylist(), written, strict=True):
        assert (row["round"], row["failed"], row["missing"]) == (line["round"], line["failed"], line["missing"])
        assert row["recall_rate"] == line["recall_rate"]
        for text in ("draft", "revision"):
            mean = line["scores"][text]["engagement"]
            assert (row[f"{text}_engagement"], row[f"{text}_engagement_count"]) == (mean["mean"], mean["count"])
        assert row["alignment_gain"] == line["gain"]["alignment"]["mean"]


def test_later_ratings_and_people_are_raters_by_their_names(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    assert sandbox("rate", "one", "--texts", 10, "--name", "again").code == 0
    rows = api.load("runs/*").ratings().to_pylist()
    own = {(row["id"], row["text"], row["dimension"]): row["rating"] for row in rows if row["rater"] == "again"}
    lines = (tmp_path / "runs" / "one.again" / "scores.jsonl").read_text().splitlines()
    given = {
        (line["id"], text, dimension): score["rating"]
        for line in map(json.loads, lines)
        for text, scores in line["scores"].items()
        for dimension, score in scores.items()
        if score
    }
    assert own == given
    assert len(own) == 20
    assert {row["rater"] for row in rows} == {"observer", "neighbours", "again"}
    (tmp_path / "runs" / "one.again").rename(tmp_path / "runs" / "one.observer")
    names = [row["rater"] for row in api.load("one").ratings().to_pylist()]
    assert (names.count("one.observer"), names.count("observer")) == (20, 72), "two raters are never one"
    assert "observer and one.observer" in sandbox("analyze", "observer", "one", "--with", "observer", "--csv").out
    annotate(sandbox, ["5", "s", "q"])
    said = [row for row in api.load("one").ratings().to_pylist() if row["rater"] == "anna"]
    assert sorted((row["rating"], row["missing"]) for row in said if row["rating"]) == [(5, None)]
    assert [row["missing"] for row in said if row["rating"] is None] == ["skipped"]
    rows += said
    changed(run / "manifest.json", lambda manifest: manifest.update(status="running"))
    assert len(api.load("one").ratings()) == len(rows), "a run that goes on is read as far as it is"


def test_settings_that_differ_are_columns_or_those_that_are_chosen(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "one", labels="half", prior_size=4, concurrency=2)
    scripted_run(sandbox, tmp_path, "two", labels="all-good", rounds=1)
    runs = api.load("runs/*")
    for table in (runs.interactions(), runs.ratings(), runs.rounds()):
        assert table.column_names[:6] == [*ALWAYS, "prior_size", "rounds"]
        found = {tuple(row[name] for name in table.column_names[:6]) for row in table.to_pylist()}
        assert found == {("one", 0, "half", "scripted", 4, 2), ("two", 0, "all-good", "scripted", 5, 1)}
    for name in ("interactions", "ratings", "rounds"):
        none, one = getattr(runs[:0], name)(), getattr(runs[:1], name)()
        assert (len(none), none.column_names) == (0, one.column_names)
        assert none.schema.field(5) == one.schema.field(5)
    assert runs[1].run_id == "two"
    assert runs[:1].rounds().column_names[4] == "round", "one run differs from none"
    chosen = api.load("one", settings=["threshold", "model", "population"]).interactions()
    assert chosen.column_names[4:8] == ["threshold", "setting_model", "population", "id"]
    assert (chosen["threshold"][0].as_py(), chosen["population"].null_count) == (0.1, len(chosen))
    with pytest.raises(api.UsageError, match=r"no setting treshold\. Did you mean 'threshold'"):
        api.load("one", settings=["treshold"])


def test_a_study_is_its_complete_runs_and_what_is_left_out_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = small_study(sandbox, tmp_path)
    runs = api.load("small")
    assert len(runs) == len(api.load("studies/*")) == 20
    means = runs.rounds().to_pandas().groupby(["labels", "neighbours"]).revision_alignment.mean()
    assert len(means) == 4
    assert means["all-good"].min() > means["all-bad"].max()
    changed(runs_of(folder)[0] / "manifest.json", lambda manifest: manifest.update(status="stopped"))
    with pytest.warns(UserWarning, match="1 cell left out, not complete"):
        assert len(api.load("small", "studies/*")) == 19


def test_what_is_no_run_is_left_out_and_no_run_at_all_is_an_error(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(api.UsageError, match=r"^runs/\*: no run: nothing matches.\nList the runs: sandbox inspect"):
        api.load()
    words = ("--suite", "starter", "--limit", 1, "--model", "scripted", "--run-id", "asked")
    assert sandbox("evaluate", *words).code == 0
    with pytest.raises(api.UsageError, match="none of 1 path that match is one"):
        api.load("runs/*")
    with pytest.raises(api.UsageError, match=r"^sandbox\.load: wanted is a name or a path, not list\.$"):
        api.load(["asked"])  # type: ignore[arg-type]
    with pytest.raises(api.UsageError, match="of kind 'evaluation'"):
        api.load("asked")
    one = scripted_run(sandbox, tmp_path)
    assert [run.run_id for run in api.load()] == [run.run_id for run in api.load("one", one, "runs/on?")] == ["one"]
    with pytest.raises(api.UsageError, match=r"a folder of runs, and no run. All of them: 'runs/\*'"):
        api.load("runs")
    (tmp_path / "runs" / "bad").mkdir()
    (tmp_path / "runs" / "bad" / "manifest.json").write_text("{")
    with pytest.warns(UserWarning, match="bad/manifest.json"):
        assert len(api.load()) == 1


def test_a_log_that_lies_is_refused_by_line_and_a_link_is_not_followed(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    file = run / "interactions.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    neighbour = b'"feedback":[{"agent":' + str(log(run)[2]["feedback"][0]["agent"]).encode()
    for bad in (
        lines[2].replace(b'"round":0', b'"round":7', 1),
        lines[2].replace(neighbour, b'"feedback":[{"agent":77', 1),
        lines[2].replace(b'"draft":"', b'"draft":"\xff', 1),
    ):
        assert bad != lines[2]
        file.write_bytes(b"".join([*lines[:2], bad, *lines[3:]]))
        with pytest.raises(api.SandboxError, match=r"interactions\.jsonl:3"):
            api.load("one").interactions()
    file.write_bytes(b"".join(lines[:4]) + lines[4][:40])
    with pytest.warns(api.SandboxWarning, match=r"(?s)torn.*|the run is complete, and line 5") as told:
        assert len(api.load("one").interactions()) == 4, "a torn line is none yet"
    assert {Path(each.filename) for each in told} == {Path(__file__)}
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises((api.SandboxError, OSError)):
        api.load("one").interactions()


def test_a_run_that_has_said_nothing_yet_has_tables_without_rows(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    whole = api.load("one")
    schemas = [table.schema for table in (whole.interactions(), whole.ratings(), whole.rounds())]
    for name in ("interactions.jsonl", "rounds.jsonl"):
        (run / name).write_text("")
    changed(run / "manifest.json", lambda manifest: manifest.update(status="running"))
    again = api.load("one")
    tables = [again.interactions(), again.ratings(), again.rounds()]
    assert [(len(table), table.schema.equals(schema)) for table, schema in zip(tables, schemas, strict=True)] == [
        (0, True)
    ] * 3
    assert isinstance(tables[0], pa.Table)


def test_a_run_of_an_older_schema_is_read_as_far_as_it_goes(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    before = api.load("one").interactions()
    aged(run, "forecast", "models")
    with pytest.warns(api.SandboxWarning, match="written in schema 0, which is older than 1"):
        after = api.load("one").interactions()
    lost = ["models", "draft_finish", "revision_finish"]
    assert [set(after[name].to_pylist()) for name in lost] == [{"unknown"}, {None}, {None}]
    assert after.drop_columns(lost).equals(before.drop_columns(lost))
