"""Social agents and the observer: what they put into a request, and the order of feedback."""

from itertools import permutations

import pytest

from agents.forms import SCHEMAS
from agents.observer import Observer
from agents.replies import Judgement
from agents.social_agent import SocialAgent, average_rating, harshest_last
from agents.voice import Ask, Voice
from memory import Memory, VectorSpace, open_embedder
from prompts import Prompts

QUESTIONS = ["Is it ok to lie to a friend?", "How often should I water a cactus?"]
FIRST, AGAIN = Ask(0, 11), Ask(1, 12)
VOICE = Voice(Prompts(), temperature=0.5, max_tokens=99)


def judged(rating: int | None, reason: str | None = None, raw: str | None = None) -> Judgement:
    return Judgement(rating=rating, missing=None if rating else "unparsable", reason=reason, raw=raw)


@pytest.fixture
def agent() -> SocialAgent:
    memory = Memory(VectorSpace(QUESTIONS, open_embedder("hash").embed(QUESTIONS)))
    memory.add(QUESTIONS[0], "Rarely.", -1)
    return SocialAgent(4, "good", "some-model", memory, VOICE, threshold=0.7)


def test_a_draft_asks_for_text_and_shows_what_is_remembered(agent: SocialAgent) -> None:
    recall = agent.recall(QUESTIONS[0], 0)
    request = agent.draft(QUESTIONS[0], recall, 0, FIRST)
    assert recall is not None
    assert (request.model, request.temperature, request.max_tokens, request.seed) == ("some-model", 0.5, 99, 11)
    assert request.schema is None
    assert [message.role for message in request.messages] == ["system", "user"]
    assert "Rarely." in request.messages[1].content
    assert agent.recall(QUESTIONS[1], 0) is None


def test_a_reask_is_the_same_messages_and_a_line(agent: SocialAgent) -> None:
    first = agent.feedback(QUESTIONS[0], "A draft.", None, 0, FIRST)
    again = agent.feedback(QUESTIONS[0], "A draft.", None, 0, AGAIN)
    assert first.schema == SCHEMAS["rating"]
    assert again.messages[0] == first.messages[0]
    added = again.messages[1].content.removeprefix(first.messages[1].content)
    assert added.startswith("\n\nReply with nothing but this JSON object")
    assert first.digest() != again.digest()


def test_the_request_hash_covers_what_is_asked_and_nothing_else(agent: SocialAgent) -> None:
    base = agent.draft(QUESTIONS[0], None, 0, FIRST)
    assert base.digest() == agent.draft(QUESTIONS[0], None, 3, FIRST).digest()
    changed = [
        agent.draft(QUESTIONS[1], None, 0, FIRST),
        agent.draft(QUESTIONS[0], None, 0, Ask(0, 12)),
        agent.feedback(QUESTIONS[0], "x", None, 0, FIRST),
    ]
    assert len({base.digest(), *(request.digest() for request in changed)}) == 4


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
    observer = Observer("watcher", VOICE, ("alignment", "engagement"))
    request = observer.score("score_draft", "engagement", QUESTIONS[0], "A draft.", FIRST)
    assert request.model == "watcher"
    assert "engagement" in request.messages[0].content
    assert request.messages[1].content.count("<answer>") == 1
    joint = observer.score("score_draft", "both", QUESTIONS[0], "A draft.", FIRST)
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
