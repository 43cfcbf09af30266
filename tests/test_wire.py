"""What endpoints send, whatever its shape: replies, lists of models, errors. Nothing is sent here."""

from asyncio import CancelledError
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from agents.endpoints.complaints import RejectedError, complaint
from agents.endpoints.keys import NO_KEY, Key
from agents.endpoints.listing import read_listing
from agents.endpoints.said import LONGEST_MESSAGE, Sender, harmless
from agents.endpoints.unreachable import unreachable
from agents.endpoints.wire import decode, reply_from
from agents.model import ErrorKind, FatalModelError, ModelError, Reply, Usage
from agents.quota import Allowance, Quota

KEY = "sk-very-secret-key"
URL = "http://localhost:1/v1"
SENDER = Sender(URL, Key(KEY))


def completion(message: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": "stop"}], **rest}


@table(
    ("document", "reply"),
    [
        (completion({"content": "yes"}, model="m"), Reply("yes", model="m")),
        (completion({"content": None}), Reply("")),
        (completion({"role": "assistant"}), Reply("")),
        (completion({"content": "x", "refusal": False}, model=7), Reply("x")),
        (completion({"content": None, "refusal": "no"}), Reply("", refusal="no")),
        (completion({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}), Reply("ab")),
        (completion({"content": [{"type": "image", "url": "x"}, {"type": "text", "text": "b"}]}), Reply("b")),
        (completion({"content": [{"type": "text", "text": None}]}), Reply("")),
        (completion({"content": ["a", {"type": "text", "text": "b"}]}), Reply("ab")),
        ({"choices": [{"message": {"content": "x"}}]}, Reply("x", finish=None)),
        ({"choices": [{"message": {"content": "x"}, "finish_reason": "length"}]}, Reply("x", finish="length")),
        (
            completion({"content": "x"}, usage={"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3}),
            Reply("x", usage=Usage(prompt_tokens=3, completion_tokens=0)),
        ),
        (completion({"content": "x"}, usage=None), Reply("x")),
        (completion({"content": "x"}, usage={}), Reply("x")),
        (completion({"content": "x"}, usage={"prompt_tokens": 3}), Reply("x")),
        (completion({"content": "x"}, usage={"prompt_tokens": -1, "completion_tokens": 2}), Reply("x")),
        (completion({"content": "x"}, usage={"prompt_tokens": True, "completion_tokens": 2}), Reply("x")),
        (completion({"content": "x"}, usage={"prompt_tokens": "3", "completion_tokens": 2}), Reply("x")),
        (completion({"content": "x"}, usage=[3, 2]), Reply("x")),
        ({"choices": [{"message": None, "finish_reason": "content_filter"}]}, Reply("", finish="content_filter")),
        ({"choices": [{"finish_reason": "MAX_TOKENS"}]}, Reply("", finish="length")),
        ({"choices": [{"message": {"content": "x"}, "finish_reason": {"type": "length"}}]}, Reply("x", "length")),
        ({"choices": [{"message": {"content": "x"}, "finish_reason": 2}]}, Reply("x", finish=None)),
        (
            {"choices": [{"message": {"content": "x"}, "finish_reason": None, "native_finish_reason": "MAX_TOKENS"}]},
            Reply("x", "length"),
        ),
        (completion({"content": [{"type": "refusal", "refusal": "no"}]}), Reply("", refusal="no")),
        (completion({"content": [{"text": "hm", "thought": True}, {"text": "x"}]}), Reply("x", thinking="hm")),
        (completion({"content": "x", "reasoning_details": [{"text": "hm"}]}), Reply("x", thinking="hm")),
    ],
)
def test_replies_of_every_shape_are_read(document: Any, reply: Reply) -> None:
    assert reply_from(document, SENDER) == reply


@table(
    "document",
    [
        None,
        [],
        {},
        "choices",
        {"choices": []},
        {"choices": {}},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"message": "hi"}]},
        completion({"content": 7}),
        completion({"content": {"text": "x"}}),
        {"error": {"message": "overloaded"}},
    ],
)
def test_what_is_no_completion_is_malformed(document: Any) -> None:
    with pytest.raises(ModelError) as raised:
        reply_from(document, SENDER)
    assert (raised.value.kind, raised.value.lost) == ("malformed", True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "usage", "type", "text", "refusal", "model", "data"]),
            inner,
            max_size=4,
        )
    ),
)


@given(JSON)
def test_no_document_breaks_the_readers(document: Any) -> None:
    listing = read_listing(document)
    assert listing is None or all(isinstance(name, str) for name in listing.names)
    try:
        reply = reply_from(document, SENDER)
    except ModelError as error:
        assert error.kind == "malformed"  # noqa: PT017
    else:
        reply.text.encode()


def test_a_reply_carries_the_quota_that_came_with_it_beside_the_answer() -> None:
    quota = Quota(Allowance(60.0, 59.0, 1.0), None)
    reply = reply_from(completion({"content": "yes"}), SENDER, quota)
    assert reply.quota == quota
    assert reply == Reply("yes"), "the same answer, whatever was left"


def test_lone_surrogates_are_replaced_everywhere() -> None:
    document = decode(
        b'{"model": "m\\udc00", "choices": [{"message": {"content": "a\\ud83d b", "refusal": "\\ud800"}}]}', SENDER
    )
    reply = reply_from(document, SENDER)
    assert (reply.text, reply.refusal, reply.model) == ("a\ufffd b", "\ufffd", "m\ufffd")
    assert reply_from(decode(orjson.dumps(completion({"content": "\U0001f600"})), SENDER), SENDER).text == "\U0001f600"


@table("content", [b"", b"<html>", b'{"a": ', b"[" * 100_000, b"\xff\xfe", b"data: {}"])
def test_what_is_not_json_is_malformed(content: bytes) -> None:
    with pytest.raises(ModelError) as raised:
        decode(content, SENDER)
    assert (raised.value.kind, raised.value.lost) == ("malformed", True)


def rejection(status: int, content: bytes, **headers: str) -> ModelError:
    return complaint(status, content, headers, SENDER)


def said(message: str, **rest: Any) -> bytes:
    return orjson.dumps({"error": {"message": message, "type": "x", "param": None, **rest}})


QUOTA = said("You exceeded your current quota.", code="insufficient_quota")
FILTERED = said("The response was filtered due to Azure OpenAI's content management policy.", code="content_filter")


@table(
    ("status", "content", "kind", "error_class"),
    [
        (400, said("messages: too long"), "bad_request", RejectedError),
        (400, FILTERED, "filtered", ModelError),
        (400, b"", "bad_request", RejectedError),
        (401, said("Incorrect API key provided"), "authentication", FatalModelError),
        (402, orjson.dumps({"error": {"message": "Insufficient Balance"}}), "rate_limited", FatalModelError),
        (403, said("Country not supported"), "authentication", FatalModelError),
        (403, said("Your input was flagged"), "filtered", ModelError),
        (404, said("The model `x` does not exist"), "unknown_model", FatalModelError),
        (408, b"", "server_error", ModelError),
        (409, b"", "server_error", ModelError),
        (413, b"<html>Too Large</html>", "bad_request", RejectedError),
        (422, orjson.dumps({"detail": [{"loc": ["body", "seed"], "msg": "Extra"}]}), "bad_request", RejectedError),
        (429, said("Rate limit reached"), "rate_limited", ModelError),
        (429, QUOTA, "rate_limited", FatalModelError),
        (500, b"Internal Server Error", "server_error", ModelError),
        (500, said("response_format is not implemented"), "server_error", RejectedError),
        (503, b"\xff\xfe", "server_error", ModelError),
        (529, said("Overloaded"), "server_error", ModelError),
    ],
)
def test_kinds_of_rejections(status: int, content: bytes, kind: ErrorKind, error_class: type[ModelError]) -> None:
    error = rejection(status, content)
    assert (type(error), error.kind, error.status, error.lost) == (error_class, kind, status, False)
    assert len(str(error).splitlines()) <= 2


def chains() -> list[tuple[list[BaseException], ErrorKind, bool]]:
    """What was raised, and what caused it; whether the try is lost."""
    import aiohttp
    import httpx2
    from aiohttp.client_reqrep import ConnectionKey

    to_host = ConnectionKey("localhost", 1, False, True, None, None, None)
    return [
        ([aiohttp.ServerTimeoutError()], "timeout", True),
        ([aiohttp.ClientOSError("x"), ConnectionResetError("gone")], "connection", True),
        ([aiohttp.ServerDisconnectedError()], "connection", True),
        (
            [
                aiohttp.ClientConnectorError(to_host, ConnectionRefusedError("nobody")),
                ConnectionRefusedError("nobody"),
            ],
            "connection",
            False,
        ),
        ([aiohttp.ClientConnectorDNSError(to_host, OSError("x"))], "connection", False),
        ([aiohttp.ClientConnectorSSLError(to_host, OSError("x"))], "connection", False),
        ([aiohttp.ConnectionTimeoutError("x"), TimeoutError(), CancelledError()], "connection", False),
        ([aiohttp.ClientPayloadError("half"), ValueError("less")], "malformed", True),
        ([httpx2.DecodingError("no gzip")], "malformed", True),
    ]


@table(("chain", "kind", "lost"), chains)
def test_the_chain_of_causes_tells_broken_connections_apart(
    chain: list[BaseException], kind: ErrorKind, lost: bool
) -> None:
    """A try is lost, and perhaps paid, unless it is known that it never left."""
    for outer, inner in pairwise(chain):
        outer.__cause__ = inner
    assert isinstance(chain[0], Exception)
    error = unreachable(chain[0], SENDER)
    assert (error.kind, error.status, error.lost) == (kind, None, lost)
    assert URL in str(error)


def test_the_wait_that_is_asked_for_comes_with_the_error() -> None:
    assert rejection(429, b"", **{"retry-after-ms": "40"}).retry_after == 0.04
    assert rejection(503, b"", **{"retry-after": "2"}).retry_after == 2.0
    assert rejection(500, b"").retry_after is None


@table(
    ("content", "shown"),
    [
        (said("Plain words."), "Plain words."),
        (orjson.dumps({"error": "Ollama says so"}), "Ollama says so"),
        (orjson.dumps({"object": "error", "message": "vLLM says so"}), "vLLM says so"),
        (orjson.dumps({"detail": "FastAPI says so"}), "FastAPI says so"),
        (b"Bad gateway", "Bad gateway"),
        (said(f"key {KEY} is wrong"), "key *** is wrong"),
        (said("a\x1b[31mb\r\nc\x9bd"), "a [31mb c d"),
    ],
)
def test_vendor_words_are_shown_on_one_harmless_line(content: bytes, shown: str) -> None:
    message = str(rejection(400, content))
    assert message == f"{URL} answered 400: {shown}"


def test_a_refusal_waits_for_what_is_used_up_and_a_request_that_never_fits_does_not() -> None:
    parts = {"limit": "9", "remaining": "0", "reset": "7s"}
    limits = {f"x-ratelimit-{part}-requests": text for part, text in parts.items()}
    assert rejection(429, said("Slow down"), **limits).retry_after == 7.0
    assert rejection(503, said("Slow down"), **limits).retry_after is None
    never = rejection(429, said("Request too large for m on tokens per minute (TPM): Limit 100, Requested 200"))
    assert never.kind == "context_overflow"


def test_what_a_rejection_may_teach_is_kept_whole() -> None:
    error = rejection(400, said("x" * 1000 + " seed"))
    assert isinstance(error, RejectedError)
    assert "seed" in error.complaint
    assert "seed" not in str(error)


@given(st.text(st.characters(), max_size=300))
def test_readable_text_is_short_whole_and_harmless(text: str) -> None:
    shown = harmless(f"{text}{KEY}{text}", Key(KEY), LONGEST_MESSAGE)
    assert len(shown) <= LONGEST_MESSAGE
    assert shown.encode().decode() == shown
    assert all(character.isprintable() or character.isspace() or ord(character) > 0xA0 for character in shown)
    assert KEY not in shown


@table("filler", range(LONGEST_MESSAGE - 2 * len(KEY), LONGEST_MESSAGE + 2))
def test_no_part_of_a_key_survives_the_cut(filler: int) -> None:
    assert KEY[:6] not in SENDER.readable("x" * filler + KEY)


def test_no_key_is_no_secret() -> None:
    assert Sender(URL, NO_KEY).readable("none of it") == "none of it"


@pytest.mark.parametrize("filler", [0, 180, 195, 199])
@pytest.mark.parametrize("status", [200, 502])
def test_a_page_shows_no_part_of_a_key_and_moves_no_cursor(status: int, filler: int) -> None:
    page = f"<html><title>{'x' * filler}my-own-secret\x1b[31m</title>".encode()
    sender = Sender(URL, Key("my-own-secret"))
    if status == 200:
        with pytest.raises(ModelError) as raised:
            decode(page, sender)
        error = raised.value
    else:
        error = complaint(status, page, {}, sender)
    for words in (str(error), error.words or ""):
        assert "my-" not in words
        assert "\x1b" not in words
        assert "page of HTML" in words


def test_parts_in_events_are_put_behind_each_other() -> None:
    deltas = [[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}], "Yes", " sir"]
    lines = (orjson.dumps({"choices": [{"delta": {"content": delta}}]}).decode() for delta in deltas)
    events = "".join(f"data: {line}\n\n" for line in lines)
    reply = reply_from(decode(f"{events}data: [DONE]\n\n".encode(), SENDER), SENDER)
    assert (reply.text, reply.thinking) == ("Yes sir", "hm")


@table("where", [{"usage": {"cached_tokens": 4}}, {"timings": {"cache_n": 4}}])
def test_events_tell_what_was_not_read_again(where: dict[str, dict[str, int]]) -> None:
    chunks: list[dict[str, Any]] = [{"choices": [{"delta": {"content": "Yes"}}]}]
    chunks.append(
        {"choices": [], **where, "usage": {"prompt_tokens": 9, "completion_tokens": 1, **where.get("usage", {})}}
    )
    events = "".join(f"data: {orjson.dumps(chunk).decode()}\n\n" for chunk in chunks)
    usage = reply_from(decode(f"{events}data: [DONE]\n\n".encode(), SENDER), SENDER).usage
    assert usage == Usage(prompt_tokens=9, completion_tokens=1, cached_tokens=4)


def test_an_emoji_that_events_cut_in_two_is_whole() -> None:
    halves = "".join(
        f'data: {{"choices": [{{"delta": {{"content": "{half}"}}}}]}}\n\n' for half in ("\\ud83d", "\\ude00")
    )
    assert reply_from(decode(f"{halves}data: [DONE]\n\n".encode(), SENDER), SENDER).text == "\U0001f600"
