"""Which refusals are an episode, and how long an endpoint is left alone then."""

from tables import table

from agents.limits.episodes import FIRST_PAUSE, LONGEST_PAUSE, Episodes


class Told:
    """Episodes that are told of one try a second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.number = 0
        self.episodes = Episodes(lambda: self.now)

    def refused(self, retry_after: float | None = None) -> float | None:
        self.now += 1.0
        self.number += 1
        return self.episodes.refused(self.number, retry_after)

    def answered(self, sent: float | None = None) -> None:
        self.now += 1.0
        self.number += 1
        self.episodes.answered(self.now if sent is None else sent)

    def begin(self, retry_after: float | None = None) -> float:
        """Refuse until an episode begins; its pause."""
        while (pause := self.refused(retry_after)) is None:
            pass
        return pause


@table(
    ("tries", "is_episode"),
    [
        ("x" * 8, True),
        ("x" * 7, False),
        ("xx." * 4, True),
        (".x" * 16, True),
        ("x.." * 16, True),
        ("x..." * 60, False),
        ("xxxxxx" + "." * 30 + "xxxxxx", False),
        ("." * 9 + "x", False),
        (("." * 9 + "x") * 50, False),
    ],
)
def test_many_refusals_close_together_are_an_episode(tries: str, is_episode: bool) -> None:
    told = Told()
    begun = []
    for each in tries:
        if each == "x":
            begun.append(told.refused() is not None)
        else:
            told.answered()
    assert begun == [False] * (len(begun) - 1) + [is_episode], "with the last refusal"


def test_refusals_may_be_heard_of_in_any_order() -> None:
    for numbers in ([*range(8)], [*reversed(range(8))], [0, 11, 1, 10, 2, 9, 3, 8]):
        episodes = Episodes(lambda: 1.0)
        pauses = [episodes.refused(number, None) for number in numbers]
        assert pauses == [None] * 7 + [FIRST_PAUSE]
    episodes = Episodes(lambda: 1.0)
    assert [episodes.refused(number, None) for number in (100, *range(7))] == [None] * 8, "these were long before it"


def test_what_led_to_an_episode_does_not_lead_to_another() -> None:
    told = Told()
    told.begin()
    told.answered()
    assert [told.refused() for _ in range(7)] == [None] * 7
    assert told.refused() is not None


def test_only_what_was_sent_after_the_last_episode_tells_something() -> None:
    told = Told()
    assert not told.episodes.is_over_for(0.0)
    told.begin()
    assert told.episodes.is_over_for(told.now)
    assert not told.episodes.is_over_for(told.now + 0.1)


@table(
    ("retry_after", "pause"), [(None, FIRST_PAUSE), (0.0, FIRST_PAUSE), (0.04, 0.04), (7.0, 7.0), (86_400.0, 86_400.0)]
)
def test_an_endpoint_is_left_alone_for_as_long_as_it_says(retry_after: float | None, pause: float) -> None:
    assert Told().begin(retry_after) == pause


def test_an_endpoint_that_only_refuses_is_left_alone_longer_and_longer() -> None:
    told = Told()
    told.begin()
    pauses = [told.refused() for _ in range(100)]
    assert pauses[:3] == [2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE], "each refusal is enough now"
    assert set(pauses[10:]) == {LONGEST_PAUSE}
    assert told.refused(2 * LONGEST_PAUSE) == 2 * LONGEST_PAUSE
    assert told.refused(0.1) == LONGEST_PAUSE, "it says too little"


def test_an_answer_to_what_was_asked_after_the_last_pause_ends_that() -> None:
    told = Told()
    told.begin()
    before = told.now
    assert told.refused() == 2 * FIRST_PAUSE
    told.answered(before)
    assert told.refused() == 4 * FIRST_PAUSE, "that was asked before the last pause"
    told.answered()
    assert told.refused() is None
    assert told.begin() == FIRST_PAUSE
