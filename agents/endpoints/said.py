"""What a body says that is no reply: the sentence for people, the status it names, the title of a page.

Whatever is shown or kept of it holds no key and no control character, and is short. Knows no kinds of errors.
"""

import json
import re
from typing import Any, Final, NamedTuple

import orjson

from agents.endpoints.keys import Key, without_keys
from agents.json_values import check_values
from agents.surrogates import without_surrogates

LONGEST_MESSAGE: Final = 200
LONGEST_WORDS: Final = 500
LONGEST_NAME: Final = 300
MOST_READ: Final = 20_000
_CONTROL: Final = re.compile(
    r"[^ -~\u00a1-\u061b\u061d-\u200a\u2010-\u2027\u202f-\u205f\u2070-\ud7ff\ue000-\ufefe\uff00-\ufffd]+"
)
# Where the sentence for people stands.
_SENTENCES: Final = (
    "message", "error", "detail", "msg", "errors", "title", "error_message", "reason", "status_msg",
)  # fmt: skip


class Sender(NamedTuple):
    """Who sent what is read: its address, for people, and the `key` that must not be shown."""

    name: str
    key: Key

    def readable(self, text: str) -> str:
        """`text` for a message."""
        return harmless(text, self.key, LONGEST_MESSAGE)

    def words(self, text: str) -> str:
        """`text` for the journal."""
        return harmless(text, self.key, LONGEST_WORDS)

    def named(self, text: str | None) -> str | None:
        """A name in an answer, which is written down and shown."""
        return text and harmless(text, self.key, LONGEST_NAME)


def harmless(text: str, key: Key, longest: int) -> str:
    """`text` on one line, without control characters and keys, cut to `longest` characters."""
    plain = without_keys(key.hidden_in(_CONTROL.sub(" ", text[:MOST_READ])))
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def status_in(body: Any) -> int | None:
    """The status that a body names; an error may be a number, a word with one, or hold the body of another error."""
    for _ in range(8):
        if isinstance(body, list) and body:
            body = body[0]
        if not isinstance(body, dict):
            return None
        for name in ("code", "status", "status_code", "statusCode"):
            code = body.get(name)
            if isinstance(code, str) and code.isdecimal():
                code = int(code[:4])
            if type(code) is int and 400 <= code <= 599:
                return code
        body = body.get("error", body.get("errors"))
    return None


def sentence(body: Any) -> str | None:
    """The sentence for people in the body of an error; with that of the provider behind a router (OpenRouter)."""
    behind = None
    for _ in range(8):
        if isinstance(body, list) and body:
            body = body[0]
        if not isinstance(body, dict):
            break
        metadata = body.get("metadata")
        behind = behind or (metadata.get("raw") if isinstance(metadata, dict) else None)
        body = next((body[name] for name in _SENTENCES if body.get(name)), None)
    if not isinstance(body, str):
        return None
    if isinstance(behind, str) and behind.strip():
        body = f"{body}: {sentence(document_in(behind.encode(errors='replace'))) or page_or(behind)}"
    return without_surrogates(body)


def found_error(document: Any) -> Any:
    """What stands in the place of an error in `document`; None for a completion, even one with an empty error."""
    if isinstance(document, list) and len(document) == 1:  # Google
        document = document[0]
    if not isinstance(document, dict):
        return None
    if error := next((document[name] for name in ("error", "errors") if _says(document.get(name))), None):
        return error
    if choices := document.get("choices"):
        first = choices[0] if isinstance(choices, list) else None
        # OpenRouter, where a provider died half-way
        return first["error"] if isinstance(first, dict) and _says(first.get("error")) else None
    if _says(document.get("base_resp")):  # MiniMax
        return document["base_resp"]
    return document if document.get("object") == "error" or status_in(document) or sentence(document) else None


def _says(value: Any, depth: int = 6) -> bool:
    """Whether anything stands in `value`: some gateways send an error of empty fields with every answer."""
    if isinstance(value, dict | list) and depth:
        return any(_says(each, depth - 1) for each in (value.values() if isinstance(value, dict) else value))
    return bool(value.strip() if isinstance(value, str) else value)


def read_json(content: bytes | str) -> Any:
    """The JSON value in `content`, which may hold lone surrogates and a byte order mark.

    Raises `ValueError`, `TooManyValuesError` for one that would take much more memory than its text.
    """
    check_values(content)
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(content.decode("utf-8-sig", errors="replace") if isinstance(content, bytes) else content)
    except RecursionError:
        raise ValueError from None


def document_in(content: bytes) -> Any:
    """The JSON value in `content`; None where it is no JSON."""
    try:
        return read_json(content)
    except ValueError:
        return None


def page_or(text: str) -> str:
    """What `text` is if it is a page for a browser, else itself."""
    return f"a page of HTML{first_heading(text)}" if looks_like_html(text) else text


def looks_like_html(text: str) -> bool:
    """Whether `text` is a page for a browser."""
    return text.lstrip("\ufeff \r\n\t")[:200].lower().startswith(("<!doctype", "<html", "<head", "<body", "<title"))


def first_heading(text: str) -> str:
    """` (its title)` of a page, or nothing."""
    found = re.search(r"<(?:title|h1)[^>]{0,100}>([^<]{1,200})", text, re.IGNORECASE)
    return f" ({' '.join(found[1].split())})" if found and found[1].strip() else ""
