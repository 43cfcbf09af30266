"""Replies that take more than the bound of their call: learnt from, told, and the budget all but kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import manifest
from fake_endpoint import Behaviour, Body, serve

from agents.limits.retry import Outcome
from agents.model import Message, Reply, Request, Usage
from sandbox.calls.accounts import Accounts
from sandbox.calls.budget import Budget, Limits
from sandbox.calls.prices import Prices
from sandbox.calls.spending import worst_case

SOCIETY = ("--questions", "starter", "--embedder", "hash", "--labels", "none")
RUN = ("simulate", "--model", "fake", *SOCIETY, "--run-id", "one")
PRICES = 'date = "2026-11-01"\n[models]\nfake = { prompt = 1.0, completion = 10.0 }\n'
Document = dict[str, Any]


def counting(**usage: Any) -> Callable[[Body, Document], Document]:
    """An endpoint that counts so, whatever was said."""
    return lambda body, document: document | {"usage": usage}


THINKING = counting(prompt_tokens=100, completion_tokens=5000, total_tokens=5100)


def spent(run: Path) -> int:
    totals = manifest(run)["totals"]
    return int(totals["prompt_tokens"] + totals["completion_tokens"])


def test_thinking_beside_the_limit_is_learnt_from_the_first_reply_and_told(sandbox: Sandbox, run: Path) -> None:
    with serve(Behaviour(dialect=THINKING, latency=0.005)) as server:
        done = sandbox(*RUN, "--base-url", server.base_url, "--budget-tokens", 60_000)
    assert done.code == 4, done.err
    assert 50_000 < spent(run) <= 60_000
    assert done.err.count("Budgets reckon with that from now on.") == 1
    assert "up to 5000 completion tokens with --max-tokens 256" in done.err
    again = sandbox("inspect", "one")
    assert "Warning: replies of fake exceeded the bound of their call, by which budgets go, 11 times" in again.out
    assert manifest(run)["overruns"] == {"fake": {"calls": 11, "prompt_tokens": 0, "completion_tokens": 4744}}


def test_a_budget_that_one_reply_exceeds_ends_with_it_and_says_by_how_much(sandbox: Sandbox, run: Path) -> None:
    with serve(Behaviour(dialect=THINKING)) as server:
        done = sandbox(*RUN, "--base-url", server.base_url, "--budget-tokens", 3000)
        assert (done.code, spent(run)) == (4, 5100)
        assert "Warning: the budget of 3000 tokens is exceeded by 2100." in done.err
        # What was learnt stands in the journal: two calls more, and none to learn it anew.
        assert sandbox("simulate", "--resume", "one", "--budget-tokens", 18_000).code == 4
    assert spent(run) == 3 * 5100


def test_a_budget_of_dollars_learns_the_same(sandbox: Sandbox, run: Path, tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(PRICES)
    with serve(Behaviour(dialect=THINKING, latency=0.005)) as server:
        words = ("--base-url", server.base_url, "--prices", "prices.toml", "--budget-usd")
        done = sandbox(*RUN, *words, 0.6)
        assert (done.code, manifest(run)["totals"]["cost_usd"]) == (4, pytest.approx(11 * 0.0501))
        assert sandbox(*RUN[:-1], "two", *words, 0.02).code == 4
    assert "Warning: the budget of $0.02 is exceeded by $0.03." in sandbox("inspect", "two").out


def test_prompts_that_an_endpoint_makes_longer_are_learnt_too(sandbox: Sandbox, run: Path) -> None:
    with serve(Behaviour(dialect=counting(prompt_tokens=20_000, completion_tokens=10))) as server:
        done = sandbox(*RUN, "--base-url", server.base_url, "--budget-tokens", 90_000)
    assert done.code == 4
    assert spent(run) == 4 * 20_010, "of a fifth, the worst case does not fit"
    assert "prompt tokens more than the prompt has bytes" in done.err
    assert "--max-tokens 256" not in done.err


def test_thinking_that_is_left_out_of_the_completion_is_paid_and_counted(sandbox: Sandbox, run: Path) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 5110}
    with serve(Behaviour(dialect=counting(**usage, completion_tokens_details={"reasoning_tokens": 5000}))) as server:
        done = sandbox(*RUN, "--base-url", server.base_url, "--budget-tokens", 20_000)
    assert (done.code, spent(run)) == (4, 3 * 5110)
    assert manifest(run)["totals"]["completion_tokens"] == 3 * 5010


def test_replies_within_their_bound_are_no_news(sandbox: Sandbox, run: Path) -> None:
    with serve(Behaviour(dialect=counting(prompt_tokens=300, completion_tokens=256))) as server:
        done = sandbox(*RUN, "--base-url", server.base_url, "--budget-tokens", 9000)
    assert done.code == 4
    assert "Warning" not in done.err
    assert manifest(run)["overruns"] == {}


REQUEST = Request("m", (Message("user", "w" * 44),), 1.0, 56, 0, None)
BOUND = worst_case(REQUEST, Prices.load(None)).tokens


def reply(tokens: int) -> Outcome:
    return Outcome(Reply("", usage=Usage(prompt_tokens=44, completion_tokens=tokens)), None, 1, 0.0)


def test_the_first_call_goes_alone_where_the_length_of_replies_counts() -> None:
    for limits, alone in ((Limits(tokens=10**6), True), (Limits(usd=9.0), True), (Limits(calls=9), False)):
        accounts = Accounts(Prices.load(None), Budget(limits))
        hold = accounts.hold(REQUEST)
        assert hold is not None
        assert (accounts.hold(REQUEST) is None) == alone
        assert accounts.may_ever_hold(REQUEST)
        accounts.answered("draft", REQUEST, reply(9))
        assert accounts.hold(REQUEST) is not None
        assert accounts.hold(REQUEST) is not None


def test_what_one_work_learns_holds_for_calls_in_flight_and_for_works_beside_it() -> None:
    parent = Budget(Limits(tokens=1000))
    one, other = (Accounts(Prices.load(None), Budget(parent=parent)) for _ in range(2))
    one.answered("draft", REQUEST, reply(9))
    holds = [one.hold(REQUEST), other.hold(REQUEST), other.hold(REQUEST)]
    assert None not in holds
    assert parent.reserved.tokens == 3 * BOUND
    one.answered("draft", REQUEST, reply(256))
    assert parent.reserved.tokens == 3 * (BOUND + 200)
    assert other.hold(REQUEST) is None
    assert (set(one.overruns), set(other.overruns)) == ({"m"}, set())
    for hold in filter(None, holds):
        hold.release()
    assert (parent.holds, parent.reserved.tokens) == (0, 0)
    assert other.hold(REQUEST) is not None


def test_a_reply_without_usage_counts_as_the_largest_that_was_seen() -> None:
    accounts = Accounts(Prices.load(None), Budget(Limits(tokens=10**6)))
    accounts.answered("draft", REQUEST, reply(256))
    accounts.answered("draft", REQUEST, Outcome(Reply(""), None, 1, 0.0))
    assert accounts.budget.spent.tokens == 300 + BOUND + 200
    accounts.lose(REQUEST)
    assert accounts.lost.tokens == BOUND + 200
