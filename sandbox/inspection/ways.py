"""Which options of how a thing is shown go together, of every view that ends in one of four ways. Knows no run."""

from pathlib import Path
from typing import Final, Protocol

from sandbox.errors import UsageError
from sandbox.options.option import flag_of

_WAYS: Final = ("json", "csv", "html", "plot")


class Shown(Protocol):
    """The options of such a view that say where it goes."""

    @property
    def output(self) -> Path | None:
        """The file of a picture."""
        ...

    @property
    def table(self) -> str | None:
        """The only table that is wanted."""
        ...


def check_ways(view: Shown, picture: str) -> None:
    """Raises `UsageError` where two ways are asked for, or what belongs to another; `picture` says how to get one."""
    ways = [flag_of(name) for name in _WAYS if getattr(view, name) not in (None, False)]
    if len(ways) > 1:
        raise UsageError(f"{ways[0]} and {ways[1]} are two ways to show it: ask for one at a time.")
    if view.output and "--plot" not in ways:
        raise UsageError(f"--output is for a picture: {picture} with --plot.")
    if view.table and {"--plot", "--html"} & {*ways}:
        raise UsageError(f"--table chooses one table, and {ways[0]} has none to choose: leave it out.")
