"""Who answered behind a name, as far as answers say so: told apart in the manifest, harmless and bounded."""

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from example_runs import TINY, manifest
from odd_endpoint import Seen, Sent, api, completion, listing, odd
from tables import table

from agents.endpoints.systems import system

RUN = ("simulate", "--model", "m", *TINY, "--run-id")


@table(
    ("document", "headers", "said"),
    [
        ({"system_fingerprint": "fp_1"}, {}, "system_fingerprint=fp_1"),
        ({"provider": "Fireworks", "system_fingerprint": None}, {}, "provider=Fireworks"),
        ({"provider": "A", "system_fingerprint": "b"}, {}, "provider=A, system_fingerprint=b"),
        ({}, {"x-litellm-model-id": "a1b2"}, "x-litellm-model-id=a1b2"),
        ({}, {"x-litellm-model-api-base": "https://me:secret@inner"}, None),
        ({"provider": "https://me:secret@inner/v1"}, {}, None),
        ({"provider": "a\x1b[2J\n\u202eb\u2028c"}, {}, "provider=a [2J b c"),
        ({"provider": "x" * 1000}, {}, f"provider={'x' * 100}"),
        ({"provider": {"name": "A"}, "system_fingerprint": 7}, {}, None),
        ({"provider": " \n"}, {}, None),
        ({"provider": "a\ud800"}, {}, "provider=a"),
        ([], {}, None),
        (None, {}, None),
    ],
)
def test_what_answers_say_of_who_gave_them(document: Any, headers: Mapping[str, str], said: str | None) -> None:
    assert system(document, headers) == said


def test_the_systems_of_a_run_stand_in_its_manifest_over_attempts(sandbox: Sandbox, run: Path) -> None:
    providers = itertools.cycle(["First", "Second"])

    def answer(seen: Seen) -> Sent:
        return completion(seen, provider=next(providers)) if seen.method == "POST" else api()(seen)

    with odd(answer) as server:
        url = ("--base-url", f"{server.origin}/v1")
        assert sandbox(*RUN, "one", "--budget-calls", 6, *url).code == 4
        assert manifest(run)["models"]["systems"] == ["provider=First", "provider=Second"]
        providers = itertools.cycle(["Third"])
        assert sandbox("simulate", "--resume", "one", "--budget-calls", 1000).code == 0
    found = manifest(run)["models"]
    assert found["systems"] == ["provider=First", "provider=Second", "provider=Third"]
    assert found["reported"] == ["m"]
    assert sandbox("simulate", "--replay", "one").code == 0


def test_a_server_that_says_another_thing_each_time_fills_no_manifest(sandbox: Sandbox, run: Path) -> None:
    numbers = itertools.count()

    def answer(seen: Seen) -> Sent:
        return completion(seen, system_fingerprint=f"fp_{next(numbers)}") if seen.method == "POST" else api()(seen)

    with odd(answer) as server:
        assert (
            sandbox("simulate", "--model", "m", *TINY, "--run-id", "one", "--base-url", f"{server.origin}/v1").code == 0
        )
    assert len(manifest(run)["models"]["systems"]) == 20


def test_answers_of_many_systems_change_no_interaction(sandbox: Sandbox, tmp_path: Path) -> None:
    logs = []
    for name, more in (("a", {}), ("b", {"provider": "B"})):

        def answer(seen: Seen, more: Mapping[str, str] = more) -> Sent:
            return completion(seen, **more) if seen.method == "POST" else api()(seen)

        with odd(answer) as server:
            assert sandbox(*RUN, name, "--base-url", f"{server.origin}/v1").code == 0
        logs.append((tmp_path / "runs" / name / "interactions.jsonl").read_bytes())
    assert logs[0] == logs[1]
    assert json.loads((tmp_path / "runs" / "a" / "manifest.json").read_bytes())["models"]["systems"] == []


def test_names_of_who_answered_hold_no_key_and_no_line_end(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, run: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of-my-own-12345")

    def answer(seen: Seen) -> Sent:
        if seen.method == "GET":
            return listing("m")
        return completion(seen)._replace(
            body={
                **completion(seen).body,
                "model": "n\nError: of-my-own-12345",
                "system_fingerprint": "of-my-own-12345",
            }
        )

    with odd(answer) as server:
        done = sandbox("simulate", "--model", "m", *TINY, "--run-id", "one", "--base-url", f"{server.origin}/v1")
    assert done.code == 0, done.err
    assert "m was asked for, and n Error: *** answered." in done.err
    written = [file.read_bytes() for file in run.rglob("*") if file.is_file()]
    assert not any(b"of-my-own-12345" in content for content in written)
