"""What training minimises, as functions of tensors. Knows no model, no trainer and no text."""

from typing import Final, NamedTuple

import torch
from torch import Tensor

from sandbox.options.training import Clamp

RATING_SCALE: Final = 7  # ratings are 1..7; by this the paper's code divides their differences (arXiv 2305.16960)


class StableLoss(NamedTuple):
    """Numbers of one query: `loss` = `best` + ratio * `penalty`."""

    loss: Tensor
    best: Tensor
    penalty: Tensor


def stable_loss(nll: Tensor, ratings: Tensor, *, margin: float, ratio: float, clamp: Clamp) -> StableLoss:
    """Stable Alignment (arXiv 2305.16960, section 3.2) of one query.

    `nll` are the mean losses of a token (nats) of its answers and `ratings` theirs, in the same order; both [answers].
    An answer that is rated lower than the best should be less likely than it, by a margin that grows with the
    difference of ratings. Best answers that tie are one answer with the mean of their losses; if all tie, or there is
    one, there is no penalty. The order of answers changes no bit of it. Several queries are a matter of the caller.
    """
    if nll.device.type != "mps":  # which has no float64
        nll = nll.double()
    at_top = ratings == ratings.max()
    best = _mean(nll[at_top])
    margins = (ratings.max() - ratings[~at_top]).to(nll.dtype) / RATING_SCALE * margin
    penalty = _penalty(best - nll[~at_top] + margins, clamp)
    return StableLoss(best + ratio * penalty, best, penalty)


def _penalty(flows: Tensor, clamp: Clamp) -> Tensor:
    """Of how far each lower rated answer is from being its margin less likely than the best, never below 0."""
    if not len(flows):
        return flows.sum()
    if clamp == "each":
        return _mean(flows.clamp(min=0))
    return (flows.max() if clamp == "max" else _mean(flows)).clamp(min=0)


def _mean(values: Tensor) -> Tensor:
    """In one order of adding, whatever the order of `values`."""
    return torch.sort(values).values.mean()
