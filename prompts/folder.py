"""Templates out of a folder that others may have made: regular files of a bounded size. Knows no template by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from jinja2 import BaseLoader, Environment, TemplateNotFound

from memory.opening import read_whole

MOST_TEMPLATE: Final = 1 << 20  # bytes; what it says is sent with every call


class Folder(BaseLoader):
    """The files in `folder`. With `kept`, in a run, `folder` itself is no link either.

    Raises `OSError` for what is there and no regular file, or too large.
    """

    def __init__(self, folder: Path, *, kept: bool = False) -> None:
        self._folder: Final = folder
        self._depth: Final = 2 if kept else 1

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:  # noqa: ARG002
        """The text of a template, its path, and that it is not read again."""
        path = self._folder / template
        if path.parent != self._folder:
            raise TemplateNotFound(template)
        try:
            content = read_whole(path, MOST_TEMPLATE, depth=self._depth)
        except FileNotFoundError:
            raise TemplateNotFound(template) from None
        # As a text file is read anywhere else.
        return content.decode().replace("\r\n", "\n").replace("\r", "\n"), str(path), lambda: True
