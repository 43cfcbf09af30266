"""`sandbox analyze`: pools, terminal, CSV, JSON, picture and page of every analysis; what it leaves out is told."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from analysed import ANALYSES, studied_run, studied_study
from conftest import Sandbox
from example_runs import scripted_run
from example_studies import changed, runs_of

from sandbox.inspection.analysis.options import AnalysisView
from sandbox.options.option import options

VIEWS = {view.analysis: view for view in AnalysisView.__subclasses__()}


@pytest.fixture
def one(sandbox: Sandbox, tmp_path: Path) -> Path:
    return studied_run(sandbox, tmp_path)


@pytest.fixture
def small(sandbox: Sandbox, tmp_path: Path) -> Path:
    return studied_study(sandbox, tmp_path)


def document(sandbox: Sandbox, *words: object) -> dict[str, Any]:
    done = sandbox("analyze", *words, "--json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def refused(sandbox: Sandbox, *words: object) -> str:
    done = sandbox("analyze", *words)
    assert (done.code, done.out) == (2, "")
    return done.err


def test_every_analysis_fits_80_columns_and_cuts_no_number(
    one: Path, small: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox import terminal

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(terminal, "_UNWRAPPED", 80)
    for analysis in ANALYSES:
        for name in (one.name, small.name):
            done = sandbox("analyze", analysis, name)
            assert done.code == 0, done.err
            assert "scripted is no language model: its scores mean nothing." in done.out
            assert max(map(len, done.out.splitlines())) <= 80, (analysis, name)
            assert not re.findall(r"[\d.,\[]…", done.out), (analysis, name)


def test_json_and_csv_are_the_same_tables_each_by_condition(small: Path, sandbox: Sandbox) -> None:
    for analysis in ANALYSES:
        found = document(sandbox, analysis, small)
        assert found["analysis"] == analysis
        assert [each["condition"] for each in found["runs"]] == 3 * ["neighbours=1"] + 3 * ["neighbours=2"]
        assert [each["run"] for each in found["runs"]] == [f"small/{path.name}" for path in runs_of(small)]
        assert found["verdicts"]
        assert all(isinstance(each, str) for each in found["verdicts"])
        tables = found["tables"]
        assert tuple(tables) == options(VIEWS[analysis])["table"].suggested  # what a shell offers
        assert {next(iter(row)) for rows in tables.values() for row in rows} == {"condition"}
        _, *parts = re.split(r"^# (.+)\n", sandbox("analyze", analysis, small, "--csv").out, flags=re.MULTILINE)
        assert parts[::2] == list(tables)
        for rows, text in zip(tables.values(), parts[1::2], strict=True):
            read = csv.DictReader(text.strip().splitlines())
            assert [row["condition"] for row in read] == [row["condition"] for row in rows]
    assert document(sandbox, "pareto", small, "--table", "hypervolume")["tables"] == {
        "hypervolume": tables["hypervolume"]
    }
    assert sandbox("analyze", "pareto", small, "--csv", "--table", "hypervolume").out == parts[3].rstrip("\n") + "\n"


def test_a_condition_is_the_runs_that_its_axes_do_not_tell(one: Path, small: Path, sandbox: Sandbox) -> None:
    def conditions(*words: object) -> list[str]:
        found = document(sandbox, "pareto", *words)
        return list(dict.fromkeys(each["condition"] for each in found["runs"]))

    assert conditions(small) == ["neighbours=1", "neighbours=2"]
    assert conditions(small, "--conditions", "seed") == ["seed=0", "seed=1", "seed=2"]
    assert conditions(small, one) == ["small: neighbours=1", "small: neighbours=2", "one"]
    assert conditions(one, one) == ["one", "one (2)"]
    assert conditions("small/" + runs_of(small)[0].name) == [runs_of(small)[0].name]
    assert "--conditions labels: the study has no such axis" in refused(
        sandbox, "pareto", small, "--conditions", "labels"
    )
    assert "its axes are those of a study, and none is named" in refused(sandbox, "pareto", one, "--conditions", "seed")


def test_cells_that_are_not_complete_are_told_and_left_out(small: Path, sandbox: Sandbox) -> None:
    first, *_ = runs_of(small)
    changed(first / "manifest.json", lambda manifest: manifest.update(status="stopped"))
    done = sandbox("analyze", "pareto", small, "--json")
    assert f"small: 1 cell left out, not complete: {first.name} (stopped)." in done.err
    assert len(json.loads(done.out)["runs"]) == 5


def test_a_run_that_goes_on_counts_as_far_as_its_rounds_are_whole(one: Path, sandbox: Sandbox) -> None:
    whole = [document(sandbox, analysis, one)["tables"] for analysis in ("observer", "sophistry")]
    lines = (one / "interactions.jsonl").read_bytes().splitlines(keepends=True)
    changed(one / "manifest.json", lambda manifest: manifest.update(status="stopped"))
    found = []
    for kept in (18, 24):
        (one / "interactions.jsonl").write_bytes(b"".join(lines[:kept]))
        found.append([document(sandbox, analysis, one)["tables"] for analysis in ("observer", "sophistry")])
    assert found[0] == found[1] != whole
    assert (
        "one: analysed as far as its first 2 rounds; the next one is not whole."
        in sandbox("analyze", "observer", one).err
    )
    (one / "interactions.jsonl").write_bytes(b"".join(lines[:5]))
    assert "one: no round is whole yet, so there is nothing to analyse." in refused(sandbox, "observer", one)


@pytest.mark.slow
def test_a_page_has_every_sentence_table_and_a_picture(small: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    for analysis in ANALYSES:
        assert sandbox("analyze", analysis, small, "--html", f"{analysis}.html").code == 0
        page = (tmp_path / f"{analysis}.html").read_text()
        found = document(sandbox, analysis, small)
        filled = [name for name, rows in found["tables"].items() if rows]
        assert all(f"<figcaption>{name}</figcaption>" in page for name in (*filled, "runs"))
        assert page.count('<p class="verdict"') == len(found["verdicts"])
        assert page.count("data:image/svg+xml;base64,") == 2  # on light and on dark
    assert "it is there already" in refused(sandbox, "pareto", small, "--html", "pareto.html")


def test_a_picture_is_the_same_each_time_and_what_its_name_says(one: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg", "c.png"):
        assert sandbox("analyze", "pareto", one, "--plot", "-o", name).code == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_report_has_the_analyses_that_apply(one: Path, small: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "plain")
    assert sandbox("inspect", "one", "plain", "--html", "report.html").code == 0
    page = (tmp_path / "report.html").read_text()
    of_one, of_plain = page.partition('<article class="run" id="run-1"')[::2]
    headings = [re.findall(r"<h4>(\w+)</h4>", text) for text in (of_one, of_plain)]
    assert headings == [["Sophistry", "Representation", "Observer"], ["Observer"]]
    assert sandbox("study", "show", small, "--html", "study.html").code == 0
    assert "<h3>Pareto</h3>" in (tmp_path / "study.html").read_text()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("pareto",), "RUN is missing"),
        (("pareto", "one", "--table", "front"), "--table front: no such table."),
        (("pareto", "one", "--plot"), "--plot needs a file for the picture: -o pareto.png or -o pareto.svg"),
        (("pareto", "one", "-o", "a.svg"), "--output is for a picture: ask for it with --plot."),
        (("pareto", "one", "--csv", "--json"), "--json and --csv are two ways to show it"),
        (("pareto", "one", "--html", "a.html", "--table", "a"), "--table chooses one table"),
        (("pareto", "one", "--target", "5"), "--target 5: wanted are two ratings from 1 to 7"),
        (("pareto", "one", "--target", "5,8"), "--target 5,8: wanted are two ratings from 1 to 7"),
        (("pareto", "one", "--target", "nan,5"), "--target nan,5: wanted are two ratings from 1 to 7"),
        (("sophistry", "one", "--tau", "9"), "--tau 9: wanted is a rating, from 1 to 7"),
        (("sophistry", "one", "--approver", "all"), "--approver all: wanted is one of observer, peers"),
        (("representation", "one", "--by", "age"), "--by age: wanted is one of group, label, model"),
        (("observer", "two"), "two: no such run"),
    ],
)
def test_a_slip_is_told_in_one_sentence(one: Path, sandbox: Sandbox, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in refused(sandbox, *words)


def test_questions_without_a_key_say_what_to_do(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, "plain")
    told = refused(sandbox, "sophistry", "plain")
    assert "none of its questions has a key" in told
    assert "--gold FILE" in told


def test_variables_and_files_give_options(one: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def taus(*words: object) -> set[str]:
        return {row["tau"] for row in document(sandbox, "sophistry", one, *words)["tables"]["approval and accuracy"]}

    Path("a.toml").write_text("tau = 6\n")
    assert taus("--config", "a.toml") == {6}
    monkeypatch.setenv("SANDBOX_ANALYZE_TAU", "4")
    assert taus("--config", "a.toml") == {4}
    assert taus("--tau", "3") == {3}


def test_who_approves_follows_from_what_runs_asked(one: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    def told(analysis: str, column: str, *words: object) -> set[object]:
        tables = document(sandbox, analysis, *words)["tables"]
        return {row[column] for rows in tables.values() for row in rows if column in row}

    assert told("sophistry", "approver", one) == {"peers"}
    assert told("sophistry", "approver", one, "--approver", "observer") == {"observer"}
    scripted_run(sandbox, tmp_path, "plain", labels="mixed")
    assert told("representation", "group", one) == {"farmers", "nurses"}
    assert told("representation", "group", "plain") == {"good", "bad"}
