"""The fake endpoint itself: what the other tests rely on it to refuse, and that its replies follow from the request."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from fake_endpoint import Behaviour, Server, serve

GOOD: dict[str, Any] = {"model": "fake", "messages": [{"role": "user", "content": "Hello?"}], "max_tokens": 64}
SCHEMA = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "rating": {"type": "integer", "minimum": 3, "maximum": 4}},
    "required": ["reason", "rating"],
    "additionalProperties": False,
}


def form(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": schema}}


def post(server: Server, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(f"{server.base_url}/chat/completions", json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize(
    "changed",
    [
        {"model": None},
        {"model": ""},
        {"messages": []},
        {"messages": [{"role": "human", "content": "?"}]},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "user", "content": "?", "cue": 1}]},
        {"max_tokens": 0},
        {"max_completion_tokens": 9},
        {"temperature": 2.5},
        {"seed": 0.5},
        {"guided_json": {}},
        {"response_format": {"type": "yaml"}},
        {"response_format": {"type": "json_object", "strict": True}},
        {"response_format": {"type": "json_schema"}},
        {"response_format": form({"type": "object", "properties": {}, "required": []})},
    ],
    ids=str,
)
def test_what_openai_does_not_take_is_refused_in_its_form(changed: dict[str, Any]) -> None:
    with serve() as server:
        status, document = post(server, GOOD | changed)
        assert (status, set(document["error"])) == (400, {"message", "type", "param", "code"})
        assert len(server.invalid) == 1
    with serve(Behaviour(models=None, schema_checked=False)) as server:
        assert post(server, GOOD | {"guided_json": {}})[0] == 200


def test_a_reply_follows_from_the_body_and_obeys_its_form() -> None:
    asked = GOOD | {"seed": 7, "temperature": 0, "response_format": form(SCHEMA)}
    with serve() as server, serve() as other:
        first = post(server, asked)
        assert first == post(server, dict(reversed(asked.items()))) == post(other, asked)
        assert first[1] != post(server, asked | {"seed": 8})[1]
        assert sorted(server.counts.values()) == [1, 2]
        document = first[1]
        filled = json.loads(document["choices"][0]["message"]["content"])
        assert set(filled) == {"reason", "rating"}
        assert filled["rating"] in (3, 4)
        assert document["usage"]["total_tokens"] > document["usage"]["prompt_tokens"] == 1
        assert document["model"] == "fake"


def test_it_runs_as_a_program() -> None:
    program = Path(__file__).with_name("fake_endpoint.py")
    with subprocess.Popen([sys.executable, program, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}/models") as response:
            assert [model["id"] for model in json.load(response)["data"]] == ["fake"]
        process.kill()
