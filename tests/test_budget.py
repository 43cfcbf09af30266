"""Budgets: replies that keep to their bound never exceed them, the stop is clean, and a larger one goes on."""

import asyncio
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import manifest
from fake_endpoint import Behaviour, Server, serve
from hypothesis import given
from hypothesis import strategies as st

from agents.limits.retry import Outcome
from agents.model import Message, Reply, Request, Usage
from sandbox.calls.accounts import Accounts
from sandbox.calls.budget import Budget, Hold, Limits
from sandbox.calls.prices import Prices
from sandbox.calls.spending import Amount, worst_case
from sandbox.runs.json_lines import read_lines
from sandbox.runs.records import JournalLine

SOCIETY = ("--questions", "starter", "--embedder", "hash", "--grid", 4, "--radius", 3, "--rounds", 2)
RUN = ("simulate", "--model", "fake", *SOCIETY, "--run-id", "one", "--concurrency", 16)
CALLS = 16 * 2 * 10
PRICES = 'date = "2026-11-01"\n[models]\nfake = { prompt = 100.0, completion = 1000.0 }\n'


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.toml"
    path.write_text(PRICES)
    return path


def tokens(run: Path) -> int:
    lines = read_lines(run / "calls.jsonl", JournalLine)
    return sum(line.usage.prompt_tokens + line.usage.completion_tokens for line in lines if line.usage)


def asked(server: Server) -> int:
    """Requests without the probe."""
    return len(server.requests) - 1


def test_a_budget_of_calls_stops_cleanly_and_more_goes_on_to_the_same_bytes(sandbox: Sandbox, run: Path) -> None:
    with serve() as server:
        whole = sandbox(*RUN[:-4], "--run-id", "whole", "--base-url", server.base_url)
        assert whole.code == 0, whole.err
    with serve(Behaviour(latency=0.002)) as server:
        done = sandbox(*RUN, "--base-url", server.base_url, "--budget-calls", 137)
        assert done.code == 4, done.err
        assert asked(server) == 137 == manifest(run)["totals"]["calls"]
        assert (manifest(run)["status"], manifest(run)["stopped_by"]) == ("stopped", "budget")
        assert f"sandbox simulate --resume {Path('runs/one')} --budget-calls 274" in done.err
        again = sandbox("simulate", "--resume", "one")
        assert (again.code, manifest(run)["totals"]["calls"]) == (4, 137)
        assert sandbox("simulate", "--resume", "one", "--budget-calls", CALLS).code == 0
        assert len(server.requests) - 2 == CALLS  # an attempt that can pay for nothing does not even probe
    assert (run / "interactions.jsonl").read_bytes() == (run.parent / "whole" / "interactions.jsonl").read_bytes()


@pytest.mark.parametrize("most", [3_000, 20_000])
def test_a_budget_of_tokens_holds_under_parallel_load(sandbox: Sandbox, run: Path, most: int) -> None:
    with serve(Behaviour(latency=lambda body: 0.002 * (len(str(body)) % 5))) as server:
        done = sandbox(*RUN, "--base-url", server.base_url, "--budget-tokens", most)
    assert done.code == 4, done.err
    assert 0 < tokens(run) <= most
    assert most - tokens(run) < 4_000  # the worst case of the call that did not fit any more


def test_tokens_that_are_not_reported_count_as_many_as_they_can_be(sandbox: Sandbox, run: Path) -> None:
    with serve(Behaviour(usage=False)) as server:
        assert sandbox(*RUN, "--base-url", server.base_url, "--budget-tokens", 20_000).code == 4
        first = asked(server)
        assert first < 25  # at least 256 + a prompt of bytes each
        assert sandbox("simulate", "--resume", "one").code == 4
        assert asked(server) == first
    assert manifest(run)["totals"]["calls_without_usage"] == first


def test_a_budget_of_dollars_goes_by_a_price_file(sandbox: Sandbox, run: Path, prices: Path) -> None:
    with serve() as server:
        done = sandbox(*RUN, "--base-url", server.base_url, "--budget-usd", 5, "--prices", prices)
    assert done.code == 4, done.err
    cost = manifest(run)["totals"]["cost_usd"]
    assert 4 < cost <= 5
    lines = [line for line in read_lines(run / "calls.jsonl", JournalLine) if line.usage]
    prompt, completion = (
        sum(getattr(line.usage, name) for line in lines) for name in ("prompt_tokens", "completion_tokens")
    )
    assert cost == pytest.approx((100 * prompt + 1000 * completion) / 1e6)


def test_a_budget_of_dollars_without_a_price_is_an_error(sandbox: Sandbox, run: Path) -> None:
    done = sandbox(*RUN, "--base-url", "http://localhost:9/v1", "--budget-usd", 5)
    assert done.code == 2
    assert "there is no price for fake." in done.err
    assert "--prices FILE.toml" in done.err
    assert not run.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date = 1", "--prices bad.toml: date is no text"),
        (
            'date = "2026"\n[models]\nfake = { prompt = -1, completion = 1 }',
            "models.fake.prompt is below 0",
        ),
        ('date = "2026"\n[models]\nfake = { promt = 1, completion = 1 }', "models.fake"),
        ("date = ", "--prices bad.toml: not valid TOML"),
        (None, "--prices bad.toml: no such file"),
    ],
)
def test_a_bad_price_file_is_named(sandbox: Sandbox, tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "bad.toml").write_text(text)
    done = sandbox("simulate", "--model", "scripted", *SOCIETY, "--prices", "bad.toml")
    assert done.code == 2
    assert message in done.err


REQUESTS = [Request("gpt-4o", (Message("user", "w" * size),), 1.0, 50, 0, None) for size in (1, 400)]


@given(
    calls=st.one_of(st.none(), st.integers(1, 30)),
    tokens=st.one_of(st.none(), st.integers(1, 5_000)),
    usd=st.one_of(st.none(), st.floats(1e-6, 0.01)),
    moves=st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["ask", "answer", "lose", "unmetered"]), st.floats(0, 1))
    ),
)
def test_whatever_happens_a_budget_is_kept(
    calls: int | None, tokens: int | None, usd: float | None, moves: list[tuple[int, str, float]]
) -> None:
    budget = Budget(Limits(calls, tokens, usd))
    accounts = Accounts(Prices.load(None), budget)
    held: list[tuple[Request, Hold]] = []
    for which, move, share in moves:
        if move == "ask" and (hold := accounts.hold(REQUESTS[which])):
            held.append((REQUESTS[which], hold))
        if move in ("answer", "unmetered") and held:
            request, hold = held.pop(which % len(held))
            most = worst_case(request, accounts.prices).tokens - request.max_tokens
            usage = Usage(prompt_tokens=int(share * most), completion_tokens=int(share * request.max_tokens))
            accounts.answered(
                "draft", request, Outcome(Reply("", usage=usage if move == "answer" else None), None, 1, 0.0)
            )
            hold.release()
        assert budget.spent.calls <= (calls or 1e9)
        assert budget.spent.tokens <= (tokens or 1e9)
        assert budget.spent.usd <= (usd or 1e9) + 1e-12
        # What is refused while nothing is in flight is refused for good: nobody waits for ever.
        for each in REQUESTS:
            if not held and accounts.may_ever_hold(each):
                hold = accounts.hold(each)
                assert hold is not None
                hold.release()


def test_a_call_that_fits_exactly_is_made_and_the_next_one_refused_for_good() -> None:
    """Sums of fractions leave rests: what was given back must be given back whole."""
    price = worst_case(REQUESTS[0], Prices.load(None))
    for count in range(2, 60):
        accounts = Accounts(Prices.load(None), Budget(Limits(usd=sum([price.usd] * count))))
        for _ in range(count):
            first, second = accounts.hold(REQUESTS[0]), accounts.hold(REQUESTS[0])
            for hold in filter(None, (second, first)):
                hold.release()
            if first is None:
                break
            accounts.budget.spend(price)
        assert accounts.hold(REQUESTS[0]) is None or accounts.may_ever_hold(REQUESTS[0])
        assert accounts.may_ever_hold(REQUESTS[0]) == (accounts.hold(REQUESTS[0]) is not None)


def test_what_the_journal_answers_without_usage_shows_what_calls_take() -> None:
    accounts = Accounts(Prices.load(None), Budget(Limits(tokens=10_000)))
    request, answer = REQUESTS[0], Outcome(Reply(""), None, 1, 0.0)
    most = worst_case(request, accounts.prices).tokens
    accounts.answered_before("draft", "m", answer)
    accounts.repeated("draft", request, answer)
    left = (10_000 - most) // most
    assert accounts.share.affords({"draft": left})
    assert not accounts.share.affords({"draft": left + 1})


def test_a_parent_counts_what_is_spent_now_and_its_owner_what_was_before() -> None:
    parent = Budget(Limits(calls=100))
    accounts = Accounts(Prices.load(None), Budget(parent=parent))
    outcome = Outcome(Reply("", usage=Usage(prompt_tokens=1, completion_tokens=9)), None, 1, 0.0)
    accounts.answered_before("draft", "gpt-4o", outcome)
    accounts.answered("draft", REQUESTS[0], outcome)
    assert (accounts.budget.spent.calls, parent.spent.calls) == (2, 1)
    assert (accounts.budget.spent.tokens, parent.spent.tokens) == (20, 10)
    accounts.repeated("draft", REQUESTS[0], Outcome(Reply(""), None, 1, 0.0))
    assert accounts.budget.spent.tokens == 20 + worst_case(REQUESTS[0], accounts.prices).tokens
    assert parent.spent.tokens == 10, "its owner has told of that too"


def test_what_a_neighbour_set_aside_may_come_free_and_what_it_spent_does_not() -> None:
    parent = Budget(Limits(calls=2))
    one, other = (Accounts(Prices.load(None), Budget(parent=parent)) for _ in range(2))
    told = asyncio.Event()
    other.share.join(told, dict)
    holds = [one.hold(REQUESTS[0]), one.hold(REQUESTS[0])]
    assert None not in holds
    assert other.hold(REQUESTS[0]) is None
    assert other.may_ever_hold(REQUESTS[0])
    parent.spend(Amount(calls=1))
    assert other.may_ever_hold(REQUESTS[0])
    parent.spend(Amount(calls=1))
    assert not other.may_ever_hold(REQUESTS[0])
    for hold in filter(None, holds):
        told.clear()
        hold.release()
        assert told.is_set()
