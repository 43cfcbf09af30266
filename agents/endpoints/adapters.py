"""Adapters that the embedded server applies beside its base: their names in requests, and their files, checked.

llama.cpp says of a bad file only that it cannot start, so the head of a GGUF file is read here first, with suspicion.
Knows no training and no server.
"""

import math
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from memory.files import sha256_of

NAME: Final = "local"
ARCHITECTURE: Final = "llama"
_MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_MOST_TEXT: Final = 1 << 16
_MOST_PAIRS: Final = 256
_MOST_TENSORS: Final = 1 << 14
_MOST_ROWS: Final = 1 << 22
_ALIGNMENT: Final = 32
# By the numbers of the format, as ggml describes GGUF; without doubles, which no converter writes, and which where
# llama.cpp wants a float would abort it.
_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q"}
_TEXT: Final = 8
_LIST: Final = 9
_FLOATS: Final = {0: 4, 1: 2, 30: 2}  # bytes of F32, F16 and BF16
# The matrices of a layer, which are all that is trained. Of others, such as the embeddings, llama.cpp may abort.
_HALF: Final = re.compile(
    r"blk\.[0-9]{1,5}\.(attn_q|attn_k|attn_v|attn_output|ffn_gate|ffn_up|ffn_down)\.weight\.lora_[ab]"
)


class Adapter(NamedTuple):
    """An adapter that a server can apply: the name of the model with it, and its file."""

    name: str
    path: Path


class AdapterFileError(ValueError):
    """A file that is no adapter which can be served; the message says why, and goes on from the file's name."""


def name_of(sha256: str) -> str:
    """The name of the embedded model with an adapter whose file has this sha256: it says nothing of its place."""
    return f"{NAME}+{sha256[:8]}"


def is_embedded(model: str) -> bool:
    """Whether `model` is the embedded one, with an adapter or without."""
    return model == NAME or re.fullmatch(rf"{NAME}\+[0-9a-f]{{8}}", model) is not None


def scales(adapters: Sequence[str]) -> Mapping[str, tuple[float, ...]]:
    """By model, how much of each adapter of a server requests to it ask for: all of its own, nothing of the others."""
    return {model: tuple(float(name == model) for name in adapters) for model in (NAME, *adapters)}


def check_file(adapter: Adapter) -> None:
    """Raises `AdapterFileError` unless its file is a LoRA adapter of the embedded architecture, and has its name."""
    path = adapter.path
    try:
        if (now := name_of(sha256_of(path))) != adapter.name:
            raise AdapterFileError(f"is another file than it was ({adapter.name} then, {now} now)")
        with path.open("rb") as file:
            _check(file, path.stat().st_size)
    except (OSError, struct.error, UnicodeDecodeError) as error:
        raise AdapterFileError("cannot be read to its end") from error


def _check(file: BinaryIO, size: int) -> None:
    magic, version, tensors, pairs = struct.unpack("<4sIQQ", file.read(24))
    if magic != _MAGIC or version not in _VERSIONS or pairs > _MOST_PAIRS or not 0 < tensors <= _MOST_TENSORS:
        raise AdapterFileError("is no GGUF file of an adapter")
    said = {_text(file): _value(file) for _ in range(pairs)}
    alpha = said.get("adapter.lora.alpha")
    if (said.get("general.type"), said.get("adapter.type")) != ("adapter", "lora"):
        raise AdapterFileError("is a GGUF file, but of no LoRA adapter")
    if said.get("general.architecture") != ARCHITECTURE:
        raise AdapterFileError(f"is an adapter of another architecture than {ARCHITECTURE}")
    # Of another kind llama.cpp does not say that it is wrong: it aborts.
    if not isinstance(alpha, float) or not math.isfinite(alpha):
        raise AdapterFileError("does not say in a number how much it weighs (adapter.lora.alpha)")
    ends = [_end_of_tensor(file) for _ in range(tensors)]
    if -(-file.tell() // _ALIGNMENT) * _ALIGNMENT + max(ends) > size:
        raise AdapterFileError("is cut short")


def _end_of_tensor(file: BinaryIO) -> int:
    """Where it ends among the data."""
    name = _text(file)
    (dimensions,) = struct.unpack("<I", file.read(4))
    if dimensions != 2 or not _HALF.fullmatch(name):
        raise AdapterFileError("has a tensor that belongs to no LoRA adapter")
    columns, rows, kind, offset = struct.unpack("<QQIQ", file.read(28))
    if kind not in _FLOATS or not 0 < columns <= _MOST_ROWS or not 0 < rows <= _MOST_ROWS or offset % _ALIGNMENT:
        raise AdapterFileError("has a tensor that is none of an adapter's")
    return int(offset + columns * rows * _FLOATS[kind])


def _text(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > _MOST_TEXT:
        raise AdapterFileError("has a text that is too long")
    return file.read(length).decode()


def _value(file: BinaryIO) -> object:
    (kind,) = struct.unpack("<I", file.read(4))
    if kind != _LIST:
        return _single(file, kind)
    of, length = struct.unpack("<IQ", file.read(12))
    if length > _MOST_PAIRS:
        raise AdapterFileError("has a list that is too long")
    return [_single(file, of) for _ in range(length)]


def _single(file: BinaryIO, kind: int) -> object:
    if kind == _TEXT:
        return _text(file)
    if kind not in _SCALARS:
        raise AdapterFileError("has a value of no known kind")
    form = f"<{_SCALARS[kind]}"
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]
