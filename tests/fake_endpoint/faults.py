"""What can go wrong with a chat request, by name, and how it is drawn. Knows nothing of HTTP.

Faults of transport end a try without a reply that can be used; twists change what a whole reply says.
"""

from collections.abc import Collection, Mapping
from typing import Final, Literal, TypeGuard, get_args

from fake_endpoint.bodies import share

Status = Literal["400", "401", "403", "404", "408", "413", "429", "429_bare", "500", "503"]
Broken = Literal["reset", "half", "not_json", "hang", "redirect", "empty_choices"]
Flood = Literal["endless", "packed"]
Twist = Literal["length", "spent", "content_filter", "refusal", "empty_text", "prose", "parts", "lone"]
Fault = Status | Broken | Flood | Twist

_STATUSES: Final[frozenset[str]] = frozenset(get_args(Status))
TRANSPORT: Final[frozenset[str]] = _STATUSES | frozenset(get_args(Broken)) | frozenset(get_args(Flood))
TWISTS: Final[frozenset[str]] = frozenset(get_args(Twist))


def drawn(faults: Mapping[Fault, float], seed: int, digest: str, seen: int) -> Fault | None:
    """What goes wrong with the try of a body that was let in `seen` times before, whatever came in between.

    A fault of transport is drawn for each try; a twist for each body, so that what a reply says follows from the body.
    """
    if not faults:
        return None
    broken = _choice(faults, TRANSPORT, f"try/{seed}/{digest}/{seen}")
    return broken or _choice(faults, TWISTS, f"twist/{seed}/{digest}")


def is_status(fault: Fault) -> TypeGuard[Status]:
    """Whether `fault` is an error with a status."""
    return fault in _STATUSES


def check(faults: Mapping[Fault, float]) -> None:
    """Raises `ValueError` unless the names are known and the shares of each kind are parts of 1."""
    if unknown := sorted(faults.keys() - TRANSPORT - TWISTS):
        raise ValueError(f"There is no fault {unknown[0]!r}; there are: {', '.join(sorted(TRANSPORT | TWISTS))}.")
    for among in (TRANSPORT, TWISTS):
        shares = [faults[name] for name in faults if name in among]
        # Written so that NaN is refused too; ten shares of 0.1 may add up to a little more than 1.
        if not (all(share >= 0 for share in shares) and sum(shares) <= 1 + 1e-9):
            raise ValueError(f"The shares of faults are between 0 and 1 and at most 1 together, not {shares}.")


def _choice(faults: Mapping[Fault, float], among: Collection[str], key: str) -> Fault | None:
    left = share(key)
    for name in sorted(faults):
        if name in among:
            left -= faults[name]
            if left < 0:
                return name
    return None
