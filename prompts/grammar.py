"""What a template may be made of: only what takes a time and a room in proportion to what it is given.

A folder of templates can be a stranger's. So nothing in one repeats a text, calls itself, goes through letters or
through a list within a list, and what makes a text longer does so by a bounded factor and is kept in no variable.
Knows syntax; by how much a filter lengthens is `prompts.lengths`'s, what is shown outside of a fence `prompts.loose`'s.
"""

from collections.abc import Callable, Collection, Mapping
from itertools import islice
from typing import Final

from jinja2 import nodes

from prompts.fences import TAGS
from prompts.lengths import LENGTHENING, LONGEST_ARGUMENT, MOST_LONGER, is_short, lengthens, times_as_long

LONGEST_SOURCE: Final = 100_000  # characters; the longest of ours has 1,200
MOST_SHOWN: Final = 8_000_000  # characters of what is rendered: more than the context of any model holds
_MOST_INCLUDES: Final = 10
_MOST_FILTERS: Final = 100  # of a template; ours have 4
_MOST_ITEMS: Final = 50  # of a list that stands in a `for`
_MOST_TOGETHER: Final = 20  # texts that are put together in an expression

# What leaves a list of feedback one that is no longer, and no text.
_LEAVES_A_LIST: Final = frozenset(
    {"list", "map", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique"}
)
_GONE_THROUGH: Final = "feedback"
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
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Block, nodes.If, nodes.Include, nodes.CondExpr,
    nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Test, nodes.Compare, nodes.Operand, nodes.And,
    nodes.Or, nodes.Not, nodes.Neg, nodes.Pos, nodes.Sub, nodes.Div, nodes.List, nodes.Tuple, nodes.Keyword,
)  # fmt: skip
# Where the name of a part is not the word that it is written with.
_WRITTEN: Final[Mapping[type[nodes.Node], str]] = {
    nodes.CallBlock: "call", nodes.FilterBlock: "filter ... endfilter", nodes.AssignBlock: "set ... endset",
    nodes.FromImport: "from ... import", nodes.Mul: "*", nodes.Pow: "**", nodes.Mod: "%", nodes.FloorDiv: "//",
    nodes.Scope: "autoescape",
}  # fmt: skip


class RefusedError(Exception):
    """What in a template is not allowed; `line` is where it stands."""

    def __init__(self, node: nodes.Node, what: str) -> None:
        super().__init__(what)
        # A part that jinja puts in has no line of its own.
        self.line: Final = next((each.lineno for each in (node, *node.find_all(nodes.Node)) if each.lineno), 1)


def check(tree: nodes.Template, takes_in: Collection[str] = ()) -> None:
    """Raise `RefusedError` for a part of a template that could take more time or room than it is given.

    What a prompt is made of is kept with the run, so it lies in no files but those that are called `takes_in`.
    """
    files = list(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)))
    for place, part in enumerate(files):
        _takes_in_ours(takes_in, part)
        if place >= _MOST_INCLUDES:
            raise RefusedError(part, f"files are taken in {_MOST_INCLUDES} times at most")
    _bounded_in_number(tree)
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


def _takes_in_ours(names: Collection[str], part: nodes.Node) -> None:
    template = getattr(part, "template", None)
    used = template.value if isinstance(template, nodes.Const) else "a file named by an expression"
    may = {f"{each}.jinja" for each in names}
    if used not in may:
        listed = _listed(may) or "nothing"
        raise RefusedError(
            part, f"takes in {used}; it may take in {listed} and no other file, because a run keeps its templates"
        )


def _bounded_in_number(tree: nodes.Template) -> None:
    filters = tree.find_all((nodes.Filter, nodes.Call, nodes.Test))
    for node in islice(filters, _MOST_FILTERS, None):
        raise RefusedError(node, f"there may be {_MOST_FILTERS} filters, calls and tests in a template, and no more")


def _for(node: nodes.For) -> None:
    if node.recursive:
        raise RefusedError(node, "a for may not be recursive")
    if not _is_gone_through(node.iter):
        raise RefusedError(
            node, f"a for goes through {_GONE_THROUGH}, or through a list that stands there, of up to {_MOST_ITEMS}"
        )
    _leaves_the_list(node.target)
    if inner := next(node.find_all((nodes.For, nodes.Include)), None):
        raise RefusedError(inner, "no for and no include may stand within a for")


def _is_gone_through(node: nodes.Node) -> bool:
    """Whether `node` comes to what a run has few of: the letters of a text can be any number."""
    match node:
        case nodes.Filter(name="default" | "d", node=nodes.Node() as first, args=[other, *_]):
            return _is_gone_through(first) and _is_gone_through(other)
        case nodes.Filter(node=nodes.Node() as first, name=name) if name in _LEAVES_A_LIST:
            return _is_gone_through(first)
        case nodes.Getitem(node=whole, arg=nodes.Slice()):
            return _is_gone_through(whole)
        case nodes.Or(left=first, right=other) | nodes.CondExpr(expr1=first, expr2=nodes.Node() as other):
            return _is_gone_through(first) and _is_gone_through(other)
        case nodes.List(items=items) | nodes.Tuple(items=items):
            return len(items) <= _MOST_ITEMS
    return isinstance(node, nodes.Name) and node.name == _GONE_THROUGH


def _leaves_the_list(target: nodes.Node) -> None:
    for name in (target, *target.find_all(nodes.Name)):
        if isinstance(name, nodes.Name) and name.name == _GONE_THROUGH:
            raise RefusedError(target, f"nothing else may be called {_GONE_THROUGH}")


def _together(node: nodes.Concat | nodes.BinExpr) -> None:
    found = (node, *node.find_all((nodes.Concat, nodes.Add)))
    if sum(len(each.nodes) - 1 if isinstance(each, nodes.Concat) else 1 for each in found) >= _MOST_TOGETHER:
        raise RefusedError(node, f"at most {_MOST_TOGETHER} may be put together with ~ or +")


def _set(node: nodes.Assign) -> None:
    _leaves_the_list(node.target)
    put_together = (nodes.Concat, nodes.Add, nodes.List, nodes.Tuple)
    if isinstance(node.node, put_together) or any(node.node.find_all(put_together)) or lengthens(node.node):
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
    if node.name in _TAKE_LITTLE and not all(map(is_short, (*node.args, *node.kwargs))):
        raise RefusedError(node, f"{node.name} takes texts and numbers that stand there, up to {LONGEST_ARGUMENT}")
    if node.name in LENGTHENING and times_as_long(node) > MOST_LONGER:
        raise RefusedError(node, f"this can become more than {MOST_LONGER} times as long: use fewer filters")


def _name(node: nodes.Name) -> None:
    # Blocks that are shown twice by blocks that are shown twice come to any number.
    if node.name == "self":
        raise RefusedError(node, "nothing may be shown by way of self")


def _call(node: nodes.Call) -> None:
    _is_plain(node)
    if not (isinstance(node.node, nodes.Getattr) and node.node.attr in METHODS):
        raise RefusedError(node, f"nothing but {_listed({f'.{name}()' for name in METHODS})} may be called")


def _is_plain(node: nodes.Filter | nodes.Call) -> None:
    if node.dyn_args or node.dyn_kwargs:
        raise RefusedError(node, "arguments are written one by one, without * and **")


def _listed(names: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(names))


_RULES: Final[Mapping[type[nodes.Node], Callable[..., None]]] = {
    nodes.For: _for, nodes.Assign: _set, nodes.Filter: _filter, nodes.Call: _call, nodes.Name: _name,
    nodes.Concat: _together, nodes.Add: _together,
}  # fmt: skip
