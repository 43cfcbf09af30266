"""How options name an extension: `extension:NAME` or `extension:NAME:ARGUMENT`; a step without that prefix.

A step is always one. Otherwise the prefix says so without a look at what is installed: no package that somebody adds
changes what another name means, and a name in a manifest is never sent elsewhere where its package is missing. Nothing
slow is imported here.
"""

import re
from typing import Final, NamedTuple

PREFIX: Final = "extension:"
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


class Named(NamedTuple):
    """The name of an entry point, and what stands behind it; empty where nothing does."""

    name: str
    argument: str


def is_extension(text: str) -> bool:
    """Whether a model or a question set of this name comes from an extension."""
    return text.startswith(PREFIX)


def named(text: str) -> Named:
    """What `text` names, with the prefix or without."""
    name, _, argument = text.removeprefix(PREFIX).partition(":")
    return Named(name, argument)


def names_extension(text: str) -> bool:
    """Whether it can be the name of one, without the prefix."""
    return not is_extension(text) and _NAME.fullmatch(named(text).name) is not None
