"""`sandbox evaluate --logprobs`: surveys by how likely each option was, in one call an item."""

import json
from math import exp, log
from pathlib import Path
from typing import Any

import pytest
from asked_suites import asked, is_probe, lines, numbers, write_suite
from conftest import Sandbox
from fake_endpoint import Behaviour, Body, serve
from tables import table

from agents.endpoints.logprobs import MOST_PLACES, logprobs_of
from agents.letter_shares import read_shares
from agents.model import MOST_LIKELY, Reply
from sandbox.scores.divergence import similarity

OPTIONS = ("more", "as now", "less")
# What every item gets, by its options, and what falls on none of them.
LIKELY = {"more": 0.5, "as now": 0.3, "less": 0.1}
BESIDE = 0.1


def place(token: str, others: dict[str, float]) -> dict[str, Any]:
    """A place of a reply as OpenAI tells it."""
    told = [{"token": each, "logprob": log(share), "bytes": None} for each, share in others.items()]
    return {"token": token, "logprob": log(others.get(token, 1.0)), "bytes": None, "top_logprobs": told}


def letters(body: Body) -> dict[str, str]:
    """The letter of each option as it was shown."""
    shown = dict(line.split(") ", 1)[::-1] for line in asked(body).splitlines() if line[1:2] == ")")
    return {option: shown[option] for option in OPTIONS}


def likely(body: Body, document: dict[str, Any]) -> dict[str, Any]:
    """An endpoint that gives log probabilities, of a letter in two spellings."""
    choice = document["choices"][0]
    assert body.get("top_logprobs") in (None, MOST_LIKELY)
    if "top_logprobs" not in body:
        return document
    if is_probe(body):
        choice["logprobs"] = {"content": [place("{", {"{": 1.0})]}
        return document
    at = letters(body)
    shares = {at[option]: share for option, share in LIKELY.items()}
    shares = {**shares, at["more"]: 0.4, f' "{at["more"]}': 0.1, "I": 0.06, "The": 0.04}
    choice["message"]["content"] = json.dumps({"answer": at["more"]})
    choice["logprobs"] = {
        "content": [place('{"', {'{"': 1.0}), place("answer", {"answer": 0.9}), place(at["more"], shares)]
    }
    return document


def evaluated(sandbox: Sandbox, path: Path, url: str, *words: str) -> Any:
    return sandbox("evaluate", "--suite", path, "--model", "fake", "--base-url", url, "--run-id", "one", *words)


def test_a_survey_by_log_probabilities_takes_a_call_an_item_and_has_their_shares(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = write_suite(tmp_path, "survey", samples=30, temperature=1.0)
    with serve(Behaviour(dialect=likely)) as server:
        done = evaluated(sandbox, path, server.base_url, "--logprobs")
        assert done.code == 0, done.err
        assert sum("top_logprobs" in body and not is_probe(body) for body in server.requests) == 8
    folder = tmp_path / "runs" / "one"
    answers = lines(folder / "answers.jsonl")
    assert len(answers) == 8
    for answer in answers:
        assert answer["options"] == list(OPTIONS)
        assert answer["shares"] == pytest.approx([share / (1 - BESIDE) for share in LIKELY.values()], abs=1e-12)
        assert (answer["option"], answer["beside"]) == (0, pytest.approx(BESIDE))
    assert len({tuple(answer["order"]) for answer in answers}) > 1, "letters stand for other options"
    found = numbers(folder)
    here, there = ([0.5, 0.25, 0.25], [0.2, 0.3, 0.5])
    for name, shares in (("Here", here), ("There", there)):
        assert found["my-survey", "similarity", name]["value"] == pytest.approx(
            similarity([*LIKELY.values()], shares), abs=1e-12
        )
    assert found["my-survey", "probability of no option", None]["value"] == pytest.approx(BESIDE)
    assert ("my-survey", "own shares, sampled as often", "Here") not in found, "nothing was sampled"
    before = (folder / "answers.jsonl").read_bytes()
    assert sandbox("evaluate", "--replay", "one").code == 0
    assert (folder / "answers.jsonl").read_bytes() == before
    assert "logprobs" not in json.loads((folder / "calls.jsonl").read_bytes().splitlines()[0])["request"]


def without(body: Body, document: dict[str, Any]) -> dict[str, Any]:
    """An endpoint that takes the parameter, and gives nothing."""
    return document


def refusing(body: Body, document: dict[str, Any]) -> dict[str, Any] | tuple[int, bytes]:
    """An endpoint that does not take the parameter."""
    said = b'{"error": {"message": "logprobs are not supported by this model", "type": "invalid_request_error"}}'
    return (400, said) if "logprobs" in body else document


@table("dialect", [without, refusing])
def test_an_endpoint_without_log_probabilities_is_told_before_anything_is_asked(
    sandbox: Sandbox, tmp_path: Path, dialect: Any
) -> None:
    path = write_suite(tmp_path, "survey")
    with serve(Behaviour(dialect=dialect)) as server:
        done = evaluated(sandbox, path, server.base_url, "--logprobs")
        assert all(map(is_probe, server.requests))
    error = done.err[done.err.index("Error: ") :].strip().splitlines()
    assert (done.code, len(error)) == (1, 2), done.err
    assert "gives no log probabilities, which --logprobs asks for" in error[0]
    assert not (tmp_path / "runs" / "one").exists()


def test_log_probabilities_are_of_surveys_and_of_models_that_are_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    choice, survey = write_suite(tmp_path, "choice"), write_suite(tmp_path, "survey")
    refused = sandbox("evaluate", "--suite", choice, "--model", "scripted", "--logprobs")
    assert (refused.code, "--logprobs is for surveys" in refused.err) == (2, True), refused.err
    stand_in = sandbox("evaluate", "--suite", survey, "--model", "scripted", "--logprobs")
    assert (stand_in.code, "scripted gives no log prob" in stand_in.err) == (1, True), stand_in.err
    survey.write_text(survey.read_text().replace("max_tokens = 64", "logprobs = true\nsamples = 2"))
    refused = sandbox("evaluate", "--suite", survey, "--model", "scripted")
    assert (refused.code, "each item is asked once" in refused.err) == (2, True), refused.err


@table(
    "content",
    [
        None,
        [],
        {},
        "text",
        [{"token": "A", "logprob": -1.0}],
        [{"token": "A", "logprob": "much", "top_logprobs": []}],
        [{"token": "A", "logprob": float("nan"), "top_logprobs": []}],
        [{"token": "A", "logprob": 3.0, "top_logprobs": []}],
        [{"token": 7, "logprob": -1.0, "top_logprobs": []}],
        [{"token": "A", "logprob": 10**400, "top_logprobs": []}],
    ],
)
def test_what_has_another_form_is_none(content: Any) -> None:
    assert logprobs_of({"logprobs": {"content": content}}) is None


def test_no_more_is_kept_than_is_of_use() -> None:
    others = {f"token {number}": 0.001 for number in range(100)}
    found = logprobs_of({"logprobs": {"content": [place("\ud800" * 500, others)] * 1000}})
    assert found is not None
    assert (len(found), len(found[0])) == (MOST_PLACES, 1 + MOST_LIKELY)
    assert found[0][0] == ("\ufffd" * 64, 0.0)


def test_shares_are_read_where_the_letter_that_was_chosen_stands_first() -> None:
    said = Reply("A fair question. Answer: B", logprobs=((("A", log(0.9)),), ((" B", log(0.6)), ("A", log(0.2)))))
    shares = read_shares(said, place=1, options=2)
    assert shares is not None
    assert shares.of_options == pytest.approx((0.25, 0.75))
    assert shares.beside == pytest.approx(0.2)
    assert read_shares(said, place=2, options=3) is None
    assert read_shares(Reply("B"), place=1, options=2) is None
    assert exp(said.logprobs[0][0][1]) == pytest.approx(0.9)  # type: ignore[index]
