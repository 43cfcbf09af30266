"""The templates that a run speaks with: those it kept, else those that somebody names. Knows no wording."""

import os
from pathlib import Path

from prompts import Prompts, TemplateError
from sandbox.errors import UsageError


def templates_of(folder: str | None, kept: Path | None) -> Prompts:
    """The templates in `kept`, if that is there, else the bundled ones with those in `folder`. Raises `UsageError`."""
    try:
        if kept and os.path.lexists(kept):
            return Prompts(kept=kept)
        return Prompts(Path(folder) if folder else None)
    except TemplateError as error:
        raise UsageError(str(error)) from None
