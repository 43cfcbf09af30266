"""How much each rating counts where a model learns two aims at once (MODPO, arXiv 2310.03708).

Knows what `--weights` may say, and which pairs can be weighed so; knows no tensor.
"""

import math
from typing import Final, NamedTuple

from sandbox.errors import UsageError
from sandbox.options.training import TrainingConfig
from sandbox.training.data.examples import Pair

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
    return _checked(config.weights, dict(_named(each) for each in config.weights.split(",")))


def needs(pair: Pair, config: TrainingConfig) -> str | None:
    """Why `pair` cannot be learnt from, as a reason to count it by; None if it can."""
    answers = (pair.chosen, pair.rejected)
    if weights_of(config).engagement and any(each.engagement is None for each in answers):
        return "no engagement rating"
    return None


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
