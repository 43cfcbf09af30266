"""The settings that tell runs apart, as columns of their tables. Knows manifests, no log."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sandbox.errors import UsageError
from sandbox.figures.reads import names_of
from sandbox.runs.reading import Run
from sandbox.runs.settings import differing, in_force, setting_names
from sandbox.text import nearest, written

if TYPE_CHECKING:
    import pyarrow as pa

# Of every table, whether they differ or not.
ALWAYS: Final = ("run", "seed", "labels", "models")
# `models` says these.
_SAID: Final = frozenset({"model", "observer_model", "society"})
_LARGEST: Final = 1 << 63


def settings_of(runs: Sequence[Run], chosen: Sequence[str] | None) -> Mapping[str, Sequence[Any]]:
    """A value a run of each setting: those that always stand there, then those `chosen`, or those that differ.

    Raises `UsageError` for a name that is no setting of a society.
    """
    manifests = [run.manifest for run in runs]
    found = [in_force(each) for each in manifests]
    names = [name for name in differing(manifests) if name not in _SAID] if chosen is None else _known(chosen)
    speakers = [", ".join(dict.fromkeys((*each.models.agents, each.models.observer))) for each in manifests]
    of_all: dict[str, Sequence[Any]] = {"run": names_of(runs)}
    of_all |= {name: [each[name] for each in found] for name in ("seed", "labels")}
    return of_all | {"models": speakers} | {name: [each[name] for each in found] for name in names}


def column_of(values: Sequence[Any]) -> "pa.DataType":
    """The type of a column of `values`: text where they are of several kinds, or too large."""
    import pyarrow as pa

    known = [value for value in values if value is not None]
    kinds = {*map(type, known)}
    if kinds == {bool}:
        return pa.bool_()
    if kinds and kinds <= {int, float} and all(abs(value) < _LARGEST for value in known):
        return pa.float64() if float in kinds else pa.int64()
    return pa.string()


def cell_of(value: Any, kind: "pa.DataType") -> Any:
    """`value` as it stands in a column of that type."""
    import pyarrow as pa

    return written(value) if kind == pa.string() and value is not None else value


def _known(chosen: Sequence[str]) -> list[str]:
    wanted = [name.replace("-", "_") for name in ([chosen] if isinstance(chosen, str) else chosen)]
    for name in wanted:
        if name not in setting_names():
            near = nearest(name, setting_names())
            raise UsageError(f"settings: a run has no setting {name}.{near}\nThere are: {', '.join(setting_names())}.")
    return wanted
