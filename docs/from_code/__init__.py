"""The Sphinx extension of this documentation: the reference is written from the code as the site is built.

    ```{from-code} commands
    ```

in a page becomes what a module here says of the code, as Markdown. Nothing of it is kept in a file, so nothing of it
can be out of date.
"""

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from from_code.directive import FromCode
from from_code.outside import FilesBesideDocs
from from_code.python import shorter


def setup(app: Sphinx) -> ExtensionMetadata:
    """What Sphinx calls, once."""
    app.add_lexer("csv", TextLexer)  # Pygments knows none
    app.add_directive("from-code", FromCode)
    app.connect("autodoc-process-signature", lambda _app, *about: shorter(*about))
    app.add_transform(FilesBesideDocs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
