"""Replies without end: what is read of a body has a bound, whatever it is packed in and whatever it answers."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from odd_endpoint import Answers, Odd, Seen, Sent, api, completion, odd
from peaks import measured

MIB = 2**20
SMALL = ("--questions", "starter", "--embedder", "hash", "--grid", "2", "--neighbours", "1", "--wait", "0")
BEFORE = b'{"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "'
SAID = "sent a reply that is longer than 16 MiB, which is the most that is read of one"
VALUES = "sent a reply that holds more than 250,000 values, which is the most that is read of one"


def endless(piece: bytes) -> Callable[[], Iterator[bytes]]:
    """Ended by the client, or by its death; 3 GB where it takes all of them."""
    return lambda: repeat(piece, 3 * 2**30 // len(piece))


def packed(pieces: Iterable[bytes], bits: int = 31) -> bytes:
    packer = zlib.compressobj(9, wbits=bits)
    return b"".join([*map(packer.compress, pieces), packer.flush()])


def flooding(flood: Callable[[Seen], Sent], *, probes: int = 10**6) -> Answers:
    """An API that floods whoever asks more than so many chats."""
    well, asked = api(), iter(range(10**6))

    def answer(seen: Seen) -> Sent:
        chat = seen.method == "POST"
        return flood(seen) if chat and next(asked) >= probes else well(seen)

    return answer


def run(sandbox: Callable[..., Any], server: Odd) -> Any:
    return sandbox("simulate", *SMALL, "--model", "m", "--base-url", f"{server.origin}/v1", "--run-id", "one")


PLAIN = {"Connection": "close", "Content-Type": "application/json"}
EVENTS = {"Connection": "close", "Content-Type": "text/event-stream"}
BLANKS = packed([b" " * MIB] * 20)
CHUNK = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
FLOODS: dict[str, Callable[[Seen], Sent]] = {
    "nothing but blanks": lambda _: Sent(200, endless(b" " * 2**16)(), PLAIN),
    "a text": lambda _: Sent(200, chain([BEFORE], endless(b"a" * 2**16)()), PLAIN),
    "a length that lies": lambda _: Sent(200, endless(b"a" * 2**16)(), PLAIN | {"Content-Length": str(3 * 2**30)}),
    "one line of events": lambda _: Sent(200, chain([b"data: "], endless(b"a" * 2**16)()), EVENTS),
    "events": lambda _: Sent(200, endless(CHUNK * 1000)(), EVENTS),
    "comments among events": lambda _: Sent(200, endless(b": still there\n\n" * 4000)(), EVENTS),
    "gzip": lambda _: Sent(200, BLANKS, {"Content-Encoding": "gzip"}),
    "gzip in gzip": lambda _: Sent(200, packed([BLANKS]), {"Content-Encoding": "gzip, gzip"}),
    "gzip of what unpacks to nothing": lambda _: Sent(
        200, packed([BLANKS[:10], b"\0\0\0\xff\xff" * (4 * MIB)]), {"Content-Encoding": "gzip, gzip"}
    ),
    "deflate": lambda _: Sent(200, packed([b" " * MIB] * 20, 15), {"Content-Encoding": "deflate"}),
    "what unpacks to nothing": lambda _: Sent(
        200, chain([BLANKS[:10]], endless(b"\0\0\0\xff\xff" * 10_000)()), PLAIN | {"Content-Encoding": "gzip"}
    ),
}
MANY: dict[str, Callable[[Seen], Sent]] = {
    "many values": lambda _: Sent(200, b"[" + b"{}," * MIB + b"0]"),
    "many parts in events": lambda _: Sent(
        200, (b'data: {"choices": [{"delta": {"content": [' + b"{}," * 50_000 + b"0]}}]}\n\n") * 8, EVENTS
    ),
    "many lines in an event": lambda _: Sent(200, b"data:ab\n" * 300_000, EVENTS),
}
DEAR = {"deflate", "gzip of what unpacks to nothing", "many lines in an event"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in DEAR else []) for name in (*FLOODS, *MANY)]
)
def test_a_reply_without_end_is_read_to_the_bound_and_asked_for_once(
    sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    with odd(flooding((FLOODS | MANY)[name], probes=1)) as server:
        done = run(sandbox, server)
    assert done.code == 3, done.err
    assert "4 tries brought no answer and may have been paid" in done.err
    lines = [json.loads(line) for line in (tmp_path / "runs/one/calls.jsonl").read_text().splitlines()]
    words = f"{SAID if name in FLOODS else VALUES}."
    assert [line["error"] for line in lines] == [{"kind": "too_long", "status": None, "words": words}] * 4
    assert [line["tries"] for line in lines] == [1] * 4


def test_a_long_reply_within_the_bound_is_read(sandbox: Sandbox, tmp_path: Path) -> None:
    """Events of 20,000 tokens are 6 MB; an emoji is cut in two between them."""

    def stream(seen: Seen) -> Sent:
        halves = CHUNK.replace(b'"a"', b'"\\ud83d"') + CHUNK.replace(b'"a"', b'"\\ude00"')
        return Sent(200, halves + CHUNK * 20_000 + b"data: [DONE]\n\n", EVENTS | {"Connection": "keep-alive"})

    asked = iter(range(100))
    with odd(flooding(lambda seen: stream(seen) if next(asked) < 4 else completion(seen), probes=1)) as server:
        assert run(sandbox, server).code == 0
    drafts = [json.loads(line)["draft"] for line in (tmp_path / "runs/one/interactions.jsonl").read_text().splitlines()]
    assert drafts == ["\U0001f600" + "a" * 20_000] * 4


@pytest.mark.slow
def test_commas_of_a_long_text_are_no_values(sandbox: Sandbox) -> None:
    """Such a reply is paid for: its thoughts hold more commas than a reply may hold values."""

    def thoughtful(seen: Seen) -> Sent:
        said = completion(seen)
        said.body["choices"][0]["message"]["reasoning_content"] = 'so, "as, \\" he says", ' * 150_000
        return said

    with odd(flooding(thoughtful, probes=1)) as server:
        done = run(sandbox, server)
    assert done.code == 0, done.err


def test_an_answer_that_nobody_can_be_shown_is_a_failed_call(sandbox: Sandbox, tmp_path: Path) -> None:
    """It would stand in the prompts of all who are to rate it, which have a bound, and no run would go on behind it."""

    def wordy(seen: Seen) -> Sent:
        said = completion(seen)
        said.body["choices"][0]["message"]["content"] = "a" * 1_000_001
        return said

    with odd(flooding(wordy, probes=1)) as server:
        assert run(sandbox, server).code == 3
    lines = [json.loads(line) for line in (tmp_path / "runs/one/calls.jsonl").read_text().splitlines()]
    words = "sent a reply that says more than 1,000,000 characters, which is the most that is read of one."
    assert [line["error"] for line in lines] == [{"kind": "too_long", "status": None, "words": words}] * 4


@pytest.mark.parametrize(("status", "said"), [(400, "answered 400"), (302, "answered 302")])
def test_an_error_without_end_is_told_by_its_status(sandbox: Sandbox, tmp_path: Path, status: int, said: str) -> None:
    headers = PLAIN | {"Location": "/elsewhere"}
    with odd(flooding(lambda _: Sent(status, endless(b"no " * 2**14)(), headers), probes=0)) as server:
        done = run(sandbox, server)
    assert done.code == 1
    assert said in done.err


def test_a_list_of_models_without_end_leaves_the_names_unchecked(sandbox: Sandbox) -> None:
    well = api()

    def answer(seen: Seen) -> Sent:
        return well(seen) if seen.method == "POST" else Sent(200, endless(b" " * 2**16)(), PLAIN)

    with odd(answer) as server:
        done = run(sandbox, server)
    assert done.code == 0
    assert f"{SAID}. The model names could not be checked." in done.err


@pytest.mark.slow
def test_no_reply_takes_more_than_100_mib_of_memory(tmp_path: Path) -> None:
    """3 GB, and 600 KB that unpack to 600 MB, each to all calls in flight."""
    bomb = packed([b" " * MIB] * 600)
    assert len(bomb) < 700_000
    cases = {"good": completion, **FLOODS, **MANY, "bomb": lambda _: Sent(200, bomb, {"Content-Encoding": "gzip"})}
    peaks = {}
    for name, flood in cases.items():
        (tmp_path / name).mkdir()
        with odd(flooding(flood, probes=1)) as server:
            done, peaks[name] = run(lambda *words, at=tmp_path / name: measured(at, *words), server)
        assert done.code == (0 if name == "good" else 3), done.err
    assert {name: peak for name, peak in peaks.items() if peak > peaks["good"] + 100} == {}
