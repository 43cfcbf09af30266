"""What a template may be made of: only what takes a time and a room in proportion to what it is given.

A folder of templates can be a stranger's. So nothing in one repeats a text, calls itself or goes through a list within
a list, and what makes a text longer does so by a bounded factor, at most twice in an expression, and is kept in no
variable. Knows syntax; what is shown outside of a fence is `prompts.loose`'s.
"""

from collections.abc import Callable, Mapping
from typing import Final

from jinja2 import nodes

from prompts.fences import TAGS
from prompts.names import INCLUDED

LONGEST_SOURCE: Final = 100_000  # characters; the longest of ours has 1,200
MOST_SHOWN: Final = 8_000_000  # characters of what is rendered: more than the context of any model holds
_MOST_INCLUDES: Final = 10
_LONGEST_ARGUMENT: Final = 40  # characters of a text, and the largest number, that a filter takes

# What makes a text longer: a list is longer than its texts once it is written.
LENGTHENING: Final = frozenset({"escape", "e", "indent", "join", "list", "replace", "sort", "tojson"})
FILTERS: Final = LENGTHENING | {
    "abs", "capitalize", "count", "d", "default", "fence", "first", "float", "int", "last", "length", "lower", "map",
    "max", "min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "string", "sum", "title", "trim",
    "truncate", "unique", "upper", "wordcount",
}  # fmt: skip
METHODS: Final = frozenset(
    {"capitalize", "cycle", "endswith", "lower", "lstrip", "rstrip", "startswith", "strip", "title", "upper"}
)
_TAKE_LITTLE: Final = LENGTHENING | {"map", "round"}
_OTHERS: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Block, nodes.If, nodes.Include, nodes.CondExpr, nodes.Name,
    nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Test, nodes.Compare, nodes.Operand, nodes.And,
    nodes.Or, nodes.Not, nodes.Neg, nodes.Pos, nodes.Add, nodes.Sub, nodes.Div, nodes.Concat, nodes.List, nodes.Tuple,
    nodes.Keyword,
)  # fmt: skip
# Where the name of a part is not the word that it is written with.
_WRITTEN: Final[Mapping[type[nodes.Node], str]] = {
    nodes.CallBlock: "call", nodes.FilterBlock: "filter ... endfilter", nodes.AssignBlock: "set ... endset",
    nodes.FromImport: "from ... import", nodes.Mul: "*", nodes.Pow: "**", nodes.Mod: "%", nodes.FloorDiv: "//",
}  # fmt: skip


class RefusedError(Exception):
    """What in a template is not allowed; `line` is where it stands."""

    def __init__(self, node: nodes.Node, what: str) -> None:
        super().__init__(what)
        self.line: Final = node.lineno


def check(name: str, tree: nodes.Template) -> None:
    """Raise `RefusedError` for a part of template `name` that could take more time or room than it is given.

    What a prompt is made of is kept with the run, so it cannot lie in other files either.
    """
    files = list(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)))
    for place, part in enumerate(files):
        _takes_in_ours(name, part)
        if place >= _MOST_INCLUDES:
            raise RefusedError(part, f"files are taken in {_MOST_INCLUDES} times at most")
    waiting: list[nodes.Node] = [tree]
    while waiting:
        node = waiting.pop()
        if rule := _RULES.get(type(node)):
            rule(node)
        elif not isinstance(node, _OTHERS):
            written = _WRITTEN.get(type(node), type(node).__name__.lower())
            raise RefusedError(node, f"{written!r} may not stand in a template; use {_USE}")
        waiting += reversed(list(node.iter_child_nodes()))


_USE: Final = "variables, if, for, set, include and filters"


def _takes_in_ours(name: str, part: nodes.Node) -> None:
    template = getattr(part, "template", None)
    used = template.value if isinstance(template, nodes.Const) else "a file named by an expression"
    may = {f"{each}.jinja" for each in INCLUDED.get(name, INCLUDED)}
    if used not in may:
        listed = _listed(may) or "nothing"
        raise RefusedError(
            part, f"takes in {used}; it may take in {listed} and no other file, because a run keeps its templates"
        )


def _for(node: nodes.For) -> None:
    if node.recursive:
        raise RefusedError(node, "a for may not be recursive")
    if inner := next(node.find_all((nodes.For, nodes.Include)), None):
        raise RefusedError(inner, "no for and no include may stand within a for")


def _set(node: nodes.Assign) -> None:
    put_together = (nodes.Concat, nodes.Add, nodes.List, nodes.Tuple)
    if isinstance(node.node, put_together) or any(node.node.find_all(put_together)) or _lengthenings(node.node):
        raise RefusedError(node, "set takes a variable, a part of one or a text, and nothing that is put together")


def _filter(node: nodes.Filter) -> None:
    _is_plain(node)
    if node.name not in FILTERS:
        raise RefusedError(node, f"no filter {node.name!r} may stand in a template; there are {_listed(FILTERS)}")
    if node.name == "fence" and [getattr(each, "value", None) not in TAGS for each in node.args] != [False]:
        called = getattr(node.args[0], "value", None) if node.args else None
        raise RefusedError(node, f"no fence is called {called!r}; there are {', '.join(TAGS)}")
    if node.name == "map" and node.args and getattr(node.args[0], "value", None) not in FILTERS - LENGTHENING:
        raise RefusedError(node, "map takes attribute=..., or a filter that makes nothing longer")
    if node.name in _TAKE_LITTLE and not all(map(_is_short, (*node.args, *node.kwargs))):
        raise RefusedError(node, f"{node.name} takes texts and numbers that stand there, up to {_LONGEST_ARGUMENT}")
    if node.name in LENGTHENING and node.node and _lengthenings(node.node) > 1:
        raise RefusedError(node, f"at most two of {_listed(LENGTHENING)} may follow one another")


def _call(node: nodes.Call) -> None:
    _is_plain(node)
    if not (isinstance(node.node, nodes.Getattr) and node.node.attr in METHODS):
        raise RefusedError(node, f"nothing but {_listed({f'.{name}()' for name in METHODS})} may be called")


def _is_plain(node: nodes.Filter | nodes.Call) -> None:
    if node.dyn_args or node.dyn_kwargs:
        raise RefusedError(node, "arguments are written one by one, without * and **")


def _is_short(argument: nodes.Node) -> bool:
    """Whether an argument of a filter is a short text, or a small number, that stands there."""
    if isinstance(argument, nodes.Keyword):
        return _is_short(argument.value)
    value = getattr(argument, "value", None)
    if isinstance(value, str):
        return len(value) <= _LONGEST_ARGUMENT
    return isinstance(argument, nodes.Const) and (value is None or abs(value) <= _LONGEST_ARGUMENT)


def _lengthenings(node: nodes.Node) -> int:
    """How many filters in `node` make something longer."""
    within = [node, *node.find_all(nodes.Filter)] if isinstance(node, nodes.Filter) else node.find_all(nodes.Filter)
    return sum(each.name in LENGTHENING for each in within)


def _listed(names: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(names))


_RULES: Final[Mapping[type[nodes.Node], Callable[..., None]]] = {
    nodes.For: _for, nodes.Assign: _set, nodes.Filter: _filter, nodes.Call: _call,
}  # fmt: skip
