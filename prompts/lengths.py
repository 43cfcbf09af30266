"""How many times as long the filters of a template can make what they are given. Knows syntax, and no text."""

from collections.abc import Iterator
from math import prod
from typing import Any, Final

from jinja2 import nodes

LONGEST_ARGUMENT: Final = 40  # characters of a text, and the largest number, that a filter takes
MOST_LONGER: Final = 64
# A list is longer than its texts once it is written.
LENGTHENING: Final = frozenset({"escape", "e", "indent", "join", "list", "replace", "sort", "tojson"})
_TIMES: Final = {"escape": 6, "e": 6, "list": 10, "sort": 10, "tojson": 6}  # of the others it is in what they take
_LISTS: Final = frozenset({"list", "sort"})
_INDENTED: Final = 4  # where nobody says by how much


def is_short(argument: nodes.Node) -> bool:
    """Whether an argument of a filter is a short text, or a small number, that stands there."""
    value = _value(argument)
    if isinstance(value, str):
        return len(value) <= LONGEST_ARGUMENT
    constant = argument.value if isinstance(argument, nodes.Keyword) else argument
    return isinstance(constant, nodes.Const) and (value is None or abs(value) <= LONGEST_ARGUMENT)


def lengthens(node: nodes.Node) -> bool:
    """Whether a filter in `node` makes something longer."""
    return any(_lengthening(node))


def times_as_long(node: nodes.Node) -> float:
    """How many times as long the filters in `node`, whose arguments are short, can make a text."""
    return prod(map(_times, _lengthening(node)))


def _lengthening(node: nodes.Node) -> Iterator[nodes.Filter]:
    found = [each for each in (node, *node.find_all(nodes.Filter)) if isinstance(each, nodes.Filter)]
    unwritten = {id(each.node) for each in found if each.name in _LISTS | {"join"}}
    for each in found:
        if each.name in LENGTHENING and not (each.name in _LISTS and id(each) in unwritten):
            yield each


def _times(node: nodes.Filter) -> float:
    values = [_value(each) for each in (*node.args, *node.kwargs)]
    longest = max((len(each) if isinstance(each, str) else abs(each or 0) for each in values), default=_INDENTED)
    replaced = values[0] if node.name == "replace" and values and not node.kwargs else None
    return max(1, longest / len(replaced)) if replaced else _TIMES.get(node.name, 1 + longest)


def _value(argument: nodes.Node) -> Any:
    constant = argument.value if isinstance(argument, nodes.Keyword) else argument
    return getattr(constant, "value", None)
