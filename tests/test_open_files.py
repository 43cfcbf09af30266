"""The limit of open files is raised where it may be, kept where not, and named where it was too low."""

import errno
import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import COMMAND, ROOT, Sandbox
from example_runs import TINY, manifest
from fake_endpoint import Behaviour, serve

from agents.endpoints.keys import Key
from agents.endpoints.said import Sender
from agents.endpoints.unreachable import unreachable
from sandbox.calls.open_files import most_connections, too_many_open_files

ASK = """
import resource, sys
from agents.endpoints.keys import Key
from agents.endpoints.said import Sender
from agents.endpoints.unreachable import unreachable
from sandbox.calls.open_files import most_connections
soft, hard = map(int, sys.argv[1:3])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print([most_connections(wanted, endpoints) for wanted, endpoints in ((1, 1), (200, 1), (200, 4), (200, 1000))])
print(resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def allowed(soft: int, hard: int) -> tuple[list[int], tuple[int, int]]:
    """How many connections a process with these limits opens for four wishes, and its limits then."""
    command = [COMMAND[0], "-c", ASK, str(soft), str(hard)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    counts, limits = done.stdout.splitlines()
    return json.loads(counts), tuple(json.loads(limits.replace("(", "[").replace(")", "]")))


def test_connections_stay_below_what_is_allowed() -> None:
    (one, many, each, least), limits = allowed(64, 64)
    assert (one, least, limits) == (1, 1, (64, 64))
    assert 16 <= many < 64
    assert each == many // 4


def test_a_limit_that_may_be_raised_is_raised_as_far_as_needed() -> None:
    counts, (soft, hard) = allowed(64, 1024)
    assert counts[:2] == [1, 200]
    assert 200 < 4 * counts[2] < 1024
    assert (soft, hard) == (1024, 1024)
    assert allowed(20, 20)[0] == [1, 1, 1, 1]


@pytest.mark.slow
def test_a_run_goes_through_with_few_open_files(tmp_path: Path) -> None:
    with serve(Behaviour(latency=0.05)) as server:
        words = ["simulate", "--model", "fake", "--base-url", server.base_url, *map(str, TINY), "--grid", "7"]
        limited = [
            "bash",
            "-c",
            'ulimit -n 64; exec "$@"',
            "bash",
            *COMMAND,
            *words,
            "--concurrency",
            "300",
            "--run-id",
            "one",
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(limited, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "The limit of open files is 64 (ulimit -n): at most " in done.stderr
    assert manifest(tmp_path / "runs" / "one")["status"] == "complete"


def test_a_limit_that_is_met_all_the_same_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr("sandbox.calls.attempt.Dispatcher", refuse)
    done = sandbox("simulate", "--model", "scripted", *TINY, "--run-id", "one")
    assert done.code == 1
    told = done.err[done.err.index("Error: ") :].splitlines()
    assert told[0].startswith("Error: Too many open files: this process may have ")
    assert told[1].startswith("Use a smaller --concurrency, or raise the limit first: ulimit -n ")
    assert told[2] == "Then go on with it: sandbox simulate --resume runs/one"


def test_other_errors_are_not_taken_for_it() -> None:
    assert too_many_open_files(OSError(errno.ENOSPC, "")) is None
    assert "ulimit -n" in (too_many_open_files(OSError(errno.ENFILE, "")) or "")
    assert most_connections(1, 1) == 1


def test_a_connection_that_the_limit_forbids_is_not_blamed_on_the_server() -> None:
    sender = Sender("http://127.0.0.1:1/v1", Key("sk-0123456789"))
    told = str(unreachable(OSError(errno.EMFILE, "Too many open files"), sender))
    assert told.splitlines()[1] == "Use a smaller --concurrency, or raise the limit first: ulimit -n 4096"
