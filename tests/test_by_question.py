"""Interactions question by question: read from their places one at a time, and only where nothing changed."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import log, scripted_run
from exported import edit, interactions

from sandbox.errors import SandboxError
from sandbox.export.account import Account
from sandbox.export.by_question import InteractionIndex, rater
from sandbox.export.filters import filtered
from sandbox.export.formats import rows_of
from sandbox.export.names import Format
from sandbox.export.pairs import Agreement
from sandbox.export.recipe import Recipe
from sandbox.export.rows import Spoken
from sandbox.runs.manifest import Manifest
from sandbox.runs.reading import read_run
from sandbox.runs.records import Interaction


def indexed(
    *runs: Path, chosen: Callable[[Spoken], bool] = lambda _: True
) -> tuple[InteractionIndex, list[Interaction]]:
    """The index of runs, and those that were told of."""
    seen: list[Interaction] = []
    found = InteractionIndex([read_run(run) for run in runs], chosen, seen.append)
    assert list(found.index()) == list(range(1, sum(len(log(run)) for run in runs) + 1))
    return found, seen


def one_question(items: list[dict[str, Any]]) -> None:
    for item in items:
        item["question"], item["question_id"] = "Why?", "0"


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Path:
    return scripted_run(sandbox, tmp_path, max_length=40)


def test_all_are_there_in_order(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    runs = [run, scripted_run(sandbox, tmp_path, "two", seed=1, max_length=40)]
    found, seen = indexed(*runs)
    names = list(interactions(*runs))
    assert [f"{spoken.run}/{spoken.item.id}" for _, each in found.one_by_one() for spoken in each] == names
    grouped = [(question, [spoken.id for spoken in each]) for question, each in found.by_question()]
    known = interactions(*runs)
    assert grouped == [
        (question, [name for name in names if known[name]["question_id"] == question])
        for question in sorted({item["question_id"] for item in known.values()})
    ]
    assert len(seen) == len(found) == len(names)
    assert max(len(each) for _, each in grouped) > 2


def test_only_those_chosen_are_kept_and_the_whole_log_is_digested(run: Path) -> None:
    found, seen = indexed(run, chosen=lambda spoken: spoken.item.round == 1)
    assert {item.round for item in seen} == {1}
    assert len(found) == 9
    (read,) = found.read
    assert read.interactions == 18
    assert read.sha256 == hashlib.sha256((run / "interactions.jsonl").read_bytes()).hexdigest()


@pytest.mark.parametrize("way", ["by_question", "one_by_one"])
def test_a_log_that_changes_meanwhile_is_told_when_its_line_is_wanted(run: Path, way: str) -> None:
    edit(run, one_question)
    found, _ = indexed(run)
    spoken: Iterator[Spoken] = (each for _, some in getattr(found, way)() for each in some)
    assert next(spoken).item.id == "r000-a000"
    file = run / "interactions.jsonl"
    file.write_text(file.read_text().replace('"rating": 3', '"rating": 4'))
    with pytest.raises(SandboxError, match="was changed while it was read"):
        list(spoken)


def test_a_log_that_loses_its_end_meanwhile_is_told(run: Path) -> None:
    found, _ = indexed(run)
    file = run / "interactions.jsonl"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(SandboxError, match="was changed while it was read"):
        [list(spoken) for _, spoken in found.by_question()]


@pytest.mark.parametrize("format_", ["sft", "alpaca", "kto", "dpo", "parquet"])
def test_rows_are_made_of_one_interaction_at_a_time(run: Path, format_: Format) -> None:
    edit(run, one_question)
    found, _ = indexed(run)
    pulled = 0

    def pulling(some: Iterable[Spoken]) -> Iterator[Spoken]:
        nonlocal pulled
        for pulled, each in enumerate(some, 1):  # noqa: B007
            yield each

    recipe = Recipe(format=format_, pairs="revision", threshold=0.0)
    ((_, spoken),) = found.by_question()
    rows = filtered(rows_of(pulling(spoken), recipe, Account(), Agreement(), ()), recipe, None, Account())
    assert next(rows)
    assert pulled < 5
    assert list(rows)
    assert pulled == 18


def test_a_rater_is_the_observer_and_how_it_was_asked(run: Path) -> None:
    def rated(**changes: Any) -> str:
        return rater(one._replace(manifest=one.manifest.model_copy(update=changes)))

    one = read_run(run)
    manifest: Manifest = one.manifest
    prompts, models = manifest.prompts, manifest.models
    assert rated(run_id="two", seed=9) == rater(one)
    asked = {"values", "data", "score_alignment", "score_engagement", "score_both", "reask"}
    for name in prompts:
        assert (rated(prompts=prompts | {name: "0"}) == rater(one)) == (name not in asked)
    assert asked < prompts.keys()
    others = {
        rated(models=models.model_copy(update={"observer": "stricter"})),
        rated(config=replace(manifest.config, observe="joint")),
    }
    assert len(others | {rater(one)}) == 3
    unknown = models.model_copy(update={"observer": "unknown"})
    assert rated(models=unknown, run_id="two") != rated(models=unknown, run_id="three")
