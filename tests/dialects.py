"""What endpoints make of a reply, one function for each way: they turn OpenAI's document into their own.

What is no part of the answer says `THOUGHT`, `MARKED` or `FAILED`, and is looked for wherever it must not be.
"""

import copy
import json
from collections.abc import Callable
from typing import Any, Final

import orjson
from fake_endpoint import Body

Document = dict[str, Any]
Said = dict[str, Any] | bytes | tuple[int, bytes]
Dialect = Callable[[Document], Said]
THOUGHT: Final = "zqthought"
MARKED: Final = "zqinvented"
FAILED: Final = "zqfailure"
_THINKING: Final = f"Well, {THOUGHT}: a 3 seems low.\nRating: 2"


def _texts(form: Callable[[str], str]) -> Dialect:
    """The dialect that writes `form` of each text."""

    def changed(document: Document) -> Said:
        document["choices"][0]["message"]["content"] = form(document["choices"][0]["message"]["content"])
        return document

    return changed


def _message(**fields: Any) -> Dialect:
    def changed(document: Document) -> Said:
        document["choices"][0]["message"] |= fields
        return document

    return changed


def _parts(kind: str, thinking: Any) -> Dialect:
    def changed(document: Document) -> Said:
        message = document["choices"][0]["message"]
        text = {"type": "text", "text": message["content"]}
        message["content"] = [{"type": kind, kind: thinking}, text]
        return document

    return changed


# Thinking before an answer, as it comes where nothing parses it, and where something does.
THINKING: Final[dict[str, Dialect]] = {
    "think tags": _texts(lambda text: f"<think>\n{_THINKING}\n</think>\n\n{text}"),
    "thinking tags": _texts(lambda text: f"<thinking>{_THINKING}</thinking>{text}"),
    "upper case, with an attribute": _texts(lambda text: f'<THINK effort="high">{_THINKING}</THINK>\n{text}'),
    "thought tags (EXAONE, Gemini)": _texts(lambda text: f"<thought>{_THINKING}</thought>{text}"),
    "reasoning and answer tags": _texts(lambda text: f"<reasoning>{_THINKING}</reasoning><answer>{text}</answer>"),
    "seed:think (Seed-OSS)": _texts(lambda text: f"<seed:think>{_THINKING}</seed:think>{text}"),
    "[THINK] (Magistral)": _texts(lambda text: f"[THINK]{_THINKING}[/THINK]{text}"),
    "Kimi-VL": _texts(lambda text: f"◁think▷{_THINKING}◁/think▷{text}"),
    "Command A": _texts(
        lambda text: f"<|START_THINKING|>{_THINKING}<|END_THINKING|><|START_RESPONSE|>{text}<|END_RESPONSE|>"
    ),
    "Gemma 4": _texts(lambda text: f"<|channel>thought\n{_THINKING}<channel|>{text}"),
    "Granite 3": _texts(lambda text: f"Here is my thought process:\n{_THINKING}\nHere is my response:\n{text}"),
    "a lone closing tag": _texts(lambda text: f"{_THINKING}\n</think>\n\n{text}"),
    "thinking twice": _texts(lambda text: f"<think>{_THINKING}</think><think>{_THINKING}</think>{text}"),
    "a tag within": _texts(lambda text: f"<think>{_THINKING}<think>{_THINKING}</think>{_THINKING}</think>{text}"),
    "harmony": _texts(
        lambda text: (
            f"<|channel|>analysis<|message|>{_THINKING}<|end|><|start|>assistant<|channel|>final<|message|>{text}"
            "<|return|>"
        )
    ),
    "harmony, opened by the template": _texts(
        lambda text: f"{_THINKING}<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>{text}"
    ),
    "harmony without its tokens": _texts(lambda text: f"analysis{_THINKING}assistantfinal{text}"),
    "reasoning_content": _message(reasoning_content=_THINKING),
    "reasoning": _message(reasoning=_THINKING, reasoning_details=[{"type": "reasoning.text", "text": _THINKING}]),
    "thinking (Ollama)": _message(thinking=_THINKING),
    "parts of thinking (Mistral)": _parts("thinking", [{"type": "text", "text": _THINKING}]),
    "parts of reasoning": _parts("reasoning", _THINKING),
}
# Texts that go on after their end.
MARKS: Final[dict[str, Dialect]] = {
    "ChatML": _texts(lambda text: f"{text}<|im_end|>\n<|im_start|>user\nAnd {MARKED}?<|im_end|>"),
    "a turn without an end": _texts(lambda text: f"{text}\n<|im_start|>user\nAnd {MARKED}?"),
    "Llama 3": _texts(lambda text: f"{text}<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n{MARKED}"),
    "Llama 2": _texts(lambda text: f"{text}</s><s>[INST] {MARKED} [/INST]"),
    "Gemma": _texts(lambda text: f"{text}<end_of_turn>\n<start_of_turn>user\n{MARKED}"),
    "Phi": _texts(lambda text: f"{text}<|end|><|user|>{MARKED}<|end|>"),
    "DeepSeek": _texts(lambda text: f"{text}<\uff5cend▁of▁sentence\uff5c><\uff5cUser\uff5c>{MARKED}"),
    "Command R": _texts(lambda text: f"{text}<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|USER_TOKEN|>{MARKED}"),
    "a header before": _texts(lambda text: f"<|im_start|>assistant\n{text}<|im_end|>\n{MARKED}"),
    "thinking and a mark": _texts(lambda text: f"<think>{_THINKING}</think>{text}<|endoftext|>Human: {MARKED}"),
}


def _events(document: Document) -> Said:
    """A stream, though nobody asked for one."""
    choice = document["choices"][0]
    text = choice["message"]["content"]
    deltas: list[Document] = [{"role": "assistant", "content": ""}, {"content": text[:5]}, {"content": text[5:]}, {}]
    chunks = [
        {"object": "chat.completion.chunk", "model": document["model"], "choices": [{"index": 0, "delta": delta}]}
        for delta in deltas
    ]
    chunks[-1]["choices"][0]["finish_reason"] = choice["finish_reason"]
    chunks.append({"choices": [], "usage": document["usage"]})
    lines = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    return f": processing\n\n{lines}data: [DONE]\n\n".encode()


def _bare(document: Document) -> Said:
    return {"choices": [{"message": document["choices"][0]["message"]}]}


def _odd_lines(document: Document) -> Said:
    """Events, the first of which holds what ends lines elsewhere in a field that is no answer."""
    return 'data: {"choices": [], "note": "\u2028\x85"}\n\n'.encode() + bytes(_events(document))


def _message_parts(document: Document) -> Said:
    message = document["choices"][0]["message"]
    message["content"] = [{"text": message["content"]}]
    return document


# Replies of another shape, whole all the same.
SHAPES: Final[dict[str, Dialect]] = {
    "events": _events,
    "events with CRLF": lambda document: bytes(_events(document)).replace(b"\n", b"\r\n"),
    "the least of a completion": _bare,
    "a byte order mark": lambda document: b"\xef\xbb\xbf" + orjson.dumps(document),
    "finish STOP": lambda document: _finished(document, "STOP"),
    "finish end_turn": lambda document: _finished(document, "end_turn"),
    "finish eos": lambda document: _finished(document, "eos"),
    "an error that is null": lambda document: document | {"error": None},
    "an error of empty fields": lambda document: document | {"error": {"message": "", "type": "", "code": None}},
    "events without empty lines": lambda document: bytes(_events(document)).replace(b"\n\n", b"\n"),
    "events that JSON ends no line in": _odd_lines,
    "parts without a type (Google)": _message_parts,
}


def _finished(document: Document, word: str) -> Document:
    document["choices"][0]["finish_reason"] = word
    return document


def _until(mark: bytes, events: bytes) -> bytes:
    """The whole events before the one with `mark`."""
    return events.partition(mark)[0].rpartition(b"data:")[0]


def _half(word: str) -> Dialect:
    def broken(document: Document) -> Said:
        message = document["choices"][0]["message"]
        message["content"] = f"{message['content'][:4]} {FAILED}"
        return _finished(document, word)

    return broken


def _error(**error: Any) -> Dialect:
    return lambda _document: {"error": {"message": f"{FAILED} {error.get('type', '')}", **error}}


def _failing(error: Document, document: Document) -> Said:
    """Events of half an answer, an error, and the end as if all were well."""
    begun = _until(b'"finish_reason"', bytes(_events(document)))
    return begun + f"data: {json.dumps(error)}\n\ndata: [DONE]\n\n".encode()


# Failures that pass: whatever they look like, the same is asked again.
PASSING: Final[dict[str, Dialect]] = {
    "429 in 200": _error(code=429),
    "429 as a word": _error(code="rate_limit_exceeded"),
    "a list with an error (Google)": lambda _: orjson.dumps(
        [{"error": {"code": 429, "message": FAILED, "status": "RESOURCE_EXHAUSTED"}}]
    ),
    "502 in 200": _error(code=502, metadata={"provider_name": "x"}),
    "an error of no kind": lambda _: {"error": FAILED},
    "vLLM's": lambda _: {"object": "error", "message": FAILED, "type": "InternalServerError", "code": 500},
    "an error beside choices": lambda document: document | {"error": {"code": 503, "message": FAILED}},
    "an error in a choice (OpenRouter)": lambda document: {
        "choices": [document["choices"][0] | {"finish_reason": "error", "error": {"code": 502, "message": FAILED}}]
    },
    "an error among events": lambda _: f'data: {{"error": {{"code": 503, "message": "{FAILED}"}}}}\n\n'.encode(),
    "an error that ends events (vLLM)": lambda document: _failing({"object": "error", "message": FAILED}, document),
    "an event of an error that says so in its kind": lambda document: _failing({"code": 529, "msg": FAILED}, document),
    "429 in a sentence": _error(type="upstream_error", message=f"Rate limit exceeded. {FAILED}"),
    "429 in a detail": lambda _: {"detail": f"Too many requests. {FAILED}"},
    "429 of MiniMax": lambda _: {"choices": None, "base_resp": {"status_code": 1002, "status_msg": "rate limit"}},
    "429 that orjson cannot write": lambda _: b'{"error": {"code": 429, "message": "\\ud83d"}}',
    "a sentence that is no JSON": lambda _: FAILED.encode(),
    "events that break off": lambda document: _until(b'"finish_reason"', bytes(_events(document))),
    "finish error": _half("error"),
    "finish ABORTED": _half("ABORTED"),
    "finish insufficient_system_resource (DeepSeek)": _half("insufficient_system_resource"),
    "finish network_error (Zhipu)": _half("network_error"),
    "no choices": lambda document: document | {"choices": []},
    "choices that are null": lambda document: document | {"choices": None},
    "a page": lambda _: f"<!DOCTYPE html><title>{FAILED}</title>".encode(),
    "a page with 502": lambda _: (502, f"<html><h1>{FAILED}</h1></html>".encode()),
    "a 500 that is a 429": lambda _: (500, orjson.dumps({"error": {"code": "429", "message": FAILED}})),
    "nothing": lambda _: b"",
}


def _tool(document: Document) -> Said:
    call = {"id": "1", "type": "function", "function": {"name": FAILED, "arguments": "{}"}}
    document["choices"][0]["message"] |= {"content": None, "tool_calls": [call]}
    return _finished(document, "tool_calls")


# Failures that asking again cannot mend, and the kind of error that they are.
LASTING: Final[dict[str, tuple[Dialect, str]]] = {
    "a context that is too small (OpenAI, vLLM)": (
        lambda _: (400, _body(f"This model's maximum context length is 512 tokens. {FAILED}")),
        "context_overflow",
    ),
    "a context that is too small (llama.cpp)": (
        lambda _: (400, _body(f"the request exceeds the available context size, {FAILED}", code=400)),
        "context_overflow",
    ),
    "a context that is too small (TGI)": (
        lambda _: (422, _body(f"`inputs` tokens + `max_new_tokens` must be <= 4096. {FAILED}")),
        "context_overflow",
    ),
    "a context that is too small (Anthropic, with 200)": (
        _error(type="invalid_request_error", message=f"prompt is too long: 9 tokens > 8 maximum {FAILED}"),
        "context_overflow",
    ),
    "400 in 200": (_error(code=400), "bad_request"),
    "a context that is too small (a code alone)": (
        lambda _: (400, _body(FAILED, code="context_length_exceeded")),
        "context_overflow",
    ),
    "a context that is too small (behind OpenRouter)": (
        lambda _: (400, _body("Provider returned error", metadata={"raw": f"the prompt is too long: {FAILED}"})),
        "context_overflow",
    ),
    "a tool": (_tool, "empty"),
}


def _body(message: str, **rest: Any) -> bytes:
    return orjson.dumps({"error": {"message": message, **rest}})


def speaking(pick: Callable[[Body], Dialect | None]) -> Callable[[Body, Document], Said]:
    """The dialect of a server that answers a body as `pick` says, and as OpenAI where that says nothing."""

    def say(body: Body, document: Document) -> Said:
        dialect = pick(body)
        return dialect(copy.deepcopy(document)) if dialect else document

    return say
