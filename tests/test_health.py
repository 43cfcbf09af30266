"""Whether an endpoint is there, from what its tries came to, on a clock of the test."""

from collections.abc import Callable

from tables import table

from agents.limits.health import GONE_SECONDS, GONE_TRIES, REFUSING_SECONDS, Health


class Told:
    """The health of an endpoint, and the clock it looks at."""

    def __init__(self) -> None:
        self.now = 0.0
        self.health = Health(lambda: self.now)


@table(("report", "seconds"), [(Health.failed, GONE_SECONDS), (Health.refused, REFUSING_SECONDS)])
def test_it_seems_gone_after_some_tries_and_some_time_without_success(
    report: Callable[[Health], None], seconds: float
) -> None:
    told = Told()
    for _ in range(GONE_TRIES - 1):
        report(told.health)
    told.now = 10 * seconds
    assert not told.health.seems_gone, "too few"
    report(told.health)
    assert told.health.seems_gone
    told.health.succeeded(told.now)
    assert (told.health.failures_in_a_row, told.health.refusals_in_a_row) == (0, 0)
    assert not told.health.seems_gone
    for _ in range(100):
        report(told.health)
    told.now += seconds - 0.1
    assert not told.health.seems_gone, "too soon"
    told.now += 0.1
    assert told.health.seems_gone


def test_failures_in_a_row_are_in_a_row() -> None:
    health = Told().health
    for _ in range(GONE_TRIES - 1):
        health.failed()
    assert not health.is_failing
    health.succeeded(0.0)
    health.failed()
    assert (health.failures_in_a_row, health.is_failing) == (1, False)
    for _ in range(GONE_TRIES):
        health.failed()
    assert health.is_failing
    health.refused()
    assert (health.failures_in_a_row, health.refusals_in_a_row) == (0, 1), "a refusal is an answer"


def test_whoever_is_sent_away_for_hours_finds_nobody_there_until_there_is_an_answer() -> None:
    health = Told().health
    health.sent_away()
    assert health.seems_gone
    health.succeeded(0.0)
    assert not health.seems_gone


@table("report", [Health.failed, Health.refused])
def test_time_in_which_nobody_asked_does_not_count_unless_it_failed_before(report: Callable[[Health], None]) -> None:
    told = Told()
    told.now = 1000.0
    told.health.begins()
    assert told.health.well_at == 1000.0
    report(told.health)
    told.now = 2000.0
    told.health.begins()
    assert told.health.well_at == 1000.0


def test_the_latest_question_that_was_answered_is_remembered() -> None:
    told = Told()
    assert told.health.answers_since < 0
    told.now = 9.0
    told.health.succeeded(5.0)
    told.health.succeeded(3.0)
    assert (told.health.answers_since, told.health.well_at) == (5.0, 9.0)
