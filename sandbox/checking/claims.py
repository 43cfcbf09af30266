"""The table of what each trainer does with which fault: the only place where that is claimed. Knows no file, no count.

TRL 1.16, LLaMA-Factory 0.9.5 and axolotl 0.19, with the settings they come with; all three read files with `datasets`.
Rules are tried from the top, and the first that fits counts; where none fits, the trainer does not mind.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sandbox.checking.kinds import PAIRED
from sandbox.checking.names import Code, RowKind, Verdict
from sandbox.export.names import TRAINERS, Style, Trainer


class Claim(NamedTuple):
    """`trainers` do this with rows that have `code`; None stands for any kind of rows, or any style.

    With `ours` it is about folders of `sandbox export`, and the configurations of trainers in them.
    """

    code: Code
    trainers: Sequence[Trainer]
    verdict: Verdict
    why: str
    kinds: frozenset[RowKind] | None = None
    style: Style | None = None
    ours: bool = False


class Takes(NamedTuple):
    """What `trainers` make of rows of `kinds` that have nothing wrong with them."""

    kinds: frozenset[RowKind]
    trainers: Sequence[Trainer]
    verdict: Verdict
    why: str
    style: Style | None = None


_ALL: Final[Sequence[Trainer]] = TRAINERS
_TRL: Final[Sequence[Trainer]] = ("trl",)
_LF: Final[Sequence[Trainer]] = ("llama-factory",)
_AX: Final[Sequence[Trainer]] = ("axolotl",)
_BOTH: Final[Sequence[Trainer]] = ("trl", "axolotl")
_SFT: Final = frozenset[RowKind]({"sft", "alpaca"})
_KTO: Final = frozenset[RowKind]({"kto"})
_REWARD: Final = frozenset[RowKind]({"reward"})
_DPO: Final = frozenset[RowKind]({"dpo", "modpo", "pairs"})
_TEXT_PAIRS: Final = PAIRED | frozenset[RowKind]({"sft", "kto"})
_CHATS: Final = frozenset[RowKind]({"messages", "sharegpt"})
NOT_TAKEN: Final = "does not take these rows"

TAKES: Final[Sequence[Takes]] = (
    Takes(frozenset({"unknown", "stable-alignment", "interactions"}), _ALL, "fails", NOT_TAKEN),
    Takes(frozenset({"alpaca"}), _TRL, "fails", f"{NOT_TAKEN}: it looks for prompt and completion, messages or text"),
    Takes(frozenset({"message-pairs"}), _BOTH, "fails", f"{NOT_TAKEN}: it wants each answer as a string or a list"),
    Takes(_CHATS, _TRL, "trains wrongly", "trains on what users say too, unless assistant_only_loss is set"),
    Takes(frozenset({"pairs"}), _LF, "fails", f"{NOT_TAKEN}: the prompt needs a column of its own"),
    Takes(PAIRED, _LF, "fails", f"{NOT_TAKEN}: its converters want one answer as a string or an object, not a list",
          "conversational"),
    Takes(frozenset({"kto", "sft"}), _LF, "fails", f"{NOT_TAKEN}: its converters want prompt and answer in one list",
          "conversational"),
    Takes(frozenset({"pairs"}), _AX, "fails", f"{NOT_TAKEN}: the prompt needs a column of its own", "string"),
    Takes(frozenset({"sft"}), _AX, "fails", f"{NOT_TAKEN}: it wants all turns in one column", "conversational"),
    Takes(frozenset({"pairs"}), _TRL, "note", "takes what both answers begin with for the prompt"),
    Takes(_REWARD, _LF, "note", "leaves the margin out"),
)  # fmt: skip

_LOADING: Final[Sequence[Claim]] = (
    Claim("broken_line", _ALL, "fails", "no file with such a line is loaded"),
    Claim("not_an_object", _ALL, "fails", "no file with such a line is loaded"),
    Claim("not_utf8", _ALL, "fails", "no file with such bytes is loaded"),
    Claim("lone_surrogate", _ALL, "fails", "half a character cannot be loaded"),
    Claim("unreadable_file", _ALL, "fails", "the file cannot be loaded"),
    Claim("no_rows", _ALL, "fails", "there is nothing to train on"),
    Claim("new_column", _BOTH, "fails", "all files of a config are loaded with the columns of the first"),
    Claim("new_column", _LF, "note", "it loads file by file; together they would not fit"),
    Claim("lost_column", _BOTH, "fails", "the column is loaded as nulls, and a null is no text and no number"),
    Claim("lost_column", _LF, "fails", "the column is not there"),
    Claim("types_differ", _BOTH, "fails", "all files of a config are loaded with the types of the first"),
    Claim("types_differ", _LF, "note", "it loads file by file; together they would not fit"),
    Claim("types_bent", _BOTH, "trains wrongly", "all files of a config are loaded with the types of the first"),
    Claim("types_bent", _LF, "note", "it loads file by file; together they would not fit"),
    Claim("late_type", _ALL, "fails", "types are settled by the first 10 MB, and these values do not fit"),
    Claim("late_bent", _LF, "fails", "types are settled by the first 10 MB, and these values do not fit"),
    Claim("late_bent", _BOTH, "trains wrongly", "types are settled by the first 10 MB, and these are bent to fit"),
    Claim("all_dates", _ALL, "fails", "JSON is loaded with dates for such texts, and a date is no text"),
    Claim("mixed_types", _LF, "fails", "its `datasets` loads no column of several types"),
    Claim("mixed_types", _BOTH, "note", "values of a column of several types are loaded as pieces of JSON"),
    Claim("mixed_numbers", _ALL, "note", "loaded as floats, as long as one is among the first 10 MB"),
    Claim("uneven_column", _ALL, "note", "absent values are loaded as nulls, if the first 10 MB have one that is not"),
    Claim("copies_differ", _ALL, "note", "which rows are trained on depends on which file is loaded"),
    Claim("checksum_differs", _ALL, "note", "the file is loaded as it is now"),
    Claim("manifest_file_missing", _ALL, "note", "what is not there is not trained on"),
    Claim("card_broken", _BOTH, "fails", "the folder cannot be loaded by its card"),
    Claim("card_file_missing", _BOTH, "fails", "the config cannot be loaded"),
    Claim("card_features_differ", _BOTH, "fails", "the files are loaded as what the card says, and do not fit"),
    Claim("card_rows_differ", _BOTH, "fails", "the number of rows is compared with the card"),
    Claim("mapping_broken", _LF, "fails", "it cannot read its list of data sets"),
    Claim("mapping_file_missing", _LF, "fails", "the file is not there"),
    Claim("mapping_column_missing", _LF, "fails", "the column is not there"),
    Claim("mapping_openai", _LF, "trains wrongly", "it puts a system prompt of its own into every row"),
    Claim("mapping_pairs", _LF, "fails", "it takes the question for the answer, and then leaves every row out"),
    Claim("mapping_tags", _LF, "fails", "its tags are not the keys of the turns"),
    Claim("mapping_style", _LF, "fails", "it cannot join lists into a prompt"),
    Claim("mapping_ranking", _LF, "fails", "`ranking` says whether rows are pairs, and says it wrongly"),
    Claim("mapping_kto_tag", _LF, "fails", "without `kto_tag` it leaves every row out"),
)

_VALUES: Final[Sequence[Claim]] = (
    Claim("missing_column", _TRL, "fails", "absent values are nulls, and a null is no text and no number"),
    Claim("missing_column", _AX, "trains wrongly", "an absent prompt is the word None, an absent answer nothing", _SFT),
    Claim("missing_column", _AX, "fails", "it wants prompt and answers in every row"),
    Claim("missing_column", _LF, "drops rows", "rows without an answer are left out, without a prompt ask nothing"),
    Claim("null_text", _TRL, "fails", "a null is no text"),
    Claim("null_text", _AX, "trains wrongly", "a null prompt is the word None, a null answer nothing", _SFT),
    Claim("null_text", _AX, "fails", "it wants prompt and answers in every row"),
    Claim("null_text", _LF, "trains wrongly", "an answer that is null becomes a bad one", _KTO),
    Claim("null_text", _LF, "drops rows", "rows without an answer are left out, without a prompt ask nothing"),
    Claim("null_number", _BOTH, "fails", "a null is no number", _REWARD),
    Claim("null_label", _BOTH, "fails", "a null is no label", _KTO),
    Claim("null_label", _LF, "drops rows", "rows without a label are left out"),
    Claim("null_extra", _ALL, "note", "a column that is null throughout the first 10 MB of a JSON file breaks later"),
    Claim("not_text", _ALL, "fails", "what is no text cannot be tokenized"),
    Claim("not_a_number", _BOTH, "fails", "what is no number is no margin", _REWARD),
    Claim("not_finite", _BOTH, "trains wrongly", "one margin that is no number ruins the model in a step", _REWARD),
    Claim("negative_margin", _BOTH, "note", "the chosen answer is asked to score less above the other one", _REWARD),
    Claim("integer_number", _ALL, "note", "read as integers; a later fraction does not fit"),
    Claim("extra_column", _AX, "note", "it stays in the rows; only a few names, such as images, break training"),
    Claim("image_column", _BOTH, "fails", "it wants a model that sees pictures"),
    Claim("token_column", _TRL, "trains wrongly", "it trains on these instead of the texts, or stops"),
    Claim("token_column", _AX, "drops rows", "it takes these for the tokens, and leaves every row out", _SFT),
    Claim("text_column", _TRL, "trains wrongly", "answers get no end-of-text token", _SFT),
    Claim("messages_column", _BOTH, "trains wrongly", "it may take strings for turns; answers then have no end",
          _TEXT_PAIRS, "string"),
)  # fmt: skip

_TEXTS: Final[Sequence[Claim]] = (
    Claim("mixed_style_rows", _BOTH, "trains wrongly", "strings after conversations get no end-of-text token",
          style="conversational"),
    Claim("mixed_style_rows", _ALL, "fails", "every row is taken for what the first one is"),
    Claim("mixed_style_columns", _BOTH, "fails", "a string and a list of turns cannot be joined"),
    Claim("mixed_style_columns", _LF, "fails", "its converters take either strings or turns"),
    Claim("empty_conversation", _BOTH, "fails", "it looks at the first turn, and there is none"),
    Claim("empty_conversation", _LF, "drops rows", "rows without turns are left out"),
    Claim("bad_message", _ALL, "fails", "a turn needs a role"),
    Claim("null_content", _BOTH, "trains wrongly", "it reads as nothing, or as the word None"),
    Claim("null_content", _LF, "fails", "a null is no text"),
    Claim("unknown_role", _BOTH, "trains wrongly", "chat templates refuse it, or write it as it stands"),
    Claim("unknown_role", _LF, "drops rows", "rows with such a turn are left out"),
    Claim("role_order", _BOTH, "trains wrongly", "many chat templates refuse it, the others train on it"),
    Claim("role_order", _LF, "drops rows", "rows in which turns do not alternate are left out"),
    Claim("answer_not_assistant", _BOTH, "trains wrongly", "it trains on what somebody else says"),
    Claim("answer_not_assistant", _LF, "drops rows", "rows in which turns do not alternate are left out"),
    Claim("no_answer", _BOTH, "note", "what stands after the last answer is not trained on as one"),
    Claim("no_answer", _LF, "drops rows", "rows that do not end with an answer are left out"),
    Claim("empty_prompt", _AX, "fails", "it refuses rows without a prompt", _DPO | _KTO, "string"),
    Claim("empty_prompt", _ALL, "trains wrongly", "it learns to answer nothing"),
    Claim("empty_answer", _AX, "fails", "it refuses rows without an answer", _DPO | _KTO, "string"),
    Claim("empty_answer", _AX, "drops rows", "it learns nothing from rows without an answer", _SFT),
    Claim("empty_answer", _LF, "trains wrongly", "it takes an empty completion for a bad one", _KTO),
    Claim("empty_answer", _ALL, "trains wrongly", "it learns to say nothing, or that nothing is better or worse"),
    Claim("prompt_too_long", _LF, "note", "prompts are cut at their end"),
    Claim("prompt_too_long", _ALL, "drops rows", "rows whose prompt fills the context are left out silently"),
    Claim("row_too_long", _TRL, "drops rows", "rows of which either side is too long are left out", _REWARD),
    Claim("row_too_long", _AX, "note", "what is beyond the context is cut off, the end too", _DPO | _KTO,
          "conversational"),
    Claim("row_too_long", _AX, "drops rows", "rows that are too long are left out"),
    Claim("row_too_long", _ALL, "note", "what is beyond the context is cut off, the end too"),
    Claim("prompt_in_answer", _ALL, "trains wrongly", "the prompt stands in the row twice, and is trained on"),
    Claim("equal_pair", _ALL, "trains wrongly", "nothing can be learned from it, and it counts as a wrong guess"),
    Claim("placeholder", _LF, "trains wrongly", "it fills these marks in"),
    Claim("duplicate_row", _ALL, "note", "it counts as often as it stands there"),
    Claim("contradiction", _ALL, "note", "it learns the one as well as the other"),
    Claim("leak", _ALL, "trains wrongly", "what is measured on that split was seen in training"),
)  # fmt: skip

_LABELS: Final[Sequence[Claim]] = (
    Claim("integer_label", _LF, "fails", "rows whose label is no truth value are left out, until none is left"),
    Claim("integer_label", _BOTH, "note", "0 and 1 happen to work", _KTO),
    Claim("text_label", _LF, "fails", "rows whose label is no truth value are left out, until none is left"),
    Claim("text_label", _BOTH, "fails", "it cannot sum texts", _KTO),
    Claim("odd_label", _LF, "fails", "rows whose label is no truth value are left out, until none is left"),
    Claim("odd_label", _BOTH, "trains wrongly", "everything but 0 counts as good", _KTO),
    Claim("one_label", _LF, "trains wrongly", "there is nothing to tell good from bad by"),
    Claim("one_label", _BOTH, "trains wrongly", "there is nothing to tell good from bad by", _KTO),
    Claim("label_imbalance", _ALL, "note", "the rare label wants a larger weight"),
    Claim("label_runs", _TRL, "trains wrongly", "rows are read in order: whole batches have one label", _KTO),
    Claim("label_runs", _AX, "note", "it shuffles rows, unless shuffle_merged_datasets is false"),
    Claim("label_runs", _LF, "note", "it shuffles rows"),
    Claim("same_prompt_neighbours", _AX, "note", "it shuffles rows, unless shuffle_merged_datasets is false"),
    Claim("same_prompt_neighbours", _ALL, "trains wrongly", "the KL term takes the row before for another prompt"),
)  # fmt: skip
CLAIMS: Final[Sequence[Claim]] = (*_LOADING, *_VALUES, *_TEXTS, *_LABELS)
