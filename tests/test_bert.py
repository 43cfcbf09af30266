"""The sentence model that is computed without torch: which models those are, and that it is the same model."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Sandbox
from sentence_models import NAME, NEEDS_WEIGHTS, altered, packaged_weights, set_to
from tables import table

from memory import Embedder, EmbedderError, VectorSpace, open_embedder
from memory.bert import read_bert
from memory.disk import Vectors
from sandbox.questions.sets import load

pytestmark = NEEDS_WEIGHTS

# Letters, marks and scripts that tokenizers treat apart; the last is cut off.
ODD = [
    "",
    " ",
    "Wie groß ist ein Äpfelchen, œuvre, ǅ, ﬁ?",
    "世界 is a world\u3000\u2028\0\ufffd\u200d",
    "[CLS] a [SEP] b [MASK] [PAD] [UNK]",
    "x" * 120,
    "👩‍👩‍👧 naïve e\u0301",
    "word " * 400,
]


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    return open_embedder(NAME)


def test_vectors_are_made_without_torch() -> None:
    code = f"""
import memory, sys
embedder = memory.open_embedder({NAME!r})
print(embedder.embed(["a"]).shape, {{"torch", "transformers", "sentence_transformers", "scipy"}} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "(1, 384) set()\n", "")


@pytest.mark.slow
def test_onnxruntime_neither_numbers_this_machine_nor_reports_of_it(tmp_path: Path) -> None:
    """Which it does from its import on, whatever the user's environment says: first it writes a number, and a queue."""
    code = f"import memory; memory.open_embedder({NAME!r}).embed(['a'])"
    folders = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    environment = {**os.environ, **folders, "ORT_DISABLE_TELEMETRY": "0"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
    assert list(tmp_path.rglob("*")) == []


def test_a_vector_depends_on_its_text_alone(minilm: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*ODD, *(f"Is {number} a number?" * (1 + number % 7) for number in range(6))]
    together = minilm.embed(texts)
    assert (together.shape, together.dtype) == ((len(texts), 384), np.float32)
    assert np.allclose(np.linalg.norm(together.astype(np.float64), axis=1), 1, atol=1e-7)
    assert np.array_equal(np.concatenate([minilm.embed([text]) for text in texts]), together)
    for threads in ("1", "3", "none"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        assert np.array_equal(minilm.embed(texts[::-1])[::-1], together)


def with_another_token() -> bytes:
    """The tokenizer with one token more, which is found in texts before they are split into words."""
    tokenizer = json.loads(set_to("tokenizer.json"))
    added = {**tokenizer["added_tokens"][-1], "id": 30522, "content": "[NEW]"}
    return json.dumps({**tokenizer, "added_tokens": [*tokenizer["added_tokens"], added]}).encode()


def modules(more: dict[str, object]) -> bytes:
    """The modules of the packaged model, of which the first is said to be more."""
    kinds = {"": "Transformer", "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
    said = [{"path": path, "type": f"sentence_transformers.models.{kind}"} for path, kind in kinds.items()]
    return json.dumps([said[0] | more, *said[1:]]).encode()


def others() -> list[tuple[str, bytes | None]]:
    """What makes of the packaged model one that is computed by sentence-transformers."""
    return [
        ("config.json", set_to("config.json", model_type="roberta")),
        ("config.json", set_to("config.json", hidden_act="gelu_new")),
        ("config.json", set_to("config.json", position_embedding_type="relative_key")),
        ("config.json", set_to("config.json", dtype="float16")),
        ("config.json", set_to("config.json", num_hidden_layers=7)),
        ("config.json", set_to("config.json", num_attention_heads=7)),
        ("config.json", set_to("config.json", vocab_size=30521)),
        ("config.json", set_to("config.json", layer_norm_eps="1e-12")),
        ("config.json", set_to("config.json", quantization_config={"bits": 8})),
        ("config.json", set_to("config.json", is_causal=True)),
        ("config.json", set_to("config.json", add_cross_attention=True)),
        ("config.json", set_to("config.json", transformers_weights="other.safetensors")),
        ("config.json", set_to("config.json", chunk_size_feed_forward=7)),
        ("config.json", b"[]"),
        ("adapter_config.json", b"{}"),
        ("sentence_bert_config.json", b'{"max_seq_length": 256, "do_lower_case": true}'),
        ("sentence_bert_config.json", b'{"max_seq_length": 513}'),
        ("sentence_bert_config.json", b'{"max_seq_length": 256, "more": 1}'),
        ("sentence_bert_config.json", None),
        ("1_Pooling/config.json", b'{"word_embedding_dimension": 384, "pooling_mode_cls_token": true}'),
        ("1_Pooling/config.json", b'{"embedding_dimension": 384, "pooling_mode": "max"}'),
        ("1_Pooling/config.json", b'{"embedding_dimension": 383, "pooling_mode": "mean"}'),
        ("modules.json", b'[{"path": "", "type": "sentence_transformers.models.Transformer"}]'),
        ("1_Pooling/config.json", b'{"embedding_dimension": 384, "pooling_mode": "mean", "more": 1}'),
        ("modules.json", modules({"kwargs": ["task"]})),
        ("2_Normalize/config.json", b'{"module_input_name": "token_embeddings"}'),
        ("config_sentence_transformers.json", b'{"model_type": "SparseEncoder"}'),
        ("config_sentence_transformers.json", b'{"truncate_dim": 10}'),
        ("config_sentence_transformers.json", b'{"default_prompt_name": "query"}'),
        ("config_sentence_transformers.json", b'{"prompts": {"query": "search: "}}'),
        ("tokenizer_config.json", set_to("tokenizer_config.json", do_lower_case=False)),
        ("tokenizer_config.json", set_to("tokenizer_config.json", strip_accents=False)),
        ("tokenizer_config.json", set_to("tokenizer_config.json", tokenizer_class="RobertaTokenizer")),
        ("tokenizer_config.json", set_to("tokenizer_config.json", cls_token="<s>")),
        ("tokenizer_config.json", set_to("tokenizer_config.json", truncation_side="left")),
        ("special_tokens_map.json", b'{"additional_special_tokens": ["word"]}'),
        ("added_tokens.json", b'{"word": 30522}'),
        ("config.json", set_to("config.json", num_hidden_layers=10**12)),
        ("tokenizer.json", set_to("tokenizer.json", pre_tokenizer={"type": "Whitespace"})),
        ("tokenizer.json", set_to("tokenizer.json", post_processor=None)),
        ("tokenizer.json", with_another_token()),
        ("tokenizer.json", b"{}"),
        ("model.safetensors", b"weights"),
        ("model.safetensors", b"\x08\0\0\0\0\0\0\0{}      "),
    ]


@table(("name", "content"), others)
def test_a_model_of_which_not_all_is_known_is_left_to_sentence_transformers(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    assert read_bert(Path(altered(tmp_path / "model", name, content))) is None


def test_a_model_that_cannot_be_loaded_is_an_embedder_error(tmp_path: Path) -> None:
    embedder = open_embedder(altered(tmp_path / "model", "tokenizer.json", set_to("tokenizer.json", truncation="all")))
    with pytest.raises(EmbedderError, match=r"cannot be loaded: its tokenizer\.json"):
        embedder.embed(["text"])
    embedder = open_embedder(altered(tmp_path / "other", "vocab.txt", None))
    (tmp_path / "other" / "model.safetensors").unlink()
    with pytest.raises(EmbedderError, match="changed meanwhile"):
        embedder.embed(["text"])


OF_LATER_VERSIONS = {
    "add_cross_attention": False,
    "bos_token_id": None,
    "chunk_size_feed_forward": 0,
    "dtype": "float32",
}


@pytest.mark.slow
@table(
    ("name", "content"),
    [
        ("1_Pooling/config.json", b'{"embedding_dimension": 384, "pooling_mode": "mean"}'),
        ("sentence_bert_config.json", b'{"max_seq_length": 256}'),
        ("modules.json", modules({"idx": 0, "name": "0"})),
        ("config.json", set_to("config.json", **OF_LATER_VERSIONS)),
        ("config_sentence_transformers.json", b'{"prompts": {"query": ""}, "model_type": "SentenceTransformer"}'),
        ("config_sentence_transformers.json", None),
        ("vocab.txt", None),
    ],
)
def test_settings_that_say_the_same_in_other_words_change_no_vector(
    tmp_path: Path, minilm: Embedder, name: str, content: bytes | None
) -> None:
    embedder = open_embedder(altered(tmp_path / "model", name, content))
    assert embedder.backend == "onnx"
    assert np.array_equal(embedder.embed(ODD[2:4]), minilm.embed(ODD[2:4]))


def test_a_text_is_cut_off_where_the_settings_say(tmp_path: Path) -> None:
    short = open_embedder(altered(tmp_path, "sentence_bert_config.json", b'{"max_seq_length": 8}'))
    first, same, other = short.embed(["a b c d e f", "a b c d e f g h", "a b c d e g"])
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_a_model_without_a_direction_is_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save

    weights = packaged_weights()
    weights["embeddings.LayerNorm.bias"][:] = np.nan
    embedder = open_embedder(altered(tmp_path, "model.safetensors", save(weights)))
    assert embedder.backend == "onnx"
    with pytest.raises(EmbedderError, match="without a direction"):
        embedder.embed(["text"])


# The same as by sentence-transformers


def by_both(texts: list[str]) -> tuple[Vectors, Vectors]:
    return open_embedder(NAME, "onnx").embed(texts), open_embedder(NAME, "torch").embed(texts)


def similarities(vectors: Vectors) -> Any:
    """Those of every text with all others, as recall rounds them; -2 with itself."""
    exact = vectors.astype(np.float64)
    found = np.round(exact @ exact.T, 4)
    np.fill_diagonal(found, -2)
    return found


@pytest.mark.slow
def test_texts_are_read_as_sentence_transformers_reads_them() -> None:
    ours, theirs = by_both(ODD)
    assert np.abs(ours - theirs).max() < 5e-7


@pytest.mark.slow
def test_recall_decides_alike_by_either_backend(hh_rlhf: Path) -> None:
    """Of the bundled questions and the 2,178 published ones: which are nearest, and which pairs reach a threshold."""
    for name in ("starter", str(hh_rlhf)):
        ours, theirs = map(similarities, by_both([each.text for each in load(name).questions]))
        assert np.array_equal(ours == ours.max(axis=1, keepdims=True), theirs == theirs.max(axis=1, keepdims=True))
        for threshold in (0.5, 0.6, 0.7, 0.8, 0.9):
            assert np.array_equal(ours >= threshold, theirs >= threshold)
        # Where the fourth decimal differs, a similarity lies on the edge between two.
        assert (ours != theirs).mean() < 1e-3
        assert np.abs(ours - theirs).max() < 1.5e-4


# In a run


def grown(sandbox: Sandbox, folder: Path, backend: str | None) -> tuple[list[str], Vectors]:
    """The texts and vectors of a run whose manifest names `backend`, after it was given a round more."""
    (folder / "asked.txt").write_text("".join(f"Is {number} a good number?\n" for number in range(30)))
    society = ("--model", "scripted", "--questions", "asked.txt", "--labels", "none", "--grid", 3, "--radius", 1)
    assert sandbox("simulate", *society, "--rounds", 1, "--run-id", "one").code == 0
    run = folder / "runs" / "one"
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["embedder"].pop("backend") == "onnx"
    if backend:
        manifest["embedder"]["backend"] = backend
    (run / "manifest.json").write_text(json.dumps(manifest))
    done = sandbox("simulate", "--resume", "one", "--rounds", 2)
    assert done.code == 0, done.err
    space = VectorSpace.load(run / "memory")
    assert len(space) > 9
    return [*space.questions], space.vectors(np.arange(len(space)))


@pytest.mark.slow
def test_more_rounds_are_embedded_by_what_the_manifest_names(
    sandbox: Sandbox, tmp_path: Path, minilm: Embedder
) -> None:
    texts, vectors = grown(sandbox, tmp_path, "onnx")
    assert np.array_equal(vectors, minilm.embed(texts))


@pytest.mark.slow
def test_more_rounds_of_a_run_that_names_no_backend_are_embedded_by_torch(sandbox: Sandbox, tmp_path: Path) -> None:
    texts, vectors = grown(sandbox, tmp_path, None)
    ours, theirs = by_both(texts)
    assert np.array_equal(vectors, theirs)
    assert not np.array_equal(vectors, ours)
