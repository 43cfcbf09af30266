"""What a tag and a note may be, and the options of `sandbox tag`. Knows no run and no file."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final

from annotated_doc import Doc
from annotated_types import Predicate

from sandbox.options.completion import TAG
from sandbox.options.option import REPEATABLE, CommandForm, Metavar, Wanted

LONGEST_NOTE: Final = 2000  # characters
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")


def are_tags(text: str | None) -> bool:
    """Whether all that commas join in `text` are tags; nothing is none too many."""
    return text is None or all(map(TAG.fullmatch, split_tags(text)))


def split_tags(text: str | None) -> list[str]:
    """The tags that commas join in `text`, each once."""
    return list(dict.fromkeys(part.strip() for part in text.split(","))) if text else []


def is_note(text: str | None) -> bool:
    """Whether it is short enough, and text: of bytes of a command line that are none no file of JSON can be made."""
    return text is None or (len(text) <= LONGEST_NOTE and not _NO_TEXT.search(text))


Tagged = Annotated[
    str | None,
    REPEATABLE,
    Predicate(are_tags),
    Metavar("TAG"),
    Wanted("up to 40 letters, digits, '.', '_' and '-', the first a letter or digit; commas join several"),
]


@dataclass(frozen=True, kw_only=True)
class TagOptions:
    """What is changed. None and False change nothing."""

    form: ClassVar = CommandForm("SANDBOX_TAG_")

    add: Annotated[Tagged, Doc("Give these tags (repeatable; commas join several).")] = None
    remove: Annotated[Tagged, Doc("Take these tags away (repeatable).")] = None
    note: Annotated[
        str | None,
        Predicate(is_note),
        Metavar("TEXT"),
        Wanted(f"a text of up to {LONGEST_NOTE:,} characters"),
        Doc(f"Keep this note, of up to {LONGEST_NOTE:,} characters, in the place of the one before."),
    ] = None
    no_note: Annotated[bool, Doc("Take the note away.")] = False
    runs: Annotated[Path, Doc("Folder of the runs.")] = Path("runs")
    studies: Annotated[Path, Doc("Folder of the studies.")] = Path("studies")
    json: Annotated[bool, Doc("One JSON document on stdout.")] = False
    debug: Annotated[bool, Doc("Show tracebacks.")] = False
