"""Every record that is written: its file, its fields, their types and bounds, and what they mean.

The models say what there is, and `docs/format.md` what it means.
"""

from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import Annotated, Final

from pydantic import BaseModel, RootModel
from pydantic.fields import FieldInfo

from from_code.commands import command_of
from from_code.json_types import json_type, parts_of
from from_code.markdown import code, prose, table
from from_code.meanings import meanings, slug
from sandbox.commands.schemas import SCHEMAS

# The heading in the format that explains the fields of a file.
_EXPLAINED: Final[Mapping[str, str]] = {
    "interactions.jsonl": "Interaction",
    "rounds.jsonl": "Round summary",
    "calls.jsonl": "Journal line",
    "questions.jsonl": "Kept questions",
    "manifest.json": "Manifest",
    "study.json": "Study folder",
    "NAME.tags.json": "Tags",
    "evaluation: manifest.json": "Manifest of an evaluation",
    "evaluation: answers.jsonl": "Answer",
    "evaluation: judgements.jsonl": "Judgement",
    "evaluation: calls.jsonl": "Journal line of an evaluation",
    "evaluation: suites/NAME.json": "Kept suites",
    "evaluation: suites/NAME.jsonl": "Kept suites",
    "evaluation: numbers of summary.json": "Numbers of an evaluation",
    "rating: manifest.json": "Manifest of a rating",
    "rating: scores.jsonl": "Rated interaction",
    "rating: calls.jsonl": "Journal line of a rating",
    "annotation: manifest.json": "Manifest of an annotation",
    "annotation: judgements.jsonl": "Judgement by a person",
    "training: manifest.json": "Manifest of a training",
    "training: steps.jsonl": "Step of a training",
    "training: answers.jsonl": "Answers side by side",
    "archive: pack.json": "Archive",
}


def records() -> str:
    """A section for each file, with its records; one that several files hold stands in the first of them."""
    shown = {top for kind in SCHEMAS.values() for top in _tops(kind)}
    return "\n".join(part for file, kind in SCHEMAS.items() for part in _file(file, kind, shown))


def _file(file: str, kind: type[BaseModel], shown: set[type]) -> Iterator[str]:
    yield f"## {file}\n"
    explained: Mapping[str, str] = {}
    if heading := _EXPLAINED.get(file):
        explained = meanings(heading)
        yield f"Explained in the format: [{heading}](../format.md#{slug(heading)}).\n"
    for top in _tops(kind):
        yield from _record(top, explained)
    for below in [each for top in _tops(kind) for each in _below(top)]:
        if below not in shown:
            shown.add(below)
            yield from _record(below, {})


def _tops(kind: type[BaseModel]) -> list[type[BaseModel]]:
    """What a line can be: one record, or any of several."""
    return list(parts_of(kind.model_fields["root"].annotation)) if issubclass(kind, RootModel) else [kind]


def _below(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The records in a record, each before those in it."""
    for field in kind.model_fields.values():
        for each in parts_of(field.annotation):
            if issubclass(each, BaseModel):
                yield each
                yield from _below(each)


def _record(kind: type[BaseModel], explained: Mapping[str, str]) -> Iterator[str]:
    yield f"({_target(kind)})=\n### {kind.__name__}\n\n{prose(cleandoc(kind.__doc__ or ''))}\n"
    rows = [
        [code(name), _type(field), explained.get(name, "")]
        for name, field in ((field.alias or name, field) for name, field in kind.model_fields.items())
    ]
    head = ["field", "type", "meaning"] if explained else ["field", "type"]
    yield table(head, (row[: len(head)] for row in rows))


def _type(field: FieldInfo) -> str:
    hint = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    said = json_type(hint, _link)
    if field.exclude_if is None:
        return said
    return f"{said.removesuffix(' or null')}; absent where there is none"


def _target(kind: type) -> str:
    return f"{kind.__module__}.{kind.__name__}".replace("_", "-").replace(".", "-").lower()


def _link(kind: type) -> str:
    if issubclass(kind, BaseModel):
        return f"[{kind.__name__}](#{_target(kind)})"
    command = command_of(kind)
    return f"[options of {code(command)}](commands.md#{slug(command)})"
