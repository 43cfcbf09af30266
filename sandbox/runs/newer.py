"""Tells whether a newer sandbox wrote a manifest that this one cannot read. Believes nothing it reads."""

import re
from typing import Any, Final

import orjson

from sandbox import __version__

SCHEMA: Final = 1
_VERSION: Final = re.compile(r"(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?[0-9A-Za-z.+-]{0,40}")


def newer_by_schema(content: bytes) -> str:
    """The same as `newer`, also of a higher schema, whatever version is named."""
    document = _document(content)
    schema = document.get("schema")
    if newer_version := newer(content):
        return newer_version
    return _told(f"of schema {schema}") if type(schema) is int and schema > SCHEMA else ""


def newer(content: bytes) -> str:
    """A line that says so and what to do, if the manifest names a later version than this; else nothing."""
    document = _document(content)
    version = document.get("sandbox")
    return _told(version) if isinstance(version, str) and _parts(version) > _parts(__version__) else ""


def _document(content: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _told(which: str) -> str:
    return f"\nA newer sandbox, {which}, wrote it, and this one is {__version__}: update sandbox to read it."


def _parts(version: object) -> tuple[int, ...]:
    """`(0, 2, 0)` of `0.2`; nothing of what is no version."""
    found = _VERSION.fullmatch(version) if isinstance(version, str) else None
    return tuple(int(part or 0) for part in found.groups()) if found else ()
