"""A mapping as a TOML file says it, as the folder of a study keeps it. Knows no meaning."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from sandbox.errors import UsageError
from sandbox.text import written

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def toml_of(document: Mapping[str, Any], shown: str) -> bytes:
    """`document` as TOML in UTF-8. Raises `UsageError` that begins with `shown` for what no TOML can hold."""
    try:
        return "".join(_table(document)).encode()
    except UnicodeEncodeError:
        raise UsageError(f"{shown}: a text in it is no Unicode, which no file can hold.") from None
    except TypeError as error:
        raise UsageError(f"{shown}: {error}: wanted are texts, numbers, lists and mappings.") from None


def _table(document: Mapping[str, Any]) -> list[str]:
    tables = {key: value for key, value in document.items() if isinstance(value, Mapping)}
    plain = [f"{_key(key)} = {_value(value)}\n" for key, value in document.items() if key not in tables]
    below = [
        f"[{_key(key)}]\n" + "".join(f"{_key(inner)} = {_value(each)}\n" for inner, each in table.items())
        for key, table in tables.items()
    ]
    return [*plain, *below]


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # as TOML writes it, too
    if isinstance(value, bool | int | float):
        return written(value)
    raise TypeError(f"{type(value).__name__} is in it")


def _key(key: object) -> str:
    return str(key) if _BARE.fullmatch(str(key)) else _text(str(key))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
