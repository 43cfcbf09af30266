"""Links from a page to Markdown files of the repository that are no pages: the site takes such a file along.

On GitHub they lead to the file where it lies. MyST does the same by itself for files that are not Markdown.
"""

import os
from pathlib import Path

from sphinx import addnodes
from sphinx.transforms import SphinxTransform


class FilesBesideDocs(SphinxTransform):
    """Turns what MyST takes for a page into a download, where it lies outside of the pages; a folder is only named."""

    default_priority = 200

    def apply(self, **_: object) -> None:
        """Before the site collects the files that it takes along."""
        for link in list(self.document.findall(addnodes.pending_xref)):
            target = str(link.get("reftarget"))
            here = Path(self.env.doc2path(self.env.docname)).parent
            if link.get("refdomain") == "doc" and (file := Path(f"{target}.md")).is_absolute() and file.is_file():
                named = {"reftarget": os.path.relpath(file, here), "refdoc": self.env.docname}
                link.replace_self(addnodes.download_reference("", "", *link.children, **named))
            elif link.get("reftype") == "myst" and not link.get("refdomain") and (here / target).is_dir():
                link.replace_self(link.children)
