"""What every page of a report shares: its templates, what it may load, pictures that stand in it, how it is written.

Knows files and HTML; no run and no study.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from memory.files import write_atomically
from sandbox.errors import UsageError
from sandbox.terminal import harmless

_INTERVAL: Final = re.compile(r"(-?[\d.]+ )(\[-?[\d.]+, -?[\d.]+\])")
_HERE: Final = Path(__file__).parent


class Picture(NamedTuple):
    """A plot as data URLs, for light and for dark pages; `says` is for those who do not see it."""

    says: str
    light: str
    dark: str


def drawn(says: str, draw: Callable[[bool], bytes]) -> Picture:
    """The SVG that `draw` gives for a light page (False) and for a dark one (True)."""
    return Picture(says, _url(draw(False)), _url(draw(True)))


def check_new(path: Path) -> None:
    """Raises `UsageError` where no new file can be made at `path`."""
    if path.exists() or path.is_symlink():
        raise UsageError(f"--html {path}: it is there already, and a report replaces nothing. Choose another name.")
    if not path.parent.is_dir():
        raise UsageError(f"--html {path}: there is no folder {path.parent}.")


def write_page(path: Path, page: bytes) -> None:
    """Raises `UsageError` where it cannot be written."""
    try:
        write_atomically(path, page)
    except OSError as error:
        raise UsageError(f"--html {path}: cannot be written: {error.strerror}.") from None


def file_of_page(name: str) -> str:
    """The text of a file that belongs to the pages."""
    return (_HERE / name).read_text(encoding="utf-8")


def environment() -> Environment:
    """Escapes whatever is not ours, and makes it harmless."""
    made = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    made.filters |= {"whole": Markup, "interval": _unbroken}
    return made


def _unbroken(cell: str) -> Markup:
    """`cell` with the interval at its end in one piece, where there is one: `5.11 [4.88, 5.33]`."""
    if found := _INTERVAL.fullmatch(cell):
        return Markup('{}<span class="interval">{}</span>').format(*found.groups())
    return escape(harmless(cell))


def policy(css: str, script: str = "") -> str:
    """Nothing from anywhere but pictures that stand in the page, its own style and its own script."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_digest(css)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _url(picture: bytes) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(picture).decode()
