"""The cache of vectors: what it saves, and that nothing that happens to it is ever an error."""

import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import table

from memory import CachedEmbedder, EmbedderError, open_embedder
from memory.disk import Vectors

HASH = open_embedder("hash")
FILE = "embeddings.sqlite3"


class Counting:
    """The hash embedder, with a list of what it was asked and a text that it fails on."""

    name = "counting"
    backend: Literal["onnx", "torch"] | None = None
    dimension = HASH.dimension

    def __init__(self, digest: str = "0" * 64) -> None:
        self.digest = digest
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        if "fail" in texts:
            raise EmbedderError("no vector")
        self.asked += texts
        return HASH.embed(texts)


def stored(folder: Path) -> int:
    with sqlite3.connect(folder / FILE) as database:
        (rows,) = database.execute("SELECT count(*) FROM vectors").fetchone()
    database.close()
    return int(rows)


def change(folder: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(folder / FILE) as database:
        database.execute(statement, values)
    database.close()


def test_only_what_is_missing_is_embedded_and_that_once(tmp_path: Path) -> None:
    first = Counting()
    vectors = CachedEmbedder(first, tmp_path).embed(["b", "a", "b"])
    assert first.asked == ["b", "a"]
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, HASH.embed(["b", "a", "b"]))
    second = Counting()
    cached = CachedEmbedder(second, tmp_path)
    assert np.array_equal(cached.embed(["c", "a", "c", "b"]), HASH.embed(["c", "a", "c", "b"]))
    assert second.asked == ["c"]
    assert (cached.name, cached.digest, cached.dimension, cached.note) == ("counting", "0" * 64, 384, None)
    assert cached.embed([]).shape == (0, 384)


@settings(deadline=None)
@given(st.lists(st.text(), max_size=12))
def test_cached_vectors_have_the_same_bits(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    folder = tmp_path_factory.getbasetemp() / "shared"
    for _ in range(2):
        assert CachedEmbedder(HASH, folder).embed(texts).tobytes() == HASH.embed(texts).tobytes()


def test_another_embedder_has_vectors_of_its_own(tmp_path: Path) -> None:
    for digest in ("1" * 64, "2" * 64):
        embedder = Counting(digest)
        CachedEmbedder(embedder, tmp_path).embed(["a"])
        assert embedder.asked == ["a"]
    assert stored(tmp_path) == 2


def test_vectors_of_one_model_by_two_backends_are_kept_apart(tmp_path: Path) -> None:
    for backend in (None, "onnx", "torch"):
        embedder = Counting()
        embedder.backend = backend
        CachedEmbedder(embedder, tmp_path).embed(["a"])
        assert embedder.asked == ["a"]


def test_an_interruption_keeps_what_was_finished(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(250)]
    with pytest.raises(EmbedderError):
        CachedEmbedder(Counting(), tmp_path).embed([*texts, "fail"])
    assert stored(tmp_path) == 200
    rest = Counting()
    CachedEmbedder(rest, tmp_path).embed(texts)
    assert rest.asked == texts[200:]


def test_told_to_stop_it_keeps_what_was_finished(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(250)]
    answers = iter([False, True])
    with pytest.raises(EmbedderError, match="stopped"):
        CachedEmbedder(Counting(), tmp_path).embed(texts, lambda: next(answers))
    assert stored(tmp_path) == 100


@table("damaged", [b"short", "text", 7, np.zeros(384, "<f4").tobytes(), np.full(384, np.nan, "<f4").tobytes()])
def test_a_damaged_vector_is_computed_again(tmp_path: Path, damaged: object) -> None:
    CachedEmbedder(Counting(), tmp_path).embed(["a", "b"])
    change(tmp_path, "UPDATE vectors SET vector = ? WHERE rowid = 1", damaged)
    for asked in (["a"], []):
        again = Counting()
        cached = CachedEmbedder(again, tmp_path)
        assert np.array_equal(cached.embed(["a", "b"]), HASH.embed(["a", "b"]))
        assert (again.asked, cached.note) == (asked, None)


def garbage(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE).write_bytes(b"no database" * 100)


def torn(folder: Path) -> None:
    CachedEmbedder(HASH, folder).embed([f"text {number}" for number in range(50)])
    whole = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(whole[:4096] + b"\xff" * 4096 + whole[8192:-5000])


def another_table(folder: Path) -> None:
    folder.mkdir()
    change(folder, "CREATE TABLE vectors (name TEXT)")


def directory(folder: Path) -> None:
    (folder / FILE).mkdir(parents=True)


def no_folder(folder: Path) -> None:
    folder.write_text("a file where the folder should be")


@table("break_it", [garbage, torn, another_table, directory, no_folder])
def test_a_broken_cache_is_done_without(tmp_path: Path, break_it: Callable[[Path], None]) -> None:
    folder = tmp_path / "cache"
    break_it(folder)
    embedder = Counting()
    cached = CachedEmbedder(embedder, folder)
    texts = [f"text {number}" for number in range(50)]
    assert np.array_equal(cached.embed(texts), HASH.embed(texts))
    assert embedder.asked == texts
    assert cached.note is not None
    assert str(folder) in cached.note


def test_a_cache_that_was_found_broken_is_left_alone(tmp_path: Path) -> None:
    garbage(tmp_path / "cache")

    class Mending(Counting):
        def embed(self, texts: Sequence[str]) -> Vectors:
            (tmp_path / "cache" / FILE).unlink()
            return super().embed(texts)

    CachedEmbedder(Mending(), tmp_path / "cache").embed(["a"])
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_read_only_cache_is_read(tmp_path: Path) -> None:
    CachedEmbedder(HASH, tmp_path).embed(["a"])
    (tmp_path / FILE).chmod(0o400)
    tmp_path.chmod(0o500)
    embedder = Counting(HASH.digest)
    cached = CachedEmbedder(embedder, tmp_path)
    vectors = cached.embed(["a", "b"])
    tmp_path.chmod(0o700)
    assert np.array_equal(vectors, HASH.embed(["a", "b"]))
    assert embedder.asked == ["b"]
    assert "readonly" in (cached.note or "")


def test_the_cache_may_be_deleted_while_it_is_in_use(tmp_path: Path) -> None:
    cached = CachedEmbedder(Counting(), tmp_path)
    for _ in range(2):
        cached.embed(["a"])
        assert sorted(file.name for file in tmp_path.iterdir()) == [FILE]
        (tmp_path / FILE).unlink()
    assert cached.note is None


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_CACHE_DIR", str(tmp_path / "named"))
    CachedEmbedder(HASH).embed(["a"])
    assert stored(tmp_path / "named") == 1
    CachedEmbedder(HASH, tmp_path / "given").embed(["a"])
    assert stored(tmp_path / "given") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only here can the user's cache folder be moved for a test")
def test_by_default_it_is_in_the_cache_folder_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    CachedEmbedder(HASH).embed(["a"])
    assert stored(tmp_path / "sandbox") == 1


WORKER = """
import hashlib, sys
from pathlib import Path
from memory import CachedEmbedder, open_embedder
cached = CachedEmbedder(open_embedder("hash"), Path(sys.argv[1]))
start = int(sys.argv[2])
for turn in range(20):
    vectors = cached.embed([f"text {start + turn * 20 + number}" for number in range(100)])
print(cached.note, hashlib.sha256(vectors).hexdigest())
"""


@pytest.mark.slow
def test_processes_share_it_without_errors(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    root = Path(__file__).parent.parent
    workers = [
        subprocess.Popen([*command, str(start)], cwd=root, stdout=subprocess.PIPE, text=True)
        for start in (0, 0, 50, 200)
    ]
    printed = [worker.communicate()[0].split() for worker in workers]
    for start, (note, digest) in zip((0, 0, 50, 200), printed, strict=True):
        last = HASH.embed([f"text {start + 380 + number}" for number in range(100)])
        assert (note, digest) == ("None", hashlib.sha256(last.tobytes()).hexdigest())
    assert stored(tmp_path) == 680
