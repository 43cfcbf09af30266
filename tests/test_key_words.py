"""Which answers are about a key, and that the variable to put it into is named."""

import pytest
from conftest import Sandbox
from example_runs import TINY
from odd_endpoint import Sent, api, odd
from tables import table

from agents.endpoints.keys import about_key
from agents.limits import retry


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is asked again is asked soon."""
    monkeypatch.setattr(retry, "FIRST_DELAY", 0.01)


@table(
    ("status", "said", "about"),
    [
        (401, "", True),
        (401, "Incorrect API key provided: sk-***", True),
        (400, "No connected db.", True),
        (400, "API key not valid. Please pass a valid API key.", True),
        (400, "Missing Authentication header", True),
        (403, "Invalid token", True),
        (403, "Request had insufficient authentication scopes.", True),
        (403, "Method doesn't allow unregistered callers. Please use API Key.", True),
        (422, "Field required: x-api-key", True),
        (500, "Authentication Error, No api key passed in.", True),
        (500, "Internal Server Error", False),
        (502, "Bad Gateway", False),
        (403, "Country, region, or territory not supported", False),
        (403, "Your input was flagged", False),
        (400, "max_tokens is too large: this model supports at most 4096 completion tokens", False),
        (400, "Unrecognized token '<' at position 0", False),
        (400, "Unknown key 'seed' in body", False),
        (400, "This model's maximum context length is 2048 tokens", False),
        (429, "Rate limit reached for this API key", False),
        (402, "Add credits to the account of this API key", False),
        (404, "The model does not exist or your API key has no access to it", False),
        (None, "api key", False),
        (200, "api key", False),
    ],
)
def test_words_about_a_key_are_known(status: int | None, said: str, about: bool) -> None:
    assert about_key(status, said) is about


PLAIN = Sent(500, b"Internal Server Error")
NO_DB = Sent(400, {"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}})
OWN = ("--model", "scripted", "--observer-model", "m")


@pytest.mark.parametrize(
    ("answer", "key", "said"),
    [
        (PLAIN, "", "No key was sent: if it wants one, put it into the variable OPENAI_API_KEY."),
        (NO_DB, "sk-wrong-key", "Check its key: OPENAI_API_KEY."),
        (NO_DB, "", "No key was sent: if it wants one, put it into the variable OPENAI_API_KEY."),
        (Sent(401, {"error": "no"}), "", "No key was sent: if it wants one, put it into the variable OPENAI_API_KEY."),
        (Sent(403, {"detail": "Not authenticated"}), "sk-wrong-key", "Check its key: OPENAI_API_KEY."),
    ],
)
def test_a_missing_or_wrong_key_names_its_variable(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, answer: Sent, key: str, said: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with odd(lambda seen: answer) as server:
        done = sandbox("simulate", "--model", "m", *TINY, "--base-url", f"{server.origin}/v1")
        assert (done.code, said in done.err) == (1, True), done.err
        assert "sk-wrong-key" not in done.err


def test_an_endpoint_of_its_own_names_its_own_variable(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another")
    monkeypatch.setenv("JUDGE_KEY", "sk-wrong-key")
    with odd(lambda seen: NO_DB) as server:
        observer = (*OWN, *TINY, "--observer-base-url", f"{server.origin}/v1")
        done = sandbox("simulate", *observer, "--observer-api-key-env", "JUDGE_KEY")
        assert (done.code, "Check its key: JUDGE_KEY." in done.err) == (1, True), done.err
        done = sandbox("simulate", *observer)
        assert (done.code, "--observer-api-key-env" in done.err) == (1, True), done.err
        assert {seen.headers["authorization"] for seen in server.seen} == {"Bearer sk-wrong-key", "Bearer none"}


def test_a_plain_failure_with_a_key_says_nothing_of_keys(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-good-key")
    with odd(lambda seen: PLAIN if seen.method == "POST" else api()(seen)) as server:
        done = sandbox("simulate", "--model", "m", *TINY, "--base-url", f"{server.origin}/v1")
        assert (done.code, "answered 500" in done.err, "OPENAI_API_KEY" in done.err) == (1, True, False), done.err


def test_a_plain_failure_without_a_key_names_the_variable_though_models_are_listed(sandbox: Sandbox) -> None:
    with odd(lambda seen: PLAIN if seen.method == "POST" else api("/v1", "m")(seen)) as server:
        for model in ("m", "unlisted"):
            done = sandbox("simulate", "--model", model, *TINY, "--base-url", f"{server.origin}/v1")
            error = done.err[done.err.index("Error: ") :].strip()
            assert (done.code, len(error.splitlines()) <= 3) == (1, True), error
            assert "put it into the variable OPENAI_API_KEY." in error
