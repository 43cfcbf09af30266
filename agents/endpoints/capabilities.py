"""What an endpoint takes for one model, and what a rejection teaches about it. Knows no HTTP and sends nothing.

Endpoints that all call themselves OpenAI-compatible differ in structured output, in the name of the token limit, and in
whether they take a temperature, a seed or a system role. Everything is asked for at first; each rejection takes one
thing away and nothing comes back, so learning ends after a handful of them.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

from agents.model import MOST_LIKELY, Message, Request, Schema

Level = Literal["json_schema", "json_object", "text"]
LimitName = Literal["max_tokens", "max_completion_tokens"]

LEVELS: Final[tuple[Level, ...]] = get_args(Level)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What is sent for one model: how strictly a schema is asked for, the name of the token limit, and what else.

    Without `system` that message is put before the user's, in one turn; what tells is that this is answered. `scales`
    are of the adapters of a llama.cpp server, in its order: which of them the model is.
    """

    level: Level = "json_schema"
    limit_name: LimitName = "max_tokens"
    temperature: bool = True
    seed: bool = True
    system: bool = True
    scales: tuple[float, ...] = ()


_STRUCTURE: Final = re.compile(
    r"response[ _.]?(?:format|schema)|json[ _](?:schema|object|mode)|structured output|guided|grammar|invalid format",
    re.IGNORECASE,
)
_REFUSED: Final = re.compile(
    r"unsupported|not (?:currently |yet )?(?:supported|permitted|allowed|available|accepted|implemented)"
    r"|does(?:n't| not) support|unrecogni[sz]ed|unknown|unexpected|cannot find|deprecated"
    r"|extra (?:inputs|fields)|invalid (?:parameter|argument)|only (?:the default|\S+ is allowed)",
    re.IGNORECASE,
)
_SEED: Final = re.compile(r"\bseed\b")


def lower_level(takes: Capabilities) -> Capabilities | None:
    """The same with the next lower level of structure; None below `text`."""
    following = LEVELS[LEVELS.index(takes.level) + 1 :]
    return replace(takes, level=following[0]) if following else None


def weaker(takes: Capabilities, complaint: str, forced: Level | None) -> Capabilities | None:
    """What is left of `takes` after a rejection that says `complaint`; a `forced` level is never lowered.

    None if the rejection is about something else, such as a prompt that is too long or a temperature out of range.
    """
    if _STRUCTURE.search(complaint):
        return None if forced else lower_level(takes)
    refused = _REFUSED.search(complaint) is not None
    if refused and takes.limit_name == "max_tokens" and re.search(r"\bmax_tokens\b", complaint):
        return replace(takes, limit_name="max_completion_tokens")
    if refused and takes.temperature and re.search(r"\btemperature\b", complaint):
        return replace(takes, temperature=False)
    # A seed is a courtesy wherever it is taken, so any complaint about it ends it.
    return replace(takes, seed=False) if takes.seed and _SEED.search(complaint) else None


def body(request: Request, takes: Capabilities) -> dict[str, Any]:
    """The JSON body that asks `request` of an endpoint that takes this."""
    asked: dict[str, Any] = {
        "model": request.model,
        "messages": [
            {"role": message.role, "content": message.content}
            for message in (request.messages if takes.system else _folded(request.messages))
        ],
        takes.limit_name: request.max_tokens,
    }
    if takes.temperature:
        asked["temperature"] = request.temperature
    if takes.seed:
        asked["seed"] = request.seed
    if request.logprobs:
        asked |= {"logprobs": True, "top_logprobs": MOST_LIKELY}
    if takes.scales:
        asked["lora"] = [{"id": number, "scale": scale} for number, scale in enumerate(takes.scales)]
    if request.schema is not None and takes.level != "text":
        asked["response_format"] = _response_format(request.schema, takes.level)
    return asked


def _folded(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """`messages` with a system message put before what the user says next."""
    first, *rest = messages
    if first.role != "system" or not rest:
        return messages
    return (Message(rest[0].role, f"{first.content}\n\n{rest[0].content}"), *rest[1:])


def _response_format(schema: Schema, level: Level) -> dict[str, Any]:
    if level == "json_object":
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "json_schema": {"name": schema.name, "strict": True, "schema": schema.definition},
    }
