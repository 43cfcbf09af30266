"""Links from a page to Markdown files of the repository that are no pages: the site takes such a file along.

On GitHub they lead to the file where it lies. MyST does the same by itself for files that are not Markdown.
"""

import os
from pathlib import Path

from sphinx import addnodes
from sphinx.transforms import SphinxTransform


class FilesBesideDocs(SphinxTransform):
    """Turns what MyST takes for a page into a download, where it lies outside of the pages."""

    default_priority = 200

    def apply(self, **_: object) -> None:
        """Before the site collects the files that it takes along."""
        for link in list(self.document.findall(addnodes.pending_xref)):
            file = Path(f"{link.get('reftarget')}.md")
            if link.get("refdomain") != "doc" or not file.is_absolute() or not file.is_file():
                continue
            target = os.path.relpath(file, Path(self.env.doc2path(self.env.docname)).parent)
            taken = addnodes.download_reference("", "", *link.children, reftarget=target, refdoc=self.env.docname)
            link.replace_self(taken)
