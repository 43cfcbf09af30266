"""The society gives the same log whatever the order in which answers arrive, and never reads a memory too early."""

import gc
import hashlib
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from societies import plan, play, scripted, society

from agents.model import ErrorKind, Reply, Request
from sandbox.options.config import SocietyModel
from sandbox.runs.records import CallKey, Interaction
from sandbox.society.back_scatter import Exchange
from sandbox.society.forecast import count_calls
from sandbox.society.society import Society


def faulty(request: Request) -> Reply | ErrorKind:
    """A function of the request alone: now and then unusable, empty, filtered or failed for good."""
    chance = int(hashlib.sha256(request.digest().encode()).hexdigest()[:4], 16) % 20
    bad: dict[int, Reply | ErrorKind] = {
        0: "timeout",
        1: Reply(""),
        2: Reply("", finish="content_filter"),
        3: Reply("no idea"),
        4: Reply("Rating: 9"),
    }
    return bad.get(chance) or scripted(request)


def log(here: Society, random: Random, width: int, answer: Any = scripted) -> list[Interaction]:
    released: list[Interaction] = []
    for _ in play(here, random, width, answer):
        released.extend(here.release())
    released.extend(here.release())
    return released


def as_bytes(interactions: list[Interaction]) -> str:
    return "\n".join(item.model_dump_json() for item in interactions)


REFERENCE = plan()
EXPECTED = as_bytes(log(society(REFERENCE), Random(0), 1))
EXPECTED_FAULTY = as_bytes(log(society(REFERENCE), Random(0), 1, faulty))


def test_the_log_is_whole_and_in_order() -> None:
    interactions = log(society(REFERENCE), Random(0), 1)
    assert [(item.round, item.agent) for item in interactions] == [(r, a) for r in range(4) for a in range(9)]
    assert all(item.failed is None and item.revision for item in interactions)
    assert any(item.recall for item in interactions)


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 60))
def test_any_order_of_arrival_gives_the_same_bytes(random: Random, width: int) -> None:
    assert as_bytes(log(society(REFERENCE), random, width)) == EXPECTED


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 60))
def test_any_order_of_arrival_gives_the_same_bytes_with_faults(random: Random, width: int) -> None:
    assert '"failed":{' in EXPECTED_FAULTY
    assert as_bytes(log(society(REFERENCE), random, width, faulty)) == EXPECTED_FAULTY


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(2, 60))
def test_no_recall_is_of_the_same_round_or_later(random: Random, width: int) -> None:
    for item in log(society(REFERENCE), random, width):
        recalls = [item.recall, *(feedback.recall for feedback in item.feedback)]
        assert all(recall.round < item.round for recall in recalls if recall)


def test_there_is_no_barrier_between_rounds() -> None:
    """With one slow feedback the rest of the society goes on as far as the graph allows."""
    here = society(REFERENCE)
    slow = None
    reached = 0
    for key, request in iter(lambda: dispatch(here), None):
        if slow is None and key.stage == "feedback":
            slow = (key, request)
            continue
        reached = max(reached, key.round)
        here.receive(key, scripted(request))
    assert reached > 0
    assert here.released == 0 or slow is not None
    assert slow is not None
    here.receive(slow[0], scripted(slow[1]))
    rest = log(here, Random(1), 1)
    assert as_bytes(rest) == EXPECTED


def dispatch(here: Society) -> tuple[CallKey, Request] | None:
    key = here.next_call(0)
    return (key, here.request(key)) if key else None


@pytest.mark.slow
def test_nothing_exists_for_a_call_before_it_can_be_made() -> None:
    sizes = []
    for rounds in (1, 1000):
        here = society(plan(rounds=rounds))
        gc.collect()
        sizes.append(sum(type(each) in (CallKey, Exchange) for each in gc.get_objects()))
        assert here.ready == 9
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("observe", ["separate", "joint"])
@pytest.mark.parametrize("scope", ["local", "global", "mixed"])
def test_the_calls_made_are_those_forecast(observe: str, scope: str) -> None:
    here = plan(observe=observe, scope=scope)
    made = [key.stage for key, _ in play(society(here), Random(1), 7)]
    expected = count_calls(here)
    assert {stage: made.count(stage) for stage in set(made)} == {
        stage: expected[stage, "scripted"] for stage, _ in expected
    }


def test_calls_are_forecast_by_model_where_prices_differ(tmp_path: Path) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text('date = "2026-11-01"\n[models]\ndear = { prompt = 9.0, completion = 9.0 }\n')
    models = (SocietyModel(name="scripted"), SocietyModel(name="dear", share=2.0))
    here = plan(society=models, scope="mixed", prices=str(prices))
    made = Counter((key.stage, here.model_of(key)) for key, _ in play(society(here), Random(1), 7))
    assert count_calls(here) == made
    low, high = here.forecast.cost_usd or (0.0, 0.0)
    assert 0 < low < high
    assert plan(society=models, scope="mixed").forecast.calls == here.forecast.calls
    assert plan(society=models, scope="mixed").forecast.cost_usd is None


def test_asking_a_remembered_question_recalls_its_own_answer() -> None:
    """Defect 1 of the original: 45 of 50 look-ups returned another question's answer."""
    here = society(REFERENCE)
    log(here, Random(5), 13)
    for agent in here.cast.agents:
        entries = agent.memory.entries()
        assert len(entries) >= 5
        for entry in entries:
            found = agent.memory.recall(entry.question, 0.7, before_round=99)
            assert found is not None
            assert (found.question, found.answer, found.similarity) == (entry.question, entry.answer, 1.0)


def test_the_revision_prompt_shows_missing_ratings_first_and_the_harshest_last() -> None:
    here = society(plan(rounds=2))
    answer = partial(answer_some, unreadable={3, 7})
    revisions = [request for key, request in play(here, Random(2), 1, answer) if key.stage == "revision"]
    assert len(revisions) == 18
    orders = [shown_ratings(request) for request in revisions]
    assert orders == [sorted(order, key=lambda rating: (rating is not None, -(rating or 0))) for order in orders]
    assert any(None in order and len(set(order)) > 2 for order in orders)


def answer_some(request: Request, unreadable: set[int]) -> Reply:
    unread = request.cue.stage == "feedback" and request.cue.subject.count(" ") % 8 in unreadable
    return Reply("no idea") if unread and request.seed % 2 else scripted(request)


def shown_ratings(request: Request) -> list[int | None]:
    lines = [line for line in request.messages[-1].content.splitlines() if line.startswith("Feedback")]
    return [int(line.split()[2]) if "rating" in line else None for line in lines]
