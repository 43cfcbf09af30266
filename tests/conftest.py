"""What every test gets: no keys, no settings from outside, no network but loopback, caches of its own."""

import gc
import ipaddress
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-c", "import sys; sys.argv[0] = 'sandbox'; from sandbox.__main__ import main; main()"]
DATA = Path(os.environ.get("SANDBOX_TEST_DATA", ROOT.parent / "shared" / "data"))

QUICK = "not slow"
SLOW = re.compile(r"^pytestmark = (?:\[\s*)?pytest\.mark\.slow\b", re.MULTILINE)
Sandbox = Callable[..., "Finished"]

# Without it, both workers rewrite the asserts of a hundred files before every run; that takes longer than all the rest
# of collecting them. Processes that tests start would each compile the whole package.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# The only plugin that Hypothesis finds here is trio's, which nothing uses; it is slow to import.
os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"
# Workers share the cores: threads that spin while they wait take them from others. It is read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def pytest_configure(config: pytest.Config) -> None:
    """No example has a deadline; without slow tests, a quarter of them will do where Hypothesis draws a hundred."""
    from hypothesis import settings

    settings.register_profile("here", deadline=None, max_examples=25 if config.option.markexpr == QUICK else 100)
    settings.load_profile("here")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file that is slow as a whole is not even imported where slow tests are left out."""
    if config.option.markexpr == QUICK and collection_path.suffix == ".py":
        return bool(SLOW.search(collection_path.read_text())) or None
    return None


def pytest_collection() -> None:
    """What is imported and collected stays to the end: nobody need look for garbage among it, now or later."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.markexpr == QUICK and "torch" in sys.modules:
        raise pytest.UsageError("A test file imports torch when it is collected: mark all of it as slow.")
    gc.freeze()
    gc.enable()


class Finished:
    """What a command left behind."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No paid calls: no key reaches a test, and no connection leaves this machine."""
    for name in os.environ:
        if name.startswith(("OPENAI_", "SANDBOX_")) and name != "SANDBOX_TEST_DATA":
            monkeypatch.delenv(name)
    monkeypatch.setenv("SANDBOX_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("SANDBOX_STATE_DIR", str(tmp_path_factory.getbasetemp() / "state"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    connect = socket.socket.connect

    def only_loopback(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_loopback)


@pytest.fixture(autouse=True)
def _light(request: pytest.FixtureRequest) -> Iterator[None]:
    """What imports torch is slow: that alone takes seconds in every worker."""
    loaded = "torch" in sys.modules
    yield
    if request.node.get_closest_marker("slow") is None:
        assert loaded or "torch" not in sys.modules, "this test imports torch: mark it as slow"


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Sandbox]:
    """Run the command line in this process, in an empty folder, with a wide plain terminal."""
    from sandbox import cli, terminal

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*arguments: object) -> Finished:
        terminal.console.cache_clear()
        terminal.error_console.cache_clear()
        monkeypatch.setattr("sys.argv", ["sandbox", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return Finished(int(ended.value.code or 0), out, err)

    yield run
    terminal.console.cache_clear()
    terminal.error_console.cache_clear()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Where `sandbox` puts the run `one`."""
    return tmp_path / "runs" / "one"


@pytest.fixture
def made_run(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A run of 9 scripted agents and 2 rounds."""
    from example_runs import scripted_run

    return scripted_run(sandbox, tmp_path)


@pytest.fixture
def mixed(sandbox: Sandbox, tmp_path: Path) -> Path:
    """A run of 9 agents and 3 rounds in which much goes wrong."""
    from example_runs import mixed_run

    return mixed_run(sandbox, tmp_path)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start `sandbox` as a process, with variables of its own; it does not outlive the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object, **variables: str) -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
        words = [*COMMAND, *map(str, arguments)]
        started.append(subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.communicate()


@pytest.fixture
def hh_rlhf() -> Path:
    """The published HH-RLHF test split; it is no part of the project."""
    path = DATA / "hh-rlhf" / "harmless-base-test.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"the HH-RLHF file is not here: {path} (set SANDBOX_TEST_DATA)")
    return path
