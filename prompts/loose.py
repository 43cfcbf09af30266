"""Finds where a template shows what others wrote outside of a fence, whatever it depends on whether it comes to that.

Follows each text through variables, loops and filters. What only depends on a text, such as a letter that is shown if
another one stands in it, is no text. Knows syntax and which variables hold texts of others.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from jinja2 import nodes


class Loose(NamedTuple):
    """A text of others as a template names it, the fence that it belongs into, and the line where it is shown."""

    name: str
    tag: str
    line: int = 0


_TEXTS: Final = {"question": "question", "draft": "draft", "text": "answer", "feedback": "feedback"}
_OF_RECALL: Final = {"question": "earlier_question", "answer": "earlier_answer"}
# Parts of what is given that are numbers, or words of ours.
_NO_TEXTS: Final = frozenset({"rating", "missing", "similarity", "round"})
_NO_TEXT_LEFT: Final = frozenset({"fence", "abs", "count", "float", "int", "length", "round", "sum", "wordcount"})
_YES_OR_NO: Final = frozenset({"startswith", "endswith"})
_OF_LOOP: Final = frozenset({"previtem", "nextitem"})

_Known = dict[str, Loose | None]


def first_loose(tree: nodes.Template, texts: Mapping[str, str] = _TEXTS) -> Loose | None:
    """The first text of others that a template shows outside of a fence; `texts` are fences by variable."""
    known: _Known = {name: Loose(name, tag) for name, tag in texts.items()}
    known["recall"] = Loose("recall", _OF_RECALL["answer"])
    return next(_shown(tree, known), None)


def _shown(node: nodes.Node, known: _Known) -> Iterator[Loose]:
    """What the statement `node` shows, in order; `known` learns what it sets."""
    if isinstance(node, nodes.Output):
        shown = ((each, _text_in(each, known)) for each in node.nodes)
        yield from (text._replace(line=each.lineno) for each, text in shown if text)
        return
    if isinstance(node, nodes.Assign):
        _learn(node.target, _text_in(node.node, known), known)
    if isinstance(node, nodes.For):
        text = _text_in(node.iter, known)
        _learn(node.target, text, known)
        known["loop"] = Loose("loop", text.tag) if text else None
    for part in node.iter_child_nodes():
        if isinstance(part, nodes.Stmt):
            yield from _shown(part, known)


def _learn(target: nodes.Node, text: Loose | None, known: _Known) -> None:
    """From now on `target` may hold `text`; what it may have held before it may still hold."""
    for name in (target, *target.find_all(nodes.Name)):
        if isinstance(name, nodes.Name):
            known[name.name] = Loose(name.name, text.tag) if text else known.get(name.name)


def _text_in(node: nodes.Node, known: _Known) -> Loose | None:
    """The text of others that an expression can come to."""
    if rule := _RULES.get(type(node)):
        return rule(node, known)
    return next(filter(None, (_text_in(part, known) for part in node.iter_child_nodes())), None)


def _name(node: nodes.Name, known: _Known) -> Loose | None:
    return known.get(node.name)


def _none(node: nodes.Node, known: _Known) -> None:
    """A comparison comes to yes or no."""


def _part(node: nodes.Getattr | nodes.Getitem, known: _Known) -> Loose | None:
    name = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
    text = _text_in(node.node, known)
    if text is None or name in _NO_TEXTS or (_is_loop(node.node) and name not in _OF_LOOP):
        return None
    tag = _OF_RECALL.get(name, text.tag) if isinstance(name, str) and text.name == "recall" else text.tag
    return Loose(f"{text.name}.{name}" if isinstance(name, str) else text.name, tag)


def _is_loop(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "loop"


def _filter(node: nodes.Filter, known: _Known) -> Loose | None:
    if node.name in _NO_TEXT_LEFT or (node.name == "map" and _maps_to_no_text(node)):
        return None
    parts = (each for each in (node.node, *node.args, *node.kwargs) if each)
    return next(filter(None, (_text_in(part, known) for part in parts)), None)


def _maps_to_no_text(node: nodes.Filter) -> bool:
    """Whether `map` takes of each a part that is no text, or puts each into a fence."""
    first = node.args[0] if node.args else node.kwargs[0].value if node.kwargs else None
    return getattr(first, "value", None) in (_NO_TEXT_LEFT if node.args else _NO_TEXTS)


def _call(node: nodes.Call, known: _Known) -> Loose | None:
    method = node.node
    if not isinstance(method, nodes.Getattr) or method.attr in _YES_OR_NO:
        return None
    parts = (*([] if _is_loop(method.node) else [method.node]), *node.args)
    return next(filter(None, (_text_in(part, known) for part in parts)), None)


def _either(node: nodes.CondExpr, known: _Known) -> Loose | None:
    return _text_in(node.expr1, known) or (_text_in(node.expr2, known) if node.expr2 else None)


_RULES: Final[Mapping[type[nodes.Node], Callable[..., Loose | None]]] = {
    nodes.Name: _name, nodes.Getattr: _part, nodes.Getitem: _part, nodes.Filter: _filter, nodes.Call: _call,
    nodes.CondExpr: _either, nodes.Compare: _none, nodes.Test: _none, nodes.Not: _none,
}  # fmt: skip
