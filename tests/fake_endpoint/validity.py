"""What OpenAI refuses in a body: `chat_request.schema.json` beside this file, after its reference."""

from pathlib import Path
from typing import Final

import jsonschema
import orjson

from fake_endpoint.bodies import Body

_SCHEMA: Final = Path(__file__).with_name("chat_request.schema.json")
_CHECK: Final = jsonschema.Draft202012Validator(orjson.loads(_SCHEMA.read_bytes()))


def problem(body: Body) -> str | None:
    """Where and why `body` is refused; None if it is taken."""
    found = jsonschema.exceptions.best_match(_CHECK.iter_errors(body))
    return f"{found.json_path}: {found.message}" if found else None
