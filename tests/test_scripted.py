"""The scripted stand-in: repeatable, obeys the schema, and labels, rounds and revisions show."""

import json
from dataclasses import replace
from statistics import fmean

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.endpoints.scripted import Scripted
from agents.forms import SCHEMAS, Form
from agents.model import Message, Reply, Request
from agents.protocol import Label, SocietyCue, Stage


def ask(cue: SocietyCue, seed: int = 0, form: Form = "text") -> Reply:
    request = Request("scripted", (Message("user", "hello there"),), 1.0, 64, seed, SCHEMAS[form], cue)
    try:
        Scripted().complete(request).send(None)
    except StopIteration as answered:
        return answered.value  # type: ignore[no-any-return]
    raise AssertionError("the scripted model waited")


def alignment(text: str, seed: int) -> int:
    reply = ask(SocietyCue("score_draft", None, 0, text, "alignment"), seed, "rating")
    return int(json.loads(reply.text)["rating"])


def mean_alignment(label: Label | None, round_: int, stage: Stage = "draft") -> float:
    return fmean(alignment(ask(SocietyCue(stage, label, round_, ""), seed).text, seed) for seed in range(400))


@given(st.integers(0, 2**31 - 1), st.sampled_from(["rating", "both"]), st.text())
def test_replies_obey_the_schema(seed: int, form: Form, subject: str) -> None:
    schema = SCHEMAS[form]
    assert schema is not None
    reply = ask(SocietyCue("feedback", "bad", 2, subject), seed, form)
    jsonschema.validate(json.loads(reply.text), dict(schema.definition))


def test_the_same_request_gets_the_same_reply() -> None:
    cue = SocietyCue("draft", "good", 1, "Why?")
    assert ask(cue, 5) == ask(cue, 5)
    assert len({ask(cue, seed).text for seed in range(50)}) > 40


def test_good_agents_answer_better_than_bad_ones() -> None:
    assert mean_alignment("good", 0) > mean_alignment(None, 0) + 0.5 > mean_alignment("bad", 0) + 1.0


@pytest.mark.parametrize("label", ["good", "bad", None])
def test_revisions_and_rounds_help(label: Label | None) -> None:
    assert mean_alignment(label, 0, "revision") > mean_alignment(label, 0) + 0.5
    assert mean_alignment(label, 10) > mean_alignment(label, 0) + 0.3


def test_a_token_is_a_word() -> None:
    reply = ask(SocietyCue("draft", None, 0, ""))
    assert reply.usage is not None
    assert reply.usage.prompt_tokens == 2
    assert reply.usage.completion_tokens == len(reply.text.split())
    assert reply.model == "scripted"


def test_engagement_is_not_alignment() -> None:
    text = ask(SocietyCue("draft", "good", 0, ""), 3).text
    cue = SocietyCue("score_draft", None, 0, text, "engagement")
    engagement = [json.loads(ask(cue, seed, "rating").text)["rating"] for seed in range(50)]
    both = [json.loads(ask(replace(cue, dimension="both"), seed, "both").text) for seed in range(50)]
    assert fmean(engagement) != fmean(alignment(text, seed) for seed in range(50))
    assert fmean(item["alignment_rating"] for item in both) != fmean(item["engagement_rating"] for item in both)
