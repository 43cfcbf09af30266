"""The directive `from-code`: Markdown that is made of the code stands where it is, headings too."""

from collections.abc import Callable, Mapping
from typing import Final

from docutils.nodes import Node
from sphinx.util.docutils import SphinxDirective

from from_code.commands import commands
from from_code.endings import error_kinds, missing
from from_code.python import python
from from_code.records import records
from from_code.training_sets import training_sets

WRITERS: Final[Mapping[str, Callable[[], str]]] = {
    "commands": commands,
    "records": records,
    "error-kinds": error_kinds,
    "missing": missing,
    "python": python,
    "training-sets": training_sets,
}


class FromCode(SphinxDirective):
    """`{from-code} NAME`: what the writer of that name says."""

    required_arguments = 1

    def run(self) -> list[Node]:
        """Its nodes, in place of the directive."""
        return self.parse_text_to_nodes(WRITERS[self.arguments[0]](), allow_section_headings=True)
