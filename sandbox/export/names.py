"""The closed sets of names that an exported folder is described by. Knows nothing of how it is made."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, get_args

Format = Literal["stable-alignment", "alpaca", "sft", "dpo", "kto", "reward", "modpo", "parquet"]
Style = Literal["string", "conversational"]
Asked = Literal["question", "draft"]
Split = Literal["train", "validation", "test"]
Trainer = Literal["trl", "llama-factory", "axolotl"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
SPLITS: Final[tuple[Split, ...]] = get_args(Split)
TRAINERS: Final[tuple[Trainer, ...]] = get_args(Trainer)
# Formats whose rows are of the three kinds of the paper, and formats of comparison pairs.
OF_KINDS: Final[frozenset[Format]] = frozenset({"stable-alignment", "alpaca", "sft"})
OF_PAIRS: Final[frozenset[Format]] = frozenset({"dpo", "reward", "modpo"})

# Files that describe a folder, and what its manifest says it is.
CARD: Final = "README.md"
MANIFEST: Final = "manifest.json"
MAPPING: Final = "dataset_info.json"
ExportKind = Literal["sandbox-export"]
EXPORT_KIND: Final[ExportKind] = "sandbox-export"

# How many rows of kto a trainer takes at once: their order is made for it (`interleave`), and configurations say so.
KTO_BATCH: Final = 8
# Tokens of a row that a trainer looks at: configurations say so, and the check of a folder of ours counts with it.
MAX_LENGTH: Final = 2048

# Is told what is done, how much of it, and of how much.
ReportProgress = Callable[[str, int, int], None]


class Shape(NamedTuple):
    """What is in a folder: `parts` are its dataset configs, each with the splits that have rows, in order.

    The rows of a split lie in `data/<part>/<split>.parquet` and, the same, in `.jsonl`.
    """

    format: Format
    style: Style
    parts: Mapping[str, Sequence[Split]]


def data_file(part: str, split: Split, ending: Literal["parquet", "jsonl"]) -> str:
    """Where rows lie, below the folder."""
    return f"data/{part}/{split}.{ending}"


def origin_file(part: str, split: Split) -> str:
    """Where it says which interactions the rows of a split come from, below the folder."""
    return f"origin/{part}/{split}.jsonl"
