"""What OpenAI refuses in a body: `chat_request.schema.json` beside this file, after its reference."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import jsonschema
import orjson

from fake_endpoint.bodies import Body

_SCHEMA: Final = Path(__file__).with_name("chat_request.schema.json")
_CHECK: Final = jsonschema.Draft202012Validator(orjson.loads(_SCHEMA.read_bytes()))
_SEEDS: Final = range(-(1 << 63), 1 << 63)  # bodies of one run differ in seeds and texts, which have no other rule


def problem(body: Body) -> str | None:
    """Where and why `body` is refused; None if it is taken."""
    return None if _is_taken(_form(body)) else _found(body)


def _form(body: Body) -> bytes:
    """A body that is taken where `body` is, and the same for all that differ in seed or in the texts of messages."""
    form = dict(body)
    if type(form.get("seed")) is int and form["seed"] in _SEEDS:
        form["seed"] = 0
    if isinstance(form.get("messages"), list):
        form["messages"] = [_without_text(message) for message in form["messages"]]
    return orjson.dumps(form)


def _without_text(message: Any) -> Any:
    has_text = isinstance(message, dict) and isinstance(message.get("content"), str)
    return message | {"content": ""} if has_text else message


@lru_cache(maxsize=1_000)
def _is_taken(form: bytes) -> bool:
    return _CHECK.is_valid(orjson.loads(form))


def _found(body: Body) -> str | None:
    found = jsonschema.exceptions.best_match(_CHECK.iter_errors(body))
    return f"{found.json_path}: {found.message}" if found else None
