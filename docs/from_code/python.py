"""The names of the Python API, its events, and what authors of extensions import: Sphinx documents their docstrings."""

import inspect
import re
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Final, get_args

import sandbox
from from_code.markdown import fenced
from sandbox import extending
from sandbox.progress import events

_OF_PYDANTIC: Final = re.compile(r"(?:~\w+\.)?Annotated\[(.+), FieldInfo\(.*\)\]")


def python() -> str:
    """All names that are promised to stay, in their order."""
    heard = [each.__name__ for each in get_args(events.Event)]
    return "\n".join(
        (
            _section("What `sandbox` has", sandbox, sandbox.__all__),
            _section("What `on_event` hears", events, heard),
            _section("For extensions", extending, extending.__all__),
        )
    )


def shorter(*signature: Any) -> tuple[str | None, ...]:
    """For Sphinx: a signature and what is returned, without what pydantic adds to a union of records."""
    *_, given, returned = signature
    return tuple(each and _OF_PYDANTIC.sub(r"\1", each) for each in (given, returned))


def _section(heading: str, module: ModuleType, names: Sequence[str]) -> str:
    return f"## {heading}\n\n" + fenced("eval-rst", "\n".join(_entry(module, name) for name in names))


def _entry(module: ModuleType, name: str) -> str:
    value = getattr(module, name)
    path = f"{module.__name__}.{name}"
    if module is not sandbox and name in sandbox.__all__:
        return f":py:obj:`{path} <sandbox.{name}>` is the same.\n"
    if not inspect.isclass(value):
        return f".. auto{'function' if inspect.isfunction(value) else 'data'}:: {path}\n"
    kind = "exception" if issubclass(value, Exception) else "class"
    # The fields of options are documented with their commands.
    of_options = hasattr(value, "form")
    return f".. auto{kind}:: {path}{'(**options)' if of_options else ''}\n" + ("" if of_options else "   :members:\n")
