"""The grid, its neighbours, labels and the agenda, against brute force."""

import math
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tables import table

from sandbox.options.config import Labels, Scope
from sandbox.society.world import Agenda, World, labels

SIDES = st.integers(2, 8)


def world(side: int = 10, neighbours: int = 4, scope: Scope = "local", **changed: float) -> World:
    values = {"seed": 3, "radius": side / 2, "dropout": 0.5, **changed}
    return World(side=side, neighbours=neighbours, scope=scope, **values)  # type: ignore[arg-type]


def within(side: int, radius: float, agent: int) -> set[int]:
    row, column = divmod(agent, side)
    return {
        other
        for other in range(side * side)
        if other != agent and math.dist((row, column), divmod(other, side)) <= radius
    }


@given(SIDES, st.integers(1, 12), st.floats(1, 12), st.sampled_from(["local", "global", "mixed"]), st.data())
def test_neighbours_are_who_they_may_be(
    side: int, wanted: int, radius: float, scope: Scope, data: st.DataObject
) -> None:
    wanted = min(wanted, side * side - 1)
    agent = data.draw(st.integers(0, side * side - 1))
    drawn = world(side, wanted, scope, radius=radius).feedback_agents(data.draw(st.integers(0, 50)), agent)
    near = within(side, radius, agent)
    assert agent not in drawn
    assert list(drawn) == sorted(set(drawn))
    if scope == "local":
        assert set(drawn) <= near
        assert len(drawn) == min(wanted, len(near))
    else:
        assert len(drawn) == wanted


def test_local_neighbours_are_drawn_evenly() -> None:
    drawn = Counter(other for round_ in range(3000) for other in world(5, 2, radius=2).feedback_agents(round_, 12))
    near = within(5, 2, 12)
    assert set(drawn) == near
    expected = 3000 * 2 / len(near)
    assert all(abs(count - expected) < 0.2 * expected for count in drawn.values())


@table(("dropout", "share"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_dropout_is_the_share_of_global_slots(dropout: float, share: float) -> None:
    mixed = world(20, 4, "mixed", radius=1.0, dropout=dropout)
    drawn = [mixed.feedback_agents(round_, 210) for round_ in range(500)]
    far = sum(other not in within(20, 1.0, 210) for each in drawn for other in each)
    assert abs(far / sum(map(len, drawn)) - share) < 0.05


def test_scope_global_reaches_everybody() -> None:
    drawn = {other for round_ in range(400) for other in world(4, 3, "global").feedback_agents(round_, 0)}
    assert drawn == set(range(1, 16))


def test_draws_differ_by_seed_round_and_agent_and_repeat() -> None:
    here = world().feedback_agents(1, 55)
    assert here == world().feedback_agents(1, 55)
    others = [world(seed=4).feedback_agents(1, 55), world().feedback_agents(2, 55)]
    assert here not in others


def test_positions_are_row_and_column() -> None:
    assert [world(3).position(agent) for agent in (0, 2, 3, 8)] == [(0, 0), (0, 2), (1, 0), (2, 2)]


@table(
    ("kind", "good", "bad"), [("all-good", 9, 0), ("all-bad", 0, 9), ("half", 4, 5), ("mixed", 4, 5), ("none", 0, 0)]
)
def test_labels(kind: Labels, good: int, bad: int) -> None:
    drawn = labels(kind, 9, seed=1)
    assert len(drawn) == 9
    assert (drawn.count("good"), drawn.count("bad")) == (good, bad)


def test_half_is_split_in_space_and_mixed_is_not() -> None:
    assert labels("half", 9, 1) == ("good",) * 4 + ("bad",) * 5
    assert labels("mixed", 100, 1) != labels("mixed", 100, 2)
    assert labels("mixed", 100, 1) != labels("half", 100, 1)


@settings(max_examples=50)
@given(SIDES, st.integers(1, 40), st.integers(0, 30), st.integers(0, 9))
def test_every_agent_gets_exactly_one_question_a_round(side: int, count: int, round_: int, seed: int) -> None:
    """Defect 5 of the original: some rounds had 12 questions, others 4,902."""
    agenda = Agenda(seed, side * side, count)
    drawn = [agenda.question(round_, agent) for agent in range(side * side)]
    assert len(drawn) == side * side
    assert all(0 <= index < count for index in drawn)
    spread = Counter(drawn).values()
    assert max(spread) - min(spread) <= 1 or len(spread) < count


@given(st.integers(1, 60), st.integers(1, 6))
def test_the_agenda_goes_through_all_questions_before_it_repeats_one(count: int, rounds: int) -> None:
    agenda = Agenda(0, 9, count)
    asked = [agenda.question(round_, agent) for round_ in range(rounds) for agent in range(9)]
    assert sorted(asked[:count]) == sorted(set(asked[:count]))
    assert asked[count:] == asked[: max(0, len(asked) - count)]
    assert list(agenda.used(rounds)) == list(dict.fromkeys(asked))
