"""What runs, evaluations and trainings are alike as Python code holds them: a folder, a manifest, a few facts."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from sandbox.api.page import page
from sandbox.errors import SandboxError
from sandbox.terminal import harmless
from sandbox.text import in_a_line

Fact: TypeAlias = tuple[str, str]


class Work(ABC):
    """A work on disk, as it was when it was looked at. It is a path, too: whatever takes a path takes it."""

    _noun: str

    @property
    @abstractmethod
    def path(self) -> Path:
        """Its folder."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What commands call it."""

    @abstractmethod
    def _facts(self) -> Sequence[Fact]:
        """How it stands, in names and values for people."""

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        told = "; ".join(f"{name} {value}" for name, value in self._facts())
        return harmless(in_a_line(f"<{self._noun} {self.name}: {told}>"))

    def _repr_html_(self) -> str:
        return page(f"{self._noun} {self.name}", self._facts())


def ended(status: str, stopped_by: str | None) -> Fact:
    """The fact of how it ended: `stopped by budget`."""
    return "status", f"{status} by {stopped_by}" if stopped_by else status


def known(figures: Callable[[], list[Fact]]) -> list[Fact]:
    """The facts of `figures`, or why they cannot be read: to look at a damaged work is no error."""
    try:
        return figures()
    except SandboxError as error:
        return [("damaged", str(error))]
