"""The templates that a run speaks with: those it kept, else those that its configuration names. Knows no wording."""

from pathlib import Path

from prompts import Prompts, TemplateError
from sandbox.errors import UsageError
from sandbox.options.config import Config


def templates_of(config: Config, kept: Path | None) -> Prompts:
    """The templates in `kept`, if that folder is there, else those of `config`. Raises `UsageError`."""
    try:
        if kept and kept.is_dir():
            return Prompts(kept=kept)
        return Prompts(Path(config.prompts) if config.prompts else None)
    except TemplateError as error:
        raise UsageError(str(error)) from None
