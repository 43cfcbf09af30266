"""Tags as part of any list: a column for people, columns and keys for programs. Knows sheets, not what is listed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sandbox.runs.tags import Tags
from sandbox.sheet import Sheet


def tagged_sheet(sheet: Sheet, tags: Sequence[Tags]) -> Sheet:
    """`sheet` with the tags of each row, if any has some; in a narrow terminal they are the last to be left out."""
    if not any(each.tags for each in tags):
        return sheet
    rows = [[*row, each.shown] for row, each in zip(sheet.rows, tags, strict=True)]
    optional, texts = ("tags", *sheet.optional), sheet.texts | {"tags"}
    return replace(sheet, columns=(*sheet.columns, "tags"), rows=rows, optional=optional, texts=texts)


def tagged_data(sheet: Sheet, tags: Sequence[Tags]) -> Sheet:
    """`sheet` for programs, with the tags and the note of each row."""
    rows = [[*row, each.shown, each.note] for row, each in zip(sheet.rows, tags, strict=True)]
    return replace(sheet, columns=(*sheet.columns, "tags", "note"), rows=rows)


def tag_keys(tags: Tags) -> dict[str, Any]:
    """What a row of a list says of them in JSON."""
    return {"tags": list(tags.tags), "note": tags.note}
