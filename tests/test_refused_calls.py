"""An endpoint that refuses (429) one request for ever and answers all others, and one that refuses all for a while."""

from pathlib import Path
from typing import Any

from asked_suites import is_judging, lines, write_suite
from conftest import Sandbox
from example_runs import SOCIETY, manifest
from fake_endpoint import Behaviour, Body, serve

from agents.limits.refusals import REFUSALS


def refusing(word: str) -> Behaviour:
    """Refuses what holds `word`."""

    def dialect(body: Body, document: dict[str, Any]) -> dict[str, Any] | tuple[int, bytes]:
        return (429, b"busy") if word in str(body["messages"]) else document

    return Behaviour(dialect=dialect)


def test_an_item_that_alone_is_refused_has_failed_and_is_asked_again_when_that_is_wanted(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = write_suite(tmp_path, "judged")
    asked = ("--model", "fake", "--run-id", "one")
    with serve(refusing("case 2?")) as server:
        done = sandbox("evaluate", "--suite", path, *asked, "--base-url", server.base_url)
        assert done.code == 3, done.err
        paid = server.answered["200"]
    folder = tmp_path / "runs" / "one"
    assert [each["missing"] for each in lines(folder / "answers.jsonl")] == [None, None, "failed", *[None] * 5]
    assert sum(each["missing"] is None for each in lines(folder / "judgements.jsonl")) == 7
    failed = [each for each in lines(folder / "calls.jsonl") if each["error"]]
    assert [(each["error"]["kind"], each["error"]["status"]) for each in failed] == [("rate_limited", 429)]
    assert REFUSALS <= paid - 14 <= failed[0]["tries"] + 3, "the smallest request, after each refusal, and probes"
    with serve() as server:
        again = sandbox("evaluate", "--resume", "one", "--base-url", server.base_url)
        assert (again.code, server.requests) == (3, []), again.err
        again = sandbox("evaluate", "--resume", "one", "--retry-failed", "--base-url", server.base_url)
        assert again.code == 0, again.err
        assert sum(map(is_judging, server.requests)) == 1


def test_an_interaction_with_a_call_that_alone_is_refused_has_failed(sandbox: Sandbox, run: Path) -> None:
    common = ("--model", "fake", *SOCIETY, "--run-id")
    with serve() as server:
        assert sandbox("simulate", *common, "calm", "--base-url", server.base_url).code == 0
    question = lines(run.parent / "calm" / "interactions.jsonl")[4]["question"]
    with serve(refusing(question)) as server:
        done = sandbox("simulate", *common, "one", "--base-url", server.base_url)
    assert done.code == 3, done.err
    assert (manifest(run)["totals"]["complete"], manifest(run)["totals"]["failed"]) == (8, 1)
    failed = lines(run / "interactions.jsonl")[4]["failed"]
    assert failed == {"stage": "draft", "neighbour": None, "error": "rate_limited"}


def test_an_endpoint_that_refuses_all_for_a_while_loses_nothing(sandbox: Sandbox, run: Path) -> None:
    refusals = 10
    with serve(Behaviour(script=[*[None] * 30, *["429"] * refusals])) as server:  # type: ignore[list-item]
        done = sandbox("simulate", "--model", "fake", *SOCIETY, "--run-id", "one", "--base-url", server.base_url)
    assert done.code == 0, done.err
    totals = manifest(run)["totals"]
    assert (totals["failed"], totals["calls"], totals["tries"]) == (0, 90, 90 + refusals)
