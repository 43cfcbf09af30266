"""Errors that end a command, and the words in them. The message is for people: what, why, what to run next.

    SandboxError            exit 1
      UsageError            exit 2: an option, a file or a combination that cannot work; nothing was started
    SandboxWarning          of Python code alone: commands print what is to be known

Failures of single calls are data, not errors; they live in `agents.model` and in the records.

Nobody can act on the words of a library; on a place and what is wanted there they can. So what libraries complain of is
said in words of ours: documents that do not validate, JSON that is none, files, databases.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import sqlite3

    from pydantic import ValidationError

_LONGEST_PLACE: Final = 100
_SQLITE_FULL: Final = 13  # of sqlite3.h; Python's module is not needed to know it
_POSITION: Final = re.compile(r"line (\d+),? column (\d+)")
# By the kinds of error of pydantic (docs.pydantic.dev, "Validation errors"); those with a number of their own below.
_KINDS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "extra_forbidden": "is not known",
    "frozen_field": "cannot be changed",
    "string_type": "is no text",
    "string_unicode": "is no text",
    "string_pattern_mismatch": "is not of the form that belongs there",
    "none_required": "is not null",
    "int_type": "is no whole number",
    "int_parsing": "is no whole number",
    "int_from_float": "is no whole number",
    "int_parsing_size": "is too large a number",
    "float_type": "is no number",
    "float_parsing": "is no number",
    "finite_number": "is no finite number",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "list_type": "is no list",
    "tuple_type": "is no list",
    "dict_type": "is no object",
    "model_type": "is no object",
    "model_attributes_type": "is no object",
    "dataclass_type": "is no object",
    "unexpected_keyword_argument": "is not known",
    "unexpected_positional_argument": "is one value too many",
}
_BOUNDS: Final[Mapping[str, tuple[str, str]]] = {
    "greater_than_equal": ("ge", "is below {}"),
    "greater_than": ("gt", "is not above {}"),
    "less_than_equal": ("le", "is above {}"),
    "less_than": ("lt", "is not below {}"),
    "too_short": ("min_length", "has fewer than {} items"),
    "too_long": ("max_length", "has more than {} items"),
    "string_too_short": ("min_length", "has fewer than {} characters"),
    "string_too_long": ("max_length", "has more than {} characters"),
}


class SandboxError(Exception):
    """Ends the command with `exit_code`; `str()` is one to three lines for the user."""

    exit_code = 1


class UsageError(SandboxError):
    """What was asked for cannot be done as asked."""

    exit_code = 2


class SandboxWarning(UserWarning):
    """What Python code should know that goes on: a run that is left out, say."""


def of_validation(error: "ValidationError") -> str:
    """Where and what the first problem is: `scores.draft is missing`.

    Nothing of what stood there is repeated but the names of keys, short and in ASCII: they can be anything too.
    """
    problem = error.errors(include_url=False)[0]
    if problem["type"] == "json_invalid":
        return of_json(str(problem["ctx"]["error"]))
    place = ascii(".".join(map(str, problem["loc"])))[1:-1][:_LONGEST_PLACE]
    return f"{place or 'it'} {_what(problem['type'], problem.get('ctx', {}), problem['input'])}"


def of_json(said: str) -> str:
    """`not JSON at column 7`, of what a parser `said`; the line is named where it is not the first."""
    if said.startswith("EOF"):
        return "not JSON: it ends too early"
    if "recursion" in said:
        return "not JSON that can be read: it is nested too deeply"
    if not (found := _POSITION.search(said)):
        return "not JSON"
    return f"not JSON at {f'line {found[1]}, ' if found[1] != '1' else ''}column {found[2]}"


def of_reading(error: BaseException) -> str:
    """Why a document could not be read: its place in JSON, that it is no UTF-8, is cut short, or is damaged."""
    if isinstance(error, json.JSONDecodeError):
        return of_json(f"line {error.lineno} column {error.colno}")
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is no UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, EOFError):
        return "it ends too early"
    if type(error) is ValueError and "digits" in str(error):  # what Python says of a number of 4300 digits
        return "a number in it is too long"
    return of_system(error) if isinstance(error, OSError) else "it is damaged"


def of_system(error: OSError) -> str:
    """What the system says of a file, without its number; that it is damaged where the system says nothing."""
    return error.strerror or "it is damaged"


def of_either(error: Exception) -> str:
    """What the system says of a file, or what an error of ours says."""
    return of_system(error) if isinstance(error, OSError) else str(error)


def kind_in_words(value: object) -> str:
    """`a list`, `a number`, ...: of a value of JSON or TOML."""
    kinds = {list: "a list", dict: "an object", str: "a text", type(None): "null", bool: "true or false"}
    return kinds.get(type(value), "a number" if isinstance(value, int | float) else "something else")


def of_database(error: "sqlite3.Error") -> str:
    """Why SQLite could not write: `the disk is full`, or that the file cannot be written."""
    full = getattr(error, "sqlite_errorcode", None) == _SQLITE_FULL
    return "the disk is full" if full else "the file cannot be written"


def of_making(error: OSError) -> str:
    """Why a folder cannot be made, or nothing be made in it."""
    if isinstance(error, FileExistsError):
        return f"{error.filename} is no folder"
    return "a part of that path is no folder" if isinstance(error, NotADirectoryError) else of_system(error)


def _what(kind: str, context: Mapping[str, Any], value: object) -> str:
    if isinstance(value, float) and math.isnan(value):  # it is beyond every bound
        return "is no number"
    if kind == "literal_error":
        return f"is none of {str(context['expected']).replace(' or ', ', ')}"
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return words.format(context[name])
    return _KINDS.get(kind, "is not what belongs there")
