"""YAML that others wrote, in time and memory that its length bounds. Knows no document.

With aliases and merged keys a few lines say that they stand in one another ten times ten times ten times.
"""

from typing import Any, Final

import yaml

MOST_CHARACTERS: Final = 1 << 20  # a megabyte takes seconds
# With each alias written out. A card has a few, where columns are of the same type.
_MOST_WRITTEN_OUT: Final = 8 * MOST_CHARACTERS

Loader = yaml.SafeLoader | yaml.BaseLoader


class TooMuchYamlError(yaml.YAMLError):
    """YAML that is too long, or comes to far more than stands there."""


def compose(text: str, loader: type[Loader]) -> yaml.Node | None:
    """The nodes of `text`, None of nothing. Raises `yaml.YAMLError`, `RecursionError`."""
    if len(text) > MOST_CHARACTERS:
        raise TooMuchYamlError
    root: yaml.Node | None = yaml.compose(text, Loader=loader)
    if root is not None and _written_out(root, {}) > _MOST_WRITTEN_OUT:
        raise TooMuchYamlError
    return root


def load(text: str, loader: type[Loader]) -> Any:
    """What `text` says, None of nothing. Raises as `compose` does, and what constructors of `loader` do."""
    root = compose(text, loader)
    constructor = loader("")
    try:
        return None if root is None else constructor.construct_document(root)
    finally:
        constructor.dispose()


def _written_out(node: yaml.Node, known: dict[int, int]) -> int:
    """How many characters and parts `node` comes to; far too many where it stands in itself."""
    if id(node) not in known:
        known[id(node)] = _MOST_WRITTEN_OUT + 1
        parts = node.value if isinstance(node, yaml.CollectionNode) else ()
        inner = [each for part in parts for each in (part if isinstance(part, tuple) else (part,))]
        own = len(node.value) if isinstance(node, yaml.ScalarNode) else 0
        known[id(node)] = 1 + own + sum(_written_out(each, known) for each in inner)
    return known[id(node)]
