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

    With `ours` it is about folders of `sandbox export`, and the configurations of trainers in them. `read` are those of
    the trainers whose code says it; the others were seen to do it, in their tests.
    """

    code: Code
    trainers: Sequence[Trainer]
    verdict: Verdict
    why: str
    kinds: frozenset[RowKind] | None = None
    style: Style | None = None
    ours: bool = False
    read: Sequence[Trainer] = ()


class Takes(NamedTuple):
    """What `trainers` make of rows of `kinds` that have nothing wrong with them."""

    kinds: frozenset[RowKind]
    trainers: Sequence[Trainer]
    verdict: Verdict
    why: str
    style: Style | None = None
    read: Sequence[Trainer] = ()


_ALL: Final[Sequence[Trainer]] = TRAINERS
_TRL: Final[Sequence[Trainer]] = ("trl",)
_LF: Final[Sequence[Trainer]] = ("llama-factory",)
_AX: Final[Sequence[Trainer]] = ("axolotl",)
_BOTH: Final[Sequence[Trainer]] = ("trl", "axolotl")
_BY_FILE: Final[Sequence[Trainer]] = ("llama-factory", "axolotl")
_NOT_AX: Final[Sequence[Trainer]] = ("trl", "llama-factory")
_SFT: Final = frozenset[RowKind]({"sft", "alpaca"})
_KTO: Final = frozenset[RowKind]({"kto"})
_REWARD: Final = frozenset[RowKind]({"reward"})
_DPO: Final = frozenset[RowKind]({"dpo", "modpo", "pairs"})
_TEXT: Final = frozenset[RowKind]({"text"})
_CHATS: Final = frozenset[RowKind]({"messages", "sharegpt"})
_SUPERVISED: Final = _SFT | _CHATS | _TEXT
_ABSENT: Final[Sequence[Code]] = ("missing_column", "null_text")
NOT_TAKEN: Final = "does not take these rows"

TAKES: Final[Sequence[Takes]] = (
    Takes(frozenset({"unknown", "stable-alignment", "interactions"}), _ALL, "fails", NOT_TAKEN),
    Takes(frozenset({"alpaca"}), _TRL, "fails", f"{NOT_TAKEN}: it looks for prompt and completion, messages or text"),
    Takes(frozenset({"message-pairs"}), _BOTH, "fails", f"{NOT_TAKEN}: it wants each answer as a string or a list"),
    Takes(_CHATS, _TRL, "trains wrongly", "trains on what users say too, unless assistant_only_loss is set"),
    Takes(frozenset({"pairs"}), _LF, "trains wrongly", "trains with an empty question: the prompt needs its own column",
          "string"),
    Takes(PAIRED, _LF, "fails", f"{NOT_TAKEN}: its converters want one answer as a string or an object, not a list",
          "conversational"),
    Takes(frozenset({"kto", "sft"}), _LF, "fails", f"{NOT_TAKEN}: its converters want prompt and answer in one list",
          "conversational"),
    Takes(frozenset({"pairs"}), _AX, "note", "trains reward models on them; for DPO the prompt needs its own column",
          "string"),
    Takes(frozenset({"sharegpt"}), _AX, "note", "has to be told field_messages and message_property_mappings"),
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
    Claim("new_column", _TRL, "fails", "all files of a config are loaded with the columns of the first"),
    Claim("new_column", _BY_FILE, "note", "it loads file by file; together they would not fit"),
    Claim("lost_column", _TRL, "fails", "the column is loaded as nulls, and a null is no text and no number"),
    Claim("lost_column", _BY_FILE, "fails", "the column is not there"),
    Claim("lost_margin", _TRL, "fails", "the margin is loaded as nulls, and a null is no number", PAIRED),
    Claim("lost_margin", _BY_FILE, "note", "it measures without a margin there"),
    Claim("types_differ", _TRL, "fails", "all files of a config are loaded with the types of the first"),
    Claim("types_differ", _BY_FILE, "note", "it loads file by file; together they would not fit"),
    Claim("types_bent", _TRL, "trains wrongly", "all files of a config are loaded with the types of the first"),
    Claim("types_bent", _BY_FILE, "note", "it loads file by file; together they would not fit"),
    Claim("late_type", _ALL, "fails", "types are settled by the first 10 MB, and these values do not fit"),
    Claim("late_bent", _LF, "fails", "types are settled by the first 10 MB, and these values do not fit"),
    Claim("late_bent", _BOTH, "trains wrongly", "types are settled by the first 10 MB, and these are bent to fit"),
    Claim("all_dates", _ALL, "fails", "JSON is loaded with dates for such texts, and a date is no text"),
    Claim("mixed_types", _LF, "fails", "its `datasets` loads no column of several types"),
    Claim("mixed_types", _BOTH, "note", "values of a column of several types are loaded as pieces of JSON"),
    Claim("mixed_numbers", _ALL, "note", "loaded as floats, as long as one is among the first 10 MB"),
    Claim("uneven_column", _ALL, "note", "absent values are loaded as nulls, if the first 10 MB have one that is not"),
)

_VALUES: Final[Sequence[Claim]] = (
    Claim("missing_column", _TRL, "fails", "absent values are nulls, and a null is no text and no number"),
    Claim("null_text", _TRL, "fails", "a null is no text"),
    *(Claim(code, _AX, "trains wrongly", "a prompt that is not there is the word None, an answer nothing", _SFT)
      for code in _ABSENT),
    *(Claim(code, _AX, "drops rows", "rows without a text are left out", _TEXT) for code in _ABSENT),
    *(Claim(code, _AX, "fails", "it wants prompt and answers, or turns, in every row") for code in _ABSENT),
    *(Claim(code, _LF, "trains wrongly", "an answer that is not there becomes a bad one", _KTO) for code in _ABSENT),
    *(Claim(code, _LF, "fails", "it wants turns in every row", _CHATS) for code in _ABSENT),
    *(Claim(code, _LF, "trains wrongly", "rows without an answer are left out, rows without a prompt ask nothing")
      for code in _ABSENT),
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
    Claim("image_column", _TRL, "fails", "it wants a model that sees pictures", _SUPERVISED | _DPO | _KTO),
    Claim("image_column", _AX, "fails", "it wants a model that sees pictures", _DPO | _KTO),
    Claim("token_column", _TRL, "trains wrongly", "it trains on these instead of the texts, or stops", _SUPERVISED),
    Claim("ready_tokens", _AX, "trains wrongly", "it trains on these instead of the texts, or stops", _SUPERVISED),
    Claim("text_column", _TRL, "trains wrongly", "answers get no end-of-text token", _SFT),
    Claim("messages_column", _TRL, "trains wrongly", "it may take strings for turns; answers then have no end",
          frozenset({"sft", "kto"}), "string", read=_TRL),
    Claim("messages_column", _AX, "trains wrongly", "it may take strings for turns; answers then have no end",
          _KTO, "string"),
)  # fmt: skip

_TEXTS: Final[Sequence[Claim]] = (
    Claim("mixed_style_rows", _BOTH, "trains wrongly", "strings after conversations get no end-of-text token",
          style="conversational"),
    Claim("mixed_style_rows", _ALL, "fails", "every row is taken for what the first one is"),
    Claim("mixed_style_columns", _BOTH, "fails", "a string and a list of turns cannot be joined"),
    Claim("mixed_style_columns", _LF, "fails", "its converters take either strings or turns"),
    Claim("empty_conversation", _BOTH, "trains wrongly", "it stops, leaves the row out, or learns to say nothing"),
    Claim("empty_conversation", _LF, "drops rows", "rows without turns are left out"),
    Claim("bad_message", _LF, "fails", "a turn needs a role"),
    Claim("bad_message", _BOTH, "trains wrongly", "chat templates refuse it, or write nothing for the role"),
    Claim("null_content", _BOTH, "trains wrongly", "it reads as nothing, or as the word None"),
    Claim("null_content", _LF, "fails", "a null is no text"),
    Claim("unknown_role", _BOTH, "trains wrongly", "chat templates refuse it, or write it as it stands"),
    Claim("unknown_role", _LF, "drops rows", "rows with such a turn are left out"),
    Claim("role_order", _BOTH, "trains wrongly", "many chat templates refuse it, the others train on it"),
    Claim("role_order", _LF, "drops rows", "rows in which turns do not alternate are left out"),
    Claim("answer_not_assistant", _ALL, "trains wrongly", "it trains on what somebody else says"),
    Claim("no_answer", _TRL, "trains wrongly", "it learns what is said after the last answer, too"),
    Claim("no_answer", _AX, "note", "what stands after the last answer is not trained on"),
    Claim("no_answer", _LF, "drops rows", "rows that do not end with an answer are left out"),
    Claim("empty_prompt", _AX, "fails", "it refuses rows without a prompt", _DPO | _KTO, "string"),
    Claim("empty_prompt", _ALL, "trains wrongly", "it learns to answer nothing"),
    Claim("empty_answer", _AX, "fails", "it refuses rows without an answer", _DPO | _KTO, "string"),
    Claim("empty_answer", _AX, "drops rows", "it learns nothing from rows without an answer", _SUPERVISED),
    Claim("empty_answer", _LF, "trains wrongly", "it takes an empty completion for a bad one", _KTO),
    Claim("empty_answer", _ALL, "trains wrongly", "it learns to say nothing, or that nothing is better or worse"),
    Claim("prompt_too_long", _LF, "trains wrongly", "prompts are cut at their end, with the mark of the answer"),
    Claim("prompt_too_long", _BOTH, "drops rows", "rows whose prompt fills the context are left out silently"),
    Claim("row_too_long", _TRL, "drops rows", "rows of which either side is too long are left out", _REWARD),
    Claim("row_too_long", _AX, "note", "what is beyond the context is cut off, the end too", _DPO | _KTO,
          "conversational"),
    Claim("row_too_long", _AX, "note", "long texts are cut into several rows", _TEXT),
    Claim("row_too_long", _AX, "drops rows", "rows that are too long are left out"),
    Claim("row_too_long", _NOT_AX, "note", "what is beyond the context is cut off, the end too"),
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
    Claim("label_runs", _LF, "note", "it shuffles rows", read=_LF),
    Claim("same_prompt_neighbours", _AX, "note", "it shuffles rows, unless shuffle_merged_datasets is false"),
    Claim("same_prompt_neighbours", _NOT_AX, "trains wrongly", "the KL term takes the row before for another prompt"),
)  # fmt: skip
CLAIMS: Final[Sequence[Claim]] = (*_LOADING, *_VALUES, *_TEXTS, *_LABELS)
