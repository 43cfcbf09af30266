"""Reads who answered behind a name: the deployment of a router, the provider, the fingerprint of a build.

Sends nothing. OpenAI says `system_fingerprint`, as do llama.cpp and vLLM; OpenRouter `provider`; LiteLLM, Bifrost and
ngrok have headers of their own. Addresses behind a router may hold secrets of others and are left out.
"""

from collections.abc import Mapping
from typing import Any, Final

from agents.surrogates import without_surrogates

_FIELDS: Final = ("provider", "system_fingerprint")
_HEADERS: Final = ("x-litellm-model-id", "x-bifrost-provider", "ngrok-aig-model")
_LONGEST: Final = 100


def system(document: Any, headers: Mapping[str, str]) -> str | None:
    """Everything that an answer says of who gave it, such as `provider=Fireworks`; None where it says nothing."""
    body = document if isinstance(document, dict) else {}
    said = [
        (name, place[name])
        for names, place in ((_FIELDS, body), (_HEADERS, headers))
        for name in names
        if name in place
    ]
    found = [f"{name}={text}" for name, value in said if (text := _harmless(value))]
    return ", ".join(found) or None


def _harmless(value: Any) -> str | None:
    """`value` on one line, without what could move a cursor, and cut; None for what is no name."""
    if not isinstance(value, str) or "://" in value:
        return None
    seen = "".join(character if character.isprintable() else " " for character in value[: 2 * _LONGEST])
    return " ".join(without_surrogates(seen).split())[:_LONGEST] or None
