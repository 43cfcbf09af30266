"""A row of a file as an `Item`: which of its fields are an item's own, by kind of suite. Knows no file.

What a row does not say is left out; what it says wrongly, in its types, is refused. Whether an item can be asked and
its answer be scored, `sandbox/suites/lint.py` says.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from sandbox.errors import UsageError, of_validation
from sandbox.questions.documents import json_value
from sandbox.suites.rows import Row
from sandbox.suites.suite import Item, Kind
from sandbox.text import nearest

# What an item of each kind has to have, as files call it, beside an id and what is asked.
NEEDED: Final[Mapping[Kind, tuple[str, ...]]] = {
    "judged": (),
    "choice": ("choices", "gold"),
    "agree": ("group", "template"),
    "leak": ("asked", "others"),
    "toxicity": (),
    "survey": ("options", "answers"),
}
_OPTIONS: Final = ("choices", "options")
# What an item of each kind may have; whatever else a row says is not an item's own, though it may be called alike.
_COMMON: Final = frozenset({"id", "question", "messages", "cluster", "category"})
_OWN: Final[Mapping[Kind, frozenset[str]]] = {
    "judged": _COMMON | {"reference", "given", "group", "template"},
    "choice": _COMMON | {*_OPTIONS, "gold"},
    "agree": _COMMON | {"group", "template", "control"},
    "leak": _COMMON | {"asked", "others"},
    "toxicity": _COMMON | {"reference"},
    "survey": _COMMON | {*_OPTIONS, "answers"},
}
# What is no text, and stands as JSON in a cell of a table.
_STRUCTURED: Final = (*_OPTIONS, "messages", "given", "others", "answers")
_NAMES: Final = ("id", "cluster", "category", "group", "template")
_YES_OR_NO: Final = {"true": True, "false": False}
_HALF: Final = "half a character stands in it, such as \\ud800: write whole ones"


class Names(NamedTuple):
    """Which fields of a row are an item's cluster and reference, where they are not called so."""

    cluster: str | None = None
    reference: str | None = None


def item_of(row: Row, kind: Kind, names: Names) -> Item:
    """The item of `row`. Raises `UsageError` that begins with its place."""
    known = _OWN[kind] - {name for name in Names._fields if getattr(names, name)}
    said = {key: value for key, value in row.fields.items() if value is not None and not (key in known and value == "")}
    for key in known.intersection(_STRUCTURED):
        if isinstance(value := said.get(key), str) and value[:1] in ("[", "{"):
            said[key] = json_value(value, f"{row.place}: `{key}`", 1, "wanted: a list or an object as JSON", once=True)
    _check_there(said, row.place, ("id", *NEEDED[kind]))
    own = _own({key: value for key, value in said.items() if key in known}, row.place)
    if kind == "agree":
        own.setdefault("question", said.get("statement", ""))
    metadata = {key: value for key, value in said.items() if key not in known}
    return _validated({**own, **_named(said, names, row.place), "fields": metadata}, row.place)


def _check_there(said: Mapping[str, Any], place: str, needed: tuple[str, ...]) -> None:
    for key in needed:
        if key not in said and not (key in _OPTIONS and said.keys() & {*_OPTIONS}):
            raise UsageError(f"{place}: `{key}` is missing.{nearest(key, said)}")


def _own(said: dict[str, Any], place: str) -> dict[str, Any]:
    """The fields of an `Item` by its names for them."""
    own = {"options" if key in _OPTIONS else key: value for key, value in said.items()}
    own |= {key: _text(own[key]) for key in _NAMES if key in own}
    own |= {"given": _listed(own["given"])} if "given" in own else {}
    own |= {"control": _YES_OR_NO.get(str(own["control"]).lower(), own["control"])} if "control" in own else {}
    own |= {"gold": _gold(own["gold"], own.get("options"), place)} if "gold" in own else {}
    if isinstance(own.get("answers"), dict):  # a table has every population in every row
        own["answers"] = {key: shares for key, shares in own["answers"].items() if shares is not None}
    return own


def _named(said: Mapping[str, Any], names: Names, place: str) -> dict[str, Any]:
    """What the suite calls by names of its own. An item without a reference is judged without one."""
    own: dict[str, Any] = {}
    if names.cluster:
        _check_there(said, place, (names.cluster,))
        own["cluster"] = _text(said[names.cluster])
    if names.reference:
        own["reference"] = said.get(names.reference)
    return own


def _gold(gold: object, options: object, place: str) -> object:
    """The place of `gold`, which is one itself, or the text of an option."""
    if not isinstance(gold, str) or not isinstance(options, list):
        return gold
    texts = [option.strip() if isinstance(option, str) else option for option in options]
    if gold.strip() in texts:
        return texts.index(gold.strip())
    if gold.isdecimal() and gold.isascii() and len(gold) < 3:
        return int(gold)
    raise UsageError(f"{place}: gold is {gold[:40]!r}, which is none of the choices\nwrite one of them, or its place")


def _text(value: object) -> object:
    """A number as text, where a name may be either."""
    return str(value) if type(value) is int else value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _validated(fields: dict[str, Any], place: str) -> Item:
    try:
        return Item.model_validate_json(json.dumps(fields, allow_nan=False), strict=True)
    except ValidationError as error:
        said = of_validation(error)
        raise UsageError(f"{place}: {_HALF if said.startswith('not JSON at') else said}") from None
    except ValueError:
        raise UsageError(f"{place}: a number in it is not finite: leave it out, or write null") from None
