"""The type of a field as a reader of JSON knows it: kinds, bounds, closed sets, other records. Knows no meaning."""

import types
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel

from from_code.markdown import code
from sandbox.options.domain import domain_of

Link = Callable[[Any], str]

_PLAIN: Final[dict[Any, str]] = {
    str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null", Path: "string",
    Any: "anything", object: "anything", dict: "object", list: "list",
}  # fmt: skip


def json_type(hint: Any, link: Link) -> str:
    """`integer (at least 0)`, `list of [Feedback](#...)`, `string or null`; `link` names what has fields of its own."""
    if get_origin(hint) is Annotated:
        return _bounded(hint, link)
    if get_args(hint):
        return _composed(get_origin(hint), get_args(hint), link)
    if has_fields(hint):
        return link(hint)
    if hint not in _PLAIN and issubclass(hint, tuple):  # a named one stands in JSON as a list
        return _listed(get_type_hints(hint).values(), link)
    return _PLAIN[hint]


def has_fields(hint: Any) -> bool:
    """Whether it is a record: a model of pydantic, or a dataclass of options."""
    return isinstance(hint, type) and (issubclass(hint, BaseModel) or is_dataclass(hint))


def parts_of(hint: Any) -> Iterator[Any]:
    """The records that a type is made of, in order."""
    if has_fields(hint):
        yield hint
    elif get_origin(hint) is not Literal:
        for each in get_args(hint):
            yield from parts_of(each)


def _composed(origin: Any, args: tuple[Any, ...], link: Link) -> str:
    if origin is Literal:
        return ", ".join(code(each) for each in args)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(json_type(each, link) for each in args))
    if origin is tuple and ... not in args:
        return _listed(args, link)
    said = [json_type(each, link) for each in args if each is not ...]
    by = "name" if len(said) > 1 and args[0] is str else said[0]
    return f"list of {said[0]}" if len(said) == 1 else f"object of {said[1]} by {by}"


def _listed(parts: Any, link: Link) -> str:
    return f"\\[{', '.join(json_type(each, link) for each in parts)}\\]"


def _bounded(hint: Any, link: Link) -> str:
    """With what may be said of its numbers, its length and its form."""
    kind, *given = get_args(hint)
    marks = [each for mark in given for each in getattr(mark, "metadata", [mark])]
    numbers = [mark for mark in marks if isinstance(mark, Ge | Gt | Le | Lt)]
    said = [domain_of(Annotated[(kind, *numbers)]).bounds.removeprefix("from ")] if numbers else []
    said += [f"at least {mark.min_length} of them" for mark in marks if isinstance(mark, MinLen)]
    said += [f"at most {mark.max_length} of them" for mark in marks if isinstance(mark, MaxLen)]
    said += [f"of the form {code(mark.pattern)}" for mark in marks if getattr(mark, "pattern", None)]
    return f"{json_type(kind, link)} ({', '.join(said)})" if said else json_type(kind, link)
