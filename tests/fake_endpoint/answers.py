"""An answer to a chat request before it is sent: what it counts as, and its bytes. Knows no connection.

Error texts are hostile: they hold the key that was sent.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson

from fake_endpoint.behaviour import Behaviour
from fake_endpoint.bodies import Body
from fake_endpoint.faults import TRANSPORT, Fault, Status
from fake_endpoint.replies import completion

VENDOR_WORDS: Final = "fake vendor speaking"


class Answer(NamedTuple):
    """`name` is what it counts as: a fault, a status, or 200; `paid` is whether it is a reply that a vendor bills."""

    name: str
    content: bytes
    status: int = 200
    headers: Mapping[str, str] = {}
    paid: bool = False

    def also(self, headers: Mapping[str, str]) -> "Answer":
        """This answer with further headers."""
        return self._replace(headers={**self.headers, **headers})


class Errors:
    """Makes the errors of a server whose 429 names `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        self.retry: Final = {"Retry-After": f"{retry_after:g}", "retry-after-ms": f"{retry_after * 1000:g}"}

    def echo(self, name: Status, authorization: str | None) -> Answer:
        """An error that speaks of nothing but the key that was sent."""
        code = "invalid_api_key" if name == "401" else None
        return self.error(name, f"{VENDOR_WORDS}, to {authorization or 'nobody'}", code=code)

    def error(self, name: Status, message: str, *, param: str | None = None, code: str | None = None) -> Answer:
        """An error in OpenAI's form."""
        status = int(name[:3])
        kind = {401: "authentication_error", 429: "rate_limit_error"}.get(status, "invalid_request_error")
        error = {"message": message, "type": kind, "param": param, "code": code}
        headers = self.retry if name == "429" else {}
        return Answer(name, orjson.dumps({"error": error}), status, headers)


def replied(behaviour: Behaviour, body: Body, fault: Fault | None, cached: int | None) -> Answer:
    """A completion, whole or as `fault` twists it, or what becomes of it on the way; `cached` as there."""
    document = completion(body, fault, prose=behaviour.ignores_format, usage=behaviour.usage, cached=cached)
    if behaviour.dialect:
        return _in(behaviour.dialect(body, document), Errors(behaviour.retry_after))
    return Answer(fault or "200", encoded(document), paid=fault not in TRANSPORT)


def _in(said: dict[str, Any] | bytes | tuple[int, bytes], errors: Errors) -> Answer:
    """What a dialect makes of a reply; a 429 names a wait as every other."""
    status, content = said if isinstance(said, tuple) else (200, said)
    content = content if isinstance(content, bytes) else encoded(content)
    return Answer(str(status), content, status, errors.retry if status == 429 else {}, paid=status == 200)


def encoded(document: Mapping[str, Any]) -> bytes:
    """JSON; a lone surrogate is escaped, as there is no UTF-8 for it."""
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:
        return json.dumps(document).encode()
