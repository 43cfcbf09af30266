"""Where templates are read from: bundled ones, a user's folder, what a run kept. Knows names and files, no template."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from jinja2 import BaseLoader, ChoiceLoader, DictLoader, FileSystemLoader

from prompts.faults import TemplateError
from prompts.folder import Folder
from prompts.names import OF_STEP, REPLACEABLE, SITUATIONAL

BUNDLED: Final = Path(__file__).parent / "society"
DATA: Final = Path(__file__).parent / "data.jinja"


def situational(wanted: Collection[str], kept: Path | None, read: Mapping[str, str] | None) -> list[str]:
    """Which of the situational templates there are to be: those that were read or kept, where any were, else these."""
    if read:
        return [name for name in SITUATIONAL if name in read]
    return [name for name in SITUATIONAL if (os.path.lexists(kept / f"{name}.jinja") if kept else name in wanted)]


def texts(read: Mapping[str, str]) -> BaseLoader:
    """The templates of these names and texts."""
    return DictLoader({f"{name}.jinja": text for name, text in read.items()})


def bundled(directory: Path | None, step: str | None = None) -> BaseLoader:
    """The bundled templates, replaced by those in `directory`, and that of a `step`.

    Raises `TemplateError` for files that replace none.
    """
    own = {} if step is None else {f"{OF_STEP}.jinja": step}
    fixed = DictLoader({"data.jinja": DATA.read_text(encoding="utf-8"), **own})
    if directory is None:
        return ChoiceLoader([fixed, FileSystemLoader(BUNDLED)])
    if not directory.is_dir():
        raise TemplateError(f"--prompts {directory}: no such folder")
    if unknown := sorted(path.name for path in directory.glob("*.jinja") if path.stem not in REPLACEABLE):
        raise TemplateError(
            f"--prompts {directory}: {unknown[0]} replaces no template; the names are "
            + ", ".join(f"{name}.jinja" for name in REPLACEABLE)
        )
    return ChoiceLoader([fixed, Folder(directory), FileSystemLoader(BUNDLED)])
