"""The logs of ten runs are the bytes that the templates of today gave, and manifests have the keys of commit 890b4bf.

A run is a function of configuration and replies, and both are fixed here: whatever is rebuilt, these digests stay. They
change only with what agents are told, what they remember or what is recorded, and then a new schema may be due.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from conftest import ROOT, Sandbox
from example_runs import SOCIETY
from fake_endpoint import Behaviour, Body, Fault, serve

from sandbox.runs.directory import RunDirectory
from sandbox.society.fingerprint import fingerprint
from sandbox.society.plan import make_plan

Words = tuple[object, ...]
SMALL: Words = (*SOCIETY, "--rounds", 2, "--threshold", 0.2, "--run-id", "one")


class Run(NamedTuple):
    """What a run came to: the sha256 of its two logs, and those of its totals that follow from them and the journal."""

    interactions: str
    rounds: str
    failed: int
    missing_ratings: int
    calls: int
    prompt_tokens: int
    completion_tokens: int


SCRIPTED: dict[str, Words] = {
    "local": ("--scope", "local", "--radius", 1, "--neighbours", 2, "--labels", "half", "--seed", 1),
    "global": ("--scope", "global", "--labels", "all-good", "--seed", 2),
    "mixed scope": ("--scope", "mixed", "--radius", 1, "--dropout", 0.3, "--labels", "all-bad", "--seed", 3),
    "no labels": ("--labels", "none", "--neighbours", 2),
    "joint observation": ("--observe", "joint", "--neighbours", 3),
    "recalls": ("--rounds", 3, "--threshold", 0.1),
}
RECORDED = {
    "local": Run(
        "7dc092574d6361b197b37baeb13e935f46a2e34b60e002f2fb480599640ba06e",
        "2e13007ee32d9072a5bbaa1e53cdde40188748a48c2c4fa8cfb444e0d8a44df0",
        *(0, 0, 144, 32234, 2140),
    ),
    "global": Run(
        "e0a2bb393323f28d5c21c12af93081fa7965267d6424c2e09389e5e7109e0692",
        "e1142db1b57feeb90d1024aaeef26cc41a93492c16a40011146e4cf58b348342",
        *(0, 0, 180, 42350, 2498),
    ),
    "mixed scope": Run(
        "ab35f9be51e6d8894d3e43d0993e19ac6c8513c8f1a8e847e573bc66f13d0a78",
        "7050a9188c6c4d27e3a3cfc187013c4c23380b9a548c5a29eb35ebe38b74bca7",
        *(0, 0, 180, 40354, 2255),
    ),
    "no labels": Run(
        "0863839afa56255ba7fd45657a41dd748759f1a4c4bde8a1d49e27bcb17ca453",
        "db809e64b19aede93d842f957fec1305212c4d080f3eb852b4df993199f09625",
        *(0, 0, 144, 30196, 2232),
    ),
    "joint observation": Run(
        "b8f38618ecc1917a2a068aa363f422a2de90167d55406dc19024821f7dd17074",
        "9cd5e85f6e342b2b46cb855e86d573b9f08c58c4c810dcb34dd8860e88ecd5a0",
        *(0, 0, 126, 30101, 2253),
    ),
    "recalls": Run(
        "6f3f3b8d2b1b08b706b6dc9736db6e8ff6c2488f2a44c6aa5450a10f0a23459b",
        "303614e97d360b0365a767c80753469bb7e12b79c0b4ae63ed40b5e18b141058",
        *(0, 0, 270, 64371, 3653),
    ),
    "two models": Run(
        "5eb8ff001ea466e26cf0daec75d3bead442bb767dfadb1183dd7dc36a0873982",
        "f8ee886fe6fa7ff10318e8cd11ad2850cd41e38731c6d236397b34fe67f705b1",
        *(0, 0, 180, 40310, 2069),
    ),
    "faults": Run(
        "24ece584c93866d52069548b9b5feee27032fe60366757153da5f9a0f5e78230",
        "ad7440df31fb0ecfaa15ccd8e7944c7a9575553b96405aa40cdb2b53f32f95f6",
        *(2, 32, 250, 53567, 1591),
    ),
    "budget": Run(
        "82962c88de9ef964afe59300827f1518f2738a7e8bb2150080af6a35eaf79b7b",
        "0a1c7017fb4c77c2269991207530824d4f7c53fee472434f180dc22d2da8a93f",
        *(0, 0, 180, 41649, 2371),
    ),
    "killed": Run(
        "f6115f83baff7ff31e3a2b848804ff3922faa71fbd2d8a1414fa0bafd12f941b",
        "76aa0802340117f286c3dc9eeefd61f5305868ba599f17abe404a6166ccba98e",
        *(0, 0, 180, 37855, 1296),
    ),
}
KEYS = {
    "manifest": """
        schema run_id status stopped_by created finished sandbox config origins fingerprint seed models
        prompts questions prior embedder packages attempts forecast totals
    """,
    "config": """
        model observer_model base_url observer_base_url observer_api_key_env embedder questions
        column question_mark min_length max_length prior prior_size labels grid rounds neighbours scope radius
        dropout threshold observe temperature observer_temperature max_tokens seed structured concurrency
        rpm tpm timeout budget_usd budget_tokens budget_calls prices max_failures max_missing retry_failed
        prompts runs run_id yes json debug society
    """,
    "totals": """
        planned complete failed calls tries prompt_tokens completion_tokens calls_without_usage cost_usd
        missing_ratings wall_seconds
    """,
}
LATER = {
    "kind", "overruns", "prices_used", "wait", "calls_with_thinking", "calls_cut_while_thinking", "calls_with_marks",
    "mark",
}  # fmt: skip
FAULTS: dict[Fault, float] = {"429": 0.05, "400": 0.01, "prose": 0.2, "refusal": 0.1, "spent": 0.1, "length": 0.05}


def check(run: Path, name: str) -> None:
    """What `run` came to, and the names in its manifest, are those recorded, but for `LATER` ones."""
    manifest = json.loads((run / "manifest.json").read_text())
    logs = [hashlib.sha256((run / f"{log}.jsonl").read_bytes()).hexdigest() for log in Run._fields[:2]]
    assert Run(*logs, *(manifest["totals"][total] for total in Run._fields[2:])) == RECORDED[name]
    parts = {"manifest": manifest, "config": manifest["config"], "totals": manifest["totals"]}
    assert {part: [key for key in keys if key not in LATER] for part, keys in parts.items()} == {
        part: keys.split() for part, keys in KEYS.items()
    }


def simulate(sandbox: Sandbox, *words: object, code: int = 0) -> None:
    done = sandbox("simulate", *words)
    assert done.code == code, done.err


@pytest.mark.parametrize("name", SCRIPTED)
def test_of_the_scripted_model(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    simulate(sandbox, "--model", "scripted", *SMALL, *SCRIPTED[name])
    check(tmp_path / "runs" / "one", name)


def test_of_a_society_of_two_models(sandbox: Sandbox, tmp_path: Path) -> None:
    with serve() as server:
        models = [("scripted", 2, ""), ("fake", 1, f'base_url = "{server.base_url}"')]
        tables = [f'[[society.models]]\nname = "{name}"\nshare = {share}\n{url}\n' for name, share, url in models]
        (tmp_path / "two.toml").write_text("".join(tables))
        simulate(sandbox, "--config", "two.toml", *SMALL, "--scope", "mixed")
    check(tmp_path / "runs" / "one", "two models")


def test_where_the_endpoint_is_faulty(sandbox: Sandbox, tmp_path: Path) -> None:
    limits = ("--max-failures", 1, "--max-missing", 1, "--structured", "json_schema")
    with serve(Behaviour(faults=FAULTS)) as server:
        endpoint = ("--model", "fake", "--base-url", server.base_url)
        simulate(sandbox, *endpoint, *SMALL, *limits, code=3)
    check(tmp_path / "runs" / "one", "faults")


def test_stopped_by_a_budget_and_resumed(sandbox: Sandbox, tmp_path: Path) -> None:
    simulate(sandbox, "--model", "scripted", *SMALL, "--budget-calls", 100, code=4)
    simulate(sandbox, "--resume", "one", "--budget-calls", 1000)
    check(tmp_path / "runs" / "one", "budget")


@pytest.mark.slow
def test_killed_and_resumed(sandbox: Sandbox, tmp_path: Path, process: Callable[..., "Popen[str]"]) -> None:
    started: list[Popen[str]] = []
    asked: list[Body] = []

    def kill_at_100(body: Body) -> float:
        asked.append(body)
        if len(asked) == 100:
            started[0].kill()
        return 0.001

    with serve(Behaviour(latency=kill_at_100)) as server:
        endpoint = ("--model", "fake", "--base-url", server.base_url)
        started.append(process("simulate", *endpoint, *SMALL))
        assert started[0].wait(60) == -9
        simulate(sandbox, "--resume", "one")
    check(tmp_path / "runs" / "one", "killed")


def test_the_rule_of_fingerprints() -> None:
    """With the templates of then, a run of then has the fingerprint of then."""
    manifest = RunDirectory(ROOT / "tests" / "runs_before" / "whole").read_manifest()
    prompts: Any = SimpleNamespace(digests=manifest.prompts)
    plan = dataclasses.replace(make_plan(manifest.config), prompts=prompts)
    assert fingerprint(plan, manifest.embedder.digest) == manifest.fingerprint
