"""What a base URL may have meant where something answered that is not the API: other paths of the same host.

Knows addresses and errors; who is asked is the caller's.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from agents.endpoints.address import Address
from agents.endpoints.complaints import RejectedError
from agents.endpoints.said import Sender
from agents.model import ModelError

# Below which path of a host servers and vendors have the API.
_PATHS: Final = ("/v1", "", "/api/v1", "/openai/v1", "/v1beta/openai", "/inference/v1", "/compatibility/v1", "/api")
# Go and nginx, and Apache.
_WANTS_HTTPS: Final = re.compile(
    r"http request (?:was sent )?to (?:an )?https|plain http to an ssl-enabled", re.IGNORECASE
)
# What is said of a request as it is, of keys and money, and by who is not there yet, is said where the API is.
_ELSEWHERE: Final = frozenset({400, 403, 404, 405, 406, 410, 415, 421, 426, 500, 501})


def redirected(status: int, headers: Mapping[str, str], sender: Sender) -> ModelError:
    """The error of an answer that points elsewhere, which is not followed: it would take the key there."""
    target = sender.readable(headers.get("location", "nowhere")).partition("?")[0]
    said = f"answered {status}: it points to {target}, which is not followed, to keep the key."
    return ModelError(
        "bad_request",
        f"{sender.name} {said}\nUse the address of the API itself with --base-url; a page to log in at is none.",
        status=status,
        words=said,
    )


def wants_https(error: ModelError) -> bool:
    """Whether `error` is what nginx, Go and others answer in plain text to one who does not speak https."""
    text = error.complaint if isinstance(error, RejectedError) else str(error)
    return error.status == 400 and _WANTS_HTTPS.search(text) is not None


def is_misplaced(error: ModelError) -> bool:
    """Whether `error` is what one gets where the API is not."""
    return error.status in _ELSEWHERE or (error.status or 0) // 100 == 3 or error.kind == "malformed"


def alternatives(address: Address) -> Iterator[Address]:
    """Where the API may be instead, at the same host."""
    paths = dict.fromkeys([f"{address.path}/v1", *_PATHS])
    yield from (address._replace(path=path) for path in paths if path != address.path)
