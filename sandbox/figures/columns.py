"""Columns of a log as arrays of NumPy. Knows pyarrow's types, not what a column means."""

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]
Names = NDArray[np.object_]
Flags = NDArray[np.bool_]
Number = TypeVar("Number", np.float64, np.int64)


def whole_numbers(columns: "pa.Table", name: str) -> Counts:
    """Numbers that every interaction has. Raises `ValueError`."""
    if columns[name].null_count:
        raise ValueError(f"an interaction has no {name}")
    return np.asarray(values_of(columns[name].combine_chunks()), dtype=np.int64)


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

    return _filled(array.cast(pa.float64()), np.full(len(array), np.nan))


def present(array: Any) -> Flags:
    """Where an array has a value."""
    import pyarrow as pa

    return np.asarray(values_of(array.is_valid().cast(pa.uint8())), dtype=np.bool_)


def as_names(array: Any, absent: str | None) -> Names:
    """Texts as Python objects, each distinct one once: a run has few models, and many interactions."""
    coded = array.dictionary_encode()
    words = np.array([*coded.dictionary.to_pylist(), absent], dtype=object)
    names: Names = words[as_counts(coded.indices, len(words) - 1)]
    return names


def as_counts(array: Any, absent: int) -> Counts:
    """The whole numbers of an array; `absent` where there is none."""
    return _filled(array, np.full(len(array), absent, dtype=np.int64))


def _filled(array: Any, absent: NDArray[Number]) -> NDArray[Number]:
    """The values of an array, and those of `absent` where it has none."""
    absent[present(array)] = values_of(array.drop_null())
    return absent


def values_of(array: Any) -> NDArray[Any]:
    """Numbers of which none is missing, not copied: pyarrow's own way there imports pandas, half a second."""
    return np.from_dlpack(array)
