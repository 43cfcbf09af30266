"""`CachedEmbedder`: an embedder that keeps its vectors on disk, so that no text is embedded twice on a machine.

Knows sqlite and embedders. The cache holds nothing that cannot be computed again: its file may be deleted at any time.
A cache that is broken, locked or not writable is done without, and `note` says so; it is never an error.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np
import platformdirs

from memory.disk import Vectors
from memory.embedding import Embedder, EmbedderError
from memory.space import UNIT_TOLERANCE

_CHUNK = 100  # texts embedded (under a second) before their vectors are written: what an interruption may cost


class CachedEmbedder:
    """`embedder` with a memory on disk, shared by every process of the user.

    It lives in `folder`, else in `$SANDBOX_CACHE_DIR`, else in the user's cache folder. `note` is None, or says why
    the cache is not used.
    """

    def __init__(self, embedder: Embedder, folder: Path | None = None) -> None:
        self.name: Final = embedder.name
        self.digest: Final = embedder.digest
        self.backend: Final = embedder.backend
        self.dimension: Final = embedder.dimension
        self.note: str | None = None
        self._embedder: Final = embedder
        self._file: Final = (folder or _default_folder()) / "embeddings.sqlite3"

    def embed(self, texts: Sequence[str], stopped: Callable[[], bool] = lambda: False) -> Vectors:
        """As `Embedder.embed`; the embedder is asked for each distinct text that is not in the cache, once.

        Ends with an `EmbedderError` soon after `stopped` says so; what was embedded until then is kept.
        """
        keys = {text: self._key(text) for text in texts}
        vectors = self._read(keys.values())
        missing = [text for text, key in keys.items() if key not in vectors]
        for start in range(0, len(missing), _CHUNK):
            if stopped():
                raise EmbedderError("Embedding was stopped.")
            chunk = missing[start : start + _CHUNK]
            fresh = dict(zip((keys[text] for text in chunk), self._embedder.embed(chunk), strict=True))
            self._write(fresh)
            vectors |= fresh
        rows = [vectors[keys[text]] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), self.dimension)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self.digest} {self.backend}\0{text}".encode("utf-8", "surrogatepass")).digest()

    def _read(self, keys: Iterable[bytes]) -> dict[bytes, Vectors]:
        try:
            with closing(self._open()) as database, database:
                database.execute("BEGIN")  # one lock for all look-ups
                query = "SELECT vector FROM vectors WHERE key = ?"
                rows = [(key, database.execute(query, (key,)).fetchone()) for key in keys]
        except (sqlite3.Error, OSError) as error:
            self._do_without(error)
            return {}
        return {key: vector for key, row in rows if row and (vector := self._vector(row[0])) is not None}

    def _write(self, vectors: Mapping[bytes, Vectors]) -> None:
        if self.note:
            return
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()]
        try:
            with closing(self._open()) as database, database:
                database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        except (sqlite3.Error, OSError) as error:
            self._do_without(error)

    def _open(self) -> sqlite3.Connection:
        # Opened for each use and in sqlite's default journal mode: the write-ahead log would be two more files, and
        # deleting the database without them while it is in use corrupts the next one.
        self._file.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._file, timeout=10, isolation_level="IMMEDIATE")
        try:
            database.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)")
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _vector(self, stored: object) -> Vectors | None:
        """What was stored, if it is a unit vector of the right length: the file may have been damaged."""
        if not isinstance(stored, bytes) or len(stored) != 4 * self.dimension:
            return None
        vector = np.frombuffer(stored, "<f4").astype(np.float32)
        return vector if abs(float(vector @ vector) - 1) <= UNIT_TOLERANCE else None

    def _do_without(self, error: Exception) -> None:
        why = getattr(error, "strerror", None) or "it is damaged, in use, or cannot be written"
        self.note = f"The embedding cache {self._file} is not used: {why}. Delete it if it does not mend itself."


def _default_folder() -> Path:
    named = os.environ.get("SANDBOX_CACHE_DIR")
    return Path(named) if named else platformdirs.user_cache_path("sandbox")
