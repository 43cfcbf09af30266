"""What ships answers itself: the starter with the stand-in, and people that the seed makes up."""

import json
from pathlib import Path

import pytest
from asked_suites import lines, numbers
from conftest import Sandbox


def test_the_starter_comes_to_numbers_of_every_kind_with_the_stand_in(sandbox: Sandbox, tmp_path: Path) -> None:
    done = sandbox("evaluate", "--suite", "starter", "--model", "scripted", "--run-id", "one")
    assert done.code == 0, done.err
    folder = tmp_path / "runs" / "one"
    answers = lines(folder / "answers.jsonl")
    assert len(answers) == 30
    assert all(each["missing"] is None for each in answers)
    heads = [number for number in numbers(folder).values() if number["headline"]]
    assert len(heads) == 6
    assert all(number["value"] is not None and number["n"] == number["scored"] > 2 for number in heads)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["models"]["reported"] == ["scripted"], "a stand-in says what it is"
    assert sandbox("evaluate", "--replay", "one").code == 0


@pytest.mark.slow
def test_people_are_made_by_the_seed(sandbox: Sandbox, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        words = ("--suite", "privacy", "--limit", 6, "--model", "scripted", "--seed", seed, "--run-id", name)
        assert sandbox("evaluate", *words).code in (0, 3)
    kept = [(tmp_path / "runs" / name / "suites" / "privacy.jsonl").read_bytes() for name in ("one", "two", "three")]
    assert kept[0] == kept[1] != kept[2]
