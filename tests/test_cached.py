"""Cached tokens: what endpoints say of prompts that they did not read again is counted, shown and priced."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import manifest
from fake_endpoint import Behaviour, serve
from tables import table

from agents.endpoints.usage import usage_of
from agents.model import Message, Request, Usage
from sandbox.calls.accounts import Accounts
from sandbox.calls.price_files import Price, bundled
from sandbox.calls.prices import Listed, Prices
from sandbox.calls.spending import worst_case
from sandbox.errors import UsageError
from sandbox.progress.course import Course
from sandbox.progress.events import Event, Started
from sandbox.progress.panel import progress_line
from sandbox.runs.tokens import with_reply
from sandbox.studies.backends.told import Hearing, Telling

SOCIETY = ("--questions", "starter", "--embedder", "hash", "--labels", "none", "--grid", 2, "--neighbours", 1)
RUN = ("simulate", "--model", "fake", *SOCIETY, "--run-id", "one", "--prices", "prices.toml")
PRICES = 'date = "2026-11-29"\nmodels.fake = { prompt = 3.0, completion = 8.0, cached = 0.7 }\n'
READ_BEFORE = re.compile(r"(\d+) % of prompt tokens not read again")


def said(**beside: object) -> dict[str, object]:
    return {"prompt_tokens": 50, "completion_tokens": 2, **beside}


@table(
    ("usage", "timings", "cached"),
    [
        (said(), None, None),
        (said(prompt_tokens_details=None), None, None),  # vLLM without --enable-prompt-tokens-details
        (said(prompt_tokens_details={"cached_tokens": 0}), None, 0),
        (said(prompt_tokens_details={"cached_tokens": None, "created_cache_tokens": 7}), None, None),
        (said(prompt_tokens_details={"cached_tokens": 40, "cache_write_tokens": 100}), None, 40),
        (said(prompt_cache_hit_tokens=48, prompt_cache_miss_tokens=2), None, 48),
        (said(prompt_cache_hit_tokens=48, prompt_tokens_details={"cached_tokens": 0}), None, 48),
        (said(cached_tokens=50), None, 50),
        (said(cache_read_input_tokens=30, cache_creation_input_tokens=5), None, 30),
        (said(), {"cache_n": 49, "prompt_n": 1}, 49),
        (said(), ["cache_n"], None),
        (said(cached_tokens=51), None, None),
        (said(cache_read_input_tokens=900, prompt_tokens_details={"cached_tokens": 0}), None, None),
        (said(cached_tokens=True), None, None),
        (said(cached_tokens=-1), None, None),
        (said(cached_tokens="40"), None, None),
        (said(prompt_tokens_details=[40]), None, None),
    ],
)
def test_every_server_has_its_name_for_what_was_not_read_again(usage: object, timings: object, cached: int) -> None:
    assert usage_of(usage, timings) == Usage(prompt_tokens=50, completion_tokens=2, cached_tokens=cached)


def journalled(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "calls.jsonl").read_text().splitlines()]
    return [line["usage"] for line in lines if line["usage"]]


def test_a_run_counts_shows_and_prices_them(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    (tmp_path / "prices.toml").write_text(PRICES)
    with serve(Behaviour(caches=True)) as server:
        done = sandbox(*RUN, "--base-url", server.base_url)
    assert done.code == 0, done.err
    used, document = journalled(run), manifest(run)
    cached, prompts = (sum(usage[name] for usage in used) for name in ("cached_tokens", "prompt_tokens"))
    counted = {"calls": len(used), "prompt_tokens": prompts, "cached_tokens": cached}
    assert document["totals"]["cached"] == counted
    assert 0 < cached < prompts
    price = document["prices_used"]["fake"]
    cost = sum(
        price["prompt"] * (usage["prompt_tokens"] - usage["cached_tokens"])
        + price["cached"] * usage["cached_tokens"]
        + price["completion"] * usage["completion_tokens"]
        for usage in used
    )
    assert document["totals"]["cost_usd"] == pytest.approx(cost / 1e6, rel=1e-9)
    for text in (done.err, sandbox("inspect", "one").out):
        shown = READ_BEFORE.search(text)
        assert shown is not None, text
        assert int(shown[1]) == round(100 * cached / prompts)
    assert json.loads(sandbox("inspect", "one", "--json").out)["manifest"]["totals"]["cached"] == counted
    forget_the_totals(run)
    told = json.loads(sandbox("inspect", "one", "--json").out)["manifest"]["totals"]
    assert (told["cached"], told["cost_usd"]) == (counted, pytest.approx(cost / 1e6, rel=1e-9))
    assert sandbox("simulate", "--resume", "one").code == 0
    assert manifest(run)["totals"]["cached"] == counted
    assert manifest(run)["totals"]["cost_usd"] == pytest.approx(cost / 1e6, rel=1e-9)


def forget_the_totals(run: Path) -> None:
    """Make `run` one that was killed before its manifest said what it took."""
    document = manifest(run)
    del document["totals"]["cached"]
    document["totals"]["cost_usd"] = 0.0
    document |= {"status": "running", "finished": None}
    document["attempts"][-1]["finished"] = None
    (run / "manifest.json").write_text(json.dumps(document))


def test_where_nobody_says_anything_nothing_is_written_or_shown(sandbox: Sandbox, tmp_path: Path, run: Path) -> None:
    (tmp_path / "prices.toml").write_text(PRICES.replace(", cached = 0.7", ""))
    with serve() as server:
        done = sandbox(*RUN, "--base-url", server.base_url)
    files = ("manifest.json", "calls.jsonl")
    shown = [done.err, sandbox("inspect", "one").out, *((run / name).read_text() for name in files)]
    assert (done.code, [text for text in shown if "cached" in text or "read again" in text]) == (0, [])


@pytest.mark.parametrize("works", ["evaluate", "rate"])
def test_other_works_count_them_too(sandbox: Sandbox, tmp_path: Path, works: str) -> None:
    words: dict[str, tuple[object, ...]] = {
        "evaluate": ("evaluate", "--model", "fake", "--suite", "starter-leak", "--limit", 3, "--run-id", "one"),
        "rate": ("rate", "made", "--observer-model", "fake", "--name", "one"),
    }
    assert sandbox("simulate", "--model", "scripted", *SOCIETY, "--run-id", "made").code == 0
    with serve(Behaviour(caches=True)) as server:
        done = sandbox(*words[works], "--base-url", server.base_url)
    (folder,) = (path.parent for path in tmp_path.rglob("calls.jsonl") if path.parent.name.endswith("one"))
    counted = manifest(folder)["totals"]["cached"]
    assert counted["cached_tokens"] == sum(usage["cached_tokens"] for usage in journalled(folder)) > 0
    assert READ_BEFORE.search(done.err)


def test_a_journal_with_more_of_them_than_its_prompt_has_is_damaged(sandbox: Sandbox, run: Path) -> None:
    with serve(Behaviour(caches=True)) as server:
        assert sandbox(*RUN[:-2], "--base-url", server.base_url).code == 0
    text = (run / "calls.jsonl").read_text()
    (run / "calls.jsonl").write_text(re.sub(r'"cached_tokens":\d+', '"cached_tokens":99999', text, count=1))
    done = sandbox("simulate", "--replay", "one")
    assert done.code == 1
    assert "calls.jsonl:1: usage.cached_tokens is not what belongs there" in done.err


def prices(cached: float | None) -> Prices:
    return Prices({"m": Listed("m", Price(2.0, 4.0, cached), "here", "2026-11-29")}, "2026-11-29")


def test_what_is_not_read_again_costs_what_the_table_says_and_else_as_much_as_the_rest() -> None:
    usage = Usage(prompt_tokens=1000, completion_tokens=100, cached_tokens=600)
    assert prices(0.5).cost("m", usage) == pytest.approx((400 * 2.0 + 600 * 0.5 + 100 * 4.0) / 1e6)
    plain = usage.model_copy(update={"cached_tokens": None})
    assert prices(None).cost("m", usage) == prices(None).cost("m", plain) == prices(0.5).cost("m", plain)
    request = Request("m", (Message("user", "x" * 500),), 1.0, 100, 0, None)
    assert worst_case(request, prices(0.0)) == worst_case(request, prices(None)), "nobody knows before a call"


def test_no_price_of_them_is_above_that_of_the_prompt(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(PRICES.replace("0.7", "3.5"))
    with pytest.raises(UsageError, match=r"models\.fake\.cached is above its prompt"):
        Prices.load(str(file))
    for table_ in bundled().values():
        assert all(price.cached is None or 0 < price.cached < price.prompt for price in table_.models.values())


def started(*said: int | None) -> Started:
    """A run of calls with 100 prompt tokens each, of which so many were cached."""
    accounts = Accounts(Prices({}, ""))
    for cached in said:
        usage = Usage(prompt_tokens=100, completion_tokens=0, cached_tokens=cached)
        accounts.calls["draft"] += 1
        accounts.prompt_tokens += 100
        accounts.cached = with_reply(accounts.cached, usage)
    return Started("one", Path("runs/one"), 4, "interactions", {"draft": 4}, accounts, [], lambda: (), 0.0)


@table(
    ("counts", "shown"),
    [
        ((None, None), "200 tokens, cost"),
        ((0, 0), "200 tokens, 0 % of prompt tokens not read again, cost"),
        ((57, 60), "200 tokens, 58 % of prompt tokens not read again, cost"),
        ((None, 60, 90), "300 tokens, 75 % of the prompt tokens of 2 calls not read again, cost"),
    ],
)
def test_progress_shows_their_share_of_the_prompts_of_those_who_say(counts: tuple[int | None, ...], shown: str) -> None:
    assert shown in progress_line(started(*counts))


def test_a_study_adds_up_what_its_processes_tell() -> None:
    course, heard = Course("study", 2, 8, 0, 0), list[Event]()
    hearing = Hearing(heard.append)
    telling = Telling(lambda told: hearing.hear(json.loads(json.dumps(told))))
    for name, counts in (("a", (60, 90)), ("b", (None, 30, 20))):
        event = started(*counts)
        telling.report(event)
        (begun,) = (each for each in heard if isinstance(each, Started))
        event.accounts.cached = with_reply(event.accounts.cached, Usage(prompt_tokens=100, completion_tokens=0))
        telling.counts()
        course.running[name] = begun
        heard.clear()
    assert "500 tokens, 50 % of the prompt tokens of 4 calls not read again, cost" in course.line()
    course.ended("a")
    assert "500 tokens, 50 % of the prompt tokens of 4 calls not read again, cost" in course.line()
