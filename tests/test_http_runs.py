"""`sandbox simulate` over real HTTP, against the fake endpoint: whole runs, faults, keys, interrupts."""

import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Finished, Sandbox
from example_runs import SOCIETY, manifest
from fake_endpoint import VENDOR_WORDS, Behaviour, Body, Fault, Server, serve, sha256, unused_url

from sandbox.runs.json_lines import read_lines
from sandbox.runs.records import Interaction, JournalLine

KEY = "sk-test-very-secret"
SMALL = ("--model", "fake", *SOCIETY, "--run-id", "one")
ASKED = 9 * 10
PROBE: list[Fault | None] = [None]
# Of the first interaction, which one call at a time makes before any other.
DRAFT: list[Fault | None] = [None]
FEEDBACK: list[Fault | None] = [None] * 4
REVISION: list[Fault | None] = [None]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def interactions(run: Path) -> list[Interaction]:
    return list(read_lines(run / "interactions.jsonl", Interaction))


def journal(run: Path) -> list[JournalLine]:
    return list(read_lines(run / "calls.jsonl", JournalLine))


def every_byte(run: Path, *done: Finished) -> bytes:
    texts = [text.encode() for one in done for text in (one.out, one.err)]
    return b"\n".join([*texts, *(path.read_bytes() for path in run.rglob("*") if path.is_file())])


def assert_one_clear_message(done: Finished, *words: str) -> None:
    error = done.err[done.err.index("Error: ") :].strip()
    assert len(error.splitlines()) <= 3
    assert all(word in error for word in words), error
    assert "Traceback" not in done.err
    assert KEY not in done.err + done.out


def assert_accounts_add_up(run: Path) -> None:
    totals, calls, done = manifest(run)["totals"], journal(run), interactions(run)
    assert totals["calls"] == len(calls) == len({call.key for call in calls})
    assert totals["tries"] >= sum(call.tries for call in calls)
    assert totals["failed"] == sum(item.failed is not None for item in done)
    assert totals["complete"] == len(done) - totals["failed"]
    assert totals["prompt_tokens"] == sum(call.usage.prompt_tokens for call in calls if call.usage)
    assert totals["calls_without_usage"] == sum(call.reply is not None and call.usage is None for call in calls)
    assert [(item.round, item.agent) for item in done] == [divmod(place, 9) for place in range(len(done))]


def test_a_run_over_http_is_whole(sandbox: Sandbox, run: Path) -> None:
    with serve(Behaviour(api_key=KEY)) as server:
        done = sandbox("simulate", *SMALL, "--base-url", server.base_url)
        assert done.code == 0, done.err
        assert server.invalid == []
        assert len(server.requests) == 1 + ASKED
        assert set(server.counts.values()) == {1}
        assert server.keys() == {f"Bearer {KEY}"}
        assert 1 < server.most_in_flight <= 64
    assert_accounts_add_up(run)
    assert manifest(run)["status"] == "complete"
    assert manifest(run)["totals"]["calls"] == manifest(run)["totals"]["tries"] == ASKED
    assert manifest(run)["totals"]["calls_without_usage"] == 0
    assert manifest(run)["totals"]["cost_usd"] is None
    assert manifest(run)["models"] == {
        "agents": ["fake"],
        "observer": "fake",
        "reported": ["fake"],
        "structured": {"fake": "json_schema"},
        "endpoints": {"fake": [server.base_url]},
        "default_endpoint": server.base_url,
        "served": {},
        "systems": [],
    }
    assert KEY.encode() not in every_byte(run, done)
    stages = Counter(call.stage for call in journal(run))
    assert stages == {"draft": 9, "feedback": 36, "revision": 9, "score_draft": 18, "score_revision": 18}


def test_the_endpoint_of_the_environment_is_used(sandbox: Sandbox, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(Behaviour(api_key=KEY)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        assert sandbox("simulate", *SMALL).code == 0
        assert len(server.requests) == 1 + ASKED
    assert manifest(run)["status"] == "complete"


def test_concurrency_bounds_what_is_in_flight(sandbox: Sandbox) -> None:
    with serve(Behaviour(latency=0.05)) as server:
        assert sandbox("simulate", *SMALL, "--base-url", server.base_url, "--concurrency", 5).code == 0
        assert server.most_in_flight == 5


MIXED = """
base_url = "{default}"
observer_model = "judge"
observer_base_url = "{observer}"
observer_api_key_env = "OBSERVER_KEY"
[[society.models]]
name = "alpha"
base_url = "{alpha}"
api_key_env = "ALPHA_KEY"
[[society.models]]
name = "beta"
base_url = "{beta}"
[[society.models]]
name = "gamma"
"""


def test_every_endpoint_gets_its_own_key_and_models_and_no_other(
    sandbox: Sandbox, tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALPHA_KEY", "alpha-secret")
    monkeypatch.setenv("OBSERVER_KEY", "observer-secret")
    monkeypatch.setenv("OPENAI_ORG_ID", "organization-of-default")
    names = {"alpha": "alpha", "beta": "beta", "default": "gamma", "observer": "judge"}
    with (
        serve(Behaviour(models=["alpha"], api_key="alpha-secret")) as alpha,
        serve(Behaviour(models=["beta"])) as beta,
        serve(Behaviour(models=["gamma"], api_key=KEY)) as default,
        serve(Behaviour(models=["judge"], api_key="observer-secret")) as observer,
    ):
        servers = {"alpha": alpha, "beta": beta, "default": default, "observer": observer}
        urls = {name: server.base_url for name, server in servers.items()}
        (tmp_path / "mixed.toml").write_text(MIXED.format(**urls))
        done = sandbox("simulate", "--config", "mixed.toml", *SOCIETY, "--run-id", "one")
        assert done.code == 0, done.err
        for name, server in servers.items():
            assert server.asked() == {names[name]}
            assert server.invalid == []
            assert ("organization-of-default" in str(server.headers)) is (name == "default")
        assert default.keys() == {f"Bearer {KEY}"}
        assert beta.keys() == {"Bearer none"}
        assert len(observer.requests) == 1 + 36
    assert_accounts_add_up(run)
    assert manifest(run)["models"] == {
        "agents": ["alpha", "beta", "gamma"],
        "observer": "judge",
        "reported": ["alpha", "beta", "gamma", "judge"],
        "structured": dict.fromkeys(["alpha", "beta", "gamma", "judge"], "json_schema"),
        "endpoints": {names[name]: [url] for name, url in sorted(urls.items())},
        "default_endpoint": urls["default"],
        "served": {},
        "systems": [],
    }
    everything = every_byte(run, done)
    assert not any(secret in everything for secret in (KEY.encode(), b"alpha-secret", b"observer-secret"))


@pytest.mark.parametrize(
    ("behaviour", "arguments", "words"),
    [
        (Behaviour(api_key="another"), (), ("401", "Check its key: OPENAI_API_KEY")),
        (Behaviour(revoked_after=0), (), ("401", "Check its key: OPENAI_API_KEY")),
        (Behaviour(models=None, script=["404"]), (), ("404", "Check --model and --base-url.")),
        (Behaviour(models=["fake-2"]), (), ("does not serve the model 'fake'", "Did you mean 'fake-2'?")),
        (Behaviour(models=[]), (), ("does not serve the model 'fake'",)),
        (Behaviour(script=["413"]), (), ("413",)),
        (
            Behaviour(rejects={"json_object": "response_format is unavailable now"}),
            ("--structured", "json_object"),
            ("response_format is unavailable now",),
        ),
    ],
)
def test_an_endpoint_that_cannot_work_is_one_message_and_no_run(
    sandbox: Sandbox, run: Path, behaviour: Behaviour, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    with serve(behaviour) as server:
        done = sandbox("simulate", *SMALL, "--base-url", server.base_url, *arguments)
        assert done.code == 1
        assert_one_clear_message(done, server.base_url, *words)
    assert list(run.parent.iterdir()) == []


def test_an_endpoint_that_is_not_there_is_one_message_and_no_run(sandbox: Sandbox, run: Path) -> None:
    nobody = unused_url()
    done = sandbox("simulate", *SMALL, "--base-url", nobody)
    assert done.code == 1
    assert_one_clear_message(done, f"Cannot reach {nobody}", "--base-url", "--model scripted")
    assert list(run.parent.iterdir()) == []


def test_openai_itself_needs_a_key(sandbox: Sandbox, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    done = sandbox("simulate", "--model", "gpt-4o-mini", *SOCIETY)
    assert done.code == 2
    assert_one_clear_message(done, "OPENAI_API_KEY", "--model local")
    assert list(run.parent.iterdir()) == []


def test_a_key_variable_that_is_not_set_is_named(sandbox: Sandbox, run: Path) -> None:
    with serve() as server:
        elsewhere = ("--observer-base-url", server.base_url, "--observer-api-key-env", "ABSENT_KEY")
        done = sandbox("simulate", "--model", "scripted", *SOCIETY, *elsewhere)
        assert done.code == 2
        assert_one_clear_message(done, "ABSENT_KEY", server.base_url)
        assert server.headers == []
    assert list(run.parent.iterdir()) == []


def test_an_endpoint_without_a_list_of_models_is_warned_about(sandbox: Sandbox, run: Path) -> None:
    with serve(Behaviour(models=None)) as server:
        done = sandbox("simulate", *SMALL, "--base-url", server.base_url)
    assert done.code == 0
    assert "Warning: " in done.err
    assert "gives no list of models" in done.err


@pytest.mark.parametrize(
    ("rejects", "level"),
    [
        ({"json_schema": "response_format json_schema is not supported"}, "json_object"),
        ({"response_format": "response_format is not supported"}, "text"),
    ],
)
def test_the_level_that_was_found_is_used_and_kept(
    sandbox: Sandbox, run: Path, rejects: dict[str, str], level: str
) -> None:
    with serve(Behaviour(rejects=rejects)) as server:
        done = sandbox("simulate", *SMALL, "--base-url", server.base_url, "--max-missing", 1)
        assert done.code == 0, done.err
        assert server.invalid == []
        forms = Counter(body.get("response_format", {"type": "text"})["type"] for body in server.requests)
    assert manifest(run)["models"]["structured"] == {"fake": level}
    assert forms["json_schema"] == (level == "json_object") + (level == "text")
    assert manifest(run)["totals"]["missing_ratings"] == (0 if level == "json_object" else 72)
    assert_accounts_add_up(run)


SCRIPTS: dict[str, tuple[list[Fault | None], dict[str, int]]] = {
    "429 once": ([*PROBE, "429"], {"tries": ASKED + 1}),
    "500 once": ([*PROBE, *DRAFT, "500"], {"tries": ASKED + 1}),
    "half, then not JSON": ([*PROBE, "half", "not_json"], {"tries": ASKED + 2}),
    "prose once": ([*PROBE, *DRAFT, "prose"], {"calls": ASKED + 1}),
    "prose twice": ([*PROBE, *DRAFT, "prose", "prose"], {"calls": ASKED + 1, "missing_ratings": 1}),
    "empty draft once": ([*PROBE, "empty_text"], {"calls": ASKED + 1}),
    "draft cut": ([*PROBE, "length"], {}),
    "draft refused": ([*PROBE, "refusal"], {}),
    "score refused twice": (
        [*PROBE, *DRAFT, *FEEDBACK, *REVISION, "refusal", "refusal"],
        {"calls": ASKED + 1, "missing_ratings": 1},
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_faults_that_a_run_gets_over(sandbox: Sandbox, run: Path, name: str) -> None:
    script, changed = SCRIPTS[name]
    with serve(Behaviour(script=script)) as server:
        done = sandbox("simulate", *SMALL, "--base-url", server.base_url, "--concurrency", 1)
    assert done.code == 0, done.err
    calls = changed.get("calls", ASKED)
    expected = {"planned": 9, "complete": 9, "failed": 0, "calls": calls, "tries": calls, "missing_ratings": 0}
    totals = manifest(run)["totals"]
    assert {field: totals[field] for field in expected} == expected | changed
    assert sum(call.ask for call in journal(run)) == calls - ASKED
    assert_accounts_add_up(run)


@pytest.mark.parametrize(
    ("fault", "missing"), [("prose", "unparsable"), ("refusal", "refused"), ("content_filter", "refused"),
                           ("length", "truncated"), ("spent", "truncated")],
)  # fmt: skip
def test_why_a_rating_is_missing(sandbox: Sandbox, run: Path, fault: Fault, missing: str) -> None:
    with serve(Behaviour(script=[*PROBE, *DRAFT, fault, fault])) as server:
        assert sandbox("simulate", *SMALL, "--base-url", server.base_url, "--concurrency", 1).code == 0
    first = interactions(run)[0].feedback[0]
    assert (first.rating, first.missing) == (None, missing)
    assert [call.ask for call in journal(run) if call.agent == 0 and call.neighbour == first.agent] == [0, 1]


@pytest.mark.parametrize(
    ("script", "stage", "error", "calls_and_tries"),
    [
        ([*PROBE, "empty_text", "empty_text"], "draft", "empty", (ASKED - 8, ASKED - 8)),
        ([*PROBE, "content_filter"], "draft", "filtered", (ASKED - 9, ASKED - 9)),
        ([*PROBE, *DRAFT, "413"], "feedback", "bad_request", (ASKED - 3, ASKED - 3)),
        ([*PROBE, *DRAFT, *FEEDBACK, "400"], "revision", "bad_request", (ASKED - 2, ASKED - 2)),
        ([*PROBE, *DRAFT, *FEEDBACK, *REVISION, "400"], "score_draft", "bad_request", (ASKED, ASKED)),
    ],
)
def test_what_fails_for_good_is_journalled_and_stops_only_what_needs_it(
    sandbox: Sandbox, run: Path, script: list[Fault | None], stage: str, error: str, calls_and_tries: tuple[int, int]
) -> None:
    with serve(Behaviour(script=script)) as server:
        done = sandbox("simulate", *SMALL, "--base-url", server.base_url, "--concurrency", 1)
    assert done.code == 3
    assert "9 interactions planned = 8 complete + 1 failed + 0 not reached." in done.err
    assert_accounts_add_up(run)
    totals = manifest(run)["totals"]
    assert totals["failed"] == 1
    assert (totals["calls"], totals["tries"]) == calls_and_tries
    failed = interactions(run)[0].failed
    assert failed is not None
    assert (failed.stage, failed.error) == (stage, error)
    kept = [call.error for call in journal(run) if call.error]
    assert [item.kind for item in kept] == ([error] if error not in ("empty", "filtered") else [])
    assert {path.name for path in run.rglob("*") if path.is_file() and VENDOR_WORDS.encode() in path.read_bytes()} == (
        {"calls.jsonl"} if error == "bad_request" else set()
    )
    remembered = (run / "memory" / "agent-000.jsonl").read_text()
    revision = interactions(run)[0].revision
    assert (revision is None) is (stage != "score_draft")
    assert revision is None or revision in remembered


def test_usage_that_is_not_reported_is_counted(sandbox: Sandbox, run: Path) -> None:
    with serve(Behaviour(usage=False)) as server:
        assert sandbox("simulate", *SMALL, "--base-url", server.base_url).code == 0
    totals = manifest(run)["totals"]
    assert (totals["calls_without_usage"], totals["prompt_tokens"], totals["completion_tokens"]) == (ASKED, 0, 0)
    assert all(call.usage is None for call in journal(run))


def uneven(body: Body) -> float:
    """Another order of arrival: 0 to 15 ms, by the body."""
    return int(sha256(body)[0], 16) / 1000


@pytest.mark.slow
def test_neither_concurrency_nor_latency_changes_the_log(sandbox: Sandbox, run: Path) -> None:
    logs = set()
    ways: list[tuple[int, float | Callable[[Body], float]]] = [(1, 0.0), (32, 0.0), (32, uneven), (5, uneven)]
    for number, (concurrency, latency) in enumerate(ways):
        with serve(Behaviour(latency=latency)) as server:
            options = ("--rounds", 3, "--concurrency", concurrency, "--run-id", number)
            assert sandbox("simulate", *SMALL, "--base-url", server.base_url, *options).code == 0
        logs.add((run.parent / str(number) / "interactions.jsonl").read_bytes())
    assert len(logs) == 1
    assert len(logs.pop().splitlines()) == 27


def test_a_key_that_is_revoked_in_mid_run_ends_it_and_loses_nothing(sandbox: Sandbox, run: Path) -> None:
    with serve(Behaviour(revoked_after=85)) as server:
        done = sandbox("simulate", *SMALL, "--base-url", server.base_url, "--concurrency", 4)
        assert len(server.requests) <= 85 + 4
    assert done.code == 1
    assert_one_clear_message(done, "Run stopped", "401", "--resume runs/one")
    assert (manifest(run)["status"], manifest(run)["stopped_by"]) == ("failed", "error")
    assert len(journal(run)) == 85 - 1
    assert 0 < len(interactions(run)) < 9
    assert_accounts_add_up(run)
    assert KEY.encode() not in every_byte(run, done)
    assert VENDOR_WORDS.encode() not in every_byte(run)


def test_a_run_that_is_resumed_pays_only_for_what_is_missing(sandbox: Sandbox, run: Path) -> None:
    with serve() as server:
        assert sandbox("simulate", *SMALL, "--base-url", server.base_url).code == 0
    whole = (run / "interactions.jsonl").read_bytes()
    with serve(Behaviour(revoked_after=60)) as server:
        assert sandbox("simulate", *SMALL, "--base-url", server.base_url, "--run-id", "two").code == 1
        paid = {call.request for call in journal(run.parent / "two")}
    with serve(Behaviour(latency=uneven)) as server:
        assert sandbox("simulate", "--resume", "two", "--base-url", server.base_url).code == 0
        assert len(paid) + len(server.requests) == ASKED + 1, "the probe is asked again"
    assert (run.parent / "two" / "interactions.jsonl").read_bytes() == whole
    assert_accounts_add_up(run.parent / "two")
    assert manifest(run.parent / "two")["status"] == "complete"


class Gate:
    """A latency: lets requests through one by one, and is `reached` at the given one; later ones take `held` s."""

    def __init__(self, number: int, held: float) -> None:
        self.number, self.held = number, held
        self.count = 0
        self.reached = threading.Event()

    def __call__(self, body: Body) -> float:
        self.count += 1
        if self.count >= self.number:
            self.reached.set()
            return self.held
        return 0.0


@pytest.fixture
def command(process: Any) -> Any:
    """Start `sandbox simulate` against a server."""

    def start(server: Server, *arguments: object) -> "subprocess.Popen[str]":
        words = ("simulate", *SMALL, "--base-url", server.base_url, "--concurrency", 4, *arguments)
        return process(*words, PYTHONWARNINGS="error")  # type: ignore[no-any-return]

    return start


def assert_stopped(run: Path) -> None:
    assert (manifest(run)["status"], manifest(run)["stopped_by"]) == ("stopped", "interrupt")
    assert manifest(run)["attempts"][0]["finished"]
    assert 0 < len(interactions(run)) < 9
    assert_accounts_add_up(run)


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_an_interrupt_waits_for_what_is_in_flight(command: Any, run: Path, number: signal.Signals) -> None:
    gate = Gate(85, held=0.3)
    with serve(Behaviour(latency=gate)) as server:
        process = command(server)
        assert gate.reached.wait(60)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 130, err
        assert "Stopping: waiting for the calls in flight" in err
        assert "Traceback" not in err
        assert "Unclosed" not in err
        assert out == ""
        assert len(journal(run)) == len(server.requests) - 1 < ASKED
    assert_stopped(run)
    assert (run / "memory" / "agent-000.faiss").is_file()


@pytest.mark.slow
def test_a_second_interrupt_waits_for_nothing(command: Any, run: Path) -> None:
    gate = Gate(85, held=600.0)
    with serve(Behaviour(latency=gate)) as server:
        process = command(server)
        assert gate.reached.wait(60)
        process.send_signal(signal.SIGINT)
        assert any("Stopping" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130, err
        assert "Traceback" not in err
        assert "Unclosed" not in err
        # A reply that is on its way when nothing is waited for is lost: at most those of the other three slots.
        assert 85 - 2 - 3 <= len(journal(run)) <= 85 - 2
    assert_stopped(run)


@pytest.mark.slow
def test_an_interrupt_before_the_first_call_leaves_nothing(command: Any, run: Path) -> None:
    gate = Gate(1, held=600.0)
    with serve(Behaviour(latency=gate)) as server:
        process = command(server)
        assert gate.reached.wait(60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130, err
        assert "Traceback" not in err
        assert "Unclosed" not in err
    assert list(run.parent.iterdir()) == []
