"""Marks of chat templates in texts: which end an answer, which are tokens to a tokenizer, and what only looks so."""

import pytest
from tables import table

from agents.marks import PERHAPS, SPECIAL, end_of_turn
from agents.model import Reply
from agents.spoken import spoken

ENDS = [
    "<|im_end|>", "<|im_start|>", "<|eot_id|>", "<|eom_id|>", "<|eot|>", "<|end_of_text|>", "<|endoftext|>",
    "<|start_header_id|>", "<|header_start|>", "<|end|>", "<|user|>", "<|assistant|>", "<|end_of_turn|>", "<|return|>",
    "<|END_OF_TURN_TOKEN|>", "<|END_RESPONSE|>", "<|EOT|>", "<|endofresponse|>", "<|im_user|>", "<|assistant_end|>",
    "<end_of_turn>", "<start_of_turn>", "<end_of_utterance>", "<turn|>", "<seed:eos>", "[/INST]", "[|endofturn|]",
    "<\uff5cend▁of▁sentence\uff5c>", "<\uff5cUser\uff5c>", "</s>",
]  # fmt: skip
OTHERS = [
    "<|channel|>", "<|message|>", "<|constrain|>", "<|begin_of_text|>", "<|python_tag|>",
    "<|reserved_special_token_7|>", "<|fim_prefix|>", "<|vision_start|>", "<|unknown_to_us|>",
    "<\uff5ctool▁calls▁begin\uff5c>", "[gMASK]", "[TOOL_CALLS]", "<|channel>", "<|tool_response>", "[|system|]",
]  # fmt: skip
MAYBE = ["<s>", "</s>", "<pad>", "<unk>", "<bos>", "<eos>", "[PAD]", "[MASK]", "<unused17>", "</tool_call>"]
PROSE = [
    "a <b and c> d", "x <|y|> z", "<br>", "[1]", "[INSTALL]", "a | b |> c", "<|--|>", "if a<|b| or c|>d",
    "<| three words |>", "[x](y)", "</span>", "[|]",
]  # fmt: skip


@table("mark", ENDS)
def test_a_text_ends_before_the_mark(mark: str) -> None:
    assert end_of_turn(f"Yes, it is.{mark}\nuser\nAnd you?{mark}") == len("Yes, it is.")
    assert spoken(Reply(f"Yes, it is.{mark}\nAnd you?", "stop")).text == "Yes, it is."


@table("mark", [*ENDS, *OTHERS, *MAYBE])
def test_the_mark_is_found_as_it_stands(mark: str) -> None:
    found = list(SPECIAL.finditer(f"No,{mark}no."))
    assert [each[0] for each in found] == [mark]
    assert bool(PERHAPS.fullmatch(mark)) == (mark in MAYBE)


@table("text", PROSE)
def test_prose_has_no_mark(text: str) -> None:
    assert not SPECIAL.search(text)
    assert end_of_turn(text) is None


@table(
    "header",
    [
        "[|assistant|]",
        "<|im_assistant|>assistant<|im_middle|>",
        "<|assistant_start|>",
        "<|header_start|>assistant<|header_end|>\n\n",
    ],
)
def test_what_opens_an_answer_is_no_end(header: str) -> None:
    assert spoken(Reply(f"{header}Yes.", "stop")).text == "Yes."


@pytest.mark.parametrize("piece", ["<|", "<|im_", "<|a", "[|a", "<\uff5c", "<|im_end|", "</s", "<|end_of_"])
def test_looking_for_marks_in_a_long_text_comes_to_an_end(piece: str) -> None:
    """Where the time grew with the square of the length, this would take hours."""
    text = piece * (1_000_000 // len(piece))
    assert end_of_turn(text) is None
    assert not SPECIAL.search(text)
