"""What a model takes of prompt and reply, as its server says, against the longest that a run can ask."""

import json
import re
from pathlib import Path

import pytest
from conftest import Sandbox
from example_runs import STARTER
from odd_endpoint import Answers, Seen, Sent, completion, odd

RUN = ("simulate", "--model", "m", *STARTER, "--grid", 3, "--radius", 2, "--labels", "none")
DOCTOR = ("doctor", "--model", "m", *STARTER, "--json")


def endpoint(**entry: object) -> Answers:
    """Lists one model, of which it says this."""

    def answer(seen: Seen) -> Sent:
        return completion(seen) if seen.method == "POST" else Sent(body={"data": [{"id": "m", **entry}]})

    return answer


@pytest.mark.parametrize(
    "entry",
    [
        {"meta": {"n_ctx": 1024, "n_ctx_train": 131072}},
        {"max_model_len": 1024},
        {"context_length": 1024},
        {"context_window": 1024},
        {"max_context_length": 1024},
    ],
)
def test_a_context_that_is_too_small_is_told_before_the_first_call(sandbox: Sandbox, entry: dict[str, object]) -> None:
    with odd(endpoint(**entry)) as server:
        done = sandbox(*RUN, "--base-url", f"{server.origin}/v1")
        assert done.code == 0, done.err
        found = re.search(
            r"m takes 1024 tokens .* may need about (\d+): up to (\d+) of a prompt, and --max-tokens 256", done.err
        )
        assert found, done.err
        whole, prompt = map(int, found.groups())
        assert whole == prompt + 256 > 1024
        # Four neighbours and a draft of 256 tokens each are in the longest prompt.
        assert 5 * 256 < prompt < 3000
        assert "--neighbours" in done.err


def test_what_fits_is_not_warned_of(sandbox: Sandbox) -> None:
    with odd(endpoint(max_model_len=8192)) as server:
        done = sandbox(*RUN, "--base-url", f"{server.origin}/v1")
        assert (done.code, "Warning: " in done.err) == (0, False), done.err
    with odd(endpoint(max_model_len=1024)) as server:
        small = ("--max-tokens", 64, "--neighbours", 2)
        done = sandbox(*RUN, *small, "--base-url", f"{server.origin}/v1")
        assert (done.code, "Warning: " in done.err) == (0, False), done.err


def test_each_model_is_held_against_what_is_asked_of_it(sandbox: Sandbox) -> None:
    """An observer sees one text at a time."""
    with odd(endpoint(max_model_len=100_000)) as agents, odd(endpoint(id="m2", max_model_len=1200)) as observer:
        observed = ("--observer-model", "m2", "--observer-base-url", f"{observer.origin}/v1")
        done = sandbox(*RUN, *observed, "--base-url", f"{agents.origin}/v1")
        assert done.code == 0, done.err
        assert "takes 1200 tokens" not in done.err


@pytest.mark.parametrize(("size", "result"), [(700, "warning"), (100_000, "ok")])
def test_the_doctor_tells_it_too(sandbox: Sandbox, size: int, result: str) -> None:
    with odd(endpoint(max_model_len=size)) as server:
        done = sandbox(*DOCTOR, "--base-url", f"{server.origin}/v1")
        assert done.code == 0, done.out
        (check,) = [check for check in json.loads(done.out) if check["name"] == "context"]
        assert check["result"] == result
        assert str(size) in check["detail"]
        assert ("--max-tokens 256" in check["detail"]) == (result == "warning")


def test_a_long_question_counts(sandbox: Sandbox, tmp_path: object) -> None:
    with open("long.txt", "w") as file:  # noqa: PTH123
        file.write("Is it so?\nWhy " + "very " * 4000 + "long?\n")
    with odd(endpoint(max_model_len=4096)) as server:
        words = ("simulate", "--model", "m", "--questions", "long.txt", "--embedder", "hash", "--labels", "none")
        done = sandbox(*words, "--grid", 2, "--neighbours", 1, "--base-url", f"{server.origin}/v1")
        assert "m takes 4096 tokens" in done.err


def test_the_doctor_compares_contexts_for_questions_without_answers_too(sandbox: Sandbox, tmp_path: Path) -> None:
    questions = tmp_path / "questions.txt"
    questions.write_text("Is it so?\nWhy is it so?\n")
    with odd(endpoint(max_model_len=300)) as server:
        done = sandbox(*DOCTOR, "--questions", questions, "--base-url", f"{server.origin}/v1")
        found = {check["name"]: check for check in json.loads(done.out)}
        assert found["context"]["result"] == "warning"
        assert "m takes 300 tokens" in found["context"]["detail"]
