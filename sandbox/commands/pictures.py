"""Where a picture goes: the file that --output names. Knows no picture."""

from collections.abc import Callable
from pathlib import Path

from memory.files import write_atomically
from sandbox.errors import UsageError
from sandbox.inspection.picture import PictureFormat
from sandbox.progress.alive import alive
from sandbox.terminal import error_console, plain


def write_picture(
    name: str, path: Path | None, draw: Callable[[PictureFormat], bytes], *, flag: str | None = None
) -> None:
    """Write what `draw` gives into `path`, in the format that its ending says. Raises `UsageError` naming `flag`."""
    path = picture_place(name, path, flag=flag)
    with alive(f"Drawing {path}"):
        write_atomically(path, draw("svg" if path.suffix == ".svg" else "png"))
    error_console().print(plain(f"{path} is written."))


def picture_place(name: str, path: Path | None, *, flag: str | None = None) -> Path:
    """`path`, which a picture can be written to. Raises `UsageError` naming `flag`."""
    if path is None or path.suffix not in (".png", ".svg"):
        raise UsageError(f"{flag or f'--plot {name}'} needs a file for the picture: -o {name}.png or -o {name}.svg")
    if not path.parent.is_dir():
        raise UsageError(f"-o {path}: the folder {path.parent} is not there.")
    return path
