"""The report as a file: what is in it, what it may load, and that nothing a model wrote becomes part of the page."""

import base64
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import SMALL

from sandbox.errors import UsageError
from sandbox.figures.comparison import comparison_sheets
from sandbox.figures.reads import Read, read_all
from sandbox.figures.reasons import why_sheets
from sandbox.figures.summary import evenly
from sandbox.inspection.grid_view import SCALE
from sandbox.inspection.report import made
from sandbox.inspection.report import map as report_map
from sandbox.inspection.report.applying import of_run
from sandbox.inspection.report.map import society_map
from sandbox.inspection.report.page import write_report
from sandbox.inspection.report.records import compact, in_page
from sandbox.inspection.run_view import summary_sheets
from sandbox.runs.reading import open_run
from sandbox.sheet import Sheet

HOSTILE = "</script><img src=x onerror=alert(1)><!--<script>&lt;\u2028 \u202egnp.exe \x1b[2J"
VOID = {"meta", "img", "input", "source"}


class Page(HTMLParser):
    """What a report is made of: tags with their attributes, the texts of scripts and styles, tables by name."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.blocks: list[tuple[dict[str, str | None], str]] = []
        self.tables: list[tuple[str, list[list[str]]]] = []
        self.text = ""
        self.feed(path.read_text())
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("script", "style"):
            self.blocks.append((dict(attributes), ""))
        elif tag == "figcaption":
            self.tables.append(("", []))
        elif tag == "tr" and "figure" in self.open:
            self.tables[-1][1].append([])
        elif tag in ("td", "th") and "figure" in self.open:
            self.tables[-1][1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        if inside in ("script", "style"):
            self.blocks[-1] = (self.blocks[-1][0], self.blocks[-1][1] + data)
            return
        self.text += data
        if inside == "figcaption":
            self.tables[-1] = (self.tables[-1][0] + data, self.tables[-1][1])
        elif {"td", "th"} & {*self.open} and "figure" in self.open:
            self.tables[-1][1][-1][-1] += data

    def block(self, name: str) -> str:
        return next(text for attributes, text in self.blocks if attributes.get("id") == name)

    @property
    def policy(self) -> dict[str, str]:
        meta = next(each for tag, each in self.tags if each.get("http-equiv") == "Content-Security-Policy")
        return dict(part.strip().split(" ", 1) for part in (meta["content"] or "").split(";"))


def reads_of(*runs: Path) -> list[Read]:
    return read_all([open_run(str(run), run.parent) for run in runs])


def report_of(run: Path, tmp_path: Path) -> Path:
    """The report of the run as it was made, written once in a session."""
    kept = tmp_path.parent / ".report.html"
    if not kept.exists():
        write_report(reads_of(run), kept)
    return kept


def edit(run: Path, number: int, **changes: Any) -> None:
    lines = (run / "interactions.jsonl").read_text().splitlines()
    lines[number] = json.dumps(json.loads(lines[number]) | changes)
    (run / "interactions.jsonl").write_text("\n".join(lines) + "\n")


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_page_may_load_nothing_but_its_own_style_script_and_pictures(made_run: Path, tmp_path: Path) -> None:
    page = Page(report_of(made_run, tmp_path))
    (style,) = [text for tag, (_, text) in zip(kinds(page), page.blocks, strict=True) if tag == "style"]
    (script,) = [
        text for tag, (kind, text) in zip(kinds(page), page.blocks, strict=True) if tag == "script" and not kind
    ]
    assert page.policy == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": digest(style),
        "script-src": digest(script),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert tag not in ("link", "iframe", "object", "base", "form")
        for name in ("src", "href", "srcset"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/svg+xml;base64,"))


def kinds(page: Page) -> list[str]:
    return [tag for tag, _ in page.tags if tag in ("script", "style")]


def test_the_interactions_are_those_of_the_log(made_run: Path, tmp_path: Path) -> None:
    edit(made_run, 4, failed={"stage": "feedback", "neighbour": 2, "error": "timeout"})
    note = write_report(reads_of(made_run), tmp_path / "report.html")
    (read,) = reads_of(made_run)
    held = json.loads(Page(tmp_path / "report.html").block("data-0"))
    assert held == [compact(item) for item in read.run.interactions()]
    assert (note.interactions, note.of, note.size) == (18, 18, (tmp_path / "report.html").stat().st_size)
    for short, item in zip(held, read.run.interactions(), strict=True):
        assert (short["r"], short["a"], short["q"], short["m"]) == (item.round, item.agent, item.question, item.model)
        assert (short["d"], short["v"]) == (item.draft, item.revision)
        assert [(each["a"], each["r"], each["t"]) for each in short["f"]] == [
            (each.agent, each.rating, each.reason) for each in item.feedback
        ]
        judged = [item.scores.draft.alignment, item.scores.draft.engagement]
        judged += [item.scores.revision.alignment, item.scores.revision.engagement]
        assert [each["r"] for each in short["s"]] == [each.rating for each in judged if each]
        recall = item.recall and [item.recall.question, item.recall.answer, item.recall.similarity, item.recall.round]
        asked = short.get("k") and [short["k"][0] or item.question, *short["k"][1:]]
        assert asked == recall
        assert not any("w" in each for each in (*short["f"], *short["s"]))
    assert held[4]["x"] == ["feedback", 2, "timeout"]


def test_a_missing_rating_keeps_its_reply(made_run: Path) -> None:
    raw = {"rating": None, "missing": "out_of_range", "reason": "too good", "raw": "9, too good"}
    scores = {"alignment": raw, "engagement": raw | {"missing": "unparsable", "reason": None}}
    rated = {"rating": 6, "missing": None, "reason": "good", "raw": "6, good"}
    edit(made_run, 0, scores={"draft": scores, "revision": {"alignment": rated, "engagement": rated | {"reason": ""}}})
    (read,) = reads_of(made_run)
    assert compact(next(read.run.interactions()))["s"] == [
        {"x": "out_of_range", "t": "too good", "w": "9, too good"},
        {"x": "unparsable", "t": "9, too good"},
        {"r": 6, "t": "good"},
        {"r": 6, "t": "6, good"},
    ]


def test_what_models_wrote_cannot_become_part_of_the_page(made_run: Path, tmp_path: Path) -> None:
    clean = report_of(made_run, tmp_path)
    edit(made_run, 0, draft=HOSTILE, question=HOSTILE, model=HOSTILE)
    write_report(reads_of(made_run), tmp_path / "report.html")
    page = Page(tmp_path / "report.html")
    assert kinds(page) == kinds(Page(clean))
    assert len([tag for tag, _ in page.tags if tag == "img"]) == 6  # three for light and three for dark pages
    codes = r"</script><img src=x onerror=alert(1)><!--<script>&lt;\u2028 \u202egnp.exe \x1b[2J"
    assert json.loads(page.block("data-0"))[0]["d"] == codes
    assert not set("<>&") & set(page.block("data-0"))
    assert codes.replace(r"\u2028", "") in page.text  # the model in the table of models, whose cells are one line
    whole = (tmp_path / "report.html").read_text()
    assert not set("\x1b\u202e\u2028") & set(whole)


def test_json_in_a_page_is_json_and_cannot_end_its_element() -> None:
    document = {"t": HOSTILE + "é 漢 \U0001f600 \\u003c"}
    text = in_page(document)
    assert json.loads(text) == document
    assert not set("<>&\u2028\u2029") & set(text)


@pytest.mark.slow
def test_every_table_is_that_of_its_sheet(made_run: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    assert sandbox("simulate", *SMALL, "--rounds", 2, "--labels", "all-bad", "--run-id", "two").code == 0
    reads = reads_of(made_run, made_run.parent / "two")
    write_report(reads, tmp_path / "report.html")
    sheets = list(comparison_sheets(reads))
    names = [sheet.name for sheet in sheets]
    for read in reads:
        analyses = [sheet for found in of_run(read.run) for sheet in found.sheets]
        sheets += [*summary_sheets(read.frame), *why_sheets(read.run, read.frame), *analyses, *made.of_run(read.run)]
    tables = [table for table in Page(tmp_path / "report.html").tables if table[1]]
    assert [name for name, _ in tables[: len(names)]] == names
    found = [table for table in tables if table[0] != "options that change results"]
    assert found == [(sheet.name, rows_of(sheet)) for sheet in sheets]


def rows_of(sheet: Sheet) -> list[list[str]]:
    rows = ([sheet.shown(*cell) for cell in zip(sheet.columns, row, strict=True)] for row in sheet.rows)
    return [[sheet.heading(column) for column in sheet.columns], *rows]


def test_what_was_run_is_said(made_run: Path, tmp_path: Path) -> None:
    page = Page(report_of(made_run, tmp_path))
    assert "18 interactions planned = 18 complete + 0 failed + 0 not reached." in page.text
    assert "scripted is no language model: its scores mean nothing." in page.text
    assert "In this file: all 18 interactions." in page.text
    options = dict(next(rows for name, rows in page.tables if name == "options that change results"))
    assert (options["threshold"], options["radius"], options["observer_model"]) == ("0.1", "2.0", "default")
    assert "concurrency" not in options


@pytest.mark.slow
def test_too_many_interactions_are_sampled_and_it_is_said(made_run: Path, tmp_path: Path) -> None:
    note = write_report(reads_of(made_run), tmp_path / "report.html", most=9000)
    page = Page(tmp_path / "report.html")
    held = json.loads(page.block("data-0"))
    assert 2 <= len(held) < 18
    assert (note.interactions, note.of) == (len(held), 18)
    assert len(page.block("data-0").encode()) <= 9000
    (read,) = reads_of(made_run)
    everything = [compact(item) for item in read.run.interactions()]
    assert held == [everything[place] for place in evenly(18, len(held))]
    assert (held[0], held[-1]) == (everything[0], everything[-1])
    assert f"{len(held)} of 18 interactions, evenly spaced; all figures are of all." in page.text
    assert dict(page.tables)["accounts by round"][1][:2] == ["0", "9"]


@pytest.mark.slow
def test_one_huge_interaction_does_not_break_the_size(made_run: Path, tmp_path: Path) -> None:
    edit(made_run, 9, draft="<" * 50_000)
    note = write_report(reads_of(made_run), tmp_path / "report.html", most=30_000)
    assert len(Page(tmp_path / "report.html").block("data-0").encode()) <= 30_000
    assert note.interactions < 18


@pytest.mark.slow
def test_the_same_runs_give_the_same_bytes(made_run: Path, tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        write_report(reads_of(made_run), tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_nothing_is_replaced(made_run: Path, tmp_path: Path) -> None:
    taken, dangling = tmp_path / "taken.html", tmp_path / "dangling.html"
    taken.write_text("mine")
    dangling.symlink_to(tmp_path / "elsewhere.html")
    for path in (taken, dangling, tmp_path):
        with pytest.raises(UsageError, match="it is there already"):
            write_report(reads_of(made_run), path)
    with pytest.raises(UsageError, match="there is no folder"):
        write_report(reads_of(made_run), tmp_path / "absent" / "report.html")
    assert taken.read_text() == "mine"
    assert not (tmp_path / "elsewhere.html").exists()


def test_a_run_without_interactions_has_a_report(made_run: Path, tmp_path: Path) -> None:
    whole = (made_run / "interactions.jsonl").read_bytes()
    (made_run / "interactions.jsonl").write_bytes(whole[: len(whole) // 40])
    write_report(reads_of(made_run), tmp_path / "report.html")
    page = Page(tmp_path / "report.html")
    assert "No interaction is in the log yet." in page.text
    assert json.loads(page.block("data-0")) == []


@pytest.mark.slow
def test_a_torn_log_gives_what_it_holds(made_run: Path, tmp_path: Path) -> None:
    lines = (made_run / "interactions.jsonl").read_bytes().splitlines(keepends=True)
    (made_run / "interactions.jsonl").write_bytes(b"".join(lines[:13]) + lines[13][:100])
    write_report(reads_of(made_run), tmp_path / "report.html")
    page = Page(tmp_path / "report.html")
    assert len(json.loads(page.block("data-0"))) == 13
    held = json.loads(page.block("map-0"))
    assert (held["rounds"], held["shown"]) == ([0, 1], 0)
    assert held["cells"][1][2] == [None, None, None]
    assert "line 14 of 18 is not there" in page.text


def test_the_grid_has_the_alignment_of_each_agent(made_run: Path) -> None:
    (read,) = reads_of(made_run)
    held = society_map(read)
    assert (held["side"], held["block"], held["rounds"], held["shown"]) == (3, 1, [0, 1], 1)
    for item in read.run.interactions():
        row, column = item.position
        judged = item.scores.revision.alignment
        assert judged
        assert held["cells"][item.round][row][column] == judged.rating
        assert held["labels"][item.agent] == item.label


def test_the_cells_have_the_colours_of_the_terminal_and_of_pictures(made_run: Path, tmp_path: Path) -> None:
    (style,) = [text for attributes, text in Page(report_of(made_run, tmp_path)).blocks if ".heat-" in text]
    rules = dict(re.findall(r"[.]heat-(\d+) { background: (#\w+); color: #\w+; }", style))
    assert list(rules) == [str(heat) for heat in range(13)]
    assert [rules[str(heat)] for heat in (0, 3, 6, 9, 12)] == list(SCALE)


def test_large_grids_and_many_rounds_are_thinned(made_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (read,) = reads_of(made_run)
    whole = society_map(read)["cells"][0]
    monkeypatch.setattr(report_map, "WIDEST", 2)
    monkeypatch.setattr(report_map, "MOST_ROUNDS", 1)
    held = society_map(read)
    assert (held["block"], held["rounds"], held["all"], held["labels"]) == (2, [0], 2, [])
    first = [whole[row][column] for row in (0, 1) for column in (0, 1)]
    assert held["cells"][0][0][0] == sum(first) / 4
    assert held["cells"][0][1][1] == whole[2][2]


@pytest.mark.slow
def test_runs_of_the_same_name_are_told_apart(made_run: Path, tmp_path: Path) -> None:
    shutil.copytree(made_run, tmp_path / "other" / "one")
    write_report(reads_of(made_run, tmp_path / "other" / "one"), tmp_path / "report.html")
    page = Page(tmp_path / "report.html")
    assert str(tmp_path / "other" / "one") in page.text
    assert [each.get("id") for _, each in page.tags if (each.get("id") or "").startswith("run-")] == ["run-0", "run-1"]
