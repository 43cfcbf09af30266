"""`dataset_info.json`: how LLaMA-Factory (0.9.5) finds the rows of a folder when its `dataset_dir` is that folder.

Knows which of our formats LLaMA-Factory reads, and under which of its names each column goes. The rest of its
configuration (model, template, stage) is the reader's.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.export.names import MAPPING, Format, Shape, Split, Style, data_file

_PAIR: Final = {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"}
# LLaMA-Factory's name of a column, and ours. It reads no column that is not named here: margins may lie beside.
_COLUMNS: Final[Mapping[Format, Mapping[str, str]]] = {
    "alpaca": {"prompt": "instruction", "query": "input", "response": "output"},
    "sft": {"prompt": "prompt", "response": "completion"},
    "dpo": _PAIR,
    "kto": {"prompt": "prompt", "response": "completion", "kto_tag": "label"},
    "reward": _PAIR,
    "modpo": _PAIR,
}


def llama_factory_takes(format_: Format, style: Style) -> bool:
    """Whether there is a mapping under which LLaMA-Factory trains on the answers of these rows, and on nothing else.

    There is none for conversations in two columns: its `sharegpt` wants question and answer in one list, and of a pair
    each side as a single message, not as a list of one. It drops our rows, or fails on them.
    """
    return style == "string" and format_ in _COLUMNS


def dataset_name(part: str, split: Split) -> str:
    """What a split is called in LLaMA-Factory's `dataset` and `eval_dataset`."""
    return part if split == "train" else f"{part}-{split}"


def llama_factory_files(shape: Shape) -> Iterator[tuple[str, str]]:
    """The path below the folder and the text of what LLaMA-Factory needs; nothing where it does not take the rows."""
    if not llama_factory_takes(shape.format, shape.style):
        return
    entries = {
        dataset_name(part, split): _entry(shape.format, part, split)
        for part, splits in shape.parts.items()
        for split in splits
    }
    yield MAPPING, json.dumps(entries, ensure_ascii=False, indent=2) + "\n"


def _entry(format_: Format, part: str, split: Split) -> dict[str, Any]:
    # Parquet, because LLaMA-Factory lets `datasets` guess the types of JSONL: answers that all look like dates become
    # dates there, and are dropped.
    ranking = {"ranking": True} if _COLUMNS[format_] is _PAIR else {}
    where = {"file_name": data_file(part, split, "parquet"), "formatting": "alpaca"}
    return {**where, **ranking, "columns": dict(_COLUMNS[format_])}
