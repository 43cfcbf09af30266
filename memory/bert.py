"""Whether a folder holds a sentence model that `BertEmbedder` computes as sentence-transformers does, and its measures.

Knows what the published files of such a model say: BERT (arXiv 1810.04805) whose states are averaged over the tokens
(Sentence-BERT, arXiv 1908.10084, section 3). Guesses nothing: a model that says anything else is none of these.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from memory.wordpiece import reads_alike

_MODULES: Final = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
_ARCHITECTURE: Final[Mapping[str, tuple[object, ...]]] = {
    "model_type": ("bert",),
    "hidden_act": ("gelu",),
    "position_embedding_type": ("absolute", None),
    "dtype": ("float32", None),
    "torch_dtype": ("float32", None),
    "is_decoder": (False, None),
    "is_encoder_decoder": (False, None),
    "add_cross_attention": (False, None),
    "chunk_size_feed_forward": (0, None),
}
_COUNTS: Final = (
    "num_hidden_layers",
    "num_attention_heads",
    "hidden_size",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "type_vocab_size",
)
_OF_TRAINING: Final = {"attention_probs_dropout_prob", "hidden_dropout_prob", "classifier_dropout", "initializer_range"}
_OF_OUTPUT: Final = {
    "architectures",
    "id2label",
    "label2id",
    "problem_type",
    "use_cache",
    "tie_word_embeddings",
    "return_dict",
}
_OF_TOKENS: Final = {"pad_token_id", "bos_token_id", "eos_token_id"}
_OF_FILE: Final = {"_name_or_path", "transformers_version", "gradient_checkpointing"}
_UNUSED: Final = _OF_TRAINING | _OF_OUTPUT | _OF_TOKENS | _OF_FILE  # by the states of a BERT
_ASKED: Final = {"__version__", "prompts", "default_prompt_name", "similarity_fn_name", "model_type"}
_ADAPTER: Final = "adapter_config.json"  # transformers adds what lies beside it to the weights
_MEAN: Final = "pooling_mode_mean_tokens"
_POOLED_WIDTHS: Final = ("word_embedding_dimension", "embedding_dimension")
_POOLED: Final = {*_POOLED_WIDTHS, "include_prompt"}
_MODULE: Final = {"idx", "name", "path", "type"}


class Bert(NamedTuple):
    """The measures of a BERT.

    `width` is of a state, `hidden` of a layer's inner one; `tokens`, `positions` and `types` are rows of the tables
    that the first states are sums of. A text is cut off after `longest` tokens.
    """

    layers: int
    heads: int
    width: int
    hidden: int
    tokens: int
    positions: int
    types: int
    epsilon: float
    longest: int


def read_bert(folder: Path) -> Bert | None:
    """The measures of the model in `folder`; None if it is no BERT, is pooled otherwise, or not all is known of it."""
    try:
        config = _settings(folder / "config.json")
        bert = _measures(config, _settings(folder / "sentence_bert_config.json"))
        whole = _plain(config) and not (folder / _ADAPTER).exists()
        known = whole and _averaged(folder, bert.width) and _unprompted(folder)
        return bert if known and reads_alike(folder, bert.tokens) and _stored(folder, bert) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # sentence-transformers says what is wrong with it


def shapes(bert: Bert) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names and shapes of all weights that vectors depend on, as they are stored: (out, in) of a matrix."""
    vector = (bert.width,)
    for table, rows in zip(("word", "position", "token_type"), (bert.tokens, bert.positions, bert.types), strict=True):
        yield f"embeddings.{table}_embeddings.weight", (rows, bert.width)
    yield from _normed("embeddings", vector)
    square, up, down = (bert.width, bert.width), (bert.hidden, bert.width), (bert.width, bert.hidden)
    matrices = {f"attention.self.{part}": square for part in ("query", "key", "value")}
    matrices |= {"attention.output.dense": square, "intermediate.dense": up, "output.dense": down}
    for layer in range(bert.layers):
        name = f"encoder.layer.{layer}"
        for part, shape in matrices.items():
            yield f"{name}.{part}.weight", shape
            yield f"{name}.{part}.bias", shape[:1]
        yield from _normed(f"{name}.attention.output", vector)
        yield from _normed(f"{name}.output", vector)


def _normed(name: str, shape: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.LayerNorm.weight", shape
    yield f"{name}.LayerNorm.bias", shape


def _settings(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


def _measures(config: Any, reading: Any) -> Bert:
    counts = [config[key] for key in _COUNTS]
    bert = Bert._make([*counts, config["layer_norm_eps"], reading["max_seq_length"]])
    if not all(type(count) is int and count > 0 for count in (*counts, bert.longest)):
        raise ValueError("its measures are no counts")
    if bert.width % bert.heads or not 2 < bert.longest <= bert.positions or not 0 < bert.epsilon < 1:
        raise ValueError("its measures do not fit together")
    if reading.keys() - {"max_seq_length", "do_lower_case"} or reading.get("do_lower_case"):
        raise ValueError("it changes texts before they are read")
    return bert


def _plain(config: Any) -> bool:
    """Whether it says a plain BERT, and nothing of which more is not known."""
    known = not config.keys() - {*_ARCHITECTURE, *_COUNTS, "layer_norm_eps", *_UNUSED}
    return known and all(config.get(key) in values for key, values in _ARCHITECTURE.items())


def _averaged(folder: Path, width: int) -> bool:
    """Whether the modules after the transformer are the mean over the tokens and perhaps a normalisation."""
    modules = _settings(folder / "modules.json")
    named = [module["type"].split(".") for module in modules]
    if [name[-1] for name in named] not in _MODULES or {name[0] for name in named} != {"sentence_transformers"}:
        return False
    if modules[0]["path"] != "" or any(module.keys() - _MODULE for module in modules):
        return False
    if any((folder / module["path"] / "config.json").exists() for module in modules[2:]):
        return False  # what it normalises may be something else
    pooling = _settings(folder / modules[1]["path"] / "config.json")
    modes = {key for key, value in pooling.items() if key not in _POOLED and value}
    mean = modes == {_MEAN} or (modes == {"pooling_mode"} and pooling["pooling_mode"] == "mean")
    return mean and any(pooling.get(key) == width for key in _POOLED_WIDTHS)


def _unprompted(folder: Path) -> bool:
    """Whether nothing is put before a text, and nothing done with its vector."""
    file = folder / "config_sentence_transformers.json"
    settings = _settings(file) if file.exists() else {}
    if settings.keys() - _ASKED or settings.get("model_type", "SentenceTransformer") != "SentenceTransformer":
        return False
    return not settings.get("default_prompt_name") and not any(settings.get("prompts", {}).values())


def _stored(folder: Path, bert: Bert) -> bool:
    """Whether one file has all weights, in float32 and of the shapes that the settings say."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / "model.safetensors", "numpy") as file:
            stored = set(file.keys())
            return all(name in stored and _alike(file.get_slice(name), shape) for name, shape in shapes(bert))
    except SafetensorError:
        return False


def _alike(stored: Any, shape: tuple[int, ...]) -> bool:
    return (stored.get_dtype(), stored.get_shape()) == ("F32", [*shape])
