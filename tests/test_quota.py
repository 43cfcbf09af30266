"""What response headers say about limits: names, units, nonsense."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import table

from agents.quota import LONGEST_RESET, Allowance, Quota, quota, retry_after

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@table(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "3"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "3"}, 3.0),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Thu, 01 Jan 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 -0000"}, None),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 +99999999999999999999"}, None),
        ({"retry-after": "tomorrow"}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_a_date_is_seen_from_now() -> None:
    assert retry_after({"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}) == 0.0
    assert (retry_after({"retry-after": "Fri, 01 Jan 2999 12:00:30 GMT"}) or 0.0) > 10**9


def said(what: str, limit: str, remaining: str, reset: str) -> dict[str, str]:
    return {
        f"x-ratelimit-limit-{what}": limit,
        f"x-ratelimit-remaining-{what}": remaining,
        f"x-ratelimit-reset-{what}": reset,
    }


@table(
    ("reset", "seconds"),
    [
        ("1", 1.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("1s", 1.0),
        ("7.66s", 7.66),
        ("120ms", 0.12),
        ("6m0s", 360.0),
        ("6m", 360.0),
        ("2m59.56s", 179.56),
        ("1h2m3s", 3723.0),
        ("1d", 86_400.0),
        ("1m30s500ms", 90.5),
        (" 20s ", 20.0),
    ],
)
def test_durations(reset: str, seconds: float) -> None:
    found = quota(said("requests", "60", "59", reset))
    assert found is not None
    assert found.requests is not None
    assert found.requests.reset == pytest.approx(seconds)


def test_requests_and_tokens_are_told_apart() -> None:
    requests, tokens = said("requests", "60", "59", "1s"), said("tokens", "150000", "149984", "6m0s")
    assert quota(requests | tokens) == Quota(Allowance(60, 59, 1), Allowance(150_000, 149_984, 360))
    assert quota(tokens) == Quota(None, Allowance(150_000, 149_984, 360))
    assert quota({}) is None


@table(
    "headers",
    [
        said("requests", "60", "many", "1s"),
        said("requests", "many", "59", "1s"),
        said("requests", "60", "59", "2026-01-01T12:00:00Z"),
        said("requests", "60", "59", ""),
        said("requests", "60", "61", "1s"),
        said("requests", "60", "-1", "1s"),
        said("requests", "0", "0", "1s"),
        said("requests", "nan", "nan", "1s"),
        said("requests", "inf", "1", "1s"),
        said("requests", "60", "nan", "1s"),
        {"x-ratelimit-remaining-requests": "59"},
        {"x-ratelimit-limit-requests": "60", "x-ratelimit-reset-requests": "1s"},
    ],
)
def test_nonsense_is_no_quota(headers: dict[str, str]) -> None:
    assert quota(headers) is None


@table(
    ("allowance", "rate"),
    [
        (Allowance(60, 0, 60), 1.0),
        (Allowance(10_000, 9_999, 0.006), pytest.approx(10_000 / 60)),
        (Allowance(100, 25, 15), 5.0),
        (Allowance(14_400, 0, LONGEST_RESET), pytest.approx(1 / 6)),
        (Allowance(60, 60, 1), None),
        (Allowance(60, 59.99, 86_400), None),
        (Allowance(60, 59, 0), None),
        (Allowance(60, 0, math.inf), None),
        (Allowance(60, 0, math.nan), None),
        (Allowance(60, 0, 1_767_225_600.0), None),
        (Allowance(10_000, 0, 1_767_225_600.0), None),
    ],
)
def test_what_comes_back_in_a_second(allowance: Allowance, rate: float | None) -> None:
    assert allowance.rate == rate


VALUES = st.text(st.sampled_from("0123456789.-+edhms infa:,TuhJGMZ\u0661\ud800"), max_size=30) | st.text(max_size=30)
DATES = st.tuples(st.integers(-(10**5), 10**5), st.integers(-(10**25), 10**25)).map(
    lambda parts: f"Thu, 01 Jan {parts[0]} 12:00:30 {parts[1]:+}"
)
NAMES = ["retry-after", "retry-after-ms", *said("requests", "", "", ""), *said("tokens", "", "", "")]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES | DATES))
def test_no_header_breaks_the_reader(headers: dict[str, str]) -> None:
    seconds = retry_after(headers, NOW)
    assert seconds is None or 0 <= seconds < math.inf
    for allowance in filter(None, quota(headers) or ()):
        assert 0 <= allowance.remaining <= allowance.limit < math.inf
        assert allowance.rate is None or allowance.rate > 0
