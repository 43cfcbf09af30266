"""The order of calls: a stopped run has whole interactions, and what a budget sees through is begun, no more."""

import heapq
import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby, islice, pairwise
from pathlib import Path
from random import Random

import pytest
from conftest import Sandbox
from fake_endpoint import Behaviour, serve
from societies import plan, play, society

from agents.model import ErrorKind, Reply, Request
from agents.protocol import STAGES
from sandbox.calls.budget import Limits
from sandbox.calls.spending import Amount, Averages
from sandbox.runs.records import CallKey
from sandbox.society.society import Society

TEXT, RATING = Reply("An answer."), Reply('{"reason": "It is.", "rating": 5}')
SHARE = 0.9
SOCIETY = ("--questions", "starter", "--embedder", "hash", "--prior-size", 5)


def said(key: CallKey) -> Reply:
    return TEXT if key.stage in ("draft", "revision") else RATING


def asked_for(request: Request) -> Reply | ErrorKind:
    stage = request.cue.stage  # type: ignore[union-attr]
    return TEXT if stage in ("draft", "revision") else RATING


def seconds(here: Society, width: int, seed: int) -> tuple[float, float]:
    """How long the calls take with `width` in flight, each as long as it is drawn to, and the sum of that."""
    now, total, in_flight = 0.0, 0.0, list[tuple[float, CallKey]]()
    while True:
        while len(in_flight) < width and (key := here.next_call(0)):
            latency = Random(f"{seed} {key}").lognormvariate(-0.9, 0.6)
            total += latency
            heapq.heappush(in_flight, (now + latency, key))
        if not in_flight:
            return now, total
        now, key = heapq.heappop(in_flight)
        here.receive(key, said(key))


def test_one_at_a_time_interactions_are_finished_one_by_one() -> None:
    """But for the last two, whose scores nobody waits for."""
    keys = [key for key, _ in play(society(plan(rounds=1)), Random(1), 1)]
    places = [key.agent for key in keys if key.agent < 6]
    assert places == sorted(places)
    stages = [stage for stage, _ in groupby(key.stage for key in keys if key.agent == 4)]
    assert stages == [stage for stage in STAGES if stage not in ("reflection", "revision_feedback")]
    assert list(STAGES) == sorted(STAGES)
    assert [key.stage[:5] for key in keys[-8:]] == ["score"] * 8


def test_feedback_on_one_draft_follows_one_another() -> None:
    """So that servers find the prompt's prefix in their cache."""
    here = society(plan())
    for key in list(iter(lambda: here.next_call(0), None)):
        here.receive(key, said(key))
    drafts = [key.agent for key in iter(lambda: here.next_call(0), None) if key.stage == "feedback"]
    assert sum(one != other for one, other in pairwise(drafts)) == len(set(drafts)) - 1


def test_on_the_embedded_model_what_follows_in_a_slot_is_of_the_same_interaction_while_there_is_any() -> None:
    """The slot holds how its prompts begin. Nothing else changes: the same interactions leave in the same order."""
    usual = society(plan(rounds=2))
    slotted = Society(usual.world, replace(usual.cast, slotted=frozenset([0])), plan().questions.questions, 2)
    left = {here: list[tuple[CallKey, CallKey]]() for here in (usual, slotted)}
    for here, followed in left.items():
        in_flight = [key for _ in range(4) if (key := here.next_call(0))]
        for key in in_flight:
            here.receive(key, said(key))
            if following := here.next_call(0):
                followed.append((key, following))
                in_flight.append(following)
    same = {here: sum(one[:2] == other[:2] for one, other in pairs) / len(pairs) for here, pairs in left.items()}
    assert same[usual] < 0.6
    assert same[slotted] > 0.85
    assert [*usual.release()] == [*slotted.release()]


def test_on_the_embedded_model_scores_of_one_text_are_made_one_after_the_other() -> None:
    """One that is put back waits for no other."""
    usual = society(plan())
    here = Society(usual.world, replace(usual.cast, slotted=frozenset([0])), plan().questions.questions, 1)
    here.calls.in_turn = True
    for key in list(iter(lambda: here.next_call(0), None)):
        here.receive(key, said(key))
    scores = [key for key in iter(lambda: here.next_call(0), None) if key.stage == "score_draft"]
    assert [key.agent for key in scores] == [*range(9)]
    assert here.next_call(0) is None
    here.enqueue(scores[4])
    assert here.next_call(0) == scores[4]
    here.receive(scores[4], said(scores[4]))
    other = here.next_call(0)
    assert other == scores[4]._replace(dimension="engagement")


def test_a_journal_may_have_the_second_score_of_a_text_alone() -> None:
    """As where the first one failed, and is asked again, or both were under way in an earlier version."""
    usual = society(plan())
    here = Society(usual.world, replace(usual.cast, slotted=frozenset([0])), plan().questions.questions, 1)
    for key in list(iter(lambda: here.next_call(0), None)):
        here.receive(key, said(key))
    scores = Counter(key.agent for key in iter(lambda: here.next_call(0), None) if key.stage == "score_draft")
    assert scores == dict.fromkeys(range(9), 2)


def test_of_what_was_paid_until_a_stop_most_is_whole_and_in_the_log() -> None:
    here, paid = society(plan(grid=20, rounds=2, radius=10)), Counter[tuple[int, int]]()
    calls = play(here, Random(1), 16, asked_for)
    for key, _ in (next(calls) for _ in range(2000)):
        paid[key.round, key.agent] += 1
    logged = [(item.round, item.agent) for item in here.release()]
    assert sum(paid[place] for place in logged) >= SHARE * (2000 - 16)


@pytest.mark.parametrize("width", [25, pytest.param(50, marks=pytest.mark.slow)])
def test_what_the_next_round_waits_for_comes_first_at_the_end_of_a_round(width: int) -> None:
    """Scores fill the end of a round, and so places in flight are hardly ever empty."""
    beyond = []
    for seed in range(3):
        taken, total = seconds(society(plan(grid=10, radius=5, seed=seed)), width, seed)
        beyond.append(taken / (total / width))
    assert sum(beyond) / 3 <= 1.03


def test_without_money_for_more_nothing_is_begun_while_anything_else_can_be_done() -> None:
    """And yet all is finished in the end, though some wait for the memories of those who have not begun."""
    here, dues = society(plan(rounds=3, seed=4)), list[Mapping[str, float]]()
    cast = replace(here.cast, lanes=[1 - agent % 2 for agent in range(9)], observer_lane=2)
    here = Society(here.world, cast, plan().questions.questions, 3)

    def affords(due: Mapping[str, float]) -> bool:
        dues.append(dict(due))
        return False

    here.affords = affords
    for _ in play(here, Random(1), 50, asked_for):
        list(here.release())
    list(here.release())
    assert here.released == 27
    assert all(min(due.values()) >= 0 for due in dues if due)


def test_what_is_asked_again_is_seen_through_too() -> None:
    """Where every third rating is none, and all that a budget would pay for without re-asks fits in flight."""
    here, paid, answered = society(plan(grid=8, radius=5)), Counter[tuple[int, int]](), list[Request]()
    here.affords = lambda due: len(answered) + sum(due.values()) <= 300

    def hesitant(request: Request) -> Reply | ErrorKind:
        answered.append(request)
        return TEXT if len(answered) % 3 == 0 else asked_for(request)

    for key, _ in islice(play(here, Random(1), 32, hesitant), 300):
        paid[key.round, key.agent] += 1
    logged = [(item.round, item.agent) for item in here.release()]
    assert sum(paid[place] for place in logged) >= SHARE * (300 - 32)


def test_no_endpoint_runs_ahead_of_what_the_budget_pays_for() -> None:
    """The first endpoint has every third agent and the observer, and the second the others: it has less to do."""
    here, paid, answered = society(plan(grid=4, rounds=2, radius=3)), Counter[tuple[int, int]](), list[Request]()
    cast = replace(here.cast, lanes=[int(agent % 3 > 0) for agent in range(16)], observer_lane=0)
    here = Society(here.world, cast, plan().questions.questions, 2)
    here.affords = lambda due: len(answered) + sum(due.values()) <= 150
    while len(answered) < 150:  # one at a time on each
        for key in list(filter(None, map(here.next_call, (0, 1)))):
            paid[key.round, key.agent] += 1
            answered.append(here.request(key))
            here.receive(key, said(key))
    logged = [(item.round, item.agent) for item in here.release()]
    assert sum(paid[place] for place in logged) >= SHARE * 150


STOPPED: dict[str, tuple[object, ...]] = {
    "everybody fits in flight": ("--budget-calls", 250),
    "in a later round": ("--grid", 5, "--rounds", 3, "--budget-calls", 430),
    "tokens": ("--budget-tokens", 120_000),
}


def test_a_budget_ends_with_whole_interactions(sandbox: Sandbox, tmp_path: Path) -> None:
    shares = {}
    for name, words in STOPPED.items():
        done = sandbox("simulate", "--model", "scripted", *SOCIETY, *words, "--run-id", "one")
        assert done.code == 4, (name, done.err)
        shares[name] = whole_share(tmp_path / "runs" / "one")
        shutil.rmtree(tmp_path / "runs")
    assert {name: share for name, share in shares.items() if share < SHARE} == {}


@pytest.mark.slow
def test_agents_do_not_run_ahead_of_a_slow_observer_on_a_budget(sandbox: Sandbox, run: Path) -> None:
    with serve() as agents, serve(Behaviour(latency=0.01)) as observer:
        endpoints = ("--model", "fake", "--base-url", agents.base_url, "--observer-base-url", observer.base_url)
        done = sandbox("simulate", *endpoints, *SOCIETY, "--budget-calls", 200, "--concurrency", 8, "--run-id", "one")
    assert done.code == 4, done.err
    assert whole_share(run) >= SHARE


def whole_share(run: Path) -> float:
    """Of the calls that were paid, those of interactions in the log."""
    paid = Counter((line["round"], line["agent"]) for line in read(run / "calls.jsonl"))
    assert paid.total() > 100
    return sum(paid[line["round"], line["agent"]] for line in read(run / "interactions.jsonl")) / paid.total()


def read(file: Path) -> list[dict[str, int]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_what_calls_will_take_goes_by_those_of_their_stage() -> None:
    averages = Averages()
    first = averages.expected({"draft": 9.5})
    assert first.calls == 10
    assert not Limits(tokens=10**12).allow(first)
    assert not Limits(usd=1e12).allow(first)
    assert Limits(calls=10).allow(first)
    averages.add("draft", Amount(1, 100, 1.0))
    averages.add("draft", Amount(1, 300, 3.0))
    averages.add("draft", Amount(1))  # whose tokens nobody told
    assert averages.expected({"draft": 10}) == (10, 2000, pytest.approx(20))
    assert averages.expected({"score": 10}) == (10, 4000, pytest.approx(40))
    averages.add("score", Amount(1, 50, 9.0))
    assert averages.expected({"draft": 10, "score": 10}) == (20, 2500, pytest.approx(110))
