"""Reads the message of a chat completion: its text, whole or in parts, its thinking, its refusal. Knows no document.

What it says is hostile: whatever has the wrong type raises `TypeError`, `KeyError` or `AttributeError`, and no other.
"""

from collections.abc import Iterator
from typing import Any, Final

from agents.surrogates import without_surrogates

# Where thinking stands beside the answer: DeepSeek, llama.cpp and older vLLM; OpenRouter, Groq, vLLM; Ollama.
_THINKING: Final = ("reasoning_content", "reasoning", "thinking")
# The same in blocks: OpenRouter, LiteLLM.
_BLOCKS: Final = ("reasoning_details", "thinking_blocks")
# Parts of a content that are an answer: OpenAI's, and those of its Responses.
_ANSWERS: Final = ("text", "output_text")


def text_of(message: Any) -> str:
    """The answer; "" where there is none. Raises `TypeError` or `KeyError` for what is no content."""
    content = message.get("content")
    return "".join(_parts(content, _ANSWERS)) if isinstance(content, list) else string(content) or ""


def _parts(content: list[Any], kinds: tuple[str, ...]) -> Iterator[str]:
    """The texts of the parts of these kinds; a part that is a string is an answer."""
    for part in content:
        if isinstance(part, str):
            yield from [without_surrogates(part)] if "text" in kinds else ()
        elif part is not None and (kind := _kind(part)) in kinds:
            yield from _inner(part.get("text", part.get(kind)))


def _kind(part: Any) -> str:
    """What a part is; Google's have no type, and say of a thought that it is one."""
    if part.get("thought") is True:
        return "thinking"
    return str(part["type"] if part.get("type") or "text" not in part else "text")


def _inner(value: Any) -> Iterator[str]:
    """The text of a part; Mistral's thinking is a list of parts again."""
    if isinstance(value, list):
        yield from _parts(value, _ANSWERS)
    else:
        yield string(value) or ""


def thinking_of(message: Any) -> str | None:
    """What the model thought, where it stands beside its answer."""
    beside = [string(message[field]) for field in _THINKING if isinstance(message.get(field), str)]
    content = message.get("content")
    parts = "".join(_parts(content, ("thinking", "reasoning"))) if isinstance(content, list) else ""
    blocks = (block for field in _BLOCKS if isinstance(message.get(field), list) for block in message[field])
    return next(filter(None, beside), None) or parts or "".join(map(_block, blocks)) or None


def _block(block: Any) -> str:
    texts = map(block.get, ("text", "thinking", "summary")) if isinstance(block, dict) else ()
    return next((without_surrogates(text) for text in texts if isinstance(text, str)), "")


def refusal_of(message: Any) -> str | None:
    """In what words the model refused, where they stand apart."""
    content = message.get("content")
    parts = "".join(_parts(content, ("refusal",))) if isinstance(content, list) else ""
    return name(message.get("refusal")) or parts or None


def calls_a_tool(message: Any) -> bool:
    """Whether a tool is called."""
    return bool(message.get("tool_calls") or message.get("function_call"))


def name(value: Any) -> str | None:
    """A name beside the answer, which is none the worse where it is no text."""
    return string(value) if isinstance(value, str) else None


def string(value: Any) -> str | None:
    """A text without lone surrogates. Raises `TypeError` for what is neither a text nor null."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError
    return without_surrogates(value)
