"""`sandbox.evaluate`, `sandbox.study` and `sandbox.train` from Python: what the commands make, by the same words."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from lessons import lesson
from tables import table

import sandbox as api
from sandbox.progress.events import Finished, Started
from sandbox.progress.training import Stepped

BASE: dict[str, Any] = {
    "model": "scripted", "questions": "starter", "embedder": "hash", "grid": 2, "neighbours": 1, "prior_size": 5,
}  # fmt: skip
STUDY: dict[str, Any] = {"name": "small", "base": BASE, "matrix": {"labels": ["all-good", "all-bad"]}}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_evaluation_has_the_answers_and_numbers_of_the_command(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--suite", "starter", "--model", "scripted", "--limit", 3, "--run-id", "command")
    assert sandbox("evaluate", *words).code == 0
    heard: list[object] = []
    found = api.evaluate({"limit": 3}, heard.append, suite=["starter"], model="scripted", run_id="python")
    assert capsys.readouterr() == ("", "")
    assert (found.name, found.status, found.stopped_by, found.path) == ("python", "complete", None, Path("runs/python"))
    for name in ("answers.jsonl", "judgements.jsonl", "summary.json"):
        assert (tmp_path / "runs/command" / name).read_bytes() == (found.path / name).read_bytes(), name
    assert [each.model_dump(mode="json") for each in found.numbers()] == json.loads(
        (found.path / "summary.json").read_bytes()
    )["numbers"]
    assert (len([*found.answers()]), len([*found.judgements()])) == (18, 6)
    assert isinstance(heard[-1], Finished)
    assert repr(found).startswith("<Evaluation python: status complete; starter-agree ")
    assert api.evaluate(resume=found).manifest == found.manifest


def test_an_evaluation_that_a_budget_ends_goes_on(tmp_path: Path) -> None:
    found = api.evaluate(api.EvaluationConfig(suite="starter", model="scripted", budget_calls=5))
    assert (found.status, found.stopped_by) == ("stopped", "budget")
    assert api.evaluate(resume=found, budget_calls=500).status == "complete"


def test_a_study_of_a_mapping_is_one_of_the_command(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[object] = []
    found = api.study(STUDY, heard.append, jobs=1)
    assert capsys.readouterr() == ("", "")
    assert (found.name, found.status, found.stopped_by, found.path) == (
        "small",
        "complete",
        None,
        Path("studies/small"),
    )
    assert {*found.statuses.values()} == {"complete"}
    cells = [event.cell for event in heard if isinstance(event, api.OfCell) and isinstance(event.event, Finished)]
    assert cells == [*found.statuses] == ["000-labels-all-good", "001-labels-all-bad"]
    assert sandbox("study", "run", found.path).err.splitlines()[0] == "Study small: 2 cells complete, 0 failed, 0 left."
    assert repr(api.study("small")) == "<Study small: status complete; cells 2 complete>"


def test_a_study_says_what_ended_its_cells() -> None:
    base = BASE | {"model": "fake", "base_url": "http://127.0.0.1:9/v1"}
    found = api.study(STUDY | {"base": base})
    assert (found.status, [*found.errors]) == ("stopped", [*found.statuses])
    assert repr(found).startswith("<Study small: status stopped; cells 2 absent; first error Cannot reach http://127")


def test_ctrl_c_ends_a_study_that_goes_on() -> None:
    def interrupt(event: object) -> None:
        if isinstance(event, api.OfCell) and isinstance(event.event, Started):
            os.kill(os.getpid(), signal.SIGINT)

    long = {"name": "long", "base": BASE | {"rounds": 400, "grid": 4}, "matrix": {"seed": [0, 1]}}
    with pytest.raises(KeyboardInterrupt) as raised:
        api.study(long, interrupt, jobs=1)
    assert raised.value.__notes__ == ["Go on with it: sandbox.study('studies/long')"]
    left = api.study("studies/long", budget_calls=1)
    assert (left.status, left.stopped_by) == ("stopped", "budget")


@table(
    ("given", "said"),
    [
        ({"study": {"nme": 3}}, "sandbox.study: unknown key 'nme'. Did you mean 'name'?"),
        ({"study": STUDY | {"base": {"grid": 1}}}, "sandbox.study: grid = 1: wanted is a whole number from 2 to 1000. "
         "The nearest is 2."),
        ({"study": STUDY | {"base": {"grid": None}}}, "sandbox.study: NoneType is in it: wanted are texts, numbers, "
         "lists and mappings."),
        ({"study": STUDY, "cell": 99}, "cell=99: small has no such cell: they go from 0 to 1."),
        ({"study": STUDY, "address": "x"}, "address=x is of a Ray cluster: it needs on=ray."),
        ({"study": STUDY | {"base": BASE | {"neighbours": 9}}}, "neighbours=9 (sandbox.study): a grid of 2 x 2 gives "
         "an agent only 3 others. Use a larger grid= (sandbox.study) or fewer neighbours=. "
         "(cell labels=all-good of sandbox.study)"),
        ({"study": 3}, "sandbox.study: wanted is a name or a path, not int."),
        ({"study": STUDY | {"base": BASE | {"prompts": Path("nowhere")}}}, "prompts=nowhere: no such folder (cell "
         "labels=all-good of sandbox.study)"),
        ({"study": "nowhere"}, "nowhere: no such file, and no study of that name in studies."),
    ],
)  # fmt: skip
def test_what_no_study_is_is_told_in_the_words_of_python(given: dict[str, Any], said: str) -> None:
    with pytest.raises(api.UsageError) as raised:
        api.study(**given)
    assert str(raised.value) == said


def test_what_a_file_of_a_study_cannot_say_by_hand_is_written_whole() -> None:
    from sandbox.api.toml import toml_of
    from sandbox.options.toml import parse_toml

    odd = {"a": 'x"\\\n\x7f\x01é', "b.c": [True, 2, 0.5, 1e300], "d": {"e": {"f g": []}}, "h": [{"i": 1}]}
    assert parse_toml(toml_of(odd, "here"), "here") == odd


@pytest.mark.slow
def test_a_training_is_that_of_the_command(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    here = lesson(sandbox)
    capsys.readouterr()
    options: dict[str, Any] = {"model": here / "tiny", "precision": "float32", "threads": 1, "batch": 2, "answers": 1}
    heard: list[object] = []
    found = api.train(here / "sft", {"objective": "sft"}, heard.append, out="models/one", steps=2, **options)
    assert capsys.readouterr() == ("", "")
    assert (found.name, found.status, found.stopped_by, found.path) == ("one", "complete", None, Path("models/one"))
    assert [step.step for step in found.steps()] == [1, 2]
    assert [event.step.step for event in heard if isinstance(event, Stepped)] == [1, 2]
    assert isinstance(heard[-1], Finished)
    assert (found.path / "adapter").is_dir()
    assert repr(found).startswith("<Training one: status complete; steps 2; held out (test)")
    assert api.train(resume=found).manifest == found.manifest


@table(
    ("given", "said"),
    [
        ({}, "sandbox.train: give the data to learn from, or a training to go on with as resume=."),
        ({"data": "n", "resume": "m"}, "sandbox.train: give the data to learn from, or a training to go on with as "
         "resume=."),
        ({"data": "n", "objective": "stable"}, "Name the folder to make: out=DIR"),
        ({"data": "n", "objective": "modpo", "sweep": "0.1,0.5", "out": "m"}, "sweep= makes several trainings: call "
         "sandbox.train with weights= once for each."),
    ],
)  # fmt: skip
def test_what_cannot_be_learnt_is_told_in_the_words_of_python(given: dict[str, Any], said: str) -> None:
    with pytest.raises(api.UsageError) as raised:
        api.train(**given)
    assert str(raised.value) == said
