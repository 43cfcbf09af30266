"""The end of a report: with what it was made, by which command and version, at which endpoints; and no secret."""

import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import TINY, manifest
from example_studies import small_study
from fake_endpoint import Behaviour, serve

from sandbox import __version__
from sandbox.inspection.report.made import of_run
from sandbox.runs.reading import open_run
from sandbox.sheet import Sheet

HOSTILE = "<script>alert(1)</script>\x1b[2J"


def named(sheets: Sequence[Sheet], name: str) -> list[list[Any]]:
    return next([list(row) for row in sheet.rows] for sheet in sheets if sheet.name == name)


def page(sandbox: Sandbox, path: Path, *words: object) -> str:
    done = sandbox(*words, "--html", path)
    assert done.code == 0, done.err
    return html.unescape(path.read_text())


def test_a_run_says_how_to_make_it_again(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "told").mkdir()
    (tmp_path / "told" / "values.jinja").write_text("Be brief.")
    with serve(Behaviour()) as server:
        at = ("--base-url", f"{server.base_url}?deployment=hush", "--prompts", "told", "--run-id", "one")
        done = sandbox("simulate", "--model", "fake", *TINY, *at)
    assert done.code == 0, done.err
    sheets, document = of_run(open_run("one", tmp_path / "runs")), manifest(tmp_path / "runs" / "one")
    facts = dict(named(sheets, "made with"))
    assert facts["command"] == (
        f"sandbox simulate --model fake --base-url {server.base_url} --embedder hash --questions starter "
        "--prior-size 5 --grid 2 --neighbours 2 --prompts told"
    )
    assert (facts["sandbox"], facts["fingerprint"]) == (__version__, document["fingerprint"])
    assert document["questions"]["sha256"] in facts["questions"]
    assert facts["to check it, with no model"] == "sandbox simulate --replay one"
    (model,) = named(sheets, "models")
    assert model[:4] == ["fake", "agents, observer", server.base_url, document["models"]["structured"]["fake"]]
    templates = {name: (source, digest) for name, source, digest in named(sheets, "templates")}
    assert templates["values"] == ("replaced", hashlib.sha256(b"Be brief.").hexdigest())
    assert {source for name, (source, _) in templates.items() if name != "values"} == {"bundled"}
    shown = page(sandbox, tmp_path / "report.html", "inspect", "one")
    assert all(str(value) in shown for value in (facts["command"], *(digest for _, digest in templates.values())))
    assert "hush" not in shown


@pytest.mark.slow
def test_an_evaluation_and_a_study_say_it_too(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox("evaluate", "--suite", "starter", "--model", "scripted", "--run-id", "asked")
    shown = page(sandbox, tmp_path / "asked.html", "inspect", "asked")
    again = ("sandbox evaluate --suite starter --model scripted", "sandbox evaluate --replay asked")
    for said in (*again, "in this process"):
        assert said in shown
    study = small_study(sandbox, tmp_path)
    record = json.loads((study / "study.json").read_text())
    shown = page(sandbox, tmp_path / "study.html", "study", "show", "small")
    assert "sandbox simulate --replay small/CELL" in shown
    assert all(cell["fingerprint"] in shown for cell in record["cells"])
    assert record["toml_sha256"] in shown


@pytest.mark.slow
def test_what_a_stranger_wrote_is_text(sandbox: Sandbox, made_run: Path, tmp_path: Path) -> None:
    document = manifest(made_run)
    document["config"].update(base_url=HOSTILE, prompts=HOSTILE, model=HOSTILE)
    document["origins"].update(base_url="flag", model="flag", prompts="flag")
    document["models"].update(agents=[HOSTILE], endpoints={HOSTILE: [HOSTILE]}, structured={HOSTILE: HOSTILE})
    document["prompts"][HOSTILE] = document["questions"]["sha256"] = document["packages"]["x"] = HOSTILE
    (made_run / "manifest.json").write_text(json.dumps(document))
    assert sandbox("inspect", "one", "--html", "report.html").code == 0
    text = (tmp_path / "report.html").read_text()
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert "\x1b" not in text
    assert "--base-url URL" in text
