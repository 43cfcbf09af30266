"""An endpoint over real HTTP, against the fake server: what is sent, what comes back, what every fault becomes."""

import asyncio
import socket
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from fake_endpoint import VENDOR_WORDS, Behaviour, Body, Fault, Server, serve, unused_url
from tables import table

from agents.endpoints.capabilities import Capabilities
from agents.endpoints.endpoint import Endpoint
from agents.endpoints.keys import NO_KEY, Key
from agents.forms import SCHEMAS
from agents.limits.limiter import Limiter
from agents.limits.retry import Outcome, Retrying
from agents.model import ErrorKind, FatalModelError, Message, ModelError, Reply, Request
from agents.protocol import SocietyCue

KEY = "sk-test-very-secret"
T = TypeVar("T")


def request(text: str = "Is it so?", *, form: Any = "text", seed: int = 1, model: str = "fake") -> Request:
    cue = SocietyCue("draft", "good", 3, "cue that nobody sees")
    messages = (Message("system", "Be kind."), Message("user", text))
    return Request(model, messages, 0.5, 64, seed, SCHEMAS[form], cue)


def ask(url: str | None, use: Callable[[Endpoint], Awaitable[T]], **options: Any) -> T:
    async def run() -> T:
        settings: dict[str, Any] = {"key": Key(KEY), "timeout": 10.0, **options}
        endpoint = Endpoint(base_url=url, **settings)
        try:
            return await use(endpoint)
        finally:
            await endpoint.close()

    return asyncio.run(run())


def complete(server: Server, asked: Request | None = None, **options: Any) -> Reply:
    return ask(server.base_url, lambda endpoint: endpoint.complete(asked or request()), **options)


def failure(server: Server, **options: Any) -> ModelError:
    with pytest.raises(ModelError) as raised:
        complete(server, **options)
    return raised.value


@table("form", ["text", "rating", "both"])
def test_a_request_obeys_the_schema_of_the_api(form: str) -> None:
    with serve(Behaviour(api_key=KEY)) as server:
        reply = complete(server, request(form=form))
        assert server.invalid == []
        (sent,) = server.requests
        assert sent["messages"][0] == {"role": "system", "content": "Be kind."}
        assert (sent["temperature"], sent["max_tokens"], sent["seed"]) == (0.5, 64, 1)
        assert "cue that nobody sees" not in str(sent)
        assert reply.text
        assert reply.model == "fake"
        assert reply.usage is not None
        assert reply.usage.prompt_tokens == 5


def test_the_key_is_sent_as_bearer() -> None:
    with serve() as server:
        complete(server)
        assert server.keys() == {f"Bearer {KEY}"}


def test_without_a_key_nothing_that_means_anything_is_sent() -> None:
    with serve() as server:
        complete(server, key=NO_KEY)
        assert server.keys() == {"Bearer none"}


@table(
    ("fault", "kind", "status", "error_class", "lost"),
    [
        ("400", "bad_request", 400, ModelError, False),
        ("401", "authentication", 401, FatalModelError, False),
        ("403", "authentication", 403, FatalModelError, False),
        ("404", "unknown_model", 404, FatalModelError, False),
        ("408", "server_error", 408, ModelError, False),
        ("413", "bad_request", 413, ModelError, False),
        ("429", "rate_limited", 429, ModelError, False),
        ("500", "server_error", 500, ModelError, False),
        ("503", "server_error", 503, ModelError, False),
        ("reset", "connection", None, ModelError, True),
        ("half", "malformed", None, ModelError, True),
        ("not_json", "malformed", None, ModelError, True),
        ("empty_choices", "malformed", None, ModelError, True),
        ("hang", "timeout", None, ModelError, True),
    ],
)
def test_every_fault_becomes_a_kind(
    fault: Fault, kind: ErrorKind, status: int | None, error_class: type[ModelError], lost: bool
) -> None:
    with serve(Behaviour(script=[fault] * 3)) as server:
        error = failure(server, timeout=0.2 if fault == "hang" else 10.0)
        assert (error.kind, error.status, error.lost) == (kind, status, lost)
        assert isinstance(error, error_class)
        assert isinstance(error, FatalModelError) is (error_class is FatalModelError)
        assert len(server.requests) == 1
        assert KEY not in "".join(traceback.format_exception(error))
        assert len(str(error).splitlines()) <= 3
        assert error.retry_after == (0.01 if fault == "429" else None)


def test_what_never_left_is_not_lost() -> None:
    with pytest.raises(ModelError) as raised:
        ask(unused_url(), lambda endpoint: endpoint.complete(request()))
    assert (raised.value.kind, raised.value.lost) == ("connection", False)


def test_what_the_endpoint_says_about_its_limits_comes_with_the_reply() -> None:
    with serve(Behaviour(rate=0.01, burst=50, quota_headers=True)) as server:
        quota = complete(server).quota
        assert quota is not None
        assert quota.tokens is None
        assert quota.requests is not None
        assert (quota.requests.limit, quota.requests.remaining) == (50.0, 49.0)
        assert quota.requests.rate == pytest.approx(0.01, rel=0.05)
    with serve() as server:
        assert complete(server).quota is None


def test_a_server_that_echoes_the_key_does_not_get_it_shown() -> None:
    with serve(Behaviour(api_key="another")) as server:
        error = failure(server)
        assert VENDOR_WORDS in str(error)
        assert "Bearer ***" in str(error)
        assert "OPENAI_API_KEY" in str(error)


@table(
    ("fault", "reply"),
    [
        ("parts", {"finish": "stop", "refusal": None}),
        ("lone", {"finish": "stop", "refusal": None}),
        ("length", {"finish": "length", "refusal": None}),
        ("content_filter", {"text": "", "finish": "content_filter"}),
        ("refusal", {"text": "", "refusal": "I cannot help with that."}),
        ("empty_text", {"text": "", "finish": "stop"}),
        ("spent", {"text": "", "finish": "length"}),
    ],
)
def test_odd_replies_are_replies(fault: Fault, reply: dict[str, Any]) -> None:
    with serve(Behaviour(script=[fault])) as server:
        came = complete(server)
        assert {name: getattr(came, name) for name in reply} == reply
        came.text.encode()


def test_content_in_parts_is_put_together_and_surrogates_are_replaced() -> None:
    with serve(Behaviour(script=[None, "parts", "lone"])) as server:
        whole, parts, broken = (complete(server).text for _ in range(3))
        assert whole == parts
        assert broken == f"{whole} \ufffd"


def test_a_redirect_is_not_followed() -> None:
    with serve() as elsewhere, serve(Behaviour(script=["redirect"], redirect=elsewhere.base_url)) as server:
        error = failure(server)
        assert error.status == 307
        assert elsewhere.headers == []


def test_usage_that_is_not_reported_is_none() -> None:
    with serve(Behaviour(usage=False)) as server:
        assert complete(server).usage is None


@table(
    ("parameter", "message", "learnt"),
    [
        ("json_schema", "This model does not support response format `json_schema`", {"level": "json_object"}),
        ("max_tokens", "Unsupported parameter: 'max_tokens'", {"limit_name": "max_completion_tokens"}),
        ("temperature", "Unsupported parameter: 'temperature'", {"temperature": False}),
        ("seed", "Unrecognized request argument supplied: seed", {"seed": False}),
    ],
)
def test_a_rejection_is_learnt_from_at_once_and_for_good(parameter: str, message: str, learnt: dict[str, Any]) -> None:
    async def twice(endpoint: Endpoint) -> Capabilities:
        await endpoint.complete(request(form="rating"))
        await endpoint.complete(request(form="rating", seed=2))
        return endpoint.takes("fake")

    with serve(Behaviour(rejects={parameter: message})) as server:
        assert ask(server.base_url, twice) == Capabilities(**learnt)
        assert len(server.requests) == 3
        assert server.invalid == []


def test_calls_in_flight_learn_a_rejection_together() -> None:
    async def crowd(endpoint: Endpoint) -> list[Reply]:
        return await asyncio.gather(*(endpoint.complete(request(seed=seed)) for seed in range(8)))

    with serve(Behaviour(rejects={"seed": "property 'seed' is unsupported"}, together=8)) as server:
        assert len(ask(server.base_url, crowd)) == 8
        assert len(server.requests) == 16


def test_a_rejection_that_comes_late_undoes_nothing_that_was_learnt() -> None:
    def late(body: Body) -> float:
        return 1.0 if body["seed"] == 2 and body.get("response_format", {}).get("type") == "json_schema" else 0.0

    async def both(endpoint: Endpoint) -> Capabilities:
        await asyncio.gather(*(endpoint.complete(request(form="rating", seed=seed)) for seed in (1, 2)))
        return endpoint.takes("fake")

    with serve(Behaviour(rejects={"response_format": "unknown field response_format"}, latency=late)) as server:
        assert ask(server.base_url, both) == Capabilities(level="text")
        assert len(server.requests) == 3 + 2


def test_what_one_model_takes_says_nothing_about_another() -> None:
    async def both(endpoint: Endpoint) -> tuple[Capabilities, Capabilities]:
        await endpoint.complete(request())
        return endpoint.takes("fake"), endpoint.takes("other")

    with serve(Behaviour(models=("fake", "other"), rejects={"seed": "Unknown name seed"})) as server:
        assert ask(server.base_url, both) == (Capabilities(seed=False), Capabilities())


@table("level", ["json_schema", "json_object", "text"])
def test_a_forced_level_is_what_is_sent(level: str) -> None:
    with serve() as server:
        complete(server, request(form="rating"), structured=level)
        assert server.requests[0].get("response_format", {"type": "text"})["type"] == level


def test_a_forced_level_that_is_rejected_is_an_error() -> None:
    with serve(Behaviour(rejects={"json_object": "response_format is not supported"})) as server:
        with pytest.raises(ModelError, match="response_format is not supported"):
            complete(server, request(form="rating"), structured="json_object")
        assert len(server.requests) == 1


def test_a_rejection_that_teaches_nothing_is_asked_once() -> None:
    with serve(Behaviour(rejects={"messages": "The last message must be from the user."})) as server:
        error = failure(server)
        assert error.kind == "bad_request"
        assert len(server.requests) == 1


def test_faults_are_retried_until_an_answer_comes() -> None:
    async def retried(endpoint: Endpoint) -> Outcome:
        async def at_once(seconds: float) -> None:
            waits.append(seconds)

        return await Retrying(endpoint, Limiter(1), sleep=at_once).ask(request())

    waits: list[float] = []
    with serve(Behaviour(script=["429", "500", "half", "not_json", "reset"])) as server:
        outcome = ask(server.base_url, retried)
        assert outcome.reply is not None
        assert (outcome.tries, len(waits), len(server.requests)) == (6, 5, 6)
        assert 0.01 <= waits[0] <= 0.26
        assert len(server.counts) == 1


def test_the_models_of_an_endpoint_are_checked_without_a_call() -> None:
    with serve(Behaviour(api_key=KEY, models=("gpt-4o-mini", "llama:latest"))) as server:
        assert ask(server.base_url, lambda endpoint: endpoint.check(["gpt-4o-mini", "llama"])) is None
        assert server.requests == []


def checked(url: str, model: str = "fake", **options: Any) -> ModelError:
    with pytest.raises(ModelError) as raised:
        ask(url, lambda endpoint: endpoint.check([model]), **options)
    return raised.value


def test_a_wrong_key_fails_the_check() -> None:
    with serve(Behaviour(api_key="another")) as server:
        error = checked(server.base_url)
        assert (error.kind, error.status) == ("authentication", 401)
        assert KEY not in str(error)


def test_an_endpoint_without_a_list_of_models_is_a_warning() -> None:
    with serve(Behaviour(models=None)) as server:
        warning = ask(server.base_url, lambda endpoint: endpoint.check(["any"]))
        assert warning is not None
        assert "gives no list of models" in warning


def test_a_port_where_nobody_listens_names_the_way_out() -> None:
    nobody = unused_url()
    error = checked(nobody)
    assert error.kind == "connection"
    assert f"Cannot reach {nobody}" in str(error)
    assert "--base-url" in str(error)
    assert "--model scripted" in str(error)
    assert len(str(error).splitlines()) <= 3


def test_a_server_that_accepts_and_says_nothing_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = checked(f"http://127.0.0.1:{silent.getsockname()[1]}/v1", timeout=0.2)
        assert error.kind == "timeout"
        assert "0.2 s" in str(error)


@pytest.mark.parametrize("ambient", [True, False])
def test_the_environment_of_the_client_is_for_the_default_endpoint_only(
    monkeypatch: pytest.MonkeyPatch, ambient: bool
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "ambient-key")
    monkeypatch.setenv("OPENAI_ORG_ID", "ambient-organization")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "ambient-project")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "ambient-admin")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Custom: ambient-header")
    with serve() as server:
        complete(server, ambient=ambient)
        ask(server.base_url, lambda endpoint: endpoint.check(["fake"]), ambient=ambient)
        assert len(server.headers) == 2
        for headers in server.headers:
            sent = {word for word in ("organization", "project", "header") if f"ambient-{word}" in str(headers)}
            assert sent == ({"organization", "project", "header"} if ambient else set())
            assert "ambient-admin" not in str(headers)
            assert "ambient-key" not in str(headers)


def test_a_proxy_has_no_place_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serve() as server:
        assert complete(server).text


@pytest.mark.slow
def test_hundreds_of_calls_are_in_flight_together() -> None:
    async def crowd(endpoint: Endpoint) -> list[Reply]:
        return await asyncio.gather(*(endpoint.complete(request(seed=seed)) for seed in range(300)))

    with serve(Behaviour(together=300, latency=0.2)) as server:
        replies = ask(server.base_url, crowd, connections=300, timeout=30.0)
        assert len(replies) == 300
        assert server.most_in_flight == 300
        assert set(server.counts.values()) == {1}


def test_connections_bound_what_is_in_flight() -> None:
    async def crowd(endpoint: Endpoint) -> list[Reply]:
        return await asyncio.gather(*(endpoint.complete(request(seed=seed)) for seed in range(12)))

    with serve(Behaviour(latency=0.01)) as server:
        ask(server.base_url, crowd, connections=3)
        assert server.most_in_flight == 3
