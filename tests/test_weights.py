"""Weights of two ratings: which are refused, what a pair needs, and which answer a weighted sum prefers."""

import pytest
from tables import table
from tiny_jobs import pairs

from sandbox.errors import UsageError
from sandbox.options.training import TrainingConfig
from sandbox.training.data.examples import Answer, Pair
from sandbox.training.objectives.weights import by_sum, needs, weighed, weights_of


@table(
    ("words", "told"),
    [
        (None, "nothing says how much"),
        ("alignment", "no name and number"),
        ("alignment=0.5", "both ratings"),
        ("alignment=0.5,engagement=0.4", "add up to 1"),
        ("alignment=0,engagement=1", "above 0"),
        ("alignment=nan,engagement=0.5", "add up to 1"),
    ],
)
def test_weights_that_are_none_are_refused(words: str | None, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        weights_of(TrainingConfig(objective="modpo", weights=words))


def test_a_pair_without_the_other_rating_cannot_be_weighed() -> None:
    pair = pairs(1)[0]
    bare = pair._replace(rejected=Answer("rude .", 1.0))
    both = TrainingConfig(objective="modpo", weights="alignment=0.5,engagement=0.5")
    assert needs(pair, both) is None
    assert needs(bare, both) == "no engagement rating"
    assert needs(bare, TrainingConfig(objective="modpo", weights="alignment=1,engagement=0")) is None
    assert needs(bare, TrainingConfig(objective="dpo")) is None


def test_dpo_on_the_weighted_sum_turns_pairs_that_it_decides_otherwise() -> None:
    config = TrainingConfig(objective="dpo", weights="alignment=0.25,engagement=0.75")
    sums = weighed(config)
    assert sums
    pair = Pair(pairs(1)[0].messages, Answer("a", 6.0, 2.0), Answer("b", 4.0, 4.0))  # sums of 3 and 4
    assert [each.text for each in (by_sum(pair, sums).chosen, by_sum(pair, sums).rejected)] == ["b", "a"]
    assert by_sum(pair._replace(chosen=Answer("a", 7.0, 5.0)), sums).chosen.text == "a"
    assert needs(pair, config) is None
    assert needs(pair._replace(chosen=Answer("a", 7.0, 3.0)), config) == "weighted sums are equal"
    assert needs(pair._replace(chosen=Answer("a", 7.0, None)), config) == "no engagement rating"
    assert weighed(TrainingConfig(objective="modpo", weights=config.weights)) is None
