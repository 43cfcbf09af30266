"""What each trainer does with which fault in rows: with `folder_claims`, which comes first, all that is claimed.

TRL 1.16, LLaMA-Factory 0.9.5 and axolotl 0.19, with the settings they come with; all three read files with `datasets`.
Rules are tried from the top, and the first that fits counts; where none fits, the trainer does not mind. Knows no file.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sandbox.checking.names import Code, RowKind, Verdict
from sandbox.checking.rows.kinds import GROUPED, PAIRED
from sandbox.checking.trainers.groups import ALL, AX, BOTH, BY_FILE, CHATS, DPO, KTO, LF, NOT_AX, REWARD, SFT, TEXT, TRL
from sandbox.export.names import Style, Trainer


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


_SUPERVISED: Final = SFT | CHATS | TEXT
_ABSENT: Final[Sequence[Code]] = ("missing_column", "null_text")
_REAL: Final = "where the tokenizer has them, they become real ones"
_AS_IT_STANDS: Final = "the text is trained on as it stands: for the model whose template it is"
NOT_TAKEN: Final = "does not take these rows"

TAKES: Final[Sequence[Takes]] = (
    Takes(GROUPED | {"unknown", "interactions"}, ALL, "fails", NOT_TAKEN),
    Takes(frozenset({"alpaca"}), TRL, "fails", f"{NOT_TAKEN}: it looks for prompt and completion, messages or text"),
    Takes(frozenset({"message-pairs"}), BOTH, "fails", f"{NOT_TAKEN}: it wants each answer as a string or a list"),
    Takes(CHATS, TRL, "trains wrongly", "trains on what users say too, unless assistant_only_loss is set"),
    Takes(frozenset({"pairs"}), LF, "trains wrongly", "trains with an empty question: the prompt needs its own column",
          "string"),
    Takes(PAIRED, LF, "fails", f"{NOT_TAKEN}: its converters want one answer as a string or an object, not a list",
          "conversational"),
    Takes(frozenset({"kto", "sft"}), LF, "fails", f"{NOT_TAKEN}: its converters want prompt and answer in one list",
          "conversational"),
    Takes(frozenset({"pairs"}), AX, "note", "trains reward models on them; for DPO the prompt needs its own column",
          "string"),
    Takes(frozenset({"sharegpt"}), AX, "note", "has to be told field_messages and message_property_mappings"),
    Takes(frozenset({"sft"}), AX, "fails", f"{NOT_TAKEN}: it wants all turns in one column", "conversational"),
    Takes(frozenset({"pairs"}), TRL, "note", "takes what both answers begin with for the prompt"),
    Takes(REWARD, LF, "note", "leaves the margin out"),
)  # fmt: skip

_LOADING: Final[Sequence[Claim]] = (
    Claim("broken_line", ALL, "fails", "no file with such a line is loaded"),
    Claim("not_an_object", ALL, "fails", "no file with such a line is loaded"),
    Claim("not_utf8", ALL, "fails", "no file with such bytes is loaded"),
    Claim("lone_surrogate", ALL, "fails", "half a character cannot be loaded"),
    Claim("unreadable_file", ALL, "fails", "the file cannot be loaded"),
    Claim("no_rows", ALL, "fails", "there is nothing to train on"),
    Claim("new_column", TRL, "fails", "all files of a config are loaded with the columns of the first"),
    Claim("new_column", BY_FILE, "note", "it loads file by file; together they would not fit"),
    Claim("lost_column", TRL, "fails", "the column is loaded as nulls, and a null is no text and no number"),
    Claim("lost_column", BY_FILE, "fails", "the column is not there"),
    Claim("lost_margin", TRL, "fails", "the margin is loaded as nulls, and a null is no number", PAIRED),
    Claim("lost_margin", BY_FILE, "note", "it measures without a margin there"),
    Claim("types_differ", TRL, "fails", "all files of a config are loaded with the types of the first"),
    Claim("types_differ", BY_FILE, "note", "it loads file by file; together they would not fit"),
    Claim("types_bent", TRL, "trains wrongly", "all files of a config are loaded with the types of the first"),
    Claim("types_bent", BY_FILE, "note", "it loads file by file; together they would not fit"),
    Claim("late_type", ALL, "fails", "types are settled by the first 10 MB, and these values do not fit"),
    Claim("late_bent", LF, "fails", "types are settled by the first 10 MB, and these values do not fit"),
    Claim("late_bent", BOTH, "trains wrongly", "types are settled by the first 10 MB, and these are bent to fit"),
    Claim("all_dates", ALL, "fails", "JSON is loaded with dates for such texts, and a date is no text"),
    Claim("mixed_types", LF, "fails", "its `datasets` loads no column of several types"),
    Claim("mixed_types", BOTH, "note", "values of a column of several types are loaded as pieces of JSON"),
    Claim("mixed_numbers", ALL, "note", "loaded as floats, as long as one is among the first 10 MB"),
    Claim("uneven_column", ALL, "note", "absent values are loaded as nulls, if the first 10 MB have one that is not"),
)

_VALUES: Final[Sequence[Claim]] = (
    Claim("missing_column", TRL, "fails", "absent values are nulls, and a null is no text and no number"),
    Claim("null_text", TRL, "fails", "a null is no text"),
    *(Claim(code, AX, "trains wrongly", "a prompt that is not there is the word None, an answer nothing", SFT)
      for code in _ABSENT),
    *(Claim(code, AX, "drops rows", "rows without a text are left out", TEXT) for code in _ABSENT),
    *(Claim(code, AX, "fails", "it wants prompt and answers, or turns, in every row") for code in _ABSENT),
    *(Claim(code, LF, "trains wrongly", "an answer that is not there becomes a bad one", KTO) for code in _ABSENT),
    *(Claim(code, LF, "fails", "it wants turns in every row", CHATS) for code in _ABSENT),
    *(Claim(code, LF, "trains wrongly", "rows without an answer are left out, rows without a prompt ask nothing")
      for code in _ABSENT),
    Claim("null_number", BOTH, "fails", "a null is no number", REWARD),
    Claim("null_label", BOTH, "fails", "a null is no label", KTO),
    Claim("null_label", LF, "drops rows", "rows without a label are left out"),
    Claim("null_extra", ALL, "note", "a column that is null throughout the first 10 MB of a JSON file breaks later"),
    Claim("not_text", ALL, "fails", "what is no text cannot be tokenized"),
    Claim("not_a_number", BOTH, "fails", "what is no number is no margin", REWARD),
    Claim("not_finite", BOTH, "trains wrongly", "one margin that is no number ruins the model in a step", REWARD),
    Claim("negative_margin", BOTH, "note", "the chosen answer is asked to score less above the other one", REWARD),
    Claim("integer_number", ALL, "note", "read as integers; a later fraction does not fit"),
    Claim("extra_column", AX, "note", "it stays in the rows; only a few names, such as images, break training"),
    Claim("image_column", TRL, "fails", "it wants a model that sees pictures", _SUPERVISED | DPO | KTO),
    Claim("image_column", AX, "fails", "it wants a model that sees pictures", DPO | KTO),
    Claim("token_column", TRL, "trains wrongly", "it trains on these instead of the texts, or stops", _SUPERVISED),
    Claim("ready_tokens", AX, "trains wrongly", "it trains on these instead of the texts, or stops", _SUPERVISED),
    Claim("text_column", TRL, "trains wrongly", "answers get no end-of-text token", SFT),
    Claim("messages_column", TRL, "trains wrongly", "it may take strings for turns; answers then have no end",
          frozenset({"sft", "kto"}), "string", read=TRL),
    Claim("messages_column", AX, "trains wrongly", "it may take strings for turns; answers then have no end",
          KTO, "string"),
)  # fmt: skip

_TEXTS: Final[Sequence[Claim]] = (
    Claim("mixed_style_rows", BOTH, "trains wrongly", "strings after conversations get no end-of-text token",
          style="conversational"),
    Claim("mixed_style_rows", ALL, "fails", "every row is taken for what the first one is"),
    Claim("mixed_style_columns", BOTH, "fails", "a string and a list of turns cannot be joined"),
    Claim("mixed_style_columns", LF, "fails", "its converters take either strings or turns"),
    Claim("empty_conversation", BOTH, "trains wrongly", "it stops, leaves the row out, or learns to say nothing"),
    Claim("empty_conversation", LF, "drops rows", "rows without turns are left out"),
    Claim("bad_message", LF, "fails", "a turn needs a role"),
    Claim("bad_message", BOTH, "trains wrongly", "chat templates refuse it, or write nothing for the role"),
    Claim("null_content", BOTH, "trains wrongly", "it reads as nothing, or as the word None"),
    Claim("null_content", LF, "fails", "a null is no text"),
    Claim("unknown_role", BOTH, "trains wrongly", "chat templates refuse it, or write it as it stands"),
    Claim("unknown_role", LF, "drops rows", "rows with such a turn are left out"),
    Claim("role_order", BOTH, "trains wrongly", "many chat templates refuse it, the others train on it"),
    Claim("role_order", LF, "drops rows", "rows in which turns do not alternate are left out"),
    Claim("answer_not_assistant", ALL, "trains wrongly", "it trains on what somebody else says"),
    Claim("no_answer", TRL, "trains wrongly", "it learns what is said after the last answer, too"),
    Claim("no_answer", AX, "note", "what stands after the last answer is not trained on"),
    Claim("no_answer", LF, "drops rows", "rows that do not end with an answer are left out"),
    Claim("empty_prompt", AX, "fails", "it refuses rows without a prompt", DPO | KTO, "string"),
    Claim("empty_prompt", ALL, "trains wrongly", "it learns to answer nothing"),
    Claim("empty_answer", AX, "fails", "it refuses rows without an answer", DPO | KTO, "string"),
    Claim("empty_answer", AX, "drops rows", "it learns nothing from rows without an answer", _SUPERVISED),
    Claim("empty_answer", LF, "trains wrongly", "it takes an empty completion for a bad one", KTO),
    Claim("empty_answer", ALL, "trains wrongly", "it learns to say nothing, or that nothing is better or worse"),
    Claim("prompt_too_long", LF, "trains wrongly", "prompts are cut at their end, with the mark of the answer"),
    Claim("prompt_too_long", BOTH, "drops rows", "rows whose prompt fills the context are left out silently"),
    Claim("row_too_long", TRL, "drops rows", "rows of which either side is too long are left out", REWARD),
    Claim("row_too_long", AX, "note", "what is beyond the context is cut off, the end too", DPO | KTO,
          "conversational"),
    Claim("row_too_long", AX, "note", "long texts are cut into several rows", TEXT),
    Claim("row_too_long", AX, "drops rows", "rows that are too long are left out"),
    Claim("row_too_long", NOT_AX, "note", "what is beyond the context is cut off, the end too"),
    Claim("prompt_in_answer", ALL, "trains wrongly", "the prompt stands in the row twice, and is trained on"),
    Claim("equal_pair", ALL, "trains wrongly", "nothing can be learned from it, and it counts as a wrong guess"),
    Claim("placeholder", LF, "trains wrongly", "it fills these marks in"),
    Claim("special_token", LF, "trains wrongly", f"{_REAL}, and its template puts another end behind"),
    Claim("special_token", BOTH, "trains wrongly", f"{_REAL}: turns end or begin within a text, and it learns that"),
    Claim("templated", ALL, "note", _AS_IT_STANDS, TEXT),
    Claim("templated", LF, "trains wrongly", "it puts its own template around it"),
    Claim("templated", AX, "trains wrongly", "it puts its own template around it", frozenset({"alpaca"})),
    Claim("templated", BOTH, "note", _AS_IT_STANDS),
    Claim("perhaps_special", ALL, "note", "where the tokenizer has them, they become real ones; else they are text"),
    Claim("thinking_tag", ALL, "note", "thoughts are trained on like answers; templates of some models leave them out"),
    Claim("hidden_text", ALL, "note", "it is trained on as it stands, though nobody who looks at it sees it", read=ALL),
    Claim("duplicate_row", ALL, "note", "it counts as often as it stands there"),
    Claim("contradiction", ALL, "note", "it learns the one as well as the other"),
    Claim("leak", ALL, "trains wrongly", "what is measured on that split was seen in training"),
)  # fmt: skip

_LABELS: Final[Sequence[Claim]] = (
    Claim("integer_label", LF, "fails", "rows whose label is no truth value are left out, until none is left"),
    Claim("integer_label", BOTH, "note", "0 and 1 happen to work", KTO),
    Claim("text_label", LF, "fails", "rows whose label is no truth value are left out, until none is left"),
    Claim("text_label", BOTH, "fails", "it cannot sum texts", KTO),
    Claim("odd_label", LF, "fails", "rows whose label is no truth value are left out, until none is left"),
    Claim("odd_label", BOTH, "trains wrongly", "everything but 0 counts as good", KTO),
    Claim("one_label", LF, "trains wrongly", "there is nothing to tell good from bad by"),
    Claim("one_label", BOTH, "trains wrongly", "there is nothing to tell good from bad by", KTO),
    Claim("label_imbalance", ALL, "note", "the rare label wants a larger weight"),
    Claim("label_runs", TRL, "trains wrongly", "rows are read in order: whole batches have one label", KTO),
    Claim("label_runs", AX, "note", "it shuffles rows, unless shuffle_merged_datasets is false"),
    Claim("label_runs", LF, "note", "it shuffles rows", read=LF),
    Claim("same_prompt_neighbours", AX, "note", "it shuffles rows, unless shuffle_merged_datasets is false"),
    Claim("same_prompt_neighbours", NOT_AX, "trains wrongly", "the KL term takes the row before for another prompt"),
)  # fmt: skip
CLAIMS: Final[Sequence[Claim]] = (*_LOADING, *_VALUES, *_TEXTS, *_LABELS)
