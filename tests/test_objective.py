"""Losses equal their formulas, written out anew in plain Python, in whatever order answers come."""

from random import Random
from statistics import mean

import pytest
import torch

from sandbox.options.training import Clamp
from sandbox.training.objectives.objective import stable_loss

pytestmark = pytest.mark.slow
CLAMPS: tuple[Clamp, ...] = ("each", "mean", "max")


def by_hand(losses: list[float], ratings: list[float], margin: float, ratio: float, clamp: Clamp) -> float:
    """Equation by equation, as the contract has it."""
    top = max(ratings)
    imitated = mean(loss for loss, rating in zip(losses, ratings, strict=True) if rating == top)
    flows = [
        imitated - loss + (top - rating) / 7 * margin
        for loss, rating in zip(losses, ratings, strict=True)
        if rating != top
    ]
    if not flows:
        return imitated
    penalties = {
        "each": mean(max(0.0, flow) for flow in flows),
        "mean": max(0.0, mean(flows)),
        "max": max(0.0, *flows),
    }
    return imitated + ratio * penalties[clamp]


def some_query(random: Random) -> tuple[list[float], list[float]]:
    """Losses and ratings of one to six answers, whose ratings often tie."""
    answers = random.randint(1, 6)
    losses = [random.uniform(0, 6) for _ in range(answers)]
    return losses, [random.choice((1.0, 2.0, 2.5, 4.0, 7.0)) for _ in range(answers)]


def test_stable_loss_is_the_formula_for_a_thousand_random_queries() -> None:
    random = Random(0)
    unlike = 0
    for number in range(1000):
        losses, ratings = some_query(random)
        margin, ratio, clamp = random.uniform(0, 10), random.uniform(0, 2), CLAMPS[number % 3]
        made = stable_loss(torch.tensor(losses), torch.tensor(ratings), margin=margin, ratio=ratio, clamp=clamp)
        assert abs(float(made.loss) - by_hand(losses, ratings, margin, ratio, clamp)) < 1e-6
        assert abs(float(made.loss - made.best - ratio * made.penalty)) < 1e-12
        unlike += len({by_hand(losses, ratings, margin, ratio, each) for each in CLAMPS}) == 3
    assert unlike > 100  # queries tell the three clamps apart


def test_stable_loss_does_not_know_the_order_of_answers() -> None:
    random = Random(1)
    for number in range(1000):
        losses, ratings = some_query(random)
        order = random.sample(range(len(losses)), len(losses))
        one, other = (
            stable_loss(
                torch.tensor([losses[place] for place in places]),
                torch.tensor([ratings[place] for place in places]),
                margin=10,
                ratio=0.2,
                clamp=CLAMPS[number % 3],
            )
            for places in (range(len(losses)), order)
        )
        assert [float(part) for part in one] == [float(part) for part in other]


def test_gradient_of_stable_loss_is_that_of_the_formula() -> None:
    losses = torch.tensor([2.0, 1.0, 3.0, 9.0], requires_grad=True)
    stable_loss(losses, torch.tensor([7.0, 3.0, 7.0, 1.0]), margin=1, ratio=0.5, clamp="each").loss.backward()
    # Both best have half of imitation and half of the one penalty that is not 0, which is a half of two: 1/8 more.
    assert losses.grad is not None
    assert losses.grad.tolist() == [0.625, -0.25, 0.625, 0.0]
