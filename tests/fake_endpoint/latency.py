"""How long an answer takes: distributions drawn from the body, so that the same body always takes equally long."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from fake_endpoint.bodies import Body, share

Latency = Callable[[Body], float]


@dataclass(frozen=True)
class Uniform:
    """Evenly between `low` and `high` seconds."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high < math.inf:
            raise ValueError(f"A uniform latency goes from a low to a high number of seconds, not {self}.")

    def __call__(self, body: Body) -> float:
        """Seconds for `body`."""
        return self.low + (self.high - self.low) * share(f"latency/{body.digest}")


@dataclass(frozen=True)
class LogNormal:
    """Half of the bodies take less than `median` seconds; `sigma` is the spread of the logarithm."""

    median: float
    sigma: float

    def __post_init__(self) -> None:
        if not (0 < self.median < math.inf and 0 <= self.sigma < math.inf):
            raise ValueError(f"A log-normal latency has a median above 0 and a sigma of 0 or more, not {self}.")

    def __call__(self, body: Body) -> float:
        """Seconds for `body`."""
        return self.median * math.exp(self.sigma * _NORMAL.inv_cdf(share(f"latency/{body.digest}")))


@dataclass(frozen=True)
class HeavyTail:
    """As `usual`, but `tail_share` of the bodies take `tail_factor` times as long."""

    usual: Latency
    tail_share: float
    tail_factor: float

    def __post_init__(self) -> None:
        if not (0 <= self.tail_share <= 1 and 0 <= self.tail_factor < math.inf):
            raise ValueError(f"A tail has a share between 0 and 1 and a factor, not {self}.")

    def __call__(self, body: Body) -> float:
        """Seconds for `body`."""
        slow = share(f"tail/{body.digest}") < self.tail_share
        return self.usual(body) * (self.tail_factor if slow else 1.0)


_NORMAL: Final = NormalDist()
_KINDS: Final[dict[str, type[Uniform] | type[LogNormal]]] = {"uniform": Uniform, "lognormal": LogNormal}


def parse(text: str) -> float | Latency:
    """`0.1`, `uniform:LOW:HIGH` or `lognormal:MEDIAN:SIGMA`, each of the two also with `:TAIL_SHARE:TAIL_FACTOR`.

    Seconds. Raises `ValueError`.
    """
    kind, *numbers = text.split(":")
    try:
        values = [float(number) for number in (numbers or [kind])]
    except ValueError:
        values = []
    match values:
        case [seconds] if not numbers and 0 <= seconds < math.inf:
            return seconds
        case [first, second, *tail] if kind in _KINDS and len(tail) in (0, 2):
            usual = _KINDS[kind](first, second)
            return HeavyTail(usual, *tail) if tail else usual
    raise ValueError(
        f"A latency is 0.1, uniform:0.1:0.3, lognormal:0.4:0.6 or lognormal:0.4:0.6:0.01:10, not {text!r}."
    )
