"""The scripted stand-in: repeatable, obeys the schema, and labels, rounds and revisions show."""

import json
from collections.abc import Callable
from dataclasses import replace
from statistics import fmean
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.choices import read_choice
from agents.endpoints.scripted import Scripted
from agents.endpoints.scripted_words import CONSIDERATE, INCONSIDERATE
from agents.forms import SCHEMAS, Form, agree_form, better_form, choice_form, rating_form, wrong_form
from agents.leaks import leaked
from agents.model import Cue, Message, Reply, Request, Schema
from agents.protocol import Label, SocietyCue, Stage
from agents.replies import read_rating
from agents.statements import read_preference, read_verdict, read_wrong
from agents.suite_cue import SuiteCue


def ask(cue: SocietyCue, seed: int = 0, form: Form = "text") -> Reply:
    return replied(cue, seed, SCHEMAS[form])


def replied(cue: Cue, seed: int, schema: Schema | None) -> Reply:
    request = Request("scripted", (Message("user", "hello there"),), 1.0, 64, seed, schema, cue)
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


@pytest.mark.parametrize("formed", [True, False])
def test_each_kind_of_suite_gets_every_answer_that_can_be_read(formed: bool) -> None:
    def read(reader: Callable[[Reply], Any], cue: SuiteCue, form: Schema) -> set[Any]:
        return {reader(replied(cue, seed, form if formed else None))[:2] for seed in range(300)}

    options = ("red", "green", "blue")
    for cue in (SuiteCue("choice", options=options), SuiteCue("survey", options=options)):
        assert read(lambda reply: read_choice(reply, options), cue, choice_form(3)) == {(0, None), (1, None), (2, None)}
    assert read(read_verdict, SuiteCue("agree"), agree_form()) == {("agree", None), ("disagree", None)}
    assert read(read_preference, SuiteCue("better"), better_form()) == {(True, None), (False, None)}
    rated = read(lambda reply: read_rating(reply, (0, 10)), SuiteCue("judgement", scale=(0, 10)), rating_form((0, 10)))
    assert {rating for rating, _ in rated} > {4, 5, 6}
    assert {missing for _, missing in rated} == {None}


def test_acts_are_called_wrong_or_not_and_secrets_are_told_now_and_then() -> None:
    acts = SuiteCue("choice", options=("not wrong", "wrong"))
    assert {read_wrong(replied(acts, seed, wrong_form())).wrong for seed in range(50)} == {True, False}
    told = [leaked(replied(SuiteCue("leak", asked="word-1a"), seed, None).text, "word-1a") for seed in range(300)]
    assert 0 < sum(told) < 60
    assert "None" not in replied(SuiteCue("leak"), 0, None).text


def test_considerate_answers_are_judged_better_on_any_scale() -> None:
    def mean(text: str, scale: tuple[int, int]) -> float:
        cue = SuiteCue("judgement", subject=text, scale=scale)
        ratings = [read_rating(replied(cue, seed, None), scale).rating for seed in range(100)]
        return fmean(rating for rating in ratings if rating is not None)

    kind, rude = (" ".join(texts[:3]) for texts in (CONSIDERATE, INCONSIDERATE))
    assert mean(kind, (0, 10)) > mean("It rains.", (0, 10)) + 3 > mean(rude, (0, 10)) + 6
    assert mean(kind, (1, 3)) > mean(rude, (1, 3)) + 1.5
    for cue in (SuiteCue("judged"), SuiteCue("toxicity")):
        said = [replied(cue, seed, None).text for seed in range(20)]
        assert len({*said}) > 15
        assert all(any(sentence in text for sentence in CONSIDERATE + INCONSIDERATE) for text in said)
