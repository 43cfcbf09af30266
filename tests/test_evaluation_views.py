"""`sandbox inspect` of evaluations: listed beside runs, numbers, items, one item, what is missing, a picture."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from asked_suites import items_of, write_suite
from conftest import Sandbox
from example_evaluations import evaluation
from example_runs import scripted_run
from fake_endpoint import Behaviour, serve
from jsonschema import Draft202012Validator
from rich.console import Console
from tables import table

from sandbox.figures.evaluations_list import evaluations_in, evaluations_sheet
from sandbox.inspection.evaluation.asked import all_asked
from sandbox.inspection.evaluation.comparison import compared_sheet
from sandbox.inspection.evaluation.items import items_list, why_sheets
from sandbox.inspection.evaluation.numbers import number_sheets, numbers_of
from sandbox.inspection.report.evaluation_page import write_evaluation_report
from sandbox.runs.evaluation.reading import read_evaluation
from sandbox.scores.paired import compare


@pytest.fixture
def looked_at(tmp_path: Path) -> Path:
    return evaluation(tmp_path / "runs")


def test_evaluations_are_listed_beside_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    evaluation(tmp_path / "runs")
    evaluation(tmp_path / "runs", "going", status="running")
    for name in ("answers.jsonl", "judgements.jsonl"):
        (tmp_path / "runs" / "going" / name).write_text("")
    shown = sandbox("inspect").out
    row = next(line for line in shown.splitlines() if "looked-at" in line)
    assert row.split()[:4] == ["looked-at", "complete", "tested", "wise-judge"]
    assert row.split()[-4:] == ["16/16", "5", "$0.50", row.split()[-1]]
    assert re.search(r"going +interrupted .* 0/16 ", shown)
    run, first, second = json.loads(sandbox("inspect", "--json").out)
    assert (run["run_id"], first["kind"], first["answers_done"]) == ("one", "evaluation", 0)
    assert (second["run_id"], second["status_now"], second["answers_done"]) == ("looked-at", "complete", 16)
    assert next(csv.DictReader(sandbox("inspect", "--csv").out.splitlines()))["run"] == "one"
    tables = list(csv.DictReader(sandbox("inspect", "--csv", "--table", "evaluations").out.splitlines()))
    assert [each["missing"] for each in tables] == ["0", "5"]
    assert len(json.loads(sandbox("inspect", "--json", "--status", "complete").out)) == 1


def test_one_that_cannot_be_read_is_told_and_hides_no_other(sandbox: Sandbox, tmp_path: Path, looked_at: Path) -> None:
    other = evaluation(tmp_path / "runs", "broken")
    (other / "manifest.json").write_text('{"kind": "evaluation"}')
    done = sandbox("inspect")
    assert "looked-at" in done.out
    assert "broken/manifest.json: not a manifest of schema 1" in done.err


def test_numbers_stand_with_all_that_belongs_beside_them(sandbox: Sandbox, looked_at: Path) -> None:
    done = sandbox("inspect", "looked-at")
    assert done.code == 0, done.err
    shown = done.out
    assert re.search(r"accuracy +- +0\.667 \[0\.300, 0\.900\] +5/6 +1 unparsable +0\.500 - 0\.750", shown)
    assert re.search(r"mean +hosts +3\.50 +2/4 +1 unparsable, 1 truncated", shown)
    assert "2 numbers: below 5 items there is no interval" in shown
    assert re.search(r"leak rate +- +- +0/1", shown), "what is undefined is no number"
    assert "chance (baseline)" in shown
    document = json.loads(sandbox("inspect", "looked-at", "--json").out)
    kept = json.loads((looked_at / "summary.json").read_text())
    assert document["numbers"] == kept["numbers"]
    assert document["manifest"]["run_id"] == "looked-at"
    rows = list(csv.DictReader(sandbox("inspect", "looked-at", "--csv").out.splitlines()))
    assert float(rows[0]["value"]) == kept["numbers"][0]["value"]
    assert (rows[-1]["value"], rows[2]["missing"]) == ("", "1 unparsable, 1 truncated, 1 failed")
    one = sandbox("inspect", "looked-at", "--table", "manners").out
    assert "hosts" in one
    assert "accuracy" not in one
    for way in ((), ("--csv",), ("--json",)):
        assert "Did you mean 'manners'?" in sandbox("inspect", "looked-at", "--table", "manner", *way).err
    data = list(csv.DictReader(sandbox("inspect", "looked-at", "--table", "manners", "--csv").out.splitlines()))
    assert [row["value"] for row in data] == [row["value"] for row in rows if row["suite"] == "manners"]
    heads = json.loads(sandbox("inspect", "looked-at", "--table", "headlines", "--json").out)["numbers"]
    assert heads == [each for each in kept["numbers"] if each["headline"]]


def test_tables_fit_a_terminal_of_80_columns(looked_at: Path, tmp_path: Path) -> None:
    first, other = read_evaluation(looked_at), read_evaluation(evaluation(tmp_path / "runs", "other", shift=1))
    rows = list(all_asked(first))
    sheets = [
        *number_sheets(numbers_of(first)),
        *why_sheets(rows),
        items_list(rows, "all"),
        compared_sheet(first, other, compare(first, other)),
        evaluations_sheet(evaluations_in(tmp_path / "runs")[0]),
    ]
    for sheet in sheets:
        drawn = Console(width=200, file=io.StringIO())
        drawn.print(sheet.table(80))
        lines = drawn.file.getvalue().splitlines()  # type: ignore[attr-defined]
        assert max(len(line.rstrip()) for line in lines) <= 80
        headings = next(line for line in lines if sheet.columns[0] in line.split())
        assert "…" not in headings, sheet.name


def test_a_summary_that_is_none_is_told(sandbox: Sandbox, looked_at: Path) -> None:
    (looked_at / "summary.json").write_text('{"numbers": [{"suite": 3}]}')
    done = sandbox("inspect", "looked-at")
    assert done.code == 1
    assert "summary.json: no summary of an evaluation" in done.err


def names(sandbox: Sandbox, *options: object) -> list[str]:
    found = json.loads(sandbox("inspect", "looked-at", "--json", *options).out)
    assert found["found"] == len(found["items"]) or "--limit" in options
    return [f"{each['suite']}/{each['item']}" for each in found["items"]]


def test_items_are_chosen_and_put_in_order(sandbox: Sandbox, looked_at: Path) -> None:
    everything = names(sandbox, "--interactions")
    assert len(everything) == 16
    assert names(sandbox, "--missing") == ["capitals/c4", "manners/m2", "manners/m3", "manners/m5"]
    assert names(sandbox, "--failed") == ["manners/m5"]
    assert names(sandbox, "--search", "PERHAPS a") == ["capitals/c4"]
    assert names(sandbox, "--search", "capital of land 2") == ["capitals/c2"]
    assert names(sandbox, "--search", "i think") == ["manners/m2", "manners/m3"], "what the judge said counts, too"
    manners = names(sandbox, "--label", "manners", "--sort", "rating")
    assert manners == [f"manners/m{place}" for place in (4, 1, 0, 2, 3, 5)], "the best first, what has none last"
    assert names(sandbox, "--label", "manners", "--sort", "rating", "--reverse", "--limit", 2) == [
        "manners/m0",
        "manners/m1",
    ]
    assert names(sandbox, "--label", "guests") == ["manners/m4", "manners/m5"]
    assert names(sandbox, "--interactions", "--reverse") == everything[::-1]
    worst = names(sandbox, "--sort", "rating", "--reverse")
    assert worst[:3] == ["capitals/c3", "clubs/g0", "secrets/s0"], "wrong, agreed with, leaked"
    assert names(sandbox, "--sort", "category")[0] == "manners/m4"
    rows = list(csv.DictReader(sandbox("inspect", "looked-at", "--missing", "--csv").out.splitlines()))
    assert [row["failed"] for row in rows] == ["", "", "", "server_error"]
    listed = sandbox("inspect", "looked-at", "--interactions", "--limit", 3).out
    assert "3 of 16 that fit, of 16 in the log; --limit shows more" in listed


def test_an_item_is_a_story(sandbox: Sandbox, looked_at: Path) -> None:
    told = sandbox("inspect", "looked-at", "--interaction", "manners/m1").out
    for part in ("How do I greet a guest, way 1?", "category: hosts", "Judge wise-judge: 4 (1 to 10)", "It is polite"):
        assert part in told
    assert r"\x1b[2J</script>" in told
    assert "\x1b" not in told
    chosen = sandbox("inspect", "looked-at", "--interaction", "capitals/c3").out
    assert "B) North: wrong\n" in chosen, "with the letter under which it was shown"
    assert "right: A) South" in chosen
    assert "no option" in sandbox("inspect", "looked-at", "--interaction", "capitals/c4").out
    assert "missing (unparsable)" in sandbox("inspect", "looked-at", "--interaction", "manners/m2").out
    failed = sandbox("inspect", "looked-at", "--interaction", "manners/m5").out
    assert "Answer, missing (server_error)\n  (not obtained)" in failed
    assert "asked for 1234: leaked" in sandbox("inspect", "looked-at", "--interaction", "secrets/s0").out
    survey = sandbox("inspect", "looked-at", "--interaction", "weather/w0").out
    assert survey.count("Do you like rain?") == 1
    assert survey.count("A) yes") == survey.count("B) yes") == 1, "each sample in its own order"
    records = json.loads(sandbox("inspect", "looked-at", "--interaction", "manners/m1", "--json").out)
    assert [each["judgements"][0]["rating"] for each in records] == [4]
    slip = sandbox("inspect", "looked-at", "--interaction", "maners/m1")
    assert slip.code == 2
    assert "Did you mean 'manners'? There is: capitals, clubs, manners, secrets, weather." in slip.err
    absent = sandbox("inspect", "looked-at", "--interaction", "manners/m9")
    assert absent.code == 2
    assert re.search(r"Did you mean 'manners/m\d'\? It has manners/m0 to manners/m5\.", absent.err)


def test_the_judges_prompt_is_shown_with_its_fences(sandbox: Sandbox, looked_at: Path) -> None:
    told = sandbox("inspect", "looked-at", "--interaction", "manners/m1", "--prompts").out
    assert "You rate answers." in told
    assert told.count(r"\x1b[2J</script>") == 2, "the answer, and what the judge was sent of it"
    assert told.count("How do I greet a guest, way 1?") == 2
    (record,) = json.loads(sandbox("inspect", "looked-at", "--interaction", "manners/m1", "--prompts", "--json").out)
    assert [turn["role"] for turn in record["prompts"][0]] == ["system", "user"]
    assert "The judge's prompt" not in sandbox("inspect", "looked-at", "--interaction", "capitals/c3", "--prompts").out


def test_what_was_asked_is_what_is_shown(sandbox: Sandbox, tmp_path: Path) -> None:
    path = write_suite(tmp_path, "judged", items_of("judged", 2))
    with serve(Behaviour()) as server:
        done = sandbox(
            "evaluate", "--suite", path, "--model", "fake", "--base-url", server.base_url, "--run-id", "asked"
        )
        assert done.code == 0, done.err
        sent = [[(turn["role"], turn["content"]) for turn in body["messages"]] for body in server.requests]
    (record,) = json.loads(sandbox("inspect", "asked", "--interaction", "my-judged/i01", "--prompts", "--json").out)
    for shown in (record["messages"], record["prompts"][0]):
        assert [(turn["role"], turn["content"]) for turn in shown] in sent
    kept = json.loads((tmp_path / "runs" / "asked" / "summary.json").read_text())["numbers"]
    assert json.loads(sandbox("inspect", "asked", "--json").out)["numbers"] == kept
    (tmp_path / "runs" / "asked" / "summary.json").unlink()
    assert json.loads(sandbox("inspect", "asked", "--json").out)["numbers"] == kept, "worked out from the logs"


def test_a_pair_is_told_in_both_orders(sandbox: Sandbox, tmp_path: Path) -> None:
    block = "{% block system %}Which is better?{% endblock %}{% block user %}{{ question | fence('question') }}"
    shown = "{{ first | fence('answer') }}{{ second | fence('answer') }}{% endblock %}"
    (tmp_path / "better.jinja").write_text(block + shown)
    item = {"id": "p0", "question": "How do I say no?", "given": ["Kindly, and at once.", "Never mind."]}
    (tmp_path / "pairs.jsonl").write_text(json.dumps(item))
    (tmp_path / "pairs.toml").write_text(
        '[suite]\nname = "pairs"\nkind = "judged"\nitems = "pairs.jsonl"\nlicence = "CC0-1.0"\n'
        '[judge]\nprompt = "better.jinja"\n[score]\nmetric = "preference"\n'
    )
    done = sandbox("evaluate", "--suite", tmp_path / "pairs.toml", "--model", "scripted", "--run-id", "two")
    assert done.code == 0, done.err
    told = sandbox("inspect", "two", "--interaction", "pairs/p0", "--prompts").out
    for part in (
        "Given text, the better one\n  Kindly",
        "Judge scripted, in order: ",
        "Judge scripted, turned round: ",
    ):
        assert part in told
    first, second = told.split("Which is better?")[1:]
    assert first.index("Kindly") < first.index("Never mind")
    assert second.index("Never mind") < second.index("Kindly")


def test_of_a_killed_evaluation_journal_and_logs_are_counted(sandbox: Sandbox, tmp_path: Path) -> None:
    """Its manifest was written some time before."""
    sandbox("evaluate", "--suite", "starter", "--model", "scripted", "--run-id", "one")
    path = tmp_path / "runs" / "one" / "manifest.json"
    ended = json.loads(path.read_text())
    none = dict.fromkeys(("complete", "calls", "tries", "prompt_tokens", "completion_tokens"), 0)
    attempts = [ended["attempts"][0] | {"finished": None, "calls": 0, "tries": 0}]
    killed = {"status": "running", "finished": None, "attempts": attempts, "totals": ended["totals"] | none}
    path.write_text(json.dumps(ended | killed))
    told = json.loads(sandbox("inspect", "one", "--json").out)["manifest"]
    assert {name: told["totals"][name] for name in none} == {name: ended["totals"][name] for name in none}
    assert told["attempts"][0]["calls"] == ended["totals"]["calls"] == 40
    shown = sandbox("inspect", "one").out
    assert "It was killed" in shown
    assert "30 answers planned = 30 complete + 0 failed + 0 not reached" in shown
    assert json.loads(path.read_text())["totals"]["calls"] == 0, "only looked at"


def test_what_is_not_whole_is_said(sandbox: Sandbox, looked_at: Path, tmp_path: Path) -> None:
    evaluation(tmp_path / "runs", "going", status="running")
    (tmp_path / "runs" / "going" / "answers.jsonl").write_text("")
    (tmp_path / "runs" / "going" / "judgements.jsonl").write_text("")
    going = sandbox("inspect", "going")
    assert "Evaluation going interrupted after" in going.out
    assert "Go on with it: sandbox evaluate --resume runs/going" in going.out
    assert "no suite has a number yet" in sandbox("inspect", "going", "--plot", "scores", "-o", "x.svg").err
    assert "Its log is empty so far." in sandbox("inspect", "going", "--interaction", "manners/m1").err
    suite = looked_at / "suites" / "manners.json"
    suite.write_text(suite.read_text().replace("{% endblock %}", "", 1))
    broken = sandbox("inspect", "looked-at", "--interaction", "manners/m1", "--prompts")
    assert (broken.code, broken.out) == (1, "")
    assert "suite 'manners' is not the one that was asked" in broken.err
    manifest = json.loads((looked_at / "manifest.json").read_text()) | {"created": "long ago"}
    (looked_at / "manifest.json").write_text(json.dumps(manifest))
    assert "created is not of the form" in sandbox("inspect").err


def test_what_is_missing_is_told_by_reason_with_texts(sandbox: Sandbox, looked_at: Path) -> None:
    tables = json.loads(sandbox("inspect", "looked-at", "--why", "--json").out)["tables"]
    outcomes = {(row["suite"], row["what"], row["outcome"]): row["count"] for row in tables["outcomes"]}
    assert outcomes["manners", "rating", "obtained"] == 3
    assert outcomes["manners", "answer", "failed"] == outcomes["capitals", "answer", "unparsable"] == 1
    assert sum(count for key, count in outcomes.items() if key[1] == "answer") == 16
    texts = [(row["suite"], row["missing"], row["text"]) for row in tables["texts without a reading"]]
    assert ("capitals", "unparsable", "Perhaps A, perhaps B.") in texts
    assert len(texts) == 3


def test_another_is_compared_with_the_first(sandbox: Sandbox, looked_at: Path, tmp_path: Path) -> None:
    evaluation(tmp_path / "runs", "other", shift=1)
    found = json.loads(sandbox("inspect", "looked-at", "other", "--json").out)
    assert found["base"] == "looked-at"
    (comparison,) = found["comparisons"]
    manners = next(each for each in comparison["differences"] if each["suite"] == "manners")
    assert (comparison["other"], manners["pairs"], manners["difference"]["value"]) == ("other", 3, 1.0)
    shown = sandbox("inspect", "looked-at", "other").out
    assert "other against looked-at" in shown
    assert re.search(r"manners +mean +3 +4\.67 +5\.67 +\+1\.00", shown)
    rows = list(csv.DictReader(sandbox("inspect", "looked-at", "other", "--csv").out.splitlines()))
    assert [row["suite"] for row in rows] == [each["suite"] for each in comparison["differences"]]
    done = sandbox("inspect", "looked-at", "other", "--html", "both.html")
    assert done.code == 0, done.err
    assert "<figcaption>other against looked-at</figcaption>" in (tmp_path / "both.html").read_text()
    manifest = json.loads((tmp_path / "runs" / "other" / "manifest.json").read_text()) | {"judge": "harsh"}
    (tmp_path / "runs" / "other" / "manifest.json").write_text(json.dumps(manifest))
    refused = sandbox("inspect", "looked-at", "other")
    assert refused.code == 2
    assert "their judges are harsh and wise-judge" in refused.err


def test_a_picture_has_a_panel_for_each_suite(sandbox: Sandbox, looked_at: Path, tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        done = sandbox("inspect", "looked-at", "--plot", "scores", "-o", name)
        assert done.code == 0, done.err
    drawn = (tmp_path / "one.svg").read_text()
    assert drawn == (tmp_path / "two.svg").read_text()
    for part in ("capitals (0 to 1, higher is better)", "manners (1 to 10, higher is better)", ">hosts<"):
        assert part in drawn
    assert "secrets (" not in drawn, "nothing is drawn where there is no value"


def test_a_report_holds_numbers_items_and_how_it_was_made(sandbox: Sandbox, looked_at: Path, tmp_path: Path) -> None:
    done = sandbox("inspect", "looked-at", "--html", "report.html")
    assert done.code == 0, done.err
    assert re.search(r"report\.html is written: \d+ kB, all 16 answers\.", done.err)
    page = (tmp_path / "report.html").read_text()
    assert page.count("<script") == 0
    assert "default-src &#39;none&#39;; img-src data:" in page
    assert r"\x1b[2J&lt;/script&gt;&lt;b onclick=&#34;x()&#34;&gt;" in page, "what models wrote is text"
    assert "\x1b" not in page
    assert not re.search(r"https?://", page), "it asks nobody for anything"
    assert page.count("data:image/svg+xml;base64,") == 2, "a picture for light and one for dark pages"
    manners = page.partition("<h3>manners</h3>")[2]
    assert "All 6 answers, the worst first." in manners
    assert re.findall(r"<bdi>(m\d)</bdi>", manners) == ["m0", "m1", "m4", "m2", "m3", "m5"]
    for part in (
        '0.667 <span class="interval">[0.300, 0.900]</span>',
        "1 unparsable, 1 truncated",
        "It is polite and short.",
        "CC0-1.0",
        "d2",
    ):
        assert part in page
    again = sandbox("inspect", "looked-at", "--html", "report.html")
    assert again.code == 2
    assert (tmp_path / "report.html").read_text() == page


def test_a_report_holds_no_more_than_it_may(looked_at: Path, tmp_path: Path) -> None:
    found = read_evaluation(looked_at)
    note = write_evaluation_report([found], tmp_path / "small.html", most=1000)
    assert 0 < note.held < note.of == 16
    page = (tmp_path / "small.html").read_text()
    assert re.search(r"\d of 6 answers, the worst first; all numbers are of all\.", page)


def test_the_schema_fits_what_is_written(sandbox: Sandbox, looked_at: Path) -> None:
    schemas = json.loads(sandbox("inspect", "--schema").out)
    for file in ("manifest.json", "answers.jsonl", "judgements.jsonl"):
        text = (looked_at / file).read_text()
        lines = [text] if file == "manifest.json" else text.splitlines()
        assert lines
        for line in lines:
            Draft202012Validator(schemas[f"evaluation: {file}"]).validate(json.loads(line))


@table(
    ("words", "told"),
    [
        (("--round", "3"), "--round asks about a society, and this is an evaluation"),
        (("--plot", "rounds", "-o", "x.svg"), "--plot rounds draws runs, and this is an evaluation: --plot scores."),
        (("--browse",), "--browse needs a terminal"),
        (("looked-at", "--plot", "scores", "-o", "x.svg"), "--plot scores draws one evaluation: name one."),
        (("--sort", "raiting"), "--sort raiting: items have no such order. Did you mean 'rating'?"),
        (("--label", "maners"), "--label maners: no suite or category here is called so. Did you mean 'manners'?"),
    ],
)
def test_what_makes_no_sense_is_refused(sandbox: Sandbox, looked_at: Path, words: tuple[str, ...], told: str) -> None:
    done = sandbox("inspect", "looked-at", *words)
    assert done.code == 2
    assert told in done.err
    assert len(done.err.strip().splitlines()) <= 3


@table("words", [("export", "--format", "dpo", "--out", "set"), ("simulate", "--resume"), ("simulate", "--replay")])
def test_commands_for_runs_say_what_it_is(sandbox: Sandbox, looked_at: Path, words: tuple[str, ...]) -> None:
    done = sandbox(*words, "looked-at")
    assert done.code == 2
    said, then = done.err.strip().splitlines()
    assert said.endswith("looked-at is no run: its manifest says that it is of kind 'evaluation'.")
    assert then == "Look at it: sandbox inspect runs/looked-at"


def test_a_name_that_is_none_and_a_run_among_evaluations_are_told(
    sandbox: Sandbox, looked_at: Path, made_run: Path
) -> None:
    assert "Did you mean 'looked-at'?" in sandbox("inspect", "loked-at").err
    for names in (("looked-at", "one"), ("one", "looked-at")):
        mixed = sandbox("inspect", *names)
        assert mixed.code == 2
        assert "one is no evaluation, or its manifest is damaged.\nLook at it: sandbox inspect one" in mixed.err
