"""How the documentation becomes a site (`make docs`). Neither the build nor the site needs a network."""

import sys
from pathlib import Path

from sandbox import __version__

sys.path.insert(0, str(Path(__file__).parent))  # for `from_code`

project = "sandbox"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "from_code"]
exclude_patterns = ["_build", "examples"]

highlight_language = "text"  # of blocks that name none: commands, and what they print
smartquotes = False  # of `--flag` they make a dash
toc_object_entries = False  # a page has hundreds of options

# As GitHub makes them of headings, so that links work here and there.
myst_heading_anchors = 4

# Docstrings are prose with names in single backticks.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
nitpicky = True
# Types in signatures lead to where they are documented, if they are: those of Python would be looked up
# in a network.
nitpick_ignore_regex = [("py:.*", ".*")]

html_theme = "furo"
html_title = f"sandbox {__version__}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
