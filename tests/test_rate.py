"""`sandbox rate`: stored texts asked again in the same words, the same bytes however it goes, nothing paid twice."""

import hashlib
import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import TINY, contents, log, scripted_run
from fake_endpoint import Behaviour, serve
from fake_endpoint.bodies import Body
from rated import asked, document, said, scores, tiny_run

OTHER = "org/other:free"
MODELS = ("fake", OTHER)


def test_another_observer_is_asked_the_same_with_other_seeds(sandbox: Sandbox, tmp_path: Path) -> None:
    with serve(Behaviour(models=MODELS)) as server:
        tiny_run(sandbox, server)
        first = asked(server)
        server.requests.clear()
        before = contents(tmp_path / "runs" / "one")
        done = sandbox("rate", "one", "--observer-model", OTHER, "--base-url", server.base_url)
        assert done.code == 0, done.err
        again = asked(server)
    assert contents(tmp_path / "runs" / "one") == before
    assert sorted(map(said, again)) == sorted(map(said, first))
    assert len(again) == 4 * 8 == document(tmp_path / "runs" / "one.org-other-free")["forecast"]["calls"]
    assert {body["model"] for body in again} == {OTHER}
    seeds = [body["seed"] for body in again]
    assert len({*seeds}) == len(seeds)
    assert not {*seeds} & {body["seed"] for body in first}
    found = scores(tmp_path / "runs" / "one.org-other-free")
    assert [each["id"] for each in found] == [each["id"] for each in log(tmp_path / "runs" / "one")]
    assert all(found[0]["scores"][text][name]["rating"] for text in ("draft", "revision") for name in ("alignment",))


def test_both_ratings_in_one_call_where_the_run_had_them_so(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path, observe="joint")
    done = sandbox("rate", "one")
    assert done.code == 0, done.err
    manifest = document(tmp_path / "runs" / "one.scripted")
    assert (manifest["totals"]["calls"], manifest["texts"]) == (36, 36)
    for line in scores(tmp_path / "runs" / "one.scripted"):
        assert all(score["rating"] for text in line["scores"].values() for score in text.values())


def test_the_same_bytes_for_any_concurrency_and_latency(sandbox: Sandbox, tmp_path: Path) -> None:
    with serve(Behaviour(latency=lambda body: 0.001 * (len(str(body)) % 7), faults={"prose": 0.3})) as server:
        tiny_run(sandbox, server, "--max-missing", 1)
        shutil.copytree(tmp_path / "runs" / "one", tmp_path / "runs" / "two")
        words = ("--observer-model", "fake", "--base-url", server.base_url, "--name", "x", "--max-missing", 1)
        one = sandbox("rate", "one", *words, "--concurrency", 1)
        two = sandbox("rate", "two", *words, "--concurrency", 256)
    assert (one.code, two.code) == (0, 0), one.err + two.err
    one_x, two_x = (tmp_path / "runs" / name for name in ("one.x", "two.x"))
    assert (one_x / "scores.jsonl").read_bytes() == (two_x / "scores.jsonl").read_bytes()
    reasons = [
        score["missing"] for line in scores(one_x) for text in line["scores"].values() for score in text.values()
    ]
    assert {*reasons} == {None, "unparsable"}
    asks = [json.loads(line)["ask"] for line in (one_x / "calls.jsonl").read_text().splitlines()]
    assert asks.count(1) >= reasons.count("unparsable") == document(one_x)["totals"]["missing_ratings"]


@pytest.mark.slow
def test_what_a_budget_leaves_is_asked_later_and_nothing_twice(sandbox: Sandbox, tmp_path: Path) -> None:
    with serve() as server:
        tiny_run(sandbox, server)
        words = ("--observer-model", "fake", "--base-url", server.base_url)
        assert sandbox("rate", "one", *words, "--name", "whole").code == 0
        shutil.copytree(tmp_path / "runs" / "one", tmp_path / "runs" / "other")
        short = sandbox("rate", "other", *words, "--name", "whole", "--budget-calls", 9)
        assert short.code == 4, short.err
        assert "sandbox rate --resume runs/other.whole --budget-calls 18" in short.err
        server.requests.clear()
        assert sandbox("rate", "--replay", "other.whole").code == 1
        again = sandbox("rate", "--resume", "other.whole", "--budget-calls", 1000)
        assert (again.code, len(asked(server))) == (0, 32 - 9), again.err
        server.requests.clear()
        done = sandbox("rate", "--resume", "other.whole")
        assert (done.code, "Nothing is left to be done" in done.err) == (0, True)
        assert server.requests == []
    one, two = (tmp_path / "runs" / f"{name}.whole" / "scores.jsonl" for name in ("one", "other"))
    assert one.read_bytes() == two.read_bytes()
    replayed = sandbox("rate", "--replay", "other.whole", "--json")
    assert json.loads(replayed.out) == {"event": "replayed", "calls": 32, "interactions": 8}


def test_texts_are_drawn_by_the_seed_whoever_rates(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)

    def drawn(*words: object) -> list[tuple[str, str]]:
        done = sandbox("rate", "one", "--texts", 10, "--name", f"n{len(list(tmp_path.glob('runs/one.*')))}", *words)
        assert done.code == 0, done.err
        newest = max(tmp_path.glob("runs/one.n*"))
        assert document(newest)["texts"] == 10
        assert document(newest)["totals"]["calls"] == 20
        return [
            (line["id"], text)
            for line in scores(newest)
            for text, of in line["scores"].items()
            if of["alignment"] and of["engagement"]
        ]

    one, two, three = drawn(), drawn(), drawn("--seed", 1)
    assert len(one) == 10
    assert one == two != three
    raws = [(tmp_path / "runs" / f"one.n{number}" / "calls.jsonl").read_text() for number in (0, 1)]
    requests = [{json.loads(line)["request"] for line in raw.splitlines()} for raw in raws]
    assert not requests[0] & requests[1]
    more = sandbox("rate", "one", "--texts", 1000, "--dry-run", "--json")
    assert json.loads(more.out)["texts"] == 36


def test_a_run_that_grew_is_still_the_run_and_one_that_changed_is_not(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    assert sandbox("rate", "one", "--budget-calls", 5).code == 4
    assert sandbox("simulate", "--resume", "one", "--rounds", 3).code == 0
    assert sandbox("rate", "--resume", "one.scripted", "--budget-calls", 50).code == 4
    path = run / "interactions.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"draft":"', b'"draft":"Well. ', 1))
    for words in (("--resume", "one.scripted", "--budget-calls", 500), ("--replay", "one.scripted")):
        done = sandbox("rate", *words)
        assert done.code == 1
        assert "runs/one/interactions.jsonl: its first 18 lines are not those that one.scripted rated." in done.err
    path.write_bytes(whole)
    assert sandbox("rate", "--resume", "one.scripted", "--budget-calls", 500).code == 0
    assert (
        document(tmp_path / "runs" / "one.scripted")["rated"]["interactions"]
        == 18
        == len(scores(tmp_path / "runs" / "one.scripted"))
    )
    shutil.rmtree(run)
    lost = sandbox("rate", "--replay", "one.scripted")
    assert (lost.code, "in its run, which lies beside it" in lost.err) == (1, True)


def test_what_failed_is_data_and_can_be_asked_again(sandbox: Sandbox, tmp_path: Path) -> None:
    with serve() as server:
        tiny_run(sandbox, server)
    with serve(Behaviour(script=[None, None, None, "400", "400"])) as server:
        words = ("--observer-model", "fake", "--base-url", server.base_url, "--concurrency", 1, "--max-failures", 1)
        done = sandbox("rate", "one", *words)
        assert done.code == 3, done.err
        folder = tmp_path / "runs" / "one.fake"
        failed = [line for line in scores(folder) if line["failed"]]
        assert failed
        assert failed[0]["failed"]["error"] == "bad_request"
        first = failed[0]["failed"]
        assert failed[0]["scores"][first["stage"].removeprefix("score_")][first["dimension"]] is None
        assert document(folder)["totals"]["failed"] == len(failed)
        assert sandbox("rate", "--resume", "one.fake").code == 3, "failures are repeated"
        assert sandbox("rate", "--resume", "one.fake", "--retry-failed", "--budget-calls", 1).code == 4
        assert "calls.jsonl: calls that failed are asked again" in sandbox("rate", "--replay", "one.fake").err
        again = sandbox("rate", "--resume", "one.fake", "--budget-calls", 1000)
        assert again.code == 0, again.err
        assert sandbox("rate", "--replay", "one.fake").code == 0
    assert not [line for line in scores(folder) if line["failed"]]


def test_a_rating_that_goes_too_badly_is_stopped(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    with serve(Behaviour(faults={"prose": 1.0})) as server:
        words = ("--observer-model", "fake", "--base-url", server.base_url)
        done = sandbox("rate", "one", *words, "--concurrency", 2)
    assert done.code == 3, done.err
    assert "more than --max-missing 0.2 allows" in done.err
    assert document(tmp_path / "runs" / "one.fake")["stopped_by"] == "missing"


def test_whoever_received_a_rating_says_where_it_asks(sandbox: Sandbox, tmp_path: Path) -> None:
    with serve() as server, serve() as stranger:
        tiny_run(sandbox, server)
        words = ("--observer-model", "fake", "--base-url", server.base_url)
        assert sandbox("rate", "one", *words, "--budget-calls", 5).code == 4
        for name in ("one", "one.fake"):
            shutil.copytree(tmp_path / "runs" / name, tmp_path / "received" / name)
        theirs = tmp_path / "received" / "one.fake"
        found = document(theirs)
        found["config"]["base_url"] = stranger.base_url
        (theirs / "manifest.json").write_text(json.dumps(found))
        before = len(stranger.requests)
        refused = sandbox("rate", "--resume", theirs)
        assert (refused.code, "does not carry your mark" in refused.err) == (1, True)
        own = sandbox("rate", "--resume", theirs, "--base-url", server.base_url, "--budget-calls", 100)
        assert own.code == 0, own.err
        assert len(stranger.requests) == before


def test_the_observer_of_the_run_is_asked_again_where_it_was(sandbox: Sandbox, tmp_path: Path) -> None:
    with serve() as agents, serve() as observer:
        words = ("--observer-base-url", observer.base_url, "--observer-model", "fake")
        tiny_run(sandbox, agents, *words)
        agents.requests.clear()
        observer.requests.clear()
        done = sandbox("rate", "one", "--name", "again", "--texts", 6)
        assert done.code == 0, done.err
        assert (agents.requests, len(asked(observer))) == ([], 12)
        shutil.copytree(tmp_path / "runs" / "one", tmp_path / "received")
        refused = sandbox("rate", "received")
        assert (refused.code, "name the address: sandbox rate received --base-url URL" in refused.err) == (1, True)
        refused = sandbox("analyze", "observer", tmp_path / "received", "--again", 6)
        command = f"sandbox rate {tmp_path / 'received'} --name again --texts 6 --base-url URL"
        assert (refused.code, f"name the address: {command}" in refused.err) == (1, True), refused.err


def test_what_cannot_be_is_said_before_anything_is_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    assert sandbox("rate", "one", "--name", "there", "--texts", 1).code == 0
    scripted_run(sandbox, tmp_path, "one.two")
    for words, sentence in (
        ((), "Name the run whose texts are rated"),
        (("one", "--resume", "one.scripted"), "give one of them"),
        (("none",), "none: no such run"),
        (("one", "--name", "../x"), "--name '../x'"),
        (("one", "--name", "observer"), "--name observer: another thing of a run is called so. Take another name."),
        (("one", "--name", "there"), "was rated as there already"),
        (("one", "--name", "two"), "one.two: what lies there is no rating, and stays as it is"),
        (("--resume", "one"), "one is no rating"),
        (("one.there",), "is no run: its manifest says that it is of kind 'rating'"),
        (("one", "--retry-failed"), "name it with --resume"),
        (("--resume", "one.there", "--texts", 3), "--texts 1 -> 3"),
        (("--replay", "one.there", "--seed", 3), "leave out --seed"),
        (("one", "--base-url", "http://127.0.0.1:9/v1"), "would not be used"),
        (("one", "--observer-api-key-env", "X"), "give --observer-base-url too"),
    ):
        done = sandbox("rate", *words)
        assert (done.code, sentence in done.err) == (2, True), done.err
        assert done.err.count("\n") <= 3


def test_what_a_run_lacks_to_be_rated_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    template = run / "prompts" / "score_alignment.jinja"
    template.write_text(template.read_text().replace("Rate", "Guess"))
    changed = sandbox("rate", "one")
    assert (changed.code, "did not keep the templates" in changed.err) == (2, True), changed.err
    short = ("--model", "scripted", *TINY, "--budget-calls", 1, "--run-id", "short")
    assert sandbox("simulate", *short).code == 4
    nothing = sandbox("rate", "short")
    assert (nothing.code, "has no text yet" in nothing.err) == (2, True), nothing.err
    file = tmp_path / "few.toml"
    file.write_text('name = "few"\n[base]\nmodel = "scripted"\nquestions = "starter"\nembedder = "hash"\ngrid = 2\n'
                    'prior-size = 5\nneighbours = 2\n[matrix]\nseed = [0]\n')  # fmt: skip
    assert sandbox("study", "run", file).code == 0
    study = sandbox("rate", "few")
    assert (study.code, "few is a study, which is many runs; this takes one of them" in study.err) == (2, True)
    (cell,) = (tmp_path / "studies" / "few" / "runs").iterdir()
    one = sandbox("rate", f"few/{cell.name}", "--name", "x")
    assert one.code == 0, one.err
    assert sandbox("rate", "--replay", f"few/{cell.name}.x").code == 0
    assert sandbox("study", "run", file).code == 0, "a study minds no folder beside its runs"


def test_a_manifest_that_leaves_open_what_was_asked_is_none(sandbox: Sandbox, tmp_path: Path) -> None:
    scripted_run(sandbox, tmp_path)
    assert sandbox("rate", "one", "--texts", 3).code == 0
    file = tmp_path / "runs" / "one.scripted" / "manifest.json"
    whole = json.loads(file.read_text())
    standing = ("observer_model", "name", "observer_temperature", "max_tokens")
    for changed, named in (
        *(({"config": whole["config"] | {name: None}}, "config") for name in standing),
        ({"rated": whole["rated"] | {"interactions": 10**30}}, "rated.interactions"),
    ):
        file.write_text(json.dumps(whole | changed))
        for words in (("inspect", "one.scripted"), ("rate", "--resume", "one.scripted")):
            done = sandbox(*words)
            assert (done.code, f"manifest.json: not a manifest of schema 1: {named}" in done.err) == (1, True), done.err
            assert done.err.count("\n") <= 3


def test_of_a_run_without_texts_nothing_is_left_to_go_on_with(sandbox: Sandbox, tmp_path: Path) -> None:
    run = scripted_run(sandbox, tmp_path)
    assert sandbox("rate", "one", "--texts", 3).code == 0
    file, lines = tmp_path / "runs" / "one.scripted" / "manifest.json", run / "interactions.jsonl"
    told = json.loads(file.read_text())
    line = json.dumps(log(run)[0] | {"draft": None, "revision": None})
    for count, text in enumerate(("", f"{line}\n")):
        lines.write_text(text)
        told["rated"] |= {"interactions": count, "sha256": hashlib.sha256(text.encode()).hexdigest()}
        file.write_text(json.dumps(told | {"status": "stopped"}))
        for words in ((), ("--dry-run",)):
            done = sandbox("rate", "--resume", "one.scripted", *words)
            assert (done.code, "has no text yet that could be rated" in done.err) == (2, True), done.err


@pytest.mark.slow
def test_two_kills_leave_the_same_bytes_and_ask_no_more_than_was_in_flight(
    sandbox: Sandbox, process: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    scripted_run(sandbox, tmp_path, rounds=4)
    shutil.copytree(tmp_path / "runs" / "one", tmp_path / "runs" / "two")
    with serve() as server:
        words = ("--observer-model", "fake", "--base-url", server.base_url, "--name", "x")
        assert sandbox("rate", "two", *words).code == 0
    kill_at = [40, 100]

    def kill(body: Body) -> float:
        if kill_at and len(server.requests) == kill_at[0]:
            kill_at.pop(0)
            running[-1].send_signal(signal.SIGKILL)
        return 0.01

    with serve(Behaviour(latency=kill)) as server:
        common = ("--base-url", server.base_url, "--concurrency", 8)
        running = [process("rate", "one", "--observer-model", "fake", "--name", "x", *common)]
        while running[-1].wait(60) == -signal.SIGKILL:
            running.append(process("rate", "--resume", "one.x", *common))
        assert running[-1].wait(60) == 0, running[-1].communicate()
        assert len(running) == 3
        assert 144 <= len(asked(server)) <= 144 + 2 * 8
    one, two = (tmp_path / "runs" / f"{name}.x" / "scores.jsonl" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
