"""What the probe finds out about servers that differ, and how few calls that takes."""

import asyncio
from typing import Any

import pytest
from fake_endpoint import Behaviour, Fault, Server, serve

from agents.endpoints.capabilities import Capabilities, Level
from agents.endpoints.endpoint import Endpoint
from agents.endpoints.probe import PROBE_TOKENS, PROBE_TRIES, THINKING_TOKENS, probe
from agents.limits.limiter import Limiter
from agents.model import FatalModelError, ModelError

NO_SCHEMA = "This model does not support response format `json_schema`."
NO_OBJECT = "'response_format' of type 'json_object' is not supported"
NO_MAX = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
NO_TEMPERATURE = "Unsupported value: 'temperature' does not support 0.5. Only the default (1) value is supported."
NO_SEED = "Unrecognized request argument supplied: seed"


def found(server: Server, forced: Level | None = None) -> Capabilities:
    async def run() -> Capabilities:
        endpoint = Endpoint(base_url=server.base_url, timeout=10.0, structured=forced or "auto")
        try:
            takes = await probe(endpoint, "fake", Limiter(1), structured=forced is None)
            assert endpoint.takes("fake") == takes
            return takes
        finally:
            await endpoint.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("rejects", "takes", "calls"),
    [
        ({}, {}, 1),
        ({"json_schema": NO_SCHEMA}, {"level": "json_object"}, 2),
        ({"json_schema": NO_SCHEMA, "json_object": NO_OBJECT}, {"level": "text"}, 3),
        ({"response_format": "Extra inputs are not permitted: response_format"}, {"level": "text"}, 3),
        ({"max_tokens": NO_MAX}, {"limit_name": "max_completion_tokens"}, 2),
        ({"temperature": NO_TEMPERATURE}, {"temperature": False}, 2),
        ({"seed": NO_SEED}, {"seed": False}, 2),
        (
            {"json_schema": NO_SCHEMA, "max_tokens": NO_MAX, "temperature": NO_TEMPERATURE, "seed": NO_SEED},
            {"level": "json_object", "limit_name": "max_completion_tokens", "temperature": False, "seed": False},
            5,
        ),
    ],
)
def test_what_is_rejected_is_found_out(rejects: dict[str, str], takes: dict[str, Any], calls: int) -> None:
    with serve(Behaviour(rejects=rejects)) as server:
        assert found(server) == Capabilities(**takes)
        assert len(server.requests) == calls
        assert server.invalid == []
        limits = {body.get("max_tokens", body.get("max_completion_tokens")) for body in server.requests}
        assert limits == {PROBE_TOKENS}


def test_a_server_that_ignores_the_form_in_silence_is_read_as_text() -> None:
    with serve(Behaviour(ignores_format=True)) as server:
        assert found(server).level == "text"


def test_every_probe_speaks_of_json() -> None:
    """OpenAI refuses JSON mode where no message does."""
    with serve(Behaviour(rejects={"json_schema": NO_SCHEMA})) as server:
        assert found(server).level == "json_object"
        assert all("JSON" in body["messages"][-1]["content"] for body in server.requests)


@pytest.mark.parametrize("fault", ["spent", "length", "empty_text"])
def test_a_reply_that_is_empty_or_cut_is_asked_for_again_with_room_to_think(fault: Fault) -> None:
    with serve(Behaviour(script=[fault])) as server:
        assert found(server).level == "json_schema"
        assert [body["max_tokens"] for body in server.requests] == [PROBE_TOKENS, THINKING_TOKENS]


@pytest.mark.parametrize("fault", ["spent", "length", "empty_text"])
def test_what_is_empty_or_cut_with_room_to_think_obeys_nothing(fault: Fault) -> None:
    """A model that fills whatever it gets would else count as one that obeys."""
    with serve(Behaviour(script=[fault] * 9)) as server:
        assert found(server).level == "text"
        assert [body["max_tokens"] for body in server.requests] == [PROBE_TOKENS, *[THINKING_TOKENS] * 3]


@pytest.mark.parametrize("fault", ["prose", "refusal"])
def test_one_reply_that_does_not_obey_lowers_the_level(fault: Fault) -> None:
    with serve(Behaviour(script=[fault])) as server:
        assert found(server).level == "json_object"
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("rejects", "level"),
    [
        ({"json_schema": "Failed to initialize samplers: std::exception"}, "json_object"),
        ({"response_format": "Bad Request"}, "text"),
        ({"json_schema": "Something went wrong.", "json_object": "Something went wrong."}, "text"),
    ],
)
def test_a_refusal_that_does_not_name_the_format_lowers_the_level(rejects: dict[str, str], level: Level) -> None:
    """llama.cpp with --reasoning-format none says nothing of a schema that it cannot combine with a thought."""
    with serve(Behaviour(rejects=rejects)) as server:
        assert found(server).level == level


def test_a_refusal_of_everything_is_the_error_that_it_says() -> None:
    with serve(Behaviour(rejects={"messages": "No such luck."})) as server:
        with pytest.raises(ModelError, match="No such luck") as raised:
            found(server)
        assert raised.value.kind == "bad_request"
        assert len(server.requests) == 3 + 1


@pytest.mark.parametrize("rejects", [{"messages": "No such luck."}, {"json_schema": "Something went wrong."}])
def test_a_forced_level_is_not_lowered_by_a_refusal(rejects: dict[str, str]) -> None:
    with serve(Behaviour(rejects=rejects)) as server:
        with pytest.raises(ModelError) as raised:
            found(server, forced="json_schema")
        assert raised.value.kind == "bad_request"
        assert len(server.requests) == 1 + 1


@pytest.mark.parametrize("level", ["json_schema", "json_object", "text"])
def test_a_forced_level_stays_even_if_nobody_obeys(level: Level) -> None:
    with serve(Behaviour(ignores_format=True)) as server:
        assert found(server, forced=level).level == level
        assert len(server.requests) == 1


def test_a_busy_server_is_asked_again() -> None:
    with serve(Behaviour(script=["429", "429"])) as server:
        assert found(server) == Capabilities()
        assert len(server.requests) == 3


@pytest.mark.parametrize(("fault", "error"), [("429", ModelError), ("401", FatalModelError)])
def test_a_server_that_does_not_answer_is_an_error(fault: Fault, error: type[ModelError]) -> None:
    with serve(Behaviour(script=[fault] * 9)) as server:
        with pytest.raises(error) as raised:
            found(server)
        assert len(server.requests) == (PROBE_TRIES if fault == "429" else 1)
        assert raised.value.status == int(fault)
