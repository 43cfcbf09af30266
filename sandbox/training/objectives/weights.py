"""How much each rating counts where a model learns two aims at once: MODPO (arXiv 2310.03708), or DPO on their sum.

Knows what `--weights` may say, and which pairs can be weighed so; knows no tensor.
"""

import math
from typing import Final, NamedTuple

from sandbox.errors import UsageError
from sandbox.options.training import TrainingConfig
from sandbox.training.data.examples import Answer, Pair

_FORM: Final = "--weights alignment=0.7,engagement=0.3"
_ROUNDING: Final = 1e-6


class Weights(NamedTuple):
    """Shares of both ratings, together 1; the pairs themselves were compared on alignment."""

    alignment: float
    engagement: float


PLAIN: Final = Weights(1.0, 0.0)


def weights_of(config: TrainingConfig) -> Weights:
    """What `--weights` of a MODPO says; of every other objective, alignment alone. Raises `UsageError`."""
    if config.objective != "modpo":
        return PLAIN
    if config.weights is None:
        raise UsageError(f"modpo trains for two ratings, and nothing says how much each counts: add {_FORM}")
    return _read(config.weights)


def weighed(config: TrainingConfig) -> Weights | None:
    """Of DPO with `--weights`: of both ratings in the sum that decides which answer is better. Raises `UsageError`."""
    return _read(config.weights) if config.objective == "dpo" and config.weights else None


def by_sum(pair: Pair, weights: Weights) -> Pair:
    """`pair` as the weighted sum of both ratings decides it; those it has are all there (`needs`)."""
    gap = _gap(pair, weights)
    return pair if gap >= 0 else pair._replace(chosen=pair.rejected, rejected=pair.chosen)


def needs(pair: Pair, config: TrainingConfig) -> str | None:
    """Why `pair` cannot be learnt from, as a reason to count it by; None if it can."""
    sum_of = weighed(config)
    answers = (pair.chosen, pair.rejected)
    if (sum_of or weights_of(config)).engagement and any(each.engagement is None for each in answers):
        return "no engagement rating"
    return "weighted sums are equal" if sum_of and abs(_gap(pair, sum_of)) < _ROUNDING else None


def _gap(pair: Pair, weights: Weights) -> float:
    """By how much the weighted sum of `chosen` is higher."""
    return _sum(pair.chosen, weights) - _sum(pair.rejected, weights)


def _sum(answer: Answer, weights: Weights) -> float:
    return weights.alignment * (answer.alignment or 0.0) + weights.engagement * (answer.engagement or 0.0)


def _read(text: str) -> Weights:
    named = [_named(each) for each in text.split(",")]
    if len(dict(named)) < len(named):
        raise UsageError(f"--weights {text}: a rating is there twice; wanted is one weight of each, as in {_FORM}")
    return _checked(text, dict(named))


def _named(entry: str) -> tuple[str, float]:
    name, _, number = entry.partition("=")
    try:
        return name.strip(), float(number)
    except ValueError:
        raise UsageError(f"--weights {entry}: it is no name and number, as in {_FORM}") from None


def _checked(text: str, weights: dict[str, float]) -> Weights:
    if set(weights) != set(Weights._fields):
        raise UsageError(f"--weights {text}: both ratings have a weight, as in {_FORM}")
    found = Weights(**weights)
    if not math.isclose(sum(found), 1, abs_tol=_ROUNDING) or not 0 < found.alignment <= 1:
        raise UsageError(
            f"--weights {text}: weights are shares that add up to 1, and that of alignment is above 0, because the "
            f"pairs are compared on it; as in {_FORM}"
        )
    return found
