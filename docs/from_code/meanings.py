"""What the fields of records and the words of closed sets mean, out of the tables of `docs/format.md`."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

_PAGE: Final = Path(__file__).parent.parent / "format.md"


@cache
def meanings(heading: str) -> Mapping[str, str]:
    """By name, what the tables below `heading` say, as Markdown of a page in `docs/reference/`."""
    section = _section(heading)
    found: dict[str, str] = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) > 1 and cells[0].startswith("`"):
            found |= {name: _moved(cells[-1]) for name in re.findall(r"`(\w+)`", cells[0])}
    assert found, f"{heading}: no table"
    return found


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and MyST make it."""
    return re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")


def _section(heading: str) -> str:
    text = _PAGE.read_text(encoding="utf-8")
    return text.partition(f"### {heading}\n")[2].partition("\n##")[0]


def _moved(cell: str) -> str:
    """With its links as they are one folder further down."""
    return re.sub(r"\]\((?=#)", "](../format.md", re.sub(r"\]\((?=[\w-]+\.md)", "](../", cell))
