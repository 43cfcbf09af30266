"""The logs of ten runs are the bytes that commit 890b4bf wrote, and manifests have the keys that it gave them.

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
        "2209e2058a6677d4be7e879dd3567d90c848f169af6f81e230930560677bb8a0",
        "a3c4ab8d88c6675f5f43efe34126c14647d3c3773608176358518ea0fb90f108",
        *(0, 0, 144, 29269, 2171),
    ),
    "global": Run(
        "8b614a59bc9ec962a6c61bf43c58d5240d2a4663414ebaf6a7c96d80b219d1f3",
        "c174f17c736f90d87834b31ce1d9cf3381409dd4e712418c43c5023ed6162a21",
        *(0, 0, 180, 39508, 2541),
    ),
    "mixed scope": Run(
        "3d1a523bffeec35be03f77a57729506a54b5c4bfe66540d890bf32eeca23bfb0",
        "e4c5c1f0e8f7e80e06aa02c175e889e6be330e22fcf14303b3f8985a30b6d981",
        *(0, 0, 180, 37416, 2272),
    ),
    "no labels": Run(
        "c1be478847b70b6ec2a45d87120947fb54626f25db23332ed964845c3461f053",
        "05c0e47ba0d4d00947a6fee93e9ab9beaa1cf2aec18e180e20cd26ff273dd588",
        *(0, 0, 144, 26935, 2121),
    ),
    "joint observation": Run(
        "7c1ece90f03d9becd4464e2c31ac5998a4afdf3da7026c8a181c2bf36bb796d9",
        "978770c7d598096c9477e202554cb40d01885f83d28eae127b3f8c2d0af0efbd",
        *(0, 0, 126, 29975, 2238),
    ),
    "recalls": Run(
        "5c1b481202e75573ae62de4238042ef6a6975d643031068d14c507fd856ad5e5",
        "11f09c1a6251750b6c7fe58f867f7b33445379cca46f4c159ff3008794cd7630",
        *(0, 0, 270, 59665, 3650),
    ),
    "two models": Run(
        "a1fa8f8309917bd9e6618bf4757c272696c24c10315f05db4f664a15807bc1e5",
        "f4946a5822d81ef078cb8c6adb5752f38300b4f2753afb58eb140a0f9bd6f393",
        *(0, 0, 180, 37406, 2134),
    ),
    "faults": Run(
        "1241c2e338d692c27902acf55f0b1aba904e36db095bd83cc0f0af39de42804e",
        "42f8f0dc7337abc23c10974a59de153ea5a6452943b06c00f5c7a4b4fbd21b94",
        *(4, 28, 248, 48201, 1535),
    ),
    "budget": Run(
        "d50296a24176f207904ea31fd5c90b096661f59272936f9a127bb8da29a44450",
        "a45bea352d22b909808b2cfe5d3e89eacf08e414a956abc40ebfa62f9079ca41",
        *(0, 0, 180, 38830, 2449),
    ),
    "killed": Run(
        "4fecbfe1bb4ecd3d6b1768f01fb9778a3239c95978f9a1850159155d39483f0a",
        "dcb68c2e8a1ce34d9b83833b24e1bc3e3b40476d80b2845242a522e8cf5c4d67",
        *(0, 0, 180, 34795, 1296),
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
