"""What the file of a study says, as records: what each value sets, and where it stands. Knows options, no TOML."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from sandbox.options.resolution import Source
from sandbox.runs.study import Value

_MOST_WHOLE: Final = 1 << 63  # as in JSON and Parquet


class Setting(NamedTuple):
    """The value of one option, where it stands (`study.toml:12`), and what it is called there."""

    value: Any
    place: str
    key: str


Settings = Mapping[str, Setting]


class Axis(NamedTuple):
    """A dimension of the matrix: its values, and what options each of them sets."""

    name: str
    values: tuple[Value, ...]
    sets: tuple[Settings, ...]

    def settings(self, value: object) -> Settings | None:
        """What `value` sets; None for one that the axis does not have."""
        return next((each for one, each in zip(self.values, self.sets, strict=True) if same(one, value)), None)


class Row(NamedTuple):
    """One `[[exclude]]` or `[[include]]`: values by axis or option, and what they set; `place` is where it stands."""

    values: Mapping[str, Value]
    sets: Settings
    place: str


@dataclass(frozen=True)
class StudyFile:
    """A study as its file says. `budget` is by the names of the options of `sandbox study run`."""

    path: Path
    content: bytes
    name: str
    base: Settings
    axes: tuple[Axis, ...]
    exclude: tuple[Row, ...]
    include: tuple[Row, ...]
    budget: Settings

    @property
    def sha256(self) -> str:
        """Of its bytes, hex."""
        return hashlib.sha256(self.content).hexdigest()


def source_of(sets: Settings) -> Source:
    """What settings say of the options of a run."""
    return Source(
        "study",
        {name: each.value for name, each in sets.items()},
        lambda name: f"{sets[name].place}: {sets[name].key} = ",
        lambda name: sets[name].place,
    )


def same(one: object, other: object) -> bool:
    """Equal, and of one kind: true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def is_value(value: object) -> bool:
    """Whether it is a text or a number that the record of a study and its table can hold."""
    if isinstance(value, int):
        return -_MOST_WHOLE <= value < _MOST_WHOLE
    return isinstance(value, str) or (isinstance(value, float) and math.isfinite(value))
