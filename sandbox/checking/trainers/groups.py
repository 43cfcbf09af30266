"""Trainers and kinds of rows that claims are made about together. Knows no claim."""

from collections.abc import Sequence
from typing import Final

from sandbox.checking.names import RowKind
from sandbox.export.names import TRAINERS, Trainer

ALL: Final[Sequence[Trainer]] = TRAINERS
TRL: Final[Sequence[Trainer]] = ("trl",)
LF: Final[Sequence[Trainer]] = ("llama-factory",)
AX: Final[Sequence[Trainer]] = ("axolotl",)
BOTH: Final[Sequence[Trainer]] = ("trl", "axolotl")
BY_FILE: Final[Sequence[Trainer]] = ("llama-factory", "axolotl")
NOT_AX: Final[Sequence[Trainer]] = ("trl", "llama-factory")
SFT: Final = frozenset[RowKind]({"sft", "alpaca"})
KTO: Final = frozenset[RowKind]({"kto"})
REWARD: Final = frozenset[RowKind]({"reward"})
DPO: Final = frozenset[RowKind]({"dpo", "modpo", "pairs"})
TEXT: Final = frozenset[RowKind]({"text"})
CHATS: Final = frozenset[RowKind]({"messages", "sharegpt"})
