"""What is wrong with a template, in words of ours: where it is no template, and which line cannot be worked out."""

import re
import traceback
from pathlib import Path
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, UndefinedError

from memory.opening import ForeignFileError

# What an expression in a template can come to.
FAULTS: Final = (
    TypeError,
    ValueError,
    ArithmeticError,
    AssertionError,
    LookupError,
    AttributeError,
    RecursionError,
    MemoryError,
)
_SHOWN: Final = 80
_ABSENT: Final = re.compile(r"has no attribute ('[^']{1,80}')|^('[^']{1,80}') is undefined")


class TemplateError(Exception):
    """A template is missing, broken, or uses the wrong variables; the message names the file."""


def of_reading(error: Exception) -> str:
    """Why a template cannot be read, and where."""
    if isinstance(error, TemplateSyntaxError):
        lines = (error.source or "").splitlines()[error.lineno - 1 : error.lineno]
        return f"line {error.lineno} is no valid template: {''.join(lines).strip()[:_SHOWN]}"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is no UTF-8: save the file as UTF-8"
    if isinstance(error, ForeignFileError):
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError):
        return error.strerror or "it cannot be read"
    return "it is nested too deeply" if isinstance(error, RecursionError | MemoryError) else "it cannot be read"


def place(environment: Environment, error: BaseException, name: str) -> str:
    """The line of template `name` that cannot be worked out, also where it is one of a file that is taken in."""
    what = _reason(error)
    frames = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).suffix == ".jinja"]
    if not frames:
        return f"something in it cannot be worked out{what}"
    file = Path(frames[-1].filename).name
    line = environment.get_template(file).get_corresponding_lineno(frames[-1].lineno or 1)
    return f"line {line}{'' if file == f'{name}.jinja' else f' of {file}'} cannot be worked out{what}"


def _reason(error: BaseException) -> str:
    """What jinja and Python say of an expression, in words of ours."""
    if isinstance(error, UndefinedError) and (found := _ABSENT.search(str(error))):
        return f": nothing there is called {found[1] or found[2]}"
    if isinstance(error, TypeError | ValueError):
        return ": a value is of another kind than is wanted there, such as a text for a number, or none"
    return ": it divides by zero" if isinstance(error, ZeroDivisionError) else ""
