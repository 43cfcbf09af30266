"""What response headers say about limits: names, units, nonsense."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import table

from agents.quota import LONGEST_RESET, Allowance, Quota, quota, retry_after, used_up_for

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
        ({"llm_provider-retry-after": "7"}, 7.0),
        ({"llm_provider-retry-after-ms": "250"}, 0.25),
        ({"llm_provider-retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "3", "llm_provider-retry-after": "7"}, 3.0),
        ({"Retry-After": "3", "LLM_Provider-Retry-After": "7"}, 3.0),
        ({"llm_provider-content-length": "7"}, None),
        ({"retry-after": "30s"}, 30.0),
        ({"retry-after": "3, 30s, 4"}, 30.0),
        ({"retry-after": "3, tomorrow"}, None),
        ({"retry-after-ms": "inf", "retry-after": "3"}, 3.0),
        ({"retry-after": "", "llm_provider-retry-after": "7"}, 7.0),
        ({"retry-after": "None", "llm_provider-retry-after": "7"}, 7.0),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def limits(name: str, limit: str, remaining: str, reset: str) -> dict[str, str]:
    return {name.format("limit"): limit, name.format("remaining"): remaining, name.format("reset"): reset}


@table(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-ratelimit-remaining-requests": "5"}, None),
        (limits("x-ratelimit-{}-requests", "9", "5", "6s"), None),
        (limits("x-ratelimit-{}-requests", "9", "0", "6s"), 6.0),
        (limits("llm_provider-x-ratelimit-{}-tokens", "9000", "0", "1m0s"), 60.0),
    ],
)
def test_what_is_used_up_comes_back(headers: dict[str, str], seconds: float | None) -> None:
    """A refusal that does not say how long to wait may say when its limit begins anew."""
    assert used_up_for(headers, NOW) == seconds


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
        ("2026-01-01T12:00:30Z", 30.0),
        ("2026-01-01T14:00:30.5+02:00", 30.5),
        ("2026-01-01T12:01:00", 60.0),
        ("2026-01-01T11:59:00Z", 0.0),
        (f"{NOW.timestamp() + 20:.0f}", 20.0),
        (f"{NOW.timestamp() * 1000 + 20_000:.0f}", 20.0),
    ],
)
def test_durations_and_points_in_time(reset: str, seconds: float) -> None:
    found = quota(said("requests", "60", "59", reset), NOW)
    assert found is not None
    assert found.requests is not None
    assert found.requests.reset == pytest.approx(seconds)


def test_requests_and_tokens_are_told_apart() -> None:
    requests, tokens = said("requests", "60", "59", "1s"), said("tokens", "150000", "149984", "6m0s")
    assert quota(requests | tokens) == Quota(Allowance(60, 59, 1), Allowance(150_000, 149_984, 360))
    assert quota(tokens) == Quota(None, Allowance(150_000, 149_984, 360))
    assert quota({}) is None


def vendors(name: str, **parts: str) -> dict[str, str]:
    return {name.format(part): value for part, value in parts.items()}


@table(
    ("headers", "expected"),
    [
        (
            vendors("anthropic-ratelimit-requests-{}", limit="50", remaining="49", reset="2026-01-01T12:00:01Z")
            | vendors("anthropic-ratelimit-tokens-{}", limit="8000", remaining="7000", reset="2026-01-01T12:00:10Z"),
            Quota(Allowance(50, 49, 1), Allowance(8000, 7000, 10)),
        ),
        (
            vendors("x-ratelimit-{}-req-minute", limit="720", remaining="717")
            | vendors("x-ratelimit-{}-tokens-minute", limit="5000000", remaining="4999911"),
            Quota(Allowance(720, 717, 60), Allowance(5_000_000, 4_999_911, 60)),
        ),
        (
            vendors("x-ratelimit-{}-requests-day", limit="14400", remaining="14399", reset="33011.38")
            | vendors("x-ratelimit-{}-tokens-minute", limit="60000", remaining="59000", reset="11.38"),
            Quota(Allowance(14_400, 14_399, 33_011.38), Allowance(60_000, 59_000, 11.38)),
        ),
        (vendors("RateLimit-{}", Limit="100", Remaining="50", Reset="30"), Quota(Allowance(100, 50, 30), None)),
        # LiteLLM says what is left, and hides when that changes.
        (
            {
                "x-ratelimit-limit-requests": "60",
                "x-ratelimit-remaining-requests": "59",
                "llm_provider-x-ratelimit-limit-requests": "60",
                "llm_provider-x-ratelimit-remaining-requests": "59",
                "llm_provider-x-ratelimit-reset-requests": "1s",
            },
            Quota(Allowance(60, 59, 1), None),
        ),
        (
            {f"llm_provider-{name}": value for name, value in said("tokens", "60", "59", "1s").items()},
            Quota(None, Allowance(60, 59, 1)),
        ),
        (
            {f"llm_provider-{name}": value for name, value in said("tokens", "90", "8", "9s").items()}
            | said("tokens", "60", "59", "1s"),
            Quota(None, Allowance(60, 59, 1)),
        ),
        # What makes no sense under one name may under the next.
        (
            said("requests", "many", "59", "1s") | vendors("ratelimit-{}", limit="10", remaining="5", reset="1"),
            Quota(Allowance(10, 5, 1), None),
        ),
    ],
)
def test_every_vendor_has_its_names(headers: dict[str, str], expected: Quota) -> None:
    found = quota(headers, NOW)
    assert found is not None
    for allowance, other in zip(found, expected, strict=True):
        assert allowance == (other and pytest.approx(other))


@table(
    "headers",
    [
        said("requests", "60", "many", "1s"),
        said("requests", "many", "59", "1s"),
        said("requests", "60", "59", "2026-13-01T12:00:00Z"),
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
PLAIN = ["retry-after", "retry-after-ms", *said("requests", "", "", ""), *said("tokens", "", "", "")]
NAMES = [
    *PLAIN,
    *(f"llm_provider-{name}" for name in PLAIN),
    *vendors("ratelimit-{}", limit="", remaining="", reset=""),
]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES | DATES))
def test_no_header_breaks_the_reader(headers: dict[str, str]) -> None:
    seconds = retry_after(headers, NOW)
    assert seconds is None or 0 <= seconds < math.inf
    for allowance in filter(None, quota(headers) or ()):
        assert 0 <= allowance.remaining <= allowance.limit < math.inf
        assert allowance.rate is None or allowance.rate > 0
