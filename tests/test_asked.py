"""What options of `sandbox export` ask for: what cannot be is told before any run is opened."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import UsageError
from sandbox.export.asked import check_options, recipe_of, standing, trainers_named
from sandbox.export.options import ExportOptions
from sandbox.export.recipe import Recipe
from sandbox.options.resolution import resolve
from sandbox.span import Span

NAN = float("nan")


def options(**given: Any) -> ExportOptions:
    return resolve(ExportOptions, {"format": "dpo", "out": Path("x"), **given}, None, {}).config


def ask(asked: ExportOptions) -> Recipe:
    """As the command does with one run."""
    check_options(asked, 1)
    trainers_named(asked.for_)
    return recipe_of(asked)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"min_score": 0.9}, "--min-score 0.9: wanted is a rating"),
        ({"min_score": 7.1}, "wanted is a rating"),
        ({"min_score": NAN}, "--min-score nan: wanted is a rating"),
        ({"format": "kto", "threshold": 0.5}, "--threshold 0.5: wanted is a rating"),
        ({"format": "kto", "threshold": 8}, "wanted is a rating"),
        ({"format": "kto", "threshold": NAN}, "wanted is a rating"),
        ({"min_gap": -1}, "--min-gap -1: wanted is a difference"),
        ({"min_gap": 7}, "wanted is a difference"),
        ({"min_gap": NAN}, "wanted is a difference"),
        ({"min_length": 0}, "--min-length 0: wanted is a number of characters"),
        ({"near_duplicates": 0.0}, "--near-duplicates 0: wanted is a cosine"),
        ({"near_duplicates": 1.01}, "wanted is a cosine"),
        ({"near_duplicates": NAN}, "wanted is a cosine"),
        ({"validation": -0.1}, "--validation -0.1: wanted is a share"),
        ({"validation": 1.0}, "wanted is a share"),
        ({"test": NAN}, "--test nan: wanted is a share"),
        ({"validation": 0.6, "test": 0.4}, "below 1 together"),
        ({"model": ""}, "--model is empty"),
        ({"license": ""}, "--license is empty"),
        ({"embedder": "", "near_duplicates": 0.9}, "--embedder is empty"),
        ({"for_": ""}, "--for is empty"),
        ({"for_": " , "}, "--for names no trainer"),
        ({"for_": "trl,axolot"}, "Did you mean 'axolotl'?"),
        ({"format": "sft", "mix": "5:1"}, "--mix 5:1: wanted are weights"),
        ({"format": "sft", "mix": "0:0:0"}, "wanted are weights"),
        ({"round": "5-3"}, "--round 5-3 ends before it begins"),
        ({"round": "x"}, "no number and no span"),
        ({"license": "All rights!"}, "no id of a licence"),
        ({"embedder": "hash"}, "--embedder is for --near-duplicates"),
        ({"max_length": 100}, "--max-length is for --check and --push"),
        ({"format": "reward", "preference": "bradley-terry"}, "--preference means nothing for reward"),
        ({"format": "kto", "preference": "hard"}, "it is for dpo, modpo"),
        ({"format": "alpaca", "style": "string"}, "--style means nothing for alpaca"),
        ({"mix": "5:1:1"}, "--mix means nothing for dpo"),
        ({"format": "parquet", "keep_duplicates": True}, "--keep-duplicates means nothing for parquet"),
        ({"format": "kto", "min_score": 5}, "--min-score means nothing for kto"),
        ({"format": None}, "--format says what it is for"),
        ({"out": None}, "--out names the folder"),
        ({"check": Path("x"), "out": None}, "leave out --format"),
    ],
)
def test_what_cannot_be_is_told_in_a_line_or_two(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        ask(options(**given))
    assert message in str(refused.value)
    assert len(str(refused.value).splitlines()) <= 2


@pytest.mark.parametrize(
    "given",
    [
        {"min_score": 1, "min_gap": 0, "min_length": 1, "near_duplicates": 1, "validation": 0.0, "test": 0.999},
        {"min_score": 7, "min_gap": 6, "near_duplicates": 0.01, "validation": 0.5, "test": 0.49},
        {"format": "kto", "threshold": 1},
        {"max_length": 100, "push": "me/set"},
        {"format": "modpo", "preference": "bradley-terry", "min_gap": 2},
    ],
)
def test_what_can_be_is_in_the_recipe(given: dict[str, Any]) -> None:
    recipe = ask(options(**given))
    assert all(getattr(recipe, name) == value for name, value in given.items() if hasattr(recipe, name))


def test_defaults_follow_from_the_format() -> None:
    assert recipe_of(options(format="parquet")).keep_duplicates
    assert not recipe_of(options()).keep_duplicates
    assert recipe_of(options(near_duplicates=0.9)).embedder == "all-MiniLM-L6-v2"
    assert recipe_of(options()).embedder is None
    assert recipe_of(options(round="2-3")).rounds == Span(2, 3)
    assert trainers_named(None) is None
    assert trainers_named("axolotl, trl") == ("trl", "axolotl")


def test_variables_give_what_fits_and_nothing_else() -> None:
    def fits(**asked: Any) -> set[str]:
        options = ExportOptions(**asked)
        return standing(options, options) & {"max_length", "for_", "embedder", "mix", "seed", "push", "check"}

    assert fits(format="dpo") == {"for_", "seed"}
    assert fits(format="dpo", near_duplicates=0.9, push="a/b") == {"for_", "seed", "embedder", "max_length"}
    assert fits(format="parquet") == {"seed"}
    assert fits(format="sft") == {"for_", "seed", "mix"}
    assert fits(check=Path("set")) == {"for_", "max_length"}
    assert fits(check=Path("set"), push="a/b") == {"max_length"}
