"""The sentence for a value that cannot be: where it stands, what was found, what is wanted, and the nearest to it."""

import shlex
from typing import Any, Final

from sandbox.errors import UsageError
from sandbox.options.domain import Domain

_LONGEST: Final = 60
_WORDS: Final[dict[type, str]] = {dict: "a table", list: "a list", tuple: "a list"}


def refusal(place: str, value: Any, domain: Domain, wanted: str | None = None) -> UsageError:
    """The error for `value`, which stands behind `place`: `--grid `, `SANDBOX_GRID=`, `run.toml:3: grid = `."""
    return UsageError(f"{place}{shown(value)}: wanted is {wanted or domain.words}.{domain.nearest(value)}")


def shown(value: Any) -> str:
    """`value` as it was written or nearly so, in quotes where blanks would hide; of tables and lists only the kind."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if type(value) in _WORDS:
        return _WORDS[type(value)]
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return shlex.quote(text) if not text or any(map(str.isspace, text)) else text
