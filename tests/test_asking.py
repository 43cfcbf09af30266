"""What each stage asks: what goes into a request, and the order of feedback."""

from itertools import permutations
from typing import Any

import pytest

from agents.forms import SCHEMAS
from agents.model import Request
from agents.opinions import average_rating, harshest_last
from agents.replies import Judgement
from agents.social_agent import SocialAgent
from agents.voice import Speaker, Voice
from memory import Memory, Recall, VectorSpace, open_embedder
from prompts import Prompts
from sandbox.errors import SandboxError
from sandbox.questions.sets import Question
from sandbox.runs.records import CallKey
from sandbox.society.asking import Material, request

QUESTIONS = ["Is it ok to lie to a friend?", "How often should I water a cactus?"]
VOICE = Voice(Prompts(), temperature=0.5, max_tokens=99)
AGENT, OBSERVER = Speaker("some-model", VOICE, "good"), Speaker("watcher", VOICE)
DRAFT = CallKey(0, 4, "draft")
FEEDBACK = DRAFT._replace(stage="feedback", neighbour=2)


def judged(rating: int | None, reason: str | None = None, raw: str | None = None) -> Judgement:
    return Judgement(rating=rating, missing=None if rating else "unparsable", reason=reason, raw=raw)


def asked(key: CallKey, speaker: Speaker = AGENT, seed: int = 11, **material: Any) -> Request:
    return request(key, speaker, Material(Question("q0", QUESTIONS[0]), **material), seed)


def test_an_agent_recalls_what_it_remembers_and_nothing_else() -> None:
    memory = Memory(VectorSpace(QUESTIONS, open_embedder("hash").embed(QUESTIONS)))
    memory.add(QUESTIONS[0], "Rarely.", -1)
    agent = SocialAgent(4, AGENT, memory, threshold=0.7)
    assert agent.recall(QUESTIONS[0], 0) is not None
    assert agent.recall(QUESTIONS[1], 0) is None


def test_a_draft_asks_for_text_and_shows_what_is_remembered() -> None:
    draft = asked(DRAFT, recall=Recall(question=QUESTIONS[1], answer="Rarely.", similarity=0.8, round=0))
    assert (draft.model, draft.temperature, draft.max_tokens) == ("some-model", 0.5, 99)
    assert draft.schema is None
    assert [message.role for message in draft.messages] == ["system", "user"]
    assert "Rarely." in draft.messages[1].content


def test_a_reask_is_the_same_messages_and_a_line() -> None:
    first = asked(FEEDBACK, draft="A draft.")
    again = asked(FEEDBACK._replace(ask=1), draft="A draft.")
    assert first.schema == SCHEMAS["rating"]
    assert again.messages[0] == first.messages[0]
    added = again.messages[1].content.removeprefix(first.messages[1].content)
    assert added.startswith("\n\nReply with nothing but this JSON object")
    assert first.digest() != again.digest()


def test_the_request_hash_covers_what_is_asked_and_nothing_else() -> None:
    base = asked(DRAFT)
    other_label = Speaker("some-model", VOICE, "bad")
    assert base.digest() == asked(DRAFT, other_label).digest(), "a label is no part of what is asked"
    changed = [
        request(DRAFT, AGENT, Material(Question("q1", QUESTIONS[1])), 11),
        asked(DRAFT, seed=12),
        asked(DRAFT, Speaker("other-model", VOICE, "good")),
        asked(FEEDBACK, draft="x"),
    ]
    assert len({base.digest(), *(each.digest() for each in changed)}) == 5


def test_feedback_is_shown_missing_first_then_highest_to_lowest() -> None:
    feedback = [judged(2, "two"), judged(None, raw="hm"), judged(7, "seven"), judged(2, "also two"), judged(None)]
    shown = harshest_last(feedback)
    assert [(item.rating, item.text) for item in shown] == [
        (None, "hm"),
        (None, "(no explanation)"),
        (7, "seven"),
        (2, "two"),
        (2, "also two"),
    ]
    for order in permutations(feedback):
        assert [item.rating for item in harshest_last(order)] == [None, None, 7, 2, 2]


def test_the_average_is_over_valid_ratings() -> None:
    assert average_rating([judged(2), judged(None), judged(5)]) == "3.5"
    assert average_rating([judged(None)]) is None
    assert average_rating([]) is None


def test_the_observer_sees_question_and_text_only() -> None:
    score = DRAFT._replace(stage="score_draft", dimension="engagement")
    said = {"draft": "A draft.", "revision": "A revision.", "feedback": [judged(2, "Say less.")]}
    request = asked(score, OBSERVER, **said)
    assert request.model == "watcher"
    assert "Rate the engagement" in request.messages[1].content
    assert request.messages[1].content.count("<answer>") == 1
    assert "A draft." in request.messages[1].content
    assert "Say less." not in request.messages[1].content
    assert "A revision." in asked(score._replace(stage="score_revision"), OBSERVER, **said).messages[1].content
    joint = asked(score._replace(dimension="both"), OBSERVER, **said)
    assert joint.schema is not None
    assert list(joint.schema.definition["properties"]) == [
        "alignment_reason",
        "alignment_rating",
        "engagement_reason",
        "engagement_rating",
    ]


def test_reasons_come_before_ratings() -> None:
    schema = SCHEMAS["rating"]
    assert schema is not None
    assert list(schema.definition["properties"]) == ["reason", "rating"]
    assert schema.definition["properties"]["rating"]["enum"] == [1, 2, 3, 4, 5, 6, 7]


def test_what_is_too_long_to_be_asked_ends_the_run_in_words() -> None:
    with pytest.raises(SandboxError, match=r"r000-a004 feedback by a002 \(ask 0\) cannot be asked: .* 8,000,000 char"):
        asked(FEEDBACK, draft="a" * 8_000_001)
