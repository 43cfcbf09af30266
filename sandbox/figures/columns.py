"""Columns of a log as arrays of NumPy. Knows pyarrow's types, not what a column means."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]
Names = NDArray[np.object_]
Flags = NDArray[np.bool_]


def whole_numbers(columns: "pa.Table", name: str) -> Counts:
    """Numbers that every interaction has. Raises `ValueError`."""
    if columns[name].null_count:
        raise ValueError(f"an interaction has no {name}")
    return np.asarray(columns[name], dtype=np.int64)


def numbers(columns: "pa.Table", name: str, *path: str) -> Numbers:
    """Those of a column, or of a field in it; nan where there is none."""
    return as_numbers(_nested(columns, name, path))


def names(columns: "pa.Table", name: str, *path: str, absent: str | None = None) -> Names:
    """The texts of a column, or of a field in it; `absent` where there is none."""
    return as_names(_nested(columns, name, path), absent)


def _nested(columns: "pa.Table", name: str, path: tuple[str, ...]) -> Any:
    array = columns[name].combine_chunks()
    for part in path:
        array = field(array, part)
    return array


def field(array: Any, name: str) -> Any:
    """A field of a struct array, null where the struct is."""
    import pyarrow.compute as pc

    return pc.struct_field(array, name)


def as_numbers(array: Any) -> Numbers:
    """Those of an array; nan where there is none."""
    import pyarrow as pa

    return np.asarray(array.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def as_names(array: Any, absent: str | None) -> Names:
    """Texts as Python objects, each distinct one once: a run has few models, and many interactions."""
    coded = array.dictionary_encode()
    words = np.array([*coded.dictionary.to_pylist(), absent], dtype=object)
    codes = coded.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
    names: Names = words[codes]
    return names
