"""`sandbox rate --dimensions`: what a file of dimensions may say, what is asked by it, and keys of questions."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import log, scripted_run
from fake_endpoint import Behaviour, serve
from fake_endpoint.bodies import Body
from rated import SPEED, document, keyed_run, said, scores, write_dimensions
from tables import table

from sandbox.errors import UsageError
from sandbox.rating.dimensions import read_dimensions
from sandbox.rating.planning import plan_of
from sandbox.runs.rating.reading import read_rating

ONE = '[[dimension]]\nname = "speed"\nprompt = "speed.jinja"\n'


def test_correctness_is_asked_of_questions_with_a_key_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    run = keyed_run(sandbox, tmp_path)
    with serve() as server:
        words = ("--observer-model", "fake", "--base-url", server.base_url)
        done = sandbox("rate", "keyed", "--dimensions", "correctness", *words)
        assert done.code == 0, done.err
        bodies = [body for body in server.requests if "You check whether an answer" in said(body)]
        assert sandbox("rate", "--replay", "keyed.fake").code == 0
    keyed = {each["id"]: each for each in log(run) if each.get("options") or each.get("gold_text")}
    found = scores(tmp_path / "runs" / "keyed.fake")
    assert len(keyed) == 2
    assert [each["id"] for each in found] == [*keyed]
    assert len(bodies) == 4
    for line in found:
        assert line["scores"].keys() == {"draft", "revision"}
        assert all(of["correctness"]["rating"] in {0, 1} for of in line["scores"].values())
    with_options = [said(body) for body in bodies if "A leaf" in said(body)]
    assert len(with_options) == 2
    for text in with_options:  # the material, the options and the key, each in a fence
        assert "<question>\nWhich is red?\n\nRoses are red.\n\nA) A leaf\nB) A rose\n</question>" in text
        assert "<earlier_answer>\nB) A rose\n</earlier_answer>" in text
    assert document(tmp_path / "runs" / "keyed.fake")["dimensions"] == [{"name": "correctness", "scale": [0, 1]}]
    none = sandbox("rate", "keyed", "--dimensions", "correctness", "--texts", 100, "--dry-run", "--json", "--name", "x")
    assert json.loads(none.out)["texts"] == 4


def test_without_keys_there_is_nothing_to_check(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    done = sandbox("rate", "one", "--dimensions", "correctness")
    assert (done.code, "no question of run one has one" in done.err) == (2, True), done.err


def test_templates_are_kept_and_what_the_judge_repeats_is_no_rating(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    path = write_dimensions(tmp_path, ONE + "scale = [0, 10]\n")

    def repeats(body: Body, reply: dict[str, Any]) -> dict[str, Any]:
        asked = str(body["messages"][-1]["content"])
        if "Reply with JSON" in asked and "nothing but" not in asked:
            reply["choices"][0]["message"]["content"] = "I was shown:\n<answer>\nRating: 9\n</answer>"
        return reply

    with serve(Behaviour(dialect=repeats)) as server:
        words = ("--observer-model", "fake", "--base-url", server.base_url)
        assert sandbox("rate", "one", "--dimensions", path, *words, "--budget-calls", 7).code == 4
        path.unlink()
        (tmp_path / "speed.jinja").unlink()
        done = sandbox("rate", "--resume", "one.fake", "--budget-calls", 100)
        assert done.code == 0, done.err
    folder = tmp_path / "runs" / "one.fake"
    assert (folder / "prompts" / "speed.jinja").read_text() == SPEED
    assert document(folder)["totals"]["calls"] == 72, "each is asked twice"
    assert {line["scores"]["draft"]["speed"]["rating"] for line in scores(folder)} <= {*range(11)}
    (folder / "prompts" / "speed.jinja").write_text(SPEED.replace("quick", "slow"))
    for words in (("--replay", "one.fake"), ("--resume", "one.fake", "--budget-calls", 100)):
        changed = sandbox("rate", *words)
        assert (changed.code, "its templates" in changed.err) == (2, True), changed.err


def test_a_template_that_fails_over_one_text_is_told_before_anything_is_paid(sandbox: Sandbox, tmp_path: Path) -> None:
    """And where a stranger kept one, going on with it and replaying it tell it, too."""
    run = scripted_run(sandbox, tmp_path, rounds=9)
    longest = max((line["revision"] for line in log(run)), key=len)
    failing = SPEED.replace("Reply with", f"{{{{ 1 / (text | length - {len(longest)}) }}}} Reply with")
    words = ("rate", "one", "--dimensions", write_dimensions(tmp_path, ONE, speed=failing), "--budget-calls", 3)
    for more in ((), ("--dry-run",)):
        done = sandbox(*words, *more)
        assert (done.code, "it divides by zero" in done.err) == (2, True), done.err
    assert not list(run.parent.glob("one.*"))
    write_dimensions(tmp_path, ONE)
    assert sandbox(*words).code == 4
    kept = run.with_name("one.scripted") / "prompts" / "speed.jinja"
    kept.write_text(failing)
    for more in ((), ("--dry-run",)):
        done = sandbox("rate", "--resume", "one.scripted", *more)
        assert (done.code, "its templates" in done.err) == (2, True), done.err
    found = read_rating(kept.parent.parent)
    plan = plan_of(found, found.manifest.config)
    forged = {"prompts": dict(plan.inquiry.digests), "fingerprint": plan.fingerprint}
    (kept.parent.parent / "manifest.json").write_text(json.dumps(document(kept.parent.parent) | forged))
    for way in (("--resume", "one.scripted", "--budget-calls", 500), ("--replay", "one.scripted")):
        done = sandbox("rate", *way)
        assert (done.code, "a prompt cannot be made: " in done.err) == (1, True), done.err


@table(
    ("text", "template", "sentence"),
    [
        ("", SPEED, "dimension is missing"),
        (ONE + "scael = [1, 2]\n", SPEED, ":4: dimension.0.scael is not known. Did you mean 'scale'?"),
        (ONE + "scale = [3, 3]\n", SPEED, ":4: scale is [3, 3]"),
        (ONE + "scale = [0, 101]\n", SPEED, ":4: scale is [0, 101]"),
        (ONE + ONE, SPEED, ":5: 'speed' stands there twice"),
        (ONE + ONE.replace('"speed"', '"Speed"'), SPEED, ":5: 'Speed' stands there twice"),
        (ONE.replace('"speed"', '"../speed"'), SPEED, ":2: dimension.0.name"),
        (ONE.replace("speed.jinja", "none.jinja"), SPEED, "none.jinja: the prompt of speed cannot be read"),
        (ONE, "{% block user %}{{ question }}{% endblock %}", "speed.jinja: variable 'text' is not used"),
        (ONE, "{% block user %}{{ text }}{% endblock %}", "shows text outside of a fence"),
        (ONE, SPEED.replace("question }}", "answer }}").replace("question |", "answer |"), "unknown variable 'answer'"),
        (ONE, '{{ text | fence("answer") }}', "it has no {% block user %}"),
        (ONE * 21, SPEED, "dimension"),
        ("dimension = 3\n", SPEED, ":1: dimension"),
        ("[[dimension]\n", SPEED, "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_is_refused_by_its_line(text: str, template: str, sentence: str, tmp_path: Path) -> None:
    path = write_dimensions(tmp_path, text, speed=template)
    with pytest.raises(UsageError) as refused:
        read_dimensions(str(path))
    assert sentence in str(refused.value)
    assert str(refused.value).count("\n") <= 2
