"""What is said to a chat request: a function of its body, and of the twist that it meets. Knows nothing of HTTP."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

import orjson

from fake_endpoint.bodies import Body, words_of
from fake_endpoint.faults import Fault

Document = dict[str, Any]
_WORDS: Final = "calm people share fair plain kind views and weigh old new hard soft claims with care"


def completion(body: Body, fault: Fault | None, *, prose: bool, usage: bool, cached: int | None = None) -> Document:
    """OpenAI's chat completion for `body`, as `fault` twists it; with `prose` it ignores response_format.

    `cached` are the words of the prompt that were read before, None to say nothing of it.
    """
    message, finish = twisted(said(body, prose=prose or fault == "prose"), fault)
    text = message["content"]
    limit = body.get("max_tokens") or body.get("max_completion_tokens")
    if fault is None and limit and len(text.split()) > limit:
        message["content"], finish = " ".join(text.split()[:limit]), "length"
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    document = {
        "id": f"chatcmpl-{body.digest[:24]}",
        "object": "chat.completion",
        "created": int(body.digest[:7], 16),
        "model": body["model"],
        "choices": [] if fault == "empty_choices" else [choice],
        "system_fingerprint": None,
    }
    details = {} if cached is None else {"prompt_tokens_details": {"cached_tokens": cached}}
    return document | ({"usage": counted(body, message) | details} if usage else {})


def said(body: Body, *, prose: bool) -> str:
    """What is answered to `body`, drawn from its hash."""
    random = Random(body.digest)
    form = body.get("response_format", {"type": "text"})
    if prose or form["type"] == "text":
        return sentence(random, 12)
    if form["type"] == "json_object":
        return orjson.dumps({"reason": sentence(random, 6), "rating": random.randint(1, 7)}).decode()
    return orjson.dumps(generate(form["json_schema"]["schema"], random)).decode()


def generate(schema: Mapping[str, Any], random: Random) -> Any:
    """A value that obeys `schema`: objects, strings, numbers, booleans, enumerations."""
    if "enum" in schema:
        return random.choice(schema["enum"])
    match schema["type"]:
        case "object":
            return {name: generate(value, random) for name, value in schema["properties"].items()}
        case "integer" | "number":
            return random.randint(schema.get("minimum", 0), schema.get("maximum", 100))
        case "boolean":
            return random.random() < 0.5
        case _:
            return sentence(random, 6)


def sentence(random: Random, words: int) -> str:
    """Plain words without a number in them."""
    return " ".join(random.choices(_WORDS.split(), k=words)).capitalize() + "."


def twisted(text: str, fault: Fault | None) -> tuple[Document, str]:
    """The message that says `text`, and its finish reason, as `fault` twists them."""
    twists: dict[str | None, tuple[Document, str]] = {
        "length": ({"content": text[: len(text) // 2]}, "length"),
        "spent": ({"content": ""}, "length"),
        "content_filter": ({"content": None}, "content_filter"),
        "refusal": ({"content": None, "refusal": "I cannot help with that."}, "stop"),
        "empty_text": ({"content": ""}, "stop"),
        "parts": ({"content": [{"type": "text", "text": text[:3]}, {"type": "text", "text": text[3:]}]}, "stop"),
        "lone": ({"content": f"{text} \ud83d"}, "stop"),
    }
    changed, finish = twists.get(fault, ({}, "stop"))
    return {"role": "assistant", "content": text, "refusal": None} | changed, finish


def counted(body: Body, message: Document) -> dict[str, int]:
    """Tokens, counted as words."""
    prompt = len(words_of(body))
    completion = len(str(message["content"] or "").split())
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
