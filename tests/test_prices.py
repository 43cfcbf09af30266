"""Prices: whose they are, what dated and prefixed names are offered, and what is said when another model answers."""

import json
import re
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import manifest
from fake_endpoint import Behaviour, serve
from tables import table

from agents.endpoints.usage import usage_of
from agents.model import Usage
from agents.model_names import same_model
from sandbox.calls.price_files import bundled
from sandbox.calls.price_offers import hint, priced
from sandbox.calls.prices import Prices
from sandbox.errors import UsageError
from sandbox.runs.json_lines import read_lines
from sandbox.runs.records import JournalLine

SOCIETY = ("--questions", "starter", "--embedder", "hash", "--labels", "none", "--grid", 2, "--neighbours", 1)
NOWHERE = ("--base-url", "http://127.0.0.1:9/v1")


@pytest.mark.parametrize("model", ["gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini"])
def test_a_dated_or_prefixed_name_is_offered_the_price_of_its_model(
    sandbox: Sandbox, tmp_path: Path, run: Path, model: str
) -> None:
    words = ("simulate", "--model", model, *SOCIETY, "--run-id", "one", "--budget-usd", 1)
    done = sandbox(*words, *NOWHERE)
    assert done.code == 2
    what, offer, line = done.err.splitlines()[-3:]
    assert what.endswith(f"--budget-usd: there is no price for {model}.")
    assert "the same as gpt-4o-mini (0.15 and 0.60 USD per million tokens)? Say so with --prices FILE.toml" in offer
    (tmp_path / "agreed.toml").write_text(line)
    with serve(Behaviour(models=(model,))) as server:
        assert sandbox(*words, "--prices", "agreed.toml", "--base-url", server.base_url).code == 0
    assert manifest(run)["prices_used"][model]["name"] == "gpt-4o-mini"
    check_cost(run)


def check_cost(run: Path) -> None:
    """What the run cost follows from its journal and the prices that its manifest names."""
    document, cost = manifest(run), 0.0
    price = document["prices_used"][document["config"]["model"]]
    for line in read_lines(run / "calls.jsonl", JournalLine):
        assert line.usage is not None
        cost += price["prompt"] * line.usage.prompt_tokens + price["completion"] * line.usage.completion_tokens
    assert document["totals"]["cost_usd"] == pytest.approx(cost / 1e6, rel=1e-9)


@table(
    ("model", "offered"),
    [
        ("GPT-4o-Mini", "gpt-4o-mini"),
        (" gpt-4o-mini", "gpt-4o-mini"),
        ("gpt-4o-latest", "gpt-4o"),
        ("azure/gpt-4o-2024-11-20", "gpt-4o"),
        ("openai/gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),  # which costs twice as much as gpt-4o
        ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("google/gemini-2.5-flash-001", "gemini-2.5-flash"),
        ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("mistral/mistral-small-latest", "mistral-small-latest"),
        ("mistral/mistral-large-2512", "mistral-large-2512"),
        ("openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"),
        ("gpt-oss:20b", "groq/openai/gpt-oss-20b"),
        ("fireworks_ai/accounts/fireworks/models/kimi-k3", "accounts/fireworks/models/kimi-k3"),
        ("moonshotai/Kimi-K3", "together_ai/moonshotai/Kimi-K3"),
    ],
)
def test_names_of_every_kind_are_offered_a_price_and_given_none(model: str, offered: str) -> None:
    assert not Prices.load(None).knows(model)
    with pytest.raises(UsageError) as refused:
        priced(None, [model])
    assert str(refused.value).endswith(f'models = {{ {json.dumps(model)} = "{offered}" }}')
    assert offered in (hint(Prices.load(None), ["gpt-4o", model]) or "")


@table(
    "model",
    [
        "gpt-4o-mini-tts",
        "gpt-4o-mini-search-preview-2025-03-11",
        "ft:gpt-4o-mini-2024-07-18",
        "ft:gpt-4o-mini-2024-07-18:me::abc",
        "gpt-4o:extended",
        "gpt-4",
        "gemini-2.5-flash-preview-05-20",
        "mistral-large-2411",
        "mistral-large-latest",
        "m",
        "",
        "/",
    ],
)
def test_a_name_that_only_looks_near_is_offered_nothing(model: str) -> None:
    assert hint(Prices.load(None), [model]) is None
    with pytest.raises(UsageError, match=r"Say what it costs with --prices FILE.toml, which holds a date and"):
        priced(None, [model])


def test_a_name_that_says_it_is_free_is_not_offered_what_others_pay() -> None:
    with pytest.raises(UsageError, match="Does openai/gpt-4o-mini:free cost nothing, as its name says") as refused:
        priced(None, ["openai/gpt-4o-mini:free"])
    assert "prompt = 0, completion = 0" in str(refused.value)


def test_without_a_dollar_budget_the_offer_is_a_hint(sandbox: Sandbox) -> None:
    done = sandbox("simulate", "--model", "openai/gpt-4o", *SOCIETY, "--dry-run")
    assert (done.code, "unknown" in done.out) == (0, True)
    assert 'Say so with --prices FILE.toml, which holds models = { "openai/gpt-4o" = "gpt-4o" }' in done.err


@table(
    ("text", "message"),
    [
        ('models = { a = "gpt-4o-minni" }', "there is no price for gpt-4o-minni. Did you mean 'gpt-4o-mini'?"),
        ('models = { a = "b", b = "gpt-4o" }', "there is no price for b."),
        ("models = { a = { prompt = 1, completion = 1 } }", "date is missing"),
        (
            'date = "2026"\nmodels = { a = { prompt = true, completion = 1 } }',
            "models.a.prompt is no number",
        ),
        (
            'date = "2026"\nmodels = { a = { prompt = "1", completion = 1 } }',
            "models.a.prompt is no number",
        ),
        (
            'date = "2026"\nmodels = { a = { prompt = nan, completion = 1 } }',
            "models.a.prompt is no number",
        ),
        ('date = "2026"\nmodels = 3', "models is no object"),
    ],
)
def test_what_a_price_file_cannot_hold(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=re.escape(message)):
        Prices.load(str(file))


def test_a_price_file_may_begin_with_a_mark_and_keeps_the_dates_of_what_it_only_names(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text('models = { "openai/gpt-4o" = "gpt-4o" }', encoding="utf-8-sig")
    prices = Prices.load(str(file))
    assert prices.price("openai/gpt-4o") == prices.price("gpt-4o") is not None
    assert prices.dated == Prices.load(None).dated


def test_the_date_of_a_price_file_may_be_a_date_of_toml(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    for written in ("2026-11-28", "2026-11-28T09:00:00Z", '"2026-11-28"'):
        file.write_text(f"date = {written}\nmodels = {{ m = {{ prompt = 1, completion = 2 }} }}")
        listed = Prices.load(str(file)).listed("m")
        assert (listed.date if listed else None) == "2026-11-28"


def test_the_bundled_prices_name_their_source_and_day() -> None:
    vendors = bundled()
    assert len(vendors) == 10
    names = [name for table in vendors.values() for name in table.models]
    assert len(names) == len(set(names))
    for vendor, table_ in vendors.items():
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", table_.date), vendor
        assert table_.source.startswith("https://"), vendor
        assert all(0 < price.prompt <= price.completion for price in table_.models.values()), vendor


def served_as(name: str) -> Behaviour:
    return Behaviour(models=("gpt-4o-mini",), dialect=lambda body, document: document | {"model": name})


def test_another_model_served_than_asked_is_a_warning_that_names_both(sandbox: Sandbox, run: Path) -> None:
    words = ("simulate", "--model", "gpt-4o-mini", *SOCIETY, "--run-id", "one")
    with serve(served_as("gpt-4o-2024-08-06")) as server:
        done = sandbox(*words, "--base-url", server.base_url)
    warning = (
        "Warning: gpt-4o-mini was asked for, and gpt-4o-2024-08-06 answered. "
        "Cost is reckoned at the price of gpt-4o-mini (0.15 and 0.6 USD per million tokens), "
        "not at the price of gpt-4o (2.5 and 10 USD per million tokens)."
    )
    assert done.code == 0
    assert warning in done.err.splitlines()
    assert warning in sandbox("inspect", "one").out.splitlines()
    assert manifest(run)["models"]["served"] == {"gpt-4o-mini": ["gpt-4o-2024-08-06"]}
    check_cost(run)


def test_of_two_models_each_is_held_against_its_own_name(sandbox: Sandbox, tmp_path: Path) -> None:
    """Both names were asked for; still one of them answered for the other."""
    (tmp_path / "two.toml").write_text("".join(f'[[society.models]]\nname = "{name}"\n' for name in ("big", "small")))
    with serve(Behaviour(models=("big", "small"), dialect=lambda _, document: document | {"model": "small"})) as server:
        done = sandbox("simulate", "--config", "two.toml", *SOCIETY, "--base-url", server.base_url)
    assert "Warning: big was asked for, and small answered." in done.err.splitlines()
    assert "small was asked for" not in done.err


def test_a_dated_name_of_the_model_asked_is_no_news(sandbox: Sandbox, run: Path) -> None:
    with serve(served_as("openai/gpt-4o-mini-2024-07-18")) as server:
        done = sandbox("simulate", "--model", "gpt-4o-mini", *SOCIETY, "--run-id", "one", "--base-url", server.base_url)
    assert (done.code, "Warning" in done.err) == (0, False)
    assert manifest(run)["models"]["reported"] == ["openai/gpt-4o-mini-2024-07-18"]


def test_names_that_a_server_makes_up_do_not_fill_the_manifest(sandbox: Sandbox, run: Path) -> None:
    names = iter(range(10**6))
    dialect = lambda body, document: document | {"model": f"m{next(names)}" + "x" * 500}  # noqa: E731
    with serve(Behaviour(dialect=dialect)) as server:
        done = sandbox(
            "simulate", "--model", "fake", *SOCIETY, "--rounds", 3, "--run-id", "one", "--base-url", server.base_url
        )
    assert done.code == 0
    assert len(manifest(run)["models"]["served"]["fake"]) == 50
    warning = next(line for line in done.err.splitlines() if line.startswith("Warning: fake was asked for"))
    assert "and 47 others answered." in warning
    assert len(warning) < 400


@table(
    ("asked", "answered", "same"),
    [
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18", True),
        ("gpt-4o", "gpt-4o-mini", False),
        ("gpt-4o-2024-05-13", "gpt-4o-2024-08-06", False),
        ("openai/GPT-4o", "gpt-4o", True),
        ("claude-3.5-sonnet", "claude-3-5-sonnet-20241022", True),
        ("mistral-large-latest", "mistral-large-2512", True),
        ("meta/llama-3:free", "meta/llama-3", True),
        ("llama3", "llama3:latest", True),
        ("openai/gpt-oss-120b:cerebras", "openai/gpt-oss-120b", True),
        ("Qwen/Qwen3-8B:fastest", "Qwen3-8B", True),
        ("C:/models/qwen3-8b.gguf", "qwen3-8b", True),
        ("arn:aws:bedrock:profile/us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5", True),
        ("qwen3:8b", "qwen3:32b", False),
        ("\u6a21\u578b", "\u30e2\u30c7\u30eb", False),
        ("llama-3.2-3b-instruct", "/models/Llama-3.2-3B-Instruct-Q4_K_M.gguf", True),
        ("m", "C:\\models\\qwen2.5-7b.gguf", False),
        ("command-a", "command-a-03-2025", True),
        ("deepseek-v3", "deepseek-v3.1", False),
        ("gemini-2.5-flash", "gemini-2.5-flash-preview-05-20", False),
        ("sampling", "sampling@main", True),
        ("org/model@v1", "org/model@v2", False),
        ("@cf/meta/llama-3", "llama-3", True),
    ],
)
def test_which_names_mean_one_model(asked: str, answered: str, same: bool) -> None:
    assert same_model(asked, answered) == same_model(answered, asked) == same


@table(
    ("said", "prompt", "completion"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}, 5, 2),
        ({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 307}, 5, 302),
        ({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 6}, 5, 2),
        ({"prompt_tokens": 5, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 300}}, 5, 302),
        (
            {"prompt_tokens": 5, "completion_tokens": 302, "completion_tokens_details": {"reasoning_tokens": 300}},
            5,
            302,
        ),
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 2,
                "total_tokens": 307,
                "completion_tokens_details": {"reasoning_tokens": 300},
            },
            5,
            302,
        ),
        ({"prompt_tokens": 5, "completion_tokens": None, "total_tokens": 9}, 5, 4),
        ({"prompt_tokens": 5, "completion_tokens": 0, "total_tokens": 5}, 5, 0),
        ({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": "9"}, 5, 2),
        ({"prompt_tokens": 5, "completion_tokens": 2, "completion_tokens_details": None}, 5, 2),
        ({"prompt_tokens": 5, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": True}}, 5, 2),
    ],
)
def test_thinking_is_paid_wherever_it_is_counted(said: object, prompt: int, completion: int) -> None:
    assert usage_of(said) == Usage(prompt_tokens=prompt, completion_tokens=completion)


@table(
    "said",
    [
        None,
        {},
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": 5, "total_tokens": 5},
        {"prompt_tokens": 10**12, "completion_tokens": 2},
        {"prompt_tokens": 5.0, "completion_tokens": 2},
    ],
)
def test_what_counts_nothing_is_no_usage(said: object) -> None:
    assert usage_of(said) is None
