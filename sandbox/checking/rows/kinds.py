"""What kind of rows a table holds, by the names of its columns, and what each column is for. Knows no values."""

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from sandbox.checking.names import Code, RowKind

MARGIN: Final = "margin"
_SCORES: Final = ("chosen_alignment", "rejected_alignment", "chosen_engagement", "rejected_engagement")
_ASKED: Final = ("conversations", "messages", "prompt")  # whichever is there
# Columns that a trainer takes for something of its own when it finds them beside the texts.
SPECIAL: Final[Mapping[str, Code]] = {
    "image": "image_column", "images": "image_column", "input_ids": "token_column", "labels": "token_column",
    "text": "text_column", "messages": "messages_column", "system": "system_column",
}  # fmt: skip
# Beside these three, axolotl looks at no other column.
READY_TOKENS: Final = frozenset({"input_ids", "labels", "attention_mask"})


class Roles(NamedTuple):
    """Which columns hold what. A column in none of these is no trainer's, and `optional` ones may be absent."""

    prompts: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    label: str | None = None
    lists: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """Columns that are strings or conversations."""
        return self.prompts + self.answers

    @property
    def required(self) -> frozenset[str]:
        """Columns without which rows are not of the kind."""
        named = {*self.texts, *self.numbers, *self.lists, *([self.label] if self.label else [])}
        return frozenset(named - {*self.optional})


# Of grouped rows: what each response has, and what stands beside. A run need not have all of it.
_OF_RESPONSES: Final = ("responses", "scores", "models", "engagement")
_BESIDE: Final = ("models", "engagement", "instruction", "input")
# In the order in which they are tried: the first whose required columns are all there.
ROLES: Final[Mapping[RowKind, Roles]] = {
    "stable-alignment": Roles(prompts=("query",), lists=_OF_RESPONSES, optional=_BESIDE),
    "stable-alignment-chat": Roles(prompts=("prompt",), lists=_OF_RESPONSES, optional=_BESIDE[:2]),
    "modpo": Roles(("prompt",), ("chosen", "rejected"), _SCORES),
    "reward": Roles(("prompt",), ("chosen", "rejected"), (MARGIN,)),
    "dpo": Roles(("prompt",), ("chosen", "rejected")),
    "kto": Roles(("prompt",), ("completion",), label="label"),
    "sft": Roles(("prompt",), ("completion",)),
    "pairs": Roles((), ("chosen", "rejected"), (MARGIN,), optional=(MARGIN,)),
    "message-pairs": Roles(_ASKED, ("chosen", "rejected"), optional=_ASKED),
    "alpaca": Roles(("instruction", "input"), ("output",), optional=("input",)),
    "messages": Roles(answers=("messages",)),
    "sharegpt": Roles(answers=("conversations",)),
    "text": Roles(answers=("text",)),
}
NO_ROLES: Final = Roles()
KNOWN: Final = (
    "known are prompt with chosen and rejected, or with completion (and label); chosen and rejected alone; "
    "messages; conversations; instruction and output; text; query or prompt with responses and scores"
)
STRINGS_ONLY: Final = frozenset[RowKind]({"alpaca", "stable-alignment", "text"})
GROUPED: Final = frozenset[RowKind]({"stable-alignment", "stable-alignment-chat"})
PAIRED: Final = frozenset[RowKind]({"dpo", "pairs", "reward", "modpo"})
RANKED: Final = PAIRED | frozenset[RowKind]({"message-pairs"})


def roles(kind: RowKind) -> Roles:
    """What the columns of that kind are for; nothing is known of interactions and of unknown rows."""
    return ROLES.get(kind, NO_ROLES)


def kind_of(columns: Collection[str], first: Mapping[str, Any]) -> RowKind:
    """The kind whose columns are all there; in pairs of LLaMA-Factory's the answers are single turns, as in `first`."""
    if isinstance(first.get("chosen"), dict) and isinstance(first.get("rejected"), dict):
        return "message-pairs"
    for kind, wanted in ROLES.items():
        if wanted.required <= set(columns):
            return kind
    return "unknown"
