"""The templates that a run speaks with: those it kept, else those that somebody names. Knows no wording."""

import os
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Final

from prompts import Prompts, TemplateError
from sandbox.errors import UsageError

# What templates may hold was less bounded once.
_ADVICE: Final = (
    "\nA run that an earlier version began with such templates goes on with that version; inspect and export read it."
)


def templates_of(
    folder: str | None, kept: Path | None, beside: Collection[str] = (), step: str | None = None
) -> Prompts:
    """The templates in `kept`, if that is there, else the bundled ones with those in `folder`. Raises `UsageError`.

    `beside` are the situational ones that are wanted, `step` the text of that of an extension; what was kept has its
    own.
    """
    is_kept = kept is not None and os.path.lexists(kept)
    try:
        if is_kept:
            return Prompts(kept=kept)
        if folder or step is not None:
            return Prompts(Path(folder) if folder else None, beside=beside, step=step)
        return _bundled(frozenset(beside))
    except TemplateError as error:
        raise UsageError(f"{error}{_ADVICE if is_kept else ''}") from None


@lru_cache(maxsize=4)
def _bundled(beside: frozenset[str]) -> Prompts:
    """The bundled templates, compiled once for all runs of a process, such as the cells of a study."""
    return Prompts(beside=beside)
