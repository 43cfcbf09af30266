"""How many bytes of memory values of Arrow take in Python. Knows types; makes no value."""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pyarrow as pa

_OBJECT: Final = 64  # bytes of a value beside its text


def bytes_of(array: Any) -> int:
    """What `array` takes as values of Python."""
    from pyarrow import types

    kind, own = array.type, _OBJECT * len(array)
    if types.is_dictionary(kind):
        return own + _bytes_of_texts(array)
    if types.is_nested(kind):
        inner = _entries(array) if types.is_map(kind) else array.flatten()
        return own + sum(map(bytes_of, inner if isinstance(inner, list) else [inner]))
    return own + int(_seen(getattr(array, "storage", array)).nbytes)


def _seen(array: "pa.Array") -> "pa.Array":
    """Views of texts as the texts: a part of them counts the bytes of all."""
    import pyarrow as pa
    from pyarrow import types

    views = {types.is_string_view: pa.large_string(), types.is_binary_view: pa.large_binary()}
    return next((array.cast(kind) for is_view, kind in views.items() if is_view(array.type)), array)


def _entries(array: "pa.MapArray") -> "list[pa.Array]":
    """Keys and items, of which `array` may have a part."""
    start, end = array.offsets[0].as_py(), array.offsets[-1].as_py()
    return [array.keys[start:end], array.items[start:end]]


def _bytes_of_texts(array: "pa.DictionaryArray") -> int:
    import pyarrow.compute as pc
    from pyarrow import types

    held = _seen(array.dictionary)
    texts = (types.is_string, types.is_binary, types.is_large_string, types.is_large_binary)
    if not any(is_text(held.type) for is_text in texts):
        return int(array.nbytes)
    return pc.sum(pc.binary_length(held).take(array.indices)).as_py() or 0
