"""Finds what installed packages offer under our entry points, and makes it; whoever is at fault is named.

Looked up when a name is asked for, never at start-up. Nothing is imported but the entry point of that name, in that
group. Knows packages, not what a model, a question set or a step is.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, Literal

from sandbox.errors import SandboxError, UsageError
from sandbox.extending.aside import ASIDE
from sandbox.options.extensions import named
from sandbox.text import in_a_line

Group = Literal["sandbox.models", "sandbox.questions", "sandbox.steps"]
_LONGEST: Final = 300
_MOST_NAMES: Final = 10


@dataclass(frozen=True)
class Extension:
    """What `asked` names: an entry point of `group`, of the one distribution that offers it."""

    group: Group
    asked: str
    entry: EntryPoint

    @property
    def distribution(self) -> tuple[str, str]:
        """Name and version of the package that offers it."""
        return _distribution(self.entry)

    def __str__(self) -> str:
        """`'parrot' of society-parrot 1.0 (sandbox.models)`."""
        return f"{self.entry.name!r} of {' '.join(self.distribution)} ({self.group})"

    def made(self) -> Any:
        """What its callable gives for the argument behind the name. Raises `SandboxError`."""
        with self.blamed(), ASIDE:
            return self.entry.load()(named(self.asked).argument)

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Turns what the code of the extension raises into an error that names it; one of ours stays what it is."""
        try:
            yield
        except SandboxError:
            raise
        except (Exception, SystemExit) as error:  # a module may end what imports it
            raise SandboxError(self.refused(f"failed: {told(error)}")) from error

    def refused(self, what: str) -> str:
        """That it did `what`, and what to do."""
        package = self.distribution[0]
        return (
            f"The extension {self} {what}\nThe fault is in that package, or in what stands behind its name: install "
            f"another version of {package}, or leave {_short(self.asked)} out. --debug shows where."
        )


def find(group: Group, asked: str) -> Extension:
    """The extension that `asked` names in `group`. Raises `UsageError` where none has that name, or several have."""
    name = named(asked).name
    found = [*entry_points(group=group, name=name)] if name else []
    if not found:
        raise UsageError(_absent(group, asked))
    if len(found) > 1:
        packages = " and ".join(sorted(" ".join(_distribution(each)) for each in found))
        raise UsageError(
            f"{_short(asked)}: {packages} both offer {name!r} in {group}, and which one is meant nobody "
            "can tell.\nRemove one of them: pip uninstall NAME."
        )
    return Extension(group, asked, found[0])


def versions(group: Group, asked: Iterable[str | None]) -> dict[str, str]:
    """The packages of the extensions that are `asked` for, by name. Raises `UsageError`."""
    return dict(find(group, each).distribution for each in asked if each)


def told(error: BaseException) -> str:
    """`ValueError: no such voice`, on a line of a bounded length."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001  # it is code of the extension, too
        said = ""
    return _short(f"{type(error).__name__}: {said}").rstrip(": ")


def _short(text: str) -> str:
    return in_a_line(text)[:_LONGEST]


def _absent(group: Group, asked: str) -> str:
    names = sorted({entry.name for entry in entry_points(group=group)})
    more = ", ..." if len(names) > _MOST_NAMES else ""
    there = f"installed are {', '.join(map(in_a_line, names[:_MOST_NAMES]))}{more}" if names else "none is installed"
    return (
        f"{_short(asked)}: no package that is installed here offers {named(asked).name[:100]!r} in "
        f"{group} ({there}).\nInstall the package that has it where sandbox is installed, or mend the name."
    )


def _distribution(entry: EntryPoint) -> tuple[str, str]:
    return (entry.dist.name, entry.dist.version) if entry.dist else ("a package without a name", "")
