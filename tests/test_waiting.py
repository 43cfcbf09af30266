"""`--wait SECONDS`: servers that are still starting are waited for before the first call, and no other error is."""

import signal
import subprocess
from collections.abc import Callable

import pytest
from conftest import Sandbox
from example_runs import TINY
from odd_endpoint import Answers, Seen, Sent, api, odd

from agents.limits import retry
from sandbox.calls import patience

RUN = ("simulate", "--model", "m", *TINY, "--run-id", "one")
DOCTOR = ("doctor", "--model", "m", "--questions", "starter", "--embedder", "hash")
LOADING = Sent(503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}})


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a server that changes its mind with each request."""
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(patience, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(retry, "FIRST_DELAY", 0.01)


def starting(first: Sent, times: int, method: str = "") -> Answers:
    """Answers `first` to so many requests (of `method`), then well."""
    left = [times]

    def answer(seen: Seen) -> Sent:
        if left[0] and seen.method.startswith(method):
            left[0] -= 1
            return first
        return api()(seen)

    return answer


@pytest.mark.parametrize("command", [RUN, DOCTOR])
@pytest.mark.parametrize("first", [LOADING, Sent(502, b"<html>Bad gateway</html>"), Sent(504, b"")])
def test_a_server_that_is_loading_is_waited_for(sandbox: Sandbox, command: tuple[object, ...], first: Sent) -> None:
    with odd(starting(first, 4)) as server:
        done = sandbox(*command, "--base-url", f"{server.origin}/v1", "--wait", 60)
        assert done.code == 0, done.err + done.out
        assert f"{server.origin}/v1 answered {first.status}" in done.err
        assert done.err.count("Waiting for it up to 60 s.") == 1
        assert "gives no list of models" not in done.err


def test_a_server_that_lists_before_it_answers_is_waited_for(sandbox: Sandbox) -> None:
    """llama.cpp lists its model while it loads it."""
    with odd(starting(LOADING, 7, "POST")) as server:
        done = sandbox(*RUN, "--base-url", f"{server.origin}/v1", "--wait", 60)
        assert done.code == 0, done.err
        assert done.err.count("Waiting for it up to 60 s.") == 1


def test_a_run_that_is_taken_up_again_waits_too(sandbox: Sandbox) -> None:
    with odd(api()) as server:
        assert sandbox(*RUN, "--base-url", f"{server.origin}/v1", "--budget-calls", 5).code == 4
    with odd(starting(LOADING, 3)) as server:
        more = ("--base-url", f"{server.origin}/v1", "--budget-calls", 1000)
        done = sandbox("simulate", "--resume", "one", *more, "--wait", 60)
        assert done.code == 0, done.err
        assert "Loading model. Waiting for it up to 60 s." in done.err


@pytest.mark.parametrize("command", [RUN, DOCTOR])
def test_who_does_not_wait_is_told_how(sandbox: Sandbox, command: tuple[object, ...]) -> None:
    with odd(lambda seen: LOADING) as server:
        done = sandbox(*command, "--base-url", f"{server.origin}/v1")
        assert done.code == 1
        assert "Loading model" in done.err + done.out
        assert "--wait SECONDS" in done.err + done.out


def test_patience_has_an_end(sandbox: Sandbox) -> None:
    with odd(lambda seen: LOADING) as server:
        done = sandbox(*RUN, "--base-url", f"{server.origin}/v1", "--wait", 0.2)
        assert done.code == 1
        assert "Loading model" in done.err[done.err.index("Error: ") :]
        assert "It was not there within" in done.err


@pytest.mark.parametrize(
    "answer", [Sent(401, {"error": "who are you"}), Sent(404, b""), Sent(400, b""), Sent(500, b"")]
)
def test_other_errors_are_not_waited_for(sandbox: Sandbox, answer: Sent) -> None:
    with odd(lambda seen: answer) as server:
        done = sandbox(*RUN, "--base-url", f"{server.origin}/v1", "--wait", 600)
        assert done.code == 1
        assert "Waiting" not in done.err


@pytest.mark.slow
def test_ctrl_c_ends_the_waiting(process: Callable[..., "subprocess.Popen[str]"]) -> None:
    with odd(lambda seen: LOADING) as server:
        running = process(*RUN, "--base-url", f"{server.origin}/v1", "--wait", 600)
        assert running.stderr is not None
        for line in running.stderr:
            if "Waiting for it up to 600 s." in line:
                break
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
