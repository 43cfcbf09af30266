"""From a text to the numbers of its tokens, by WordPiece as BERT has it (arXiv 1810.04805, section 3).

Knows a model's `tokenizer.json`. transformers makes a BERT's tokenizer of that file's vocabulary and the settings
beside it, so this one reads a text alike only where the whole file says the same as these.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from memory.weights import EmbedderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_CLASSES: Final = ("BertTokenizer", "BertTokenizerFast")
_SPECIAL: Final = {f"{name.lower()}_token": f"[{name}]" for name in ("PAD", "UNK", "CLS", "SEP", "MASK")}
_TOKEN: Final = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
_MEANT: Final = {"tokenizer_class", "tokenize_chinese_chars", "strip_accents", "do_lower_case", *_SPECIAL}
_UNUSED: Final = {"name_or_path", "do_basic_tokenize", "never_split", "model_max_length"}  # by transformers, or here
_WORDS: Final = {
    "type": "WordPiece",
    "unk_token": "[UNK]",
    "continuing_subword_prefix": "##",
    "max_input_chars_per_word": 100,
}


def reads_alike(folder: Path, tokens: int) -> bool:
    """Whether `open_tokenizer` reads texts as transformers does with `folder`, into numbers below `tokens`.

    Raises `OSError`, `ValueError`, `KeyError`, `TypeError` or `AttributeError` for files that are something else.
    """
    stated = orjson.loads((folder / "tokenizer.json").read_bytes())
    vocabulary = stated["model"].pop("vocab")
    numbers = {name: vocabulary[name] for name in _SPECIAL.values()}
    return (
        stated["model"] == _WORDS
        and stated["pre_tokenizer"] == {"type": "BertPreTokenizer"}
        and stated["normalizer"] == _normalizer(folder)
        and _added(stated["added_tokens"]) == numbers
        and _framed(stated["post_processor"], numbers)
        and all(type(number) is int and 0 <= number < tokens for number in vocabulary.values())
    )


def open_tokenizer(folder: Path, longest: int) -> "Tokenizer":
    """The tokenizer of `folder`, of which `reads_alike` is true; it cuts off what is beyond `longest` tokens.

    Raises `EmbedderError`.
    """
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # tokenizers raises nothing narrower
        raise EmbedderError(f"The model in {folder} cannot be loaded: its tokenizer.json is damaged.") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return tokenizer


def _normalizer(folder: Path) -> dict[str, object] | None:
    """What transformers does to a text before it is split; None where settings say what is not known here."""
    settings = orjson.loads((folder / "tokenizer_config.json").read_bytes())
    named = folder / "special_tokens_map.json"
    tokens = [settings, orjson.loads(named.read_bytes())] if named.exists() else [settings]
    if settings.keys() - _MEANT - _UNUSED or settings["tokenizer_class"] not in _CLASSES:
        return None
    if (folder / "added_tokens.json").exists() or not all(map(_usual, tokens)):
        return None
    return {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": settings.get("tokenize_chinese_chars", True),
        "strip_accents": settings.get("strip_accents"),
        "lowercase": settings.get("do_lower_case", True),
    }


def _usual(named: Mapping[str, object]) -> bool:
    """Whether no special token has another name than BERT's, and there are no others."""
    return all(value == _SPECIAL.get(key) for key, value in named.items() if key.endswith(("_token", "_tokens")))


def _added(tokens: Any) -> dict[str, int] | None:
    """The numbers of the tokens that are found before a text is split; None where one is found in its own way."""
    plain = all({**each, **_TOKEN} == each for each in tokens)
    return {each["content"]: each["id"] for each in tokens} if plain else None


def _framed(processor: Any, numbers: Mapping[str, int]) -> bool:
    """Whether a text is put between [CLS] and [SEP]."""
    text = {"Sequence": {"id": "A", "type_id": 0}}
    first, last = ({"SpecialToken": {"id": name, "type_id": 0}} for name in ("[CLS]", "[SEP]"))
    ids = {name: [numbers[name]] for name in ("[CLS]", "[SEP]")}
    return (
        processor["type"] == "TemplateProcessing"
        and processor["single"] == [first, text, last]
        and {name: token["ids"] for name, token in processor["special_tokens"].items()} == ids
    )
