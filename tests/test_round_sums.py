"""Sums of a round: means of what was rated, gains of what was rated twice, and rounds in which nothing was."""

from random import Random
from typing import Any

import pytest
from societies import plan, play, scripted, society

from agents.model import ErrorKind, Reply, Request
from sandbox.runs.records import Interaction
from sandbox.runs.round_sums import RoundSums, Sum


def one_round(answer: Any = scripted) -> list[Interaction]:
    here = society(plan(rounds=1))
    for _ in play(here, Random(0), 9, answer):
        pass
    return list(here.release())


def summed(interactions: list[Interaction]) -> RoundSums:
    sums = RoundSums()
    for interaction in interactions:
        sums.add(interaction)
    return sums


def without_rating(interaction: Interaction, text: str) -> Interaction:
    document = interaction.model_dump()
    document["scores"][text]["alignment"] |= {"rating": None, "missing": "unparsable"}
    return Interaction.model_validate(document)


def test_a_gain_is_paired_and_means_are_of_all_that_was_rated() -> None:
    first, second, *_ = one_round()
    sums = summed([without_rating(first, "draft"), second])
    summary = sums.summary(4)
    assert (summary.round, summary.interactions, summary.failed, summary.missing) == (4, 2, 0, 1)
    ratings = [item.scores.revision.alignment.rating for item in (first, second)]  # type: ignore[union-attr]
    assert summary.scores.revision.alignment.mean == pytest.approx(sum(filter(None, ratings)) / 2)
    assert (summary.scores.draft.alignment.count, summary.scores.revision.alignment.count) == (1, 2)
    before = second.scores.draft.alignment
    assert before
    assert summary.gain.alignment.count == 1
    assert str(sums.alignment) == f"{before.rating:.2f} -> {ratings[1]:.2f}"
    assert summary.gain.alignment.mean == ratings[1] - before.rating  # type: ignore[operator]


def test_a_round_in_which_everything_failed_has_no_means() -> None:
    def refused(request: Request) -> Reply | ErrorKind:
        return "bad_request"

    summary = summed(one_round(refused)).summary(0)
    assert (summary.interactions, summary.failed, summary.missing) == (9, 9, 0)
    assert summary.scores.draft.alignment.mean is None
    assert summary.gain.engagement.count == 0


def test_a_sum_counts_no_missing_value() -> None:
    values = Sum()
    assert values.mean is None
    for value in (3, None, 4):
        values.add(value)
    assert (values.mean, values.count) == (3.5, 2)
