"""What runs, evaluations and trainings are alike as Python code holds them: a folder, a manifest, a few facts."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from sandbox.api.page import page


class Work(ABC):
    """A work on disk, as it was when it was looked at. It is a path, too: whatever takes a path takes it."""

    noun: str

    @property
    @abstractmethod
    def path(self) -> Path:
        """Its folder."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What commands call it."""

    @abstractmethod
    def facts(self) -> Sequence[tuple[str, str]]:
        """How it stands, in names and values for people."""

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"<{self.noun} {self.name}: {'; '.join(f'{name} {value}' for name, value in self.facts())}>"

    def _repr_html_(self) -> str:
        return page(f"{self.noun} {self.name}", self.facts())


def ended(status: str, stopped_by: str | None) -> tuple[str, str]:
    """The fact of how it ended: `stopped by budget`."""
    return "status", f"{status} by {stopped_by}" if stopped_by else status
