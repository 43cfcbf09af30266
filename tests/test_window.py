"""The window: when it grows and when it is cut, told outcomes one by one on a clock of the test."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from tables import table

from agents.limits.window import DOUBLING_SECONDS, FIRST_SECOND, LONGEST_PAUSE, REFUSAL_PAUSE, Window


class Served:
    """A window and the clock it looks at; `wave` is one round trip of a full window."""

    def __init__(self, bound: int = 256, first: int = 8) -> None:
        self.now = 0.0
        self.window = Window(bound, first, lambda: self.now)

    def wave(self, seconds: float = 1.0) -> int:
        """All tries of a full window are answered at the end of so many seconds; the window after it."""
        self.now += seconds
        for _ in range(self.window.size):
            self.window.answered(saturated=True)
        return self.window.size

    def queue(self, rate: float) -> int:
        """A wave of a server that answers so many a second, one after the other."""
        for _ in range(self.window.size):
            self.now += 1 / rate
            self.window.answered(saturated=True)
        return self.window.size


@table(("bound", "first", "size"), [(256, 8, 8), (4, 8, 4), (1, 1, 1), (256, 256, 256)])
def test_it_starts_at_the_first_size_within_the_bound(bound: int, first: int, size: int) -> None:
    assert Served(bound, first).window.size == size


def test_slow_start_doubles_with_each_round_trip_up_to_the_bound() -> None:
    served = Served(bound=100)
    assert [served.wave() for _ in range(5)] == [16, 32, 64, 100, 100]


def test_what_one_second_brought_is_seen_before_much_is_tried() -> None:
    served = Served()
    sizes = [served.wave(0.125) for _ in range(40)]
    assert sizes[:9] == [16, *[8 * FIRST_SECOND] * 8]
    doubling = round(DOUBLING_SECONDS / 0.125)
    assert sizes[8:33:doubling] == [32, 64, 128, 256, 256, 256, 256], "however short the round trips are"


def test_a_window_that_is_not_full_does_not_grow() -> None:
    served = Served()
    for _ in range(100):
        served.now += 0.1
        served.window.answered(saturated=False)
    assert served.window.size == 8


def test_after_a_cut_it_grows_by_one_with_each_round_trip() -> None:
    served = Served(first=32)
    served.window.cut()
    assert served.window.size == 16
    assert [served.wave() for _ in range(4)] == [16, 17, 18, 19]


def test_cuts_halve_and_leave_one() -> None:
    window = Served(first=20).window
    sizes = []
    for _ in range(6):
        window.cut()
        sizes.append(window.size)
    assert sizes == [10, 5, 2, 1, 1, 1]


@table(("report", "pause"), [(Window.faltered, 1), (Window.refused, REFUSAL_PAUSE)])
@table("times", [1, 5, 100])
def test_trouble_holds_growth_back_for_so_many_answers(
    report: Callable[[Window], None], pause: int, times: int
) -> None:
    window = Served().window
    for _ in range(times):
        report(window)
    held = min(times * pause, LONGEST_PAUSE)
    for _ in range(held):
        window.answered(saturated=True)
    assert window.size == 8
    window.answered(saturated=True)
    assert window.size == 9


def test_slow_start_ends_where_throughput_no_longer_rises() -> None:
    served = Served()
    served.window.answered(saturated=False)
    sizes = [served.queue(16.0) for _ in range(3)]
    assert sizes == [16, 32, 8]
    assert [served.queue(16.0) for _ in range(3)] == [8, 9, 10], "one by one from then on"


def test_slow_start_goes_on_while_throughput_rises() -> None:
    served = Served(bound=1024)
    for level in (8, 16, 32, 64, 128, 256):
        assert served.queue(level * 0.8) == 2 * level


@table("slots", [4, 8, 12, 16, 20, 33])
def test_it_comes_back_to_the_smallest_window_that_serves(slots: int) -> None:
    """A server with so many slots and a queue: throughput rises up to them, and the window stays near."""
    served = Served()
    sizes = [served.queue(min(served.window.size, slots) / 0.5) for _ in range(400)]
    assert min(sizes[10:]) >= slots, "a smaller window would lose throughput"
    assert max(sizes) <= 8 * slots


def test_every_answer_of_a_window_that_was_not_full_breaks_off_a_measurement() -> None:
    """Otherwise the time in which nobody asked would look like a slow server."""
    served = Served()
    served.wave()
    served.now += 100.0
    served.window.answered(saturated=False)
    served.wave()
    assert served.wave() == 64


STEPS = st.sampled_from(["full", "loose", "faltered", "refused", "cut", "late"])


@settings(deadline=None)
@given(st.lists(STEPS, max_size=400), st.integers(1, 40), st.integers(1, 40))
def test_whatever_happens_it_stays_between_one_and_the_bound(steps: list[str], bound: int, first: int) -> None:
    served = Served(bound, first)
    window = served.window
    does: dict[str, Callable[[], object]] = {
        "full": lambda: window.answered(saturated=True),
        "loose": lambda: window.answered(saturated=False),
        "faltered": window.faltered,
        "refused": window.refused,
        "cut": window.cut,
        "late": served.wave,
    }
    for step in steps:
        before = window.size
        does[step]()
        assert 1 <= window.size <= bound
        assert step in ("full", "late") or window.size <= before
