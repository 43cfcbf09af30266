"""What a reply says beside thoughts and marks: the edges that no dialect of an endpoint shows by itself."""

from hypothesis import given
from hypothesis import strategies as st
from tables import table

from agents.model import Finish, Reply
from agents.replies import parse_judgement, parse_text
from agents.spoken import spoken


@table(
    ("text", "finish", "said"),
    [
        # Cut off within thoughts: nothing is said.
        ("<think>\nlong", "length", None),
        ("<think>\nlong", "stop", None),
        ("<think>a</think>", "length", None),
        ("We think <think>of", "length", "We think"),
        ("<|channel|>analysis<|message|>We think", "length", None),
        ("<|channel|>commentary<|message|>Let me see.", "stop", None),
        ("analysisWe need", "length", None),
        ("[THINK]a", "length", None),
        ("Okay. <think>\nlong", "stop", "Okay."),
        ("</think>", "stop", None),
        # Cut off after them.
        ("<think>a</think>Yes, bu", "length", "Yes, bu"),
        ("<|channel|>final<|message|>Yes, bu", "length", "Yes, bu"),
        # Thoughts in odd places.
        ("<think></think>\n\nYes.", "stop", "Yes."),
        ("Sure. <think>hm</think>Yes.", "stop", "Sure. Yes."),
        ("<think>a<think>b</think>c</think>Yes.", "stop", "Yes."),
        ("<think>a</thinking>Yes.", "stop", "Yes."),
        ('He said "no"</think>Yes.', "stop", "Yes."),
        ("<think>a</think><response>Yes.</response>", "stop", "Yes."),
        ("<think>a</think><final_answer>Yes.</final_answer> Or no.", "stop", "Yes. Or no."),
        ("</s>Yes.</s>", "stop", "Yes."),
        ("Here are my reasoning steps:\na\n[BEGIN FINAL RESPONSE]\nYes.", "stop", "Yes."),
        ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary<|message|>b<|end|>"
         "<|start|>assistant<|channel|>final<|message|>Yes.<|return|>", "stop", "Yes."),
        ("<|channel|>final<|message|>Yes.<|end|><|start|>user<|message|>More?<|end|>", "stop", "Yes."),
        ("<think>a</think>Yes.<|im_end|>\n<|im_start|>assistant\n<think>more", "length", "Yes."),
        ("<think>It says \"no\"</think>\"Yes,\" I say.", "stop", '"Yes," I say.'),
        ("<think>a `b`</think>`c` is.", "stop", "`c` is."),
        ("<longcat_think>a</longcat_think>Yes.", "stop", "Yes."),
        ("<thought_process>a</thought_process>Yes.", "stop", "Yes."),
        ("<|inner_prefix|>a<|inner_suffix|>Yes.", "stop", "Yes."),
        ("analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>Yes.", "stop", "Yes."),
        ("analysisA.assistantfinalThe assistant finally agreed.", "stop", "The assistant finally agreed."),
        ("analysis a.assistantfinalYes.", "stop", "Yes."),
        # Not what it looks like.
        ("The token <|channel|> opens a channel.", "stop", "The token <|channel|> opens a channel."),
        ("`<|channel|>` and `<|message|>` are marks.", "stop", "`<|channel|>` and `<|message|>` are marks."),
        ("Models write `<think>` first.", "stop", "Models write `<think>` first."),
        ("Models write <think> first.", "stop", "Models write <think> first."),
        ('The tags "<think>" and "</think>" are marks.', "stop", 'The tags "<think>" and "</think>" are marks.'),
        ("It ends with `<|im_end|>`, always.", "stop", "It ends with `<|im_end|>`, always."),
        ("Is <s>old</s> struck?", "stop", "Is <s>old</s> struck?"),
        ("a<b and c>d, [x] and <br>", "stop", "a<b and c>d, [x] and <br>"),
        ("Here is my answer: no.", "stop", "Here is my answer: no."),
        ("analysis is hard", "length", "analysis is hard"),
        # Marks.
        ("<s> Yes.</s>", "stop", "Yes."),
        ("<|start_header_id|>assistant<|end_header_id|>\n\nYes.<|eot_id|>", "stop", "Yes."),
        ("<|assistant|>\nYes.<|user|>\nMore?", "stop", "Yes."),
        ("Yes.<|User|>More?", "stop", "Yes."),
        ("Yes.<|stop|>", "stop", "Yes."),
        ("Yes. [/INST] More.", "stop", "Yes."),
        ("<|im_end|>", "stop", None),
        ("", "stop", None),
    ],
)  # fmt: skip
def test_texts(text: str, finish: Finish, said: str | None) -> None:
    assert parse_text(Reply(text, finish)).text == said


@table(
    ("text", "finish", "cut", "ends"),
    [
        ("<think>\nlong", "stop", True, "length"),
        ("<think>a</think>", "length", True, "length"),
        ("<think>a</think>", "stop", False, "stop"),
        ("Yes.<|im_end|>more", "length", False, "stop"),
        ("<think>a</think>Yes.<|im_end|><think>b", "length", False, "stop"),
        ("Yes, bu", "length", False, "length"),
    ],
)
def test_what_ends_a_reply(text: str, finish: Finish, cut: bool, ends: str) -> None:
    said = spoken(Reply(text, finish))
    assert (said.cut_thinking, said.finish) == (cut, ends)


@table(
    ("text", "rating", "reason"),
    [
        ('<think>Rating: 2</think>{"reason": "fair", "rating": 5}', 5, "fair"),
        ('{"reason": "<think>Rating: 2</think>fair", "rating": 5}', 5, "fair"),
        ('{"reason": "he wrote \\"</think>\\" himself", "rating": 5}', 5, 'he wrote "</think>" himself'),
        ('```json\n{"reason": "fair</think>", "rating": 5}\n```', 5, None),
        ('{"reason": "fair", "rating": 5}</s>', 5, "fair"),
        ('{"reason": "fair", "rating": 3} is too low.</think>Rating: 6', 6, None),
        ('<think>a</think>{"reason": "he wrote </think> too", "rating": 5}', 5, "too"),
        ('{"reason": "it names <|channel|>", "rating": 5}', 5, "it names <|channel|>"),
        ('{"reason": "fair<|im_end|>", "rating": 5}', 5, "fair"),
        ("Some would give it Rating: 3.\n</think>\n\nRating: 6", 6, None),
        ("Rating: 6<|im_end|>\n<|im_start|>user\nRating: 2", 6, None),
    ],
)
def test_ratings(text: str, rating: int, reason: str | None) -> None:
    judgement = parse_judgement(Reply(text))
    assert (judgement.rating, judgement.reason) == (rating, reason)


def test_a_rating_that_thinking_left_no_tokens_for_is_truncated() -> None:
    judgement = parse_judgement(Reply("<think>Maybe Rating: 3? I", "length"))
    assert (judgement.rating, judgement.missing, judgement.raw) == (None, "truncated", "")
    beside = parse_judgement(Reply("", "length", thinking="Maybe Rating: 3?"))
    assert (beside.missing, beside.raw) == ("truncated", "")


PIECES = (
    "<think>", "</think>", "<|channel|>", "<|message|>", "<|end|>", "<|start|>", "final", "analysis", "<s>", "</s>",
    "<|im_end|>", "{", '"rating": 5', "}", "`", '"', "\n", " ", "Yes", "[THINK]", "assistant", "<answer>", "[/INST]",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), st.sampled_from(["stop", "length", None]))
def test_what_is_said_is_part_of_the_reply_and_stays_so(text: str, finish: Finish | None) -> None:
    said = spoken(Reply(text, finish)).text
    assert len(said) <= len(text)
    assert set(said) <= set(text)
    assert not ("<|im_end|>" in said and "`" not in said and '"' not in said)


@table("piece", [*PIECES, "<|channel|> ", "here is my ", "<think>`", "</think>`", '</think>{"a":['])
def test_reading_a_long_reply_comes_to_an_end(piece: str) -> None:
    """Where the time grew with the square of the length, this would take hours."""
    text = piece * (200_000 // len(piece))
    assert len(spoken(Reply(text, "length")).text) <= len(text)
