"""What a row says beside its question: the options, which of them is right, and the material that is asked about.

Knows no file and no set. What a row does not say is left out; what it says in a way that has two meanings, or none, is
refused, because a wrong key gives wrong figures long after calls are paid.
"""

import json
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Final, NamedTuple

from agents.json_values import values_in
from sandbox.errors import UsageError, kind_in_words
from sandbox.questions.cleaning import cleaned

BESIDE: Final = ("gold", "options", "material")  # what columns of it are read as
MOST_OPTIONS: Final = len(ascii_uppercase)
_FORM: Final = f"wanted: a list of 2 to {MOST_OPTIONS} texts; in a cell of a table, as JSON"
_KEY: Final = "wanted: the text of an option, its letter, or its place, of which the first is 0"
_NO_OPTIONS: Final = "name their column, as --column options=NAME, or write the key as a text"
_LONGEST: Final = 40
_MOST_VALUES: Final = 2**16  # brackets and commas of a cell: texts hold them, too


class Key(NamedTuple):
    """What stands beside a question, and in which line (`place`); its texts are clean. See `sets.Question`."""

    place: str
    options: tuple[str, ...] = ()
    gold: int | None = None
    gold_text: str | None = None
    material: str | None = None

    def covers(self, later: "Key") -> bool:
        """Whether all that `later` says of the same question is said here."""
        return all(said in (None, (), mine) for mine, said in zip(self[1:], later[1:], strict=True))


def key_of(fields: Mapping[str, object], columns: Mapping[str, str], place: str) -> Key | None:
    """What the columns of a row say beside the question; None for nothing. `UsageError`s begin with `place`."""
    options = _options(fields, columns, place)
    gold, gold_text = _gold(fields, columns, options, place)
    material = _text(fields, columns.get("material"), place)
    key = Key(place, tuple(options), gold, gold_text, material)
    return key if any(said not in (None, ()) for said in key[1:]) else None


def _text(fields: Mapping[str, object], name: str | None, place: str) -> str | None:
    value = fields.get(name) if name is not None else None
    if value is None or isinstance(value, str):
        return cleaned(value or "") or None
    raise UsageError(f"{place}: `{name}` is no text but {kind_in_words(value)}\nwrite it as a text")


def _options(fields: Mapping[str, object], columns: Mapping[str, str], place: str) -> list[str]:
    name = columns.get("options", "")
    value = fields.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return []
    listed = _of_cell(value) if isinstance(value, str) else value
    if not isinstance(listed, list):
        raise UsageError(f"{place}: `{name}` is no list but {kind_in_words(listed)}\n{_FORM}")
    if fault := _fault(listed):
        raise UsageError(f"{place}: `{name}`: {fault}\n{_FORM}")
    return [cleaned(option) for option in listed]


def _of_cell(text: str) -> object:
    """What stands as JSON in a cell; the text itself where it is none."""
    if values_in(text) > _MOST_VALUES:
        return text
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value


def _fault(listed: Sequence[object]) -> str | None:
    if not 2 <= len(listed) <= MOST_OPTIONS:
        return f"there are {len(listed)} options"
    plain = [cleaned(option).casefold() for option in listed if isinstance(option, str)]
    if len(plain) < len(listed):
        return f"an option is {kind_in_words(next(option for option in listed if not isinstance(option, str)))}"
    if "" in plain:
        return "an option is empty"
    double = next((option for option in plain if plain.count(option) > 1), None)
    return None if double is None else f"two options are the same: {double[:_LONGEST]!r}"


def _gold(
    fields: Mapping[str, object], columns: Mapping[str, str], options: Sequence[str], place: str
) -> tuple[int | None, str | None]:
    """The place of the right option, or the key in free text where there are no options."""
    name = columns.get("gold", "")
    value = fields.get(name)
    if isinstance(value, float) and value.is_integer():  # a column of whole numbers with gaps comes so
        value = int(value)
    if type(value) is int:
        return _by_place(value, options, f"{place}: `{name}`"), None
    text = _text(fields, name, place)
    if text is None or not options:
        return None, text
    in_table = isinstance(fields.get(columns["options"]), str)
    return _by_text(text, options, f"{place}: `{name}`", in_table=in_table), None


def _by_place(gold: int, options: Sequence[str], where: str) -> int:
    if not options:
        raise UsageError(f"{where} is a number, and there are no options of which it is the place\n{_NO_OPTIONS}")
    if 0 <= gold < len(options):
        return gold
    from_one = "\nif places count from 1 in this file, take 1 off each" if gold == len(options) else ""
    raise UsageError(
        f"{where} is {str(gold)[:_LONGEST]}, which is none of the {len(options)} options\n{_KEY}{from_one}"
    )


def _by_text(text: str, options: Sequence[str], where: str, *, in_table: bool) -> int:
    """The option that `text` is; else its place in digits, else its letter. In a table, texts are digits, too."""
    plain = [option.casefold() for option in options]
    same = plain.index(text.casefold()) if text.casefold() in plain else None
    place = int(text) if text.isascii() and text.isdecimal() and len(text) < 3 and int(text) < len(options) else None
    if same is not None and place not in (None, same) and in_table:
        letters = f"{ascii_uppercase[same]} or {ascii_uppercase[place or 0]}"
        raise UsageError(f"{where} is {text!r}, the text of one option and the place of another\nwrite {letters}")
    letter = ascii_uppercase.find(text.upper()) if len(text) == 1 else -1
    if (found := next((each for each in (same, place) if each is not None), letter)) in range(len(options)):
        return found
    raise UsageError(f"{where} is {text[:_LONGEST]!r}, which is none of the {len(options)} options\n{_KEY}")
