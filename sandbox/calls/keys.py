"""Which key goes where: the default key only ever goes to the default base URL.

Reads variables, and writes no key anywhere.
"""

import os

from agents.endpoints.keys import remember
from sandbox.calls.routes import Route, Settings, Wanted
from sandbox.errors import UsageError


def variable_of(route: Route) -> str:
    """The variable with the key for `route`, or how one is named."""
    if route.api_key_env or route.is_default:
        return route.api_key_env or "OPENAI_API_KEY"
    return "that api_key_env, --observer-api-key-env or --judge-api-key-env names"


def key_of(route: Route, settings: Settings) -> str | None:
    """The key for `route`; None for none. Raises `UsageError`."""
    if route.api_key_env:
        key = _from_environment(route.api_key_env)
        if not key:
            raise UsageError(f"The variable {route.api_key_env} with the key for {route.base_url} is not set.")
        return key
    if not route.is_default:
        return None
    key = _from_environment("OPENAI_API_KEY")
    if not key and not (settings.base_url or os.environ.get("OPENAI_BASE_URL", "").strip()):
        raise UsageError(
            "OpenAI needs a key: set OPENAI_API_KEY, or --base-url to another server,\n"
            "or use --model local or --model scripted, which need none."
        )
    return key


def is_missing(route: Route, settings: Settings) -> bool:
    """Whether `route` needs a key that is not set, or that is none."""
    try:
        key_of(route, settings)
    except UsageError:
        return True
    return False


def key_variables(wanted: Wanted) -> list[str]:
    """The variables with keys that are sent to `wanted`. Raises `UsageError` where one is missing."""
    used = (route for route, settings in wanted.settings.items() if route.place == "http" and key_of(route, settings))
    return sorted({variable_of(route) for route in used})


def _from_environment(name: str) -> str | None:
    """The key in variable `name`, without the newline that a file leaves. Raises `UsageError`, which never shows it."""
    key = os.environ.get(name, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"The key in {name} holds characters that no key has. Set it again.")
    remember(key)
    return key or None
