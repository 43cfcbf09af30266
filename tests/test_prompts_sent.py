"""Prompts rendered again from a record: the same as were sent, and told where they cannot be."""

import json
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import log, mixed_run, scripted_run
from fake_endpoint import serve

from sandbox.figures.records_at import find_interaction
from sandbox.inspection.prompts_sent import prompts_sent
from sandbox.runs.reading import open_run


@pytest.mark.slow
def test_every_call_of_a_run_is_rendered_as_it_was_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    run = mixed_run(sandbox, tmp_path)
    opened, calls = open_run(str(run), run.parent), 0
    for item in log(run):
        for sent in prompts_sent(opened, find_interaction(opened, item["id"])):
            assert sent.is_exact, sent.key
            calls += 1
    assert calls == len((run / "calls.jsonl").read_text().splitlines())
    assert calls > 270, "some were asked once more"


def test_the_messages_are_those_that_the_endpoint_saw(sandbox: Sandbox, tmp_path: Path) -> None:
    society = ("--questions", "starter", "--embedder", "hash", "--grid", 2, "--neighbours", 1, "--labels", "none")
    with serve() as server:
        options = ("--model", "fake", "--base-url", server.base_url, "--observe", "joint", "--run-id", "one")
        assert sandbox("simulate", *options, *society).code == 0
    seen = [body["messages"] for body in server.requests]
    document = json.loads(sandbox("inspect", "one", "--interaction", "r000-a002", "--prompts", "--json").out)
    assert len(document["prompts"]) == 5
    for prompt in document["prompts"]:
        assert prompt["is_exact"]
        assert prompt["messages"] in seen


def test_prompts_are_those_that_the_run_kept_and_it_is_told_where_they_changed(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "rule.jinja").write_text("Be kind.")
    run = scripted_run(sandbox, tmp_path, prompts=own)
    (own / "rule.jinja").write_text("Be rude.")
    shown = sandbox("inspect", "one", "--interaction", "r000-a000", "--prompts").out
    assert "Be kind." in shown
    assert "NOT as sent" not in shown
    (run / "prompts" / "rule.jinja").write_text("Be rude.")
    changed = sandbox("inspect", "one", "--interaction", "r000-a000", "--prompts").out
    assert "r000-a000 draft (ask 0): NOT as sent" in changed
    assert "r000-a000 score_draft alignment (ask 0): as sent" in changed, "the observer has values of its own"


def test_what_a_record_lacks_cannot_be_rendered_and_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    lines = [json.loads(line) for line in (run / "interactions.jsonl").read_text().splitlines()]
    lines[0]["feedback"] = []
    (run / "interactions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = sandbox("inspect", "one", "--interaction", "r000-a000", "--prompts")
    assert done.code == 0, done.err
    assert done.out.count("NOT as sent") == 5, "four feedbacks, and the revision that saw them"


def test_prompts_are_those_of_one_interaction(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    done = sandbox("inspect", "one", "--prompts")
    assert done.code == 2
    assert "name it with --interaction" in done.err
