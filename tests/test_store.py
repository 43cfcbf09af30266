"""Recall against ten lines of brute force, the files of memories, and readers that are given hostile ones."""

import io
import json
import os
import resource
import stat
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tables import table

from memory import Entry, Memory, Recall, StoreError, UnknownQuestionError, VectorSpace, open_embedder
from memory.disk import Vectors
from memory.files import write_atomically

Added = list[tuple[str, str, int]]

# Angles of unit vectors in a plane. Some tie exactly, "c" ties only after rounding, "y" and "x" do not.
ANGLES = {"e": 0.0, "d": 0.0, "c": 0.001, "b": 0.3, "a": 1.2, "z": 1.2, "y": 1.5, "x": 1.51, "far": 3.0}
WORDS = [f"{word} is number {number}?" for number in range(10) for word in ("What", "what", "WHAT", "Who")]


def plane(angles: dict[str, float]) -> VectorSpace:
    rows = [[np.cos(angle), np.sin(angle)] for angle in angles.values()]
    return VectorSpace(list(angles), np.array(rows, dtype=np.float32))


PLANE = plane(ANGLES)
HASHED = VectorSpace(WORDS, open_embedder("hash").embed(WORDS))


def filled(space: VectorSpace, added: Added) -> Memory:
    memory = Memory(space)
    for question, answer, round_ in added:
        memory.add(question, answer, round_)
    return memory


def brute_force(added: Added, question: str, threshold: float, before_round: int) -> Recall | None:
    """In plain words: the newest answers; the most similar, then the question itself, then the newest, then by text."""
    newest: dict[str, tuple[str, int]] = {}
    for asked, answer, round_ in added:
        if round_ < before_round and (asked not in newest or round_ >= newest[asked][1]):
            newest[asked] = (answer, round_)
    vectors = PLANE.vectors(np.arange(len(PLANE))).astype(np.float64)
    found = []
    for asked, (answer, round_) in newest.items():
        similarity = round(float(vectors[PLANE.row(asked)] @ vectors[PLANE.row(question)]), 4)
        found += [(-similarity, asked != question, -round_, asked, answer)] if similarity >= threshold else []
    if not found:
        return None
    similarity, _, round_, asked, answer = min(found)
    return Recall(question=asked, answer=answer, similarity=-similarity, round=-round_)


@settings(deadline=None)
@given(
    added=st.lists(st.tuples(st.sampled_from(sorted(ANGLES)), st.text(max_size=2), st.integers(-1, 4)), max_size=30),
    question=st.sampled_from(sorted(ANGLES)),
    threshold=st.sampled_from([-1.0, 0.0, 0.7, 0.9553, 0.9554, 1.0, 1.1]),
    before_round=st.integers(-1, 5),
)
def test_recall_is_what_brute_force_finds(added: Added, question: str, threshold: float, before_round: int) -> None:
    found = filled(PLANE, added).recall(question, threshold, before_round)
    assert found == brute_force(added, question, threshold, before_round)
    assert found is None or found.round < before_round


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WORDS), st.integers(-1, 6)), max_size=80), st.integers(0, 7))
def test_a_stored_question_recalls_its_own_newest_answer(stored: list[tuple[str, int]], before_round: int) -> None:
    added = [(question, f"answer {place}", round_) for place, (question, round_) in enumerate(stored)]
    memory = filled(HASHED, added)
    for asked in {question for question, round_ in stored if round_ < before_round}:
        versions = [entry for entry in added if entry[0] == asked and entry[2] < before_round]
        newest = max(entry[2] for entry in versions)
        _, answer, _ = [entry for entry in versions if entry[2] == newest][-1]
        expected = Recall(question=asked, answer=answer, similarity=1.0, round=newest)
        assert memory.recall(asked, 0.7, before_round) == expected


def test_ties_go_to_the_question_itself_then_to_the_newest_then_to_the_smaller_text() -> None:
    others = [("d", "2", 1), ("c", "3", 1), ("b", "4", 2)]
    memory = filled(PLANE, [("e", "1", 0), *others])
    assert memory.recall("e", 0.7, 9) == Recall(question="e", answer="1", similarity=1.0, round=0)
    assert memory.recall("e", 0.7, 0) is None
    assert filled(PLANE, others).recall("e", 0.7, 9) == Recall(question="c", answer="3", similarity=1.0, round=1)


def test_the_threshold_is_compared_after_rounding() -> None:
    memory = filled(PLANE, [("e", "", 0)])  # cos(0.3) = 0.955336
    assert memory.recall("b", 0.9553, 1) == Recall(question="e", answer="", similarity=0.9553, round=0)
    assert memory.recall("b", 0.95531, 1) is None
    memory = filled(plane({"along": 0.0, "near": 0.00999}), [("along", "", 0)])  # 0.99995010, above 0.9999
    assert memory.recall("near", 1.0, 1) == Recall(question="along", answer="", similarity=1.0, round=0)


def test_a_question_without_a_vector_is_named() -> None:
    memory = Memory(PLANE)
    for ask in (lambda: memory.add("w", "", 0), lambda: memory.recall("w", 0.7, 0), lambda: PLANE.row("w")):
        with pytest.raises(UnknownQuestionError, match="no vector among the 9 known: 'w'"):
            ask()
    assert memory.entries() == []


def test_recall_is_the_schema_of_the_log() -> None:
    found = filled(PLANE, [("far", "Quite.", 3)]).recall("y", -1.0, 4)
    assert found is not None
    assert found.model_dump_json() == '{"question":"far","answer":"Quite.","similarity":0.0707,"round":3}'
    with pytest.raises(ValidationError, match="frozen"):
        found.round = 5  # type: ignore[misc]


def test_no_similarity_is_minus_zero() -> None:
    right = plane({"along": 0.0, "just past across": np.pi / 2 + 1e-6})
    found = filled(right, [("along", "", 0)]).recall("just past across", -1.0, 1)
    assert found is not None
    assert '"similarity":0.0,' in found.model_dump_json()


def test_similarities_are_added_up_in_one_fixed_order() -> None:
    first, second = HASHED.vectors(np.array([3, 9])).astype(np.float64).tolist()
    total = 0.0
    for one, other in zip(first, second, strict=True):
        total += one * other
    assert HASHED.measure(3, np.array([9])).tolist() == [total]
    assert np.allclose(HASHED.scan(3, np.arange(40)), HASHED.measure(3, np.arange(40)), atol=1e-5)


def test_a_search_uses_one_thread_also_where_the_space_was_made_in_another() -> None:
    """The number of threads is a setting of each thread; two take twenty times as long beside a busy process."""
    made = ThreadPoolExecutor(1).submit(plane, {"a": 0.0, "b": 1.0}).result()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(2)
    try:
        made.scan(0, np.arange(2))
        assert faiss.omp_get_max_threads() == 1
    finally:
        faiss.omp_set_num_threads(before)


def test_entries_are_the_newest_in_the_order_added() -> None:
    memory = filled(PLANE, [("a", "1", 0), ("b", "2", 0), ("a", "3", 2), ("c", "4", 1), ("b", "late", -1)])
    assert memory.entries() == [Entry("b", "2", 0), Entry("a", "3", 2), Entry("c", "4", 1)]


def test_ten_thousand_agents_fit_because_none_copies_a_vector() -> None:
    tracemalloc.start()
    agents = [filled(HASHED, [(WORDS[place % 40], "", place) for place in range(60)]) for _ in range(100)]
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / len(agents) < 3_000  # 60 vectors would be 92,160 bytes


# Files


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WORDS), st.text(), st.integers(-1, 6)), max_size=20))
def test_a_memory_survives_its_files(tmp_path_factory: pytest.TempPathFactory, added: Added) -> None:
    memory = filled(HASHED, added)
    stem = tmp_path_factory.mktemp("memory") / "agent-0.7"
    memory.save(stem)
    loaded = Memory.load(stem)
    assert loaded.entries() == memory.entries()
    for entry in memory.entries():
        assert loaded.recall(entry.question, 0.7, 7) == memory.recall(entry.question, 0.7, 7)
    assert sorted(file.name for file in stem.parent.iterdir()) == ["agent-0.7.faiss", "agent-0.7.jsonl"]


def test_the_files_of_a_memory_are_what_others_can_read(tmp_path: Path) -> None:
    filled(HASHED, [(WORDS[4], "No.", 0), (WORDS[2], "Why \ud800 \u2028?", 1)]).save(tmp_path / "agent-000")
    index = faiss.read_index(str(tmp_path / "agent-000.faiss"))
    assert (index.ntotal, index.metric_type) == (2, faiss.METRIC_INNER_PRODUCT)
    assert np.array_equal(index.reconstruct_n(0, 2), HASHED.vectors(np.array([4, 2])))
    lines = (tmp_path / "agent-000.jsonl").read_bytes()
    assert lines.startswith(b'{"question":"What is number 1?","answer":"No.","round":0}\n{"question":')
    assert json.loads(lines.split(b"\n")[1])["answer"] == "Why \ufffd \u2028?"


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True, max_size=8))
def test_a_space_survives_its_files(tmp_path_factory: pytest.TempPathFactory, questions: list[str]) -> None:
    folder = tmp_path_factory.mktemp("space")
    space = VectorSpace(questions, open_embedder("hash").embed(questions))
    space.save(folder)
    loaded = VectorSpace.load(folder)
    rows = np.arange(len(questions))
    assert loaded.questions == tuple(questions)
    assert loaded.vectors(rows).tobytes() == space.vectors(rows).tobytes()


def test_files_obey_the_umask_and_replace_in_one_step(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        PLANE.save(tmp_path)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o640}
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_atomically(tmp_path / "folder", b"data")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["folder", "questions.jsonl", "questions.npy"]


def test_a_save_cut_short_never_leaves_old_texts_beside_new_vectors(tmp_path: Path) -> None:
    save_both(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, hard))  # the vectors fit, the texts do not
    try:
        with pytest.raises(OSError, match="too large"):
            filled(PLANE, [("b", "x" * 5_000, 0), ("a", "", 1)]).save(tmp_path / "agent-000")
        with pytest.raises(OSError, match="too large"):
            plane({"y" * 600 * number: number for number in range(len(PLANE))}).save(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with pytest.raises(StoreError, match=r"agent-000\.jsonl"):
        Memory.load(tmp_path / "agent-000")
    with pytest.raises(StoreError, match=r"questions\.jsonl"):
        VectorSpace.load(tmp_path)


@table(
    ("questions", "vectors", "reason"),
    [
        (["a"], np.ones(2), "shape"),
        (["a"], np.ones((1, 0)), "shape"),
        (["a", "b"], np.eye(3), "2 questions, 3 vectors"),
        (["a", "b"], np.eye(2) * 1.01, "row 0 has 1.01"),
        (["a", "b"], np.array([[1, 0], [np.nan, 0]]), "row 1 has nan"),
        (["a", "b"], np.array([[1, 0], [np.inf, 0]]), "row 1 has inf"),
        (["a", "a"], np.eye(2), "twice"),
        (["a", "\ud800"], np.eye(2), "half a character"),
    ],
)
def test_a_space_refuses(questions: list[str], vectors: Vectors, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        VectorSpace(questions, vectors)


def npy(array: object, *, pickled: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array, dtype=object if pickled else None), allow_pickle=pickled)
    return file.getvalue()


def huge(data: bytes) -> bytes:
    return data.replace(b"(9, 2)", b"(9000000000000, 2)").replace(b" " * 12 + b"\n", b"\n")


HOSTILE: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("questions.npy", lambda data: data[:-1], "questions.npy"),
    ("questions.npy", lambda data: data[:5], "questions.npy"),
    ("questions.npy", lambda _: b"", "questions.npy"),
    ("questions.npy", lambda _: npy([{"a": 1}], pickled=True), "questions.npy"),
    ("questions.npy", lambda _: b"\x80\x04}\x94.", "questions.npy"),
    ("questions.npy", lambda _: npy(np.eye(9)), "questions.npy .*no .npy file of float32"),
    ("questions.npy", lambda _: npy(np.ones(9, np.float32)), "questions.npy .*no .npy file of float32"),
    ("questions.npy", lambda _: npy(np.eye(8, dtype=np.float32)), "questions.npy .*9 questions, 8 vectors"),
    ("questions.npy", lambda _: npy(np.ones((9, 2), np.float32)), "questions.npy .*length 1"),
    ("questions.npy", huge, "questions.npy .*9000000000000 rows of 2"),
    ("questions.jsonl", lambda data: data[:-1], "questions.jsonl .*last line is cut off"),
    ("questions.jsonl", lambda data: data + data[:17], "questions.jsonl .*10 questions, 9 vectors"),
    ("questions.jsonl", lambda data: b"[]\n" + data, "questions.jsonl .*line 1"),
    ("questions.jsonl", lambda data: data.replace(b'"b"', b"7"), "questions.jsonl .*line 4 is none of its records"),
    ("questions.jsonl", lambda data: data.replace(b'"b"', rb'"\ud800"'), "questions.jsonl .*line 4"),
    ("questions.jsonl", lambda data: data.replace(b'"b"', b'"a"'), "questions.jsonl .*twice"),
    ("agent-000.jsonl", lambda data: data.replace(b":1}", b':"1"}'), "agent-000.jsonl .*line 2 is none of its records"),
    ("agent-000.jsonl", lambda data: data.replace(b":1}", b":1" + b"0" * 30 + b"}"), "agent-000.jsonl .*line 2"),
    ("agent-000.jsonl", lambda data: data + data, "agent-000.faiss and .jsonl .*4 questions, 2 vectors"),
    ("agent-000.faiss", lambda data: data[:-1], "agent-000.faiss .*2 rows of 2 float32"),
    ("agent-000.faiss", lambda data: data[:20], "agent-000.faiss .*too short"),
    ("agent-000.faiss", lambda data: b"IxF2" + data[4:], "agent-000.faiss .*no flat"),
    ("agent-000.faiss", lambda data: data[:8] + b"\xff" * 8 + data[16:], "agent-000.faiss .*no flat"),
    ("agent-000.faiss", lambda data: data[:-4] + b"\0\0\xc0\x7f", "agent-000.faiss and .jsonl .*length 1: row 1"),
]


def load_both(folder: Path) -> None:
    VectorSpace.load(folder)
    Memory.load(folder / "agent-000")


def save_both(folder: Path) -> None:
    PLANE.save(folder)
    filled(PLANE, [("a", "Yes.", 0), ("b", "No.", 1)]).save(folder / "agent-000")


@table(("name", "spoil", "message"), HOSTILE)
def test_a_hostile_file_is_named(tmp_path: Path, name: str, spoil: Callable[[bytes], bytes], message: str) -> None:
    save_both(tmp_path)
    load_both(tmp_path)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(spoil(data))
    assert (tmp_path / name).read_bytes() != data
    with pytest.raises(StoreError, match=message):
        load_both(tmp_path)


@table("name", ["questions.npy", "questions.jsonl", "agent-000.faiss", "agent-000.jsonl"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    save_both(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(StoreError, match=f"{name} cannot be used: .*No such file"):
        load_both(tmp_path)


@settings(deadline=None)
@given(st.sampled_from(["questions.npy", "agent-000.faiss"]), st.data())
def test_no_damage_is_worse_than_a_store_error(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    save_both(folder)
    content = bytearray((folder / name).read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    (folder / name).write_bytes(content[: data.draw(st.integers(0, len(content)))])
    refusal = ""
    try:
        load_both(folder)
    except StoreError as error:
        refusal = str(error)
    assert not refusal or name in refusal
