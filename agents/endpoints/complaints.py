"""What an endpoint complains about, as an error of the seam: by its status, or by what a body with status 200 says.

Knows the words of vendors and servers; sends nothing.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from agents.endpoints.said import MOST_READ, Sender, document_in, found_error, page_or, sentence, status_in
from agents.model import ErrorKind, FatalModelError, ModelError
from agents.quota import retry_after, used_up_for
from agents.surrogates import without_surrogates

_QUOTA: Final = re.compile(r"insufficient_quota|billing_hard_limit|insufficient (?:balance|credit)", re.IGNORECASE)
_FILTERED: Final = re.compile(r"content_filter|content_policy|content management policy|flagged", re.IGNORECASE)
# What servers say of a prompt that does not fit: OpenAI, vLLM, llama.cpp, Anthropic, Gemini, TGI, Mistral, Groq,
# LM Studio.
_OVERFLOW: Final = re.compile(
    r"context[ _](?:length|window|size|limit)|maximum (?:context|sequence|prompt|input|model)[ _]?(?:length|len|tokens)"
    r"|max_model_len|exceed\w* (?:the )?(?:maximum|available|limit)[^.]{0,60}(?:tokens|context|length)"
    r"|(?:prompt|input|request)[^.]{0,40} (?:is )?too (?:long|large)|too many (?:input |prompt )?tokens"
    r"|too large for model|reduce the length|`inputs` tokens \+ `max_new_tokens`|string_above_max_length"
    r"|context the overflows",
    re.IGNORECASE,
)
_OVERFLOW_CODE: Final = re.compile(r"\"(?:context_(?:length|window)_exceeded|exceed_context_size\w*)\\*\"")
# A limit of tokens a minute that is less than the prompt.
_NEVER_FITS: Final = re.compile(
    r"request(?:ed)? (?:is )?too large|larger than (?:the|your) (?:limit|quota)", re.IGNORECASE
)
_BY_STATUS: Final[dict[int, ErrorKind]] = {
    401: "authentication",
    403: "authentication",
    404: "unknown_model",
    408: "server_error",
    409: "server_error",
    425: "server_error",
    429: "rate_limited",
    498: "rate_limited",  # Groq: no capacity
    499: "server_error",
}
# What the code or the type of an error means where no status says it; the first that fits. Sentences mean less: whose
# key or model is wrong is only taken from a word for it.
_BY_SENTENCE: Final = (
    (429, re.compile(r"rate_?limit|too_?many_?requests|exhausted|throttl|quota|over_?capacity", re.IGNORECASE)),
    (400, re.compile(r"invalid|bad_?request|context_?length|exceed|unsupported|validation", re.IGNORECASE)),
)
_BY_WORD: Final = (
    *_BY_SENTENCE[:1],
    (401, re.compile(r"authentication|unauthori[sz]ed|unauthenticated|api_?key", re.IGNORECASE)),
    (403, re.compile(r"permission_?denied|forbidden", re.IGNORECASE)),
    (404, re.compile(r"not_?found", re.IGNORECASE)),
    *_BY_SENTENCE[1:],
)


class RejectedError(ModelError):
    """A request that the endpoint does not take as it is; `complaint` is its whole text and may teach why."""

    def __init__(self, kind: ErrorKind, message: str, *, status: int, complaint: str, words: str) -> None:
        super().__init__(kind, message, status=status, words=words)
        self.complaint = complaint


def complaint(status: int, content: bytes, headers: Mapping[str, str], sender: Sender) -> ModelError:
    """The error that a response with `status` and this body is."""
    text = without_surrogates(content[:MOST_READ].decode(errors="replace"))
    body = document_in(content)
    if status >= 500 and status_in(body) == 429:
        status = 429
    # The heading of a page is cut: what is left of a key would not be known for one.
    said = sentence(body) or page_or(sender.key.hidden_in(text)).strip()
    return _error(status, text, said, _wait(status, headers), sender)


def complaint_in(document: Any, headers: Mapping[str, str], sender: Sender) -> ModelError | None:
    """The error that a body with status 200 says it is; None if it says none."""
    error = found_error(document)
    if error is None:
        return None
    text = _written(document)
    status = status_in(document) or _meant(error)
    return _error(status, text, sentence(error) or text, _wait(status, headers), sender)


def _written(document: Any) -> str:
    """`document` as text; it may hold lone surrogates and numbers of any size, which orjson does not write."""
    try:
        return without_surrogates(json.dumps(document, ensure_ascii=False)[:MOST_READ])
    except (ValueError, RecursionError):
        return ""


def _wait(status: int, headers: Mapping[str, str]) -> float | None:
    """How long the endpoint asks to wait, in words of its own or by what it says of its limits."""
    return retry_after(headers) or (used_up_for(headers) if status == 429 else None)


def _error(status: int, text: str, said: str, wait: float | None, sender: Sender) -> ModelError:
    words = sender.words(said)
    message = f"{sender.name} answered {status}{f': {sender.readable(said)}' if said else ' and said nothing'}"
    kind = _BY_STATUS.get(status, "server_error" if status >= 500 else "bad_request")
    if status == 402 or (status in (403, 429) and _QUOTA.search(text)):
        hint = "The account has no quota left."
        return FatalModelError("rate_limited", f"{message}\n{hint}", status=status, words=words)
    if status in (400, 403) and _FILTERED.search(text):
        return ModelError("filtered", message, status=status, words=words)
    if kind in ("authentication", "unknown_model"):
        hint = sender.key.advice if kind == "authentication" else "Check --model and --base-url."
        return FatalModelError(kind, f"{message}\n{hint}", status=status, words=words)
    too_large = status == 429 and _NEVER_FITS.search(said)
    if too_large or (
        (kind == "bad_request" or status >= 500) and (_OVERFLOW.search(said) or _OVERFLOW_CODE.search(text))
    ):
        return ModelError("context_overflow", message, status=status, words=words)
    if kind == "bad_request" or (status >= 500 and "response_format" in text):
        return RejectedError(kind, message, status=status, complaint=text, words=words)
    message += f" (asks to come back in {wait:g} s)" if wait else ""
    return ModelError(kind, message, status=status, retry_after=wait, words=words)


def _meant(error: Any) -> int:
    """The status that the words of an error mean; what says nothing is taken for a failure of the server."""
    named = [error.get(name) for name in ("code", "type", "status")] if isinstance(error, dict) else []
    word = " ".join(each for each in named if isinstance(each, str))
    text = (sentence(error) or "").replace(" ", "_")
    # Beside a word that means nothing here ("upstream_error") a sentence is only believed to ask for patience.
    looks = [(word, _BY_WORD), (text, _BY_SENTENCE[:1] if word else _BY_SENTENCE)]
    return next((status for said, meanings in looks for status, meaning in meanings if meaning.search(said)), 502)
