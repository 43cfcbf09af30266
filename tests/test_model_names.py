"""Names that no list of models has: a warning where the model answers, else an error; both name the nearest."""

import json
from typing import Any

import pytest
from conftest import Finished, Sandbox
from example_runs import TINY
from odd_endpoint import Answers, Odd, Seen, Sent, completion, listing, odd

NOBODY = Sent(404, {"error": {"message": "No such model here.", "code": "model_not_found"}})
LISTED = ("models/gemini-2.5-flash", "deepseek/deepseek-chat", "gpt-4o", "llama3.2:latest")


def endpoint(*names: str, knows: bool = True, page: Sent | None = None, **more: Any) -> Answers:
    """Lists `names`, and `page` when it is asked to go on; answers to any name if it `knows` them all."""

    def answer(seen: Seen) -> Sent:
        if seen.method == "POST":
            return completion(seen) if knows else NOBODY
        if "after" in seen.path and page:
            return page
        document = {"object": "list", "data": [{"id": name} for name in names], **more}
        return Sent(body=document)

    return answer


def simulate(sandbox: Sandbox, server: Odd, model: str) -> Finished:
    return sandbox("simulate", "--model", model, *TINY, "--base-url", f"{server.origin}/v1")


def doctor(sandbox: Sandbox, server: Odd, model: str) -> list[dict[str, str]]:
    small = ("--questions", "starter", "--embedder", "hash", "--json")
    done = sandbox("doctor", "--model", model, *small, "--base-url", f"{server.origin}/v1")
    found: list[dict[str, str]] = json.loads(done.out)
    return found


NEAR = [
    ("gemini-2.5-flash", "models/gemini-2.5-flash"),
    ("deepseek/deepseek-chat:nitro", "deepseek/deepseek-chat"),
    ("deepseek-chat", "deepseek/deepseek-chat"),
    ("openai/gpt-4o", "gpt-4o"),
    ("GPT-4O", "gpt-4o"),
]


@pytest.mark.parametrize(("model", "near"), NEAR)
def test_a_name_that_answers_though_it_is_not_listed_is_a_warning_with_the_nearest(
    sandbox: Sandbox, model: str, near: str
) -> None:
    with odd(endpoint(*LISTED)) as server:
        done = simulate(sandbox, server, model)
        assert done.code == 0, done.err
        assert done.err.count("Warning: ") == 1
        assert f"answers to '{model}', and does not list it. Did you mean '{near}'" in done.err
        warned = [check for check in doctor(sandbox, server, model) if check["result"] == "warning"]
        assert [near in check["detail"] for check in warned if check["name"] == "model"] == [True]


@pytest.mark.parametrize(("model", "near"), NEAR)
def test_a_name_that_does_not_answer_is_an_error_with_the_nearest(sandbox: Sandbox, model: str, near: str) -> None:
    with odd(endpoint(*LISTED, knows=False)) as server:
        done = simulate(sandbox, server, model)
        assert done.code == 1
        error = done.err[done.err.index("Error: ") :].strip()
        assert f"does not serve the model '{model}'. Did you mean '{near}'" in error
        assert "No such model here." in error
        assert len(error.splitlines()) <= 3
        assert "Warning: " not in done.err
        failed = [check for check in doctor(sandbox, server, model) if check["result"] == "failed"]
        assert near in failed[0]["detail"]


def test_the_probe_that_is_made_anyway_is_the_only_question(sandbox: Sandbox) -> None:
    with odd(endpoint(*LISTED)) as server:
        assert simulate(sandbox, server, "gpt-4o").code == 0
        listed = len(server.seen)
        server.seen.clear()
        assert simulate(sandbox, server, "any-name").code == 0
        assert len(server.seen) == listed
    with odd(endpoint(*LISTED, knows=False)) as server:
        assert simulate(sandbox, server, "gone").code == 1
        assert server.paths == ["GET /v1/models", "POST /v1/chat/completions"]
        assert len(server.seen) == 2


@pytest.mark.parametrize("model", ["gpt-4o", "llama3.2", "llama3.2:latest", "models/gemini-2.5-flash"])
def test_a_listed_name_is_no_doubt(sandbox: Sandbox, model: str) -> None:
    with odd(endpoint(*LISTED)) as server:
        done = simulate(sandbox, server, model)
        assert (done.code, "Warning: " in done.err) == (0, False), done.err


@pytest.mark.parametrize(("knows", "code"), [(True, 0), (False, 1)])
@pytest.mark.parametrize("more", [{}, {"data": None}])
def test_an_empty_list_is_called_empty(sandbox: Sandbox, knows: bool, code: int, more: dict[str, Any]) -> None:
    with odd(endpoint(knows=knows, **more)) as server:
        done = simulate(sandbox, server, "m")
        assert done.code == code, done.err
        assert "list of models is empty" in done.err
        assert "It serves: ." not in done.err
        assert "It lists ." not in done.err


def test_a_list_that_is_far_from_the_name_is_shown_in_part(sandbox: Sandbox) -> None:
    with odd(endpoint(*(f"zz-{number}" for number in range(40)), knows=False)) as server:
        done = simulate(sandbox, server, "gpt")
        assert "It lists zz-0, zz-1, zz-10, zz-11, zz-12, ..." in done.err


def test_other_errors_keep_their_words_and_tell_of_the_list(sandbox: Sandbox) -> None:
    with odd(
        lambda seen: listing("gpt-4o") if seen.method == "GET" else Sent(400, {"error": "Invalid model name"})
    ) as s:
        done = simulate(sandbox, s, "gpt4o")
        assert done.code == 1
        assert "answered 400: Invalid model name" in done.err
        assert "does not list the model 'gpt4o' either. Did you mean 'gpt-4o'?" in done.err


PAGED = {"has_more": True, "last_id": "b/c d"}


def test_a_list_that_goes_on_is_read_on(sandbox: Sandbox) -> None:
    with odd(endpoint("a", "b/c d", page=listing("m"), **PAGED)) as server:
        done = simulate(sandbox, server, "m")
        assert (done.code, "Warning: " in done.err) == (0, False), done.err
        assert server.paths[:2] == ["GET /v1/models", "GET /v1/models?after=b/c+d&after_id=b/c+d"]


@pytest.mark.parametrize(
    ("page", "pages"),
    [
        (listing("a", has_more=True, last_id="a"), 2),
        (Sent(404, b""), 2),
        (Sent(200, b"<html>"), 2),
        (listing(has_more=True), 2),
        (listing("c", has_more=False), 2),
    ],
)
def test_a_list_that_goes_nowhere_is_left_there(sandbox: Sandbox, page: Sent, pages: int) -> None:
    with odd(endpoint("a", "b/c d", page=page, **PAGED)) as server:
        done = simulate(sandbox, server, "m")
        assert done.code == 0, done.err
        assert [seen.method for seen in server.seen].count("GET") == pages
        assert "answers to 'm', and does not list it" in done.err


def test_a_list_without_an_end_ends(sandbox: Sandbox) -> None:
    numbers = iter(range(10_000))

    def answer(seen: Seen) -> Sent:
        if seen.method == "POST":
            return completion(seen)
        number = next(numbers)
        return listing(f"name-{number}", has_more=True, last_id=f"name-{number}")

    with odd(answer) as server:
        assert simulate(sandbox, server, "m").code == 0
        assert next(numbers) < 50
