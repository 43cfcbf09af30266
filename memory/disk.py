"""Vectors as files, and readers that treat every file as hostile.

Knows file formats, not what is remembered. A reader either returns what the file says, checked, or raises
`StoreError` with the file's name; it never unpickles and never reserves more memory than the file is long.
"""

import re
import struct
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from memory.files import StoreError, read_bytes

Vectors = NDArray[np.float32]

_NPY_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00.."
    rb"\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d{1,15}), (\d{1,15})\), \} *\n",
    re.DOTALL,
)
# FAISS's flat inner-product index: four letters, dimension, rows, two unused, trained, metric, number of floats.
_FLAT_HEADER = struct.Struct("<4siqqqBiQ")
_FLAT_NAME = b"IxFI"
_INNER_PRODUCT = 0
MOST_VECTORS: Final = 1 << 32  # bytes: a million vectors of 1024 numbers


def read_npy(path: Path) -> Vectors:
    """The float32 rows (n, d) of a `.npy` file as `numpy.save` writes them. Raises `StoreError`.

    The header is matched here: numpy parses it as Python, and fails on a spoilt one in a dozen ways.
    """
    data = read_bytes(path, MOST_VECTORS)
    header = _NPY_HEADER.match(data)
    if not header or header.end() != 10 + int.from_bytes(data[8:10], "little"):
        raise StoreError(f"{path} cannot be used: it is no .npy file of float32 rows.")
    return _rows(path, data[header.end() :], int(header[1]), int(header[2]))


def read_flat(path: Path) -> Vectors:
    """The float32 rows (n, d) of a FAISS flat inner-product index. Raises `StoreError`.

    Read here and not by FAISS, whose reader believes the sizes in a file before it has seen the bytes.
    """
    data = read_bytes(path, MOST_VECTORS)
    if len(data) < _FLAT_HEADER.size:
        raise StoreError(f"{path} cannot be used: it is too short to be a FAISS index.")
    name, dimension, rows, _, _, _, metric, numbers = _FLAT_HEADER.unpack_from(data)
    if (name, metric, numbers) != (_FLAT_NAME, _INNER_PRODUCT, rows * dimension):
        raise StoreError(f"{path} cannot be used: it is no flat inner-product FAISS index.")
    return _rows(path, data[_FLAT_HEADER.size :], rows, dimension)


def _rows(path: Path, data: bytes, rows: int, dimension: int) -> Vectors:
    if min(rows, dimension) < 0 or len(data) != 4 * rows * dimension:
        raise StoreError(f"{path} cannot be used: its size is not that of {rows} rows of {dimension} float32.")
    return np.frombuffer(data, "<f4").reshape(rows, dimension).astype(np.float32)
