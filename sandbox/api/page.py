"""A few facts as a table for a notebook. Knows no work."""

from collections.abc import Sequence
from html import escape


def page(heading: str, facts: Sequence[tuple[str, str]]) -> str:
    """HTML of `facts`, name and value, below `heading`. Nothing in them is taken for HTML."""
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in facts)
    return f"<table><caption>{escape(heading)}</caption><tbody>{rows}</tbody></table>"
