"""From a text to the numbers of its tokens, by WordPiece as BERT has it (arXiv 1810.04805, section 3).

Knows a model's `tokenizer.json`. transformers makes a BERT's tokenizer of that file's vocabulary and the settings in
`tokenizer_config.json`, so this one reads a text alike only where the whole file says the same as these.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_CLASSES: Final = ("BertTokenizer", "BertTokenizerFast")
_SPECIAL: Final = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_TOKEN: Final = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
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
    settings = orjson.loads((folder / "tokenizer_config.json").read_bytes())
    vocabulary = stated["model"].pop("vocab")
    numbers = {each["content"]: each["id"] for each in stated["added_tokens"]}
    special = all({**each, **_TOKEN} == each and numbers[name] == vocabulary[name] for name, each in _named(stated))
    return (
        settings["tokenizer_class"] in _CLASSES
        and all(settings.get(f"{name[1:-1].lower()}_token", name) == name for name in _SPECIAL)
        and (numbers.keys() == set(_SPECIAL) and special)
        and (stated["model"] == _WORDS and stated["pre_tokenizer"] == {"type": "BertPreTokenizer"})
        and stated["normalizer"] == _normalizer(settings)
        and _framed(stated["post_processor"], numbers)
        and all(type(number) is int and 0 <= number < tokens for number in vocabulary.values())
    )


def open_tokenizer(folder: Path, longest: int) -> "Tokenizer":
    """The tokenizer of `folder`, of which `reads_alike` is true; it cuts off what is beyond `longest` tokens."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return tokenizer


def _named(stated: Any) -> list[tuple[str, dict[str, object]]]:
    return [(each["content"], each) for each in stated["added_tokens"]]


def _normalizer(settings: Any) -> dict[str, object]:
    return {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": settings.get("tokenize_chinese_chars", True),
        "strip_accents": settings.get("strip_accents"),
        "lowercase": settings.get("do_lower_case", True),
    }


def _framed(processor: Any, numbers: dict[str, int]) -> bool:
    """Whether a text is put between [CLS] and [SEP]."""
    text = {"Sequence": {"id": "A", "type_id": 0}}
    first, last = ({"SpecialToken": {"id": name, "type_id": 0}} for name in ("[CLS]", "[SEP]"))
    ids = {name: [numbers[name]] for name in ("[CLS]", "[SEP]")}
    return (
        processor["type"] == "TemplateProcessing"
        and processor["single"] == [first, text, last]
        and {name: token["ids"] for name, token in processor["special_tokens"].items()} == ids
    )
