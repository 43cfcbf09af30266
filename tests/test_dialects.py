"""What real endpoints make of a reply: one kind at a time, and a run of a thousand calls to all of them."""

import asyncio
import copy
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import Finished, Sandbox
from dialects import FAILED, LASTING, MARKED, MARKS, PASSING, SHAPES, THINKING, THOUGHT, Dialect, speaking
from example_runs import TINY, manifest
from fake_endpoint import Behaviour, Body, serve, sha256
from fake_endpoint.replies import said as words_said
from tables import table

from agents.endpoints.endpoint import Endpoint
from agents.endpoints.finish import finish_of
from agents.endpoints.keys import Key
from agents.model import RETRYABLE, Message, ModelError, Reply, Request
from agents.spoken import spoken
from sandbox.runs.json_lines import read_lines
from sandbox.runs.records import Interaction, JournalLine

KEY = "sk-test-very-secret"
ANSWER = "People differ: 3 < 4, and both sides have a point."
ASKED = Request("fake", (Message("user", "Is it so?"),), 1.0, 64, 1, None)
STRANGE = (THOUGHT.encode(), MARKED.encode(), FAILED.encode())
SMALL = ("--model", "fake", *TINY, "--run-id", "one", "--structured", "json_schema")


def is_probe(body: Body) -> bool:
    return str(body["messages"][-1]["content"]).startswith("Say hello")


def run_in(sandbox: Sandbox, pick: Callable[[Body], Dialect | None], *words: object) -> tuple[Finished, list[Body]]:
    """A run at a server that speaks as `pick` says, and what it was asked."""

    def but_probes(body: Body) -> Dialect | None:
        return None if is_probe(body) else pick(body)

    with serve(Behaviour(dialect=speaking(but_probes))) as server:
        done = sandbox("simulate", *SMALL, "--base-url", server.base_url, *words)
        return done, list(server.requests)


def strange_files(folder: Path) -> set[str]:
    """The files below `folder` that hold what is no part of an answer."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name for path in files if any(word in path.read_bytes() for word in STRANGE)}


def assert_clean(sandbox: Sandbox, run: Path, asked: list[Body]) -> None:
    """No thought, mark or error stands anywhere but in the journal: not in logs, memories, prompts or rows."""
    assert strange_files(run) <= {"calls.jsonl"}
    assert not any(word.decode() in json.dumps(body) for body in asked for word in STRANGE)
    for format_ in ("sft", "parquet"):
        out = run.parent.parent / format_
        exported = sandbox("export", run, "--format", format_, "--out", out)
        assert exported.code == 0, exported.err
        assert not strange_files(out)


def interactions(run: Path) -> list[Interaction]:
    return list(read_lines(run / "interactions.jsonl", Interaction))


def heard(dialects: Iterable[Dialect], text: str = ANSWER) -> list[Reply | ModelError]:
    """What comes of an answer that is `text`, from a server of each dialect, one after the other."""
    document = {
        "model": "fake",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2},
    }
    waiting = iter(dialects)

    async def all_of_them() -> list[Reply | ModelError]:
        endpoint, came = Endpoint(base_url=server.base_url, key=Key(KEY), timeout=10.0), []
        for _ in dialects:
            try:
                came.append(await endpoint.complete(ASKED))
            except ModelError as error:
                came.append(error)
        await endpoint.close()
        return came

    with serve(Behaviour(dialect=lambda _body, _document: next(waiting)(copy.deepcopy(document)))) as server:
        return asyncio.run(all_of_them())


@pytest.mark.parametrize("text", [ANSWER, '{"reason": "It is fair.", "rating": 5}'])
def test_a_dialect_changes_nothing_of_what_is_said(text: str) -> None:
    names = [*THINKING, *MARKS, *SHAPES]
    for name, came in zip(names, heard([*THINKING.values(), *MARKS.values(), *SHAPES.values()], text), strict=True):
        assert isinstance(came, Reply), (name, came)
        said = spoken(came)
        assert (said.text.strip(), said.finish in ("stop", None)) == (text, True), name
        assert said.thought is (name in THINKING or name == "thinking and a mark"), name
        assert said.marked is (name in MARKS), name
        whole = f"{came.text}{came.thinking}"
        assert ("zq" in whole) is (name not in SHAPES), "the journal keeps replies whole"


def test_what_fails_in_passing_is_an_error_that_may_be_asked_again() -> None:
    for name, error in zip(PASSING, heard(PASSING.values()), strict=True):
        assert isinstance(error, ModelError), name
        assert error.kind in RETRYABLE, (name, error)
        is_refusal = "429" in name or "Google" in name
        assert (error.kind == "rate_limited") is is_refusal, (name, error)
        assert not (is_refusal and error.lost), f"{name}: a refusal is no paid try"
        assert "http://127.0.0.1" in str(error), name


def test_what_fails_for_good_is_what_it_says_in_the_words_of_the_endpoint() -> None:
    for (name, (_, kind)), error in zip(LASTING.items(), heard([d for d, _ in LASTING.values()]), strict=True):
        assert isinstance(error, ModelError), name
        assert error.kind == kind, (name, error)
        assert kind not in RETRYABLE
        assert error.words, name


@table(
    ("word", "finish"),
    [
        ("length", "length"),
        ("MAX_TOKENS", "length"),
        ("max_output_tokens", "length"),
        ("maxTokens", "length"),
        ("model_length", "length"),
        ("ERROR_LIMIT", "length"),
        ("model_context_window_exceeded", "length"),
        ("SAFETY", "content_filter"),
        ("content_filtered", "content_filter"),
        ("ERROR_TOXIC", "content_filter"),
        ("sensitive", "content_filter"),
        ("guardrail_intervened", "content_filter"),
        ("refusal", "content_filter"),
        ("error", "error"),
        ("ABORTED", "error"),
        ("cancelled", "error"),
        ("insufficient_system_resource", "error"),
        ("network_error", "error"),
        ("killed", "error"),
        ("deadline_exceeded", "error"),
        ("rate_limit", "error"),
        ("MAX_OUTPUT", "length"),
        ("partial", "length"),
        ("CONTENT_VIOLATION", "content_filter"),
        ("COMPLETE", "stop"),
        ("stop_sequence", "stop"),
        ("eos_token", "stop"),
        ("tool_calls", "stop"),
        ("", None),
        (None, None),
    ],
)
def test_ends_of_answers_are_one_of_four(word: str | None, finish: str | None) -> None:
    assert finish_of(word) == finish


def test_a_context_that_is_too_small_is_told_once_and_not_asked_again(sandbox: Sandbox, run: Path) -> None:
    overflow = LASTING["a context that is too small (llama.cpp)"][0]
    done, asked = run_in(sandbox, lambda body: overflow if is_of_a_third(body) else None, "--max-failures", 1)
    assert done.code == 3, done.err
    assert {item.failed.error for item in interactions(run) if item.failed} == {"context_overflow"}
    assert max(Counter(map(sha256, asked)).values()) == 1
    words = f"the request exceeds the available context size, {FAILED}"
    assert done.err.count(words) == 1
    assert words in sandbox("inspect", run, "--why").out
    assert "--retry-failed" not in done.err
    assert_clean(sandbox, run, asked)


@pytest.mark.parametrize("cut", ["<think>\nWell, zqthought", "zqthought", "<|channel|>analysis<|message|>zqthought"])
def test_thinking_that_takes_all_tokens_is_truncated_and_says_so(sandbox: Sandbox, run: Path, cut: str) -> None:
    def thinks(document: dict[str, Any]) -> dict[str, Any]:
        choice = document["choices"][0]
        beside = {"reasoning_content": cut, "content": None} if cut == "zqthought" else {"content": cut}
        return document | {"choices": [choice | {"message": beside, "finish_reason": "length"}]}

    limits = ("--max-failures", 1, "--max-missing", 1)
    done, asked = run_in(sandbox, lambda body: thinks if is_of_a_third(body) else None, *limits)
    assert done.code == 3
    assert "--max-tokens 256" in done.err
    assert {item.failed.error for item in interactions(run) if item.failed} == {"truncated"}
    missing = {judgement.missing for item in interactions(run) for judgement in item.judgements()}
    assert missing == {None, "truncated"}
    assert manifest(run)["totals"]["calls_cut_while_thinking"] > 0
    assert "while thinking" in sandbox("inspect", run).out
    assert_clean(sandbox, run, asked)


def is_of_a_third(body: Body) -> bool:
    """A third of all calls, with every ask of them."""
    first, _, _ = str(body["messages"][-1]["content"]).partition("\n\nReply with ")  # what a re-ask restates
    return int(hashlib.sha256(first.encode()).hexdigest()[:4], 16) % 3 == 0


REFUSED = [
    (400, json.dumps({"error": {"message": "System role not supported"}}).encode()),
    (400, json.dumps({"error": {"message": "Conversation roles must alternate user/assistant/user/..."}}).encode()),
    (422, json.dumps({"detail": [{"loc": ["body", "messages", 0], "msg": "Input should be 'user'"}]}).encode()),
    pytest.param((500, b"Internal Server Error"), marks=pytest.mark.slow),  # which is asked again for a while
]


@pytest.mark.parametrize("refused", REFUSED)
def test_an_endpoint_without_a_system_role_gets_it_in_the_user_s_turn(
    sandbox: Sandbox, run: Path, refused: tuple[int, bytes]
) -> None:
    """In whatever words it is refused, or in none: what tells is that the same is answered without it."""

    def without_role(body: Body, document: dict[str, Any]) -> dict[str, Any] | tuple[int, bytes]:
        return refused if body["messages"][0]["role"] == "system" else document

    with serve(Behaviour(dialect=without_role)) as server:
        done, asked = sandbox("simulate", *SMALL, "--base-url", server.base_url), list(server.requests)
    assert done.code == 0, done.err
    assert "fake takes no system message" in done.err
    assert manifest(run)["totals"]["failed"] == 0
    with_system = [body for body in asked if body["messages"][0]["role"] == "system"]
    assert all(map(is_probe, with_system)), "it is learnt by the probe"
    whole = "\n\n".join(message["content"] for message in with_system[0]["messages"])
    assert whole in {body["messages"][0]["content"] for body in asked}
    assert manifest(run)["models"]["structured"] == {"fake": "json_schema"}


@pytest.mark.slow
def test_a_thousand_replies_of_all_these_shapes(sandbox: Sandbox, run: Path) -> None:
    """Every interaction is accounted for, and nothing but answers is in it."""
    whole = [*THINKING.values(), *MARKS.values(), *SHAPES.values()]
    passing = list(PASSING.values())
    lasting = [dialect for dialect, _ in LASTING.values()]
    seen: Counter[str] = Counter()

    def drawn(body: Body) -> Dialect:
        digest = sha256(body)
        seen[digest] += 1
        random = Random(digest)
        if random.random() < 0.01:
            return random.choice(lasting)
        if random.random() < 0.05 and seen[digest] == 1:
            return random.choice(passing)
        return random.choice(whole)

    society = ("--grid", 10, "--neighbours", 4, "--max-failures", 1, "--max-missing", 1)
    done, asked = run_in(sandbox, drawn, *society)
    assert done.code == 3, done.err
    totals, items = manifest(run)["totals"], interactions(run)
    assert totals["planned"] == totals["complete"] + totals["failed"] == len(items) == 100
    assert 0 < totals["failed"] < 30
    lines = list(read_lines(run / "calls.jsonl", JournalLine))
    assert totals["calls"] == len(lines) > 800
    assert totals["missing_ratings"] == 0
    answers = {words_said(body, prose=False) for body in asked if not is_probe(body)}
    texts = {text for item in items for text in (item.draft, item.revision) if text is not None}
    assert texts <= answers
    assert totals["failed"] == sum(item.failed is not None for item in items)
    assert all(line.error.words for line in lines if line.error)
    assert_clean(sandbox, run, asked)
    assert sandbox("simulate", "--replay", run).code == 0
