"""What columns are called: one set of names in every table, told in docs/columns.md, and earlier ones still taken."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from analysed import ANALYSES, studied_run, studied_study
from conftest import ROOT, Sandbox
from example_runs import mixed_run, scripted_run
from trained import trained

import sandbox as api
from sandbox.export.columns import schema
from sandbox.runs.records import Interaction
from sandbox.runs.settings import setting_names
from sandbox.vocabulary.vocabulary import SECTIONS, columns

# Axes of studies, and what the list of runs has of each: they are called as options are.
SETTINGS = set(setting_names())
LISTS = ("runs", "evaluations", "ratings", "annotations", "trainings", "studies")


def headings(text: str) -> Iterator[str]:
    """The columns of each table in CSV; those of a mean with its interval are one."""
    for block in re.split(r"\n\n(?=# )", text):
        lines = block.splitlines()
        names = next(csv.reader(line for line in lines if not line.startswith("# ")))
        wide = {name.removesuffix("_low") for name in names if f"{name.removesuffix('_low')}_high" in names} - {"low"}
        parts = {f"{name}_{part}" for name in wide for part in ("low", "high", "count")}
        yield from (name for name in names if name not in parts)


def written(sandbox: Sandbox, *words: object) -> set[str]:
    done = sandbox(*words, "--csv")
    assert done.code == 0, (words, done.err)
    return set(headings(done.out))


@pytest.fixture
def views(sandbox: Sandbox, tmp_path: Path) -> dict[str, set[str]]:
    """The columns of every view."""
    one, small = studied_run(sandbox, tmp_path), studied_study(sandbox, tmp_path)
    scripted_run(sandbox, tmp_path, "two")
    assert sandbox("rate", "two", "--texts", 4).code == 0
    for name in ("suite-one", "suite-two"):
        words = ("--suite", "starter", "--limit", 3, "--model", "scripted", "--run-id", name)
        assert sandbox("evaluate", *words).code == 0
    trained(tmp_path / "runs" / "taught")
    asked = {
        **{f"list of {name}": ("inspect", "--table", name) for name in LISTS},
        **{name: ("analyze", name, one.name, small.name) for name in ANALYSES},
        "run": ("inspect", one),
        "interactions": ("inspect", one, "--interactions"),
        "why": ("inspect", one, "--why"),
        "agent": ("inspect", one, "--agent", 1),
        "map": ("inspect", one, "--map", "1"),
        "change": ("inspect", one, "--map", "0-1"),
        "rating": ("inspect", "two.scripted"),
        "cells": ("inspect", small.name),
        "study": ("study", "show", small.name),
        "evaluation": ("inspect", "suite-one"),
        "items": ("inspect", "suite-one", "--interactions"),
        "outcomes": ("inspect", "suite-one", "--why"),
        "evaluations": ("inspect", "suite-one", "suite-two"),
        "training": ("inspect", tmp_path / "runs" / "taught"),
    }
    found = {name: written(sandbox, *words) for name, words in asked.items()}
    found["runs"] = written(sandbox, "inspect", one, "two") - {"option", one.name, "two"}
    loaded = api.load(one)
    for table in (loaded.interactions(), loaded.ratings(), loaded.rounds()):
        found["tables in Python"] = found.get("tables in Python", set()) | set(table.column_names)
    found["table.parquet"] = set(pq.read_schema(small / "table.parquet").names)
    rare = {name for name, field in Interaction.model_fields.items() if not field.is_required()}
    found["export"] = set(schema("parquet", "string", rare).names)
    return found


def test_every_column_that_a_view_writes_is_told_and_every_told_one_is_written(views: dict[str, set[str]]) -> None:
    told = set(columns())
    assert {view: names - told - SETTINGS for view, names in views.items() if names - told - SETTINGS} == {}
    assert told - set.union(*views.values()) == set()
    assert not [name for name in told if not re.fullmatch(r"[a-z][a-z0-9_]*|[1-7]", name)]


def test_the_page_says_of_every_column_what_the_vocabulary_says() -> None:
    page = (ROOT / "docs" / "columns.md").read_text(encoding="utf-8").partition("## Names\n")[2]
    told = {part.partition("\n")[0]: part for part in page.split("### ")[1:]}
    assert list(told) == list(SECTIONS)
    for section, own in SECTIONS.items():
        rows = [f"| {' | '.join([_names(each.names), *each[1:]])} |" for each in own]
        assert told[section].strip().splitlines()[4:] == rows, section


def _names(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def test_earlier_names_of_orders_give_the_same_order(sandbox: Sandbox, tmp_path: Path) -> None:
    mixed = mixed_run(sandbox, tmp_path)
    for earlier, name in (
        ("gain", "alignment_gain"),
        ("engagement-gain", "engagement_gain"),
        ("alignment", "revision_alignment"),
        ("similarity", "recall_similarity"),
        ("alignment gain", "alignment_gain"),
    ):
        one, other = (sandbox("inspect", mixed, "--sort", each, "--csv") for each in (earlier, name))
        assert (one.code, one.out) == (0, other.out), earlier
        assert one.out != sandbox("inspect", mixed, "--interactions", "--csv").out


def test_runs_are_sorted_by_the_names_of_columns_too(sandbox: Sandbox, tmp_path: Path) -> None:
    for name, rounds in (("long", 3), ("short", 1)):
        scripted_run(sandbox, tmp_path, name, rounds=rounds)
    for column, order in (("bytes", "size"), ("rounds_done", "rounds"), ("alignment_after", "alignment")):
        one, other = (json.loads(sandbox("inspect", "--json", "--sort", each).out) for each in (column, order))
        assert [run["run_id"] for run in one] == [run["run_id"] for run in other]
        values = [run[column] for run in one]
        assert values == sorted(values, reverse=True)
        assert values[0] != values[1]


def test_columns_of_tables_have_the_types_that_are_told(sandbox: Sandbox, tmp_path: Path) -> None:
    runs = api.load(studied_run(sandbox, tmp_path))
    kinds = {"text": {"string"}, "whole number": {"int64"}, "number": {"int64", "double"}, "yes or no": {"bool"}}
    for table in (runs.interactions(), runs.ratings(), runs.rounds()):
        for field in table.schema:
            told, found = columns()[field.name].kind, str(field.type)
            assert found.startswith("list<") if told == "list" else found in kinds.get(told, found), field
