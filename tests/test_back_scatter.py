"""One interaction as a state machine: what follows what, unusable replies, and what a failure stops."""

from dataclasses import replace

import pytest

from agents.model import Reply
from agents.protocol import Dimension
from sandbox.questions.sets import Question
from sandbox.runs.records import CallKey
from sandbox.society.back_scatter import Exchange

SEPARATE: tuple[Dimension, ...] = ("alignment", "engagement")
DRAFT = CallKey(2, 5, "draft")
REVISION = CallKey(2, 5, "revision")
TEXT = Reply("An answer.")
RATED = Reply('{"reason": "fine", "rating": 5}')
VAGUE = Reply("It is fine.")


def exchange(neighbours: tuple[int, ...] = (1, 3), dimensions: tuple[Dimension, ...] = SEPARATE) -> Exchange:
    return Exchange(2, 5, Question("id", "Why?"), neighbours, dimensions)


def feedback(neighbour: int, ask: int = 0) -> CallKey:
    return CallKey(2, 5, "feedback", neighbour, None, ask)


def score(text: str, dimension: Dimension, ask: int = 0) -> CallKey:
    stage = "score_draft" if text == "draft" else "score_revision"
    return CallKey(2, 5, stage, None, dimension, ask)  # type: ignore[arg-type]


def drafted() -> Exchange:
    here = exchange()
    here.receive(DRAFT, TEXT)
    return here


def test_the_protocol_in_order() -> None:
    here = exchange()
    assert here.first() == DRAFT
    assert here.receive(DRAFT, TEXT) == [
        feedback(1),
        feedback(3),
        score("draft", "alignment"),
        score("draft", "engagement"),
    ]
    assert here.receive(feedback(3), RATED) == []
    assert here.receive(feedback(1), RATED) == [REVISION]
    assert not here.settled
    assert here.receive(REVISION, Reply("Better.")) == [score("revision", "alignment"), score("revision", "engagement")]
    assert here.settled
    assert (here.draft, here.revision) == ("An answer.", "Better.")


def test_an_unusable_rating_is_asked_once_more_then_missing() -> None:
    here = drafted()
    here.receive(feedback(3), RATED)
    assert here.receive(feedback(1), VAGUE) == [feedback(1, ask=1)]
    assert 1 not in here.feedback
    assert here.receive(feedback(1, ask=1), VAGUE) == [REVISION]
    assert (here.feedback[1].rating, here.feedback[1].missing) == (None, "unparsable")


def test_the_revision_waits_for_a_rating_that_is_asked_again() -> None:
    here = drafted()
    here.receive(feedback(1), VAGUE)
    assert here.receive(feedback(3), RATED) == []
    assert here.receive(feedback(1, ask=1), RATED) == [REVISION]
    assert here.feedback[1].rating == 5


@pytest.mark.parametrize("key", [DRAFT, REVISION])
def test_an_empty_text_is_asked_once_more_then_failed(key: CallKey) -> None:
    here = exchange() if key == DRAFT else drafted()
    again = key._replace(ask=1)
    assert here.receive(key, Reply("  ")) == [again]
    assert here.receive(again, Reply("")) == []
    assert here.failed is not None
    assert (here.failed.stage, here.failed.error) == (key.stage, "empty")
    assert here.settled


def test_a_filtered_text_is_failed_at_once_and_one_with_text_is_kept() -> None:
    here = exchange()
    assert here.receive(DRAFT, Reply("", finish="content_filter")) == []
    assert here.failed is not None
    assert here.failed.error == "filtered"
    kept = exchange()
    kept.receive(DRAFT, Reply("Half an answ", finish="length"))
    assert (kept.draft, kept.finish["draft"], kept.failed) == ("Half an answ", "length", None)


def test_failed_feedback_stops_the_revision_and_nothing_else() -> None:
    here = drafted()
    assert here.receive(feedback(1), "timeout") == []
    assert here.receive(feedback(3), RATED) == []
    assert here.receive(score("draft", "alignment"), RATED) == []
    assert here.settled
    assert here.revision is None
    assert here.failed is not None
    assert (here.failed.stage, here.failed.neighbour, here.failed.error) == ("feedback", 1, "timeout")
    assert here.scores["score_draft", "alignment"].rating == 5


def test_a_failed_observer_removes_nothing() -> None:
    here = drafted()
    here.receive(score("draft", "alignment"), "server_error")
    here.receive(feedback(1), RATED)
    assert here.receive(feedback(3), RATED) == [REVISION]
    here.receive(REVISION, Reply("Better."))
    assert here.settled
    assert here.revision == "Better."
    assert here.failed is not None
    assert here.failed.stage == "score_draft"


def test_the_first_failure_is_first_in_the_protocol_not_in_time() -> None:
    here = drafted()
    for key in (score("draft", "engagement"), score("draft", "alignment"), feedback(3), feedback(1)):
        here.receive(key, "connection")
    assert here.failed is not None
    assert (here.failed.stage, here.failed.neighbour) == ("feedback", 1)


def test_a_joint_rating_keeps_what_an_earlier_ask_gave() -> None:
    here = exchange(dimensions=("both",))
    assert here.receive(DRAFT, TEXT)[-1] == score("draft", "both")
    half = Reply('{"alignment_reason": "a", "alignment_rating": 6, "engagement_reason": "b", "engagement_rating": 9}')
    assert here.receive(score("draft", "both"), half) == [score("draft", "both", ask=1)]
    other = replace(half, text=half.text.replace("6", "2"))
    assert here.receive(score("draft", "both", ask=1), other) == []
    assert here.scores["score_draft", "alignment"].rating == 6
    assert here.scores["score_draft", "engagement"].missing == "out_of_range"
    assert here.scores["score_draft", "engagement"].raw == other.text


def test_a_reask_that_fails_leaves_the_rating_not_obtained() -> None:
    here = drafted()
    here.receive(feedback(1), VAGUE)
    here.receive(feedback(1, ask=1), "timeout")
    assert 1 not in here.feedback
    assert here.failed is not None


def test_a_step_stands_between_feedback_and_revision_and_without_its_text_there_is_none() -> None:
    reflection = CallKey(2, 5, "reflection")
    here, lost = (replace(exchange((1,)), reflects=True) for _ in range(2))
    for each in (here, lost):
        each.receive(DRAFT, TEXT)
        assert each.receive(feedback(1), RATED) == [reflection]
    assert here.receive(reflection, Reply("")) == [reflection._replace(ask=1)]
    assert here.receive(reflection._replace(ask=1), Reply("Not that.")) == [REVISION]
    assert (here.reflection, here.settled) == ("Not that.", False)
    assert lost.receive(reflection, "server_error") == []
    assert (lost.settled, lost.failed.stage if lost.failed else None) == (True, "reflection")
