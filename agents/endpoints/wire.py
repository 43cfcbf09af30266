"""Reads what an endpoint sends: replies and errors, whatever their shape. Sends nothing.

All of it is hostile input: it becomes the types of the seam or a `ModelError`, and text for people is made harmless.
"""

import json
import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from agents.model import ErrorKind, FatalModelError, ModelError, Reply, Usage
from agents.quota import Quota, retry_after
from agents.surrogates import without_surrogates

if TYPE_CHECKING:
    import openai

LONGEST_MESSAGE: Final = 200
_CONTROL: Final = re.compile(r"[^ -~\u00a1-\ud7ff\ue000-\ufffd]+")
_QUOTA: Final = re.compile(r"insufficient_quota|billing_hard_limit|insufficient (?:balance|credit)", re.IGNORECASE)
_FILTERED: Final = re.compile(r"content_filter|content_policy|content management policy|flagged", re.IGNORECASE)
_BY_STATUS: Final[dict[int, ErrorKind]] = {
    401: "authentication",
    403: "authentication",
    404: "unknown_model",
    408: "server_error",
    409: "server_error",
    429: "rate_limited",
}


class RejectedError(ModelError):
    """A request that the endpoint does not take as it is; `complaint` is its whole text and may teach why."""

    def __init__(self, kind: ErrorKind, message: str, *, status: int, complaint: str) -> None:
        super().__init__(kind, message, status=status)
        self.complaint = complaint


def decode(content: bytes) -> Any:
    """The JSON value in `content`. Raises `ModelError` "malformed"."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:  # lone surrogates too: `_string` replaces them
        pass
    try:
        return json.loads(content.decode(errors="replace"))
    except (ValueError, RecursionError):
        raise ModelError("malformed", "The reply is not JSON.", lost=True) from None


def reply_from(document: Any, quota: Quota | None = None) -> Reply:
    """The reply in the body of a chat completion, beside the `quota` it came with. Raises `ModelError` "malformed"."""
    try:
        choice = document["choices"][0]
        message = choice["message"]
        return Reply(
            text=_text(message.get("content")),
            finish=_string(choice.get("finish_reason")),
            refusal=_string(message.get("refusal")),
            usage=_usage(document.get("usage")),
            model=_string(document.get("model")),
            quota=quota,
        )
    except (KeyError, IndexError, TypeError, AttributeError):
        raise ModelError("malformed", "The reply is no chat completion.", lost=True) from None


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(_string(part["text"]) or "" for part in content if part["type"] == "text")
    return _string(content) or ""


def _string(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError
    return without_surrogates(value)


def _usage(usage: Any) -> Usage | None:
    counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")] if isinstance(usage, dict) else []
    if not counts or not all(type(count) is int and count >= 0 for count in counts):
        return None
    return Usage(prompt_tokens=counts[0], completion_tokens=counts[1])


def translate(error: "openai.APIStatusError", base_url: str, key: str) -> ModelError:
    """A status of the openai client as an error of the seam; its text holds no `key`."""
    status = error.status_code
    complaint = without_surrogates(error.response.content[:20_000].decode(errors="replace"))
    message = f"{base_url} answered {status}: {readable(_said(error.body) or complaint, key)}"
    kind = _BY_STATUS.get(status, "server_error" if status >= 500 else "bad_request")
    if status == 402 or (status in (403, 429) and _QUOTA.search(complaint)):
        return FatalModelError("rate_limited", f"{message}\nThe account has no quota left.", status=status)
    if status in (400, 403) and _FILTERED.search(complaint):
        return ModelError("filtered", message, status=status)
    if kind in ("authentication", "unknown_model"):
        hint = (
            "Check its key: OPENAI_API_KEY for --base-url, for others the variable that was named."
            if kind == "authentication"
            else "Check --model and --base-url."
        )
        return FatalModelError(kind, f"{message}\n{hint}", status=status)
    if kind == "bad_request" or (status >= 500 and "response_format" in complaint):
        return RejectedError(kind, message, status=status, complaint=complaint)
    wait = retry_after(error.response.headers)
    message += f" (asks to come back in {wait:g} s)" if wait else ""
    return ModelError(kind, message, status=status, retry_after=wait)


def _said(body: object) -> str | None:
    while isinstance(body, dict):
        body = body.get("message", body.get("error", body.get("detail")))
    return body if isinstance(body, str) else None


def readable(text: str, key: str) -> str:
    """`text` on one line, without control characters and `key`, cut to `LONGEST_MESSAGE` characters."""
    plain = _CONTROL.sub(" ", text)
    if len(key) > 4:  # "none" stands for no key
        plain = plain.replace(key, "***")
    return plain if len(plain) <= LONGEST_MESSAGE else f"{plain[: LONGEST_MESSAGE - 1]}…"
