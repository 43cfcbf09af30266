"""The closed sets of names in a check, and what a finding is. Knows no file, no trainer's habits and no wording."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

RowKind = Literal[
    "sft", "dpo", "pairs", "message-pairs", "kto", "reward", "modpo", "messages", "sharegpt", "alpaca",
    "stable-alignment", "stable-alignment-chat", "text", "interactions", "unknown",
]  # fmt: skip
Verdict = Literal["fine", "note", "drops rows", "trains wrongly", "fails"]
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)  # from the mildest to the worst
HARMFUL: Final = frozenset[Verdict]({"drops rows", "trains wrongly", "fails"})

_Reading = Literal[
    "broken_line", "not_an_object", "not_utf8", "lone_surrogate", "unreadable_file", "no_rows",
]  # fmt: skip
_Columns = Literal[
    "new_column", "lost_column", "lost_margin", "types_differ", "types_bent", "late_type", "late_bent", "all_dates",
    "mixed_types", "mixed_numbers", "missing_column", "uneven_column", "extra_column", "image_column",
    "token_column", "ready_tokens", "text_column", "messages_column", "tools_column", "system_column",
    "unknown_rows",
]  # fmt: skip
_Values = Literal[
    "null_text", "null_number", "null_label", "null_extra", "not_text", "not_a_number", "integer_number", "not_finite",
    "not_a_list", "lengths_differ",
]  # fmt: skip
_Turns = Literal[
    "mixed_style_rows", "mixed_style_columns", "empty_conversation", "bad_message", "null_content", "unknown_role",
    "role_order", "answer_not_assistant", "no_answer",
]  # fmt: skip
_Labels = Literal[
    "integer_label", "text_label", "odd_label", "one_label", "label_imbalance", "label_runs", "same_prompt_neighbours",
    "same_answer_neighbours", "batch_ends", "lone_row",
]  # fmt: skip
_Texts = Literal[
    "empty_prompt", "empty_answer", "prompt_too_long", "row_too_long", "prompt_in_answer", "prompt_runs_in",
    "equal_pair", "negative_margin", "scores_swapped", "odd_score", "placeholder", "special_token", "perhaps_special",
    "templated", "thinking_tag", "hidden_text", "duplicate_row", "contradiction", "leak",
]  # fmt: skip
_Files = Literal[
    "copies_differ", "checksum_differs", "configuration_changed", "manifest_broken", "manifest_file_missing",
    "other_files", "not_looked_at", "formats_differ", "card_broken", "card_file_missing", "card_features_differ",
    "card_rows_differ", "card_edited",
]  # fmt: skip
_Mapped = Literal[
    "mapping_absent", "mapping_broken", "mapping_file_missing", "mapping_file_type", "mapping_split",
    "mapping_column_missing", "mapping_openai", "mapping_pairs", "mapping_tags", "mapping_system", "mapping_style",
    "mapping_ranking", "mapping_kto_tag",
]  # fmt: skip
Code = Literal[_Reading, _Columns, _Values, _Turns, _Labels, _Texts, _Files, _Mapped]
CODES: Final[tuple[Code, ...]] = get_args(Code)

Edition = Literal["parquet", "json"]
MOST_PLACES: Final = 3


class TableName(NamedTuple):
    """The rows of one split of one dataset config; `parquet` and `json` files of the same rows are two editions."""

    part: str
    split: str
    edition: Edition


class Place(NamedTuple):
    """A row of a file: the line of JSON lines, else the number of the row, from 1; None is the whole file."""

    file: str
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """`count` rows (or files, or columns) of `table` to which `code` applies, and the first few places.

    `about` is what the fact is told with: the name of a column, a reason. It can be anything that stood in a file.
    """

    code: Code
    table: TableName | None
    about: str
    count: int
    places: Sequence[Place]
