"""A suite of one's own: a TOML file that says how it is asked, judged and counted, and the file of its items.

docs/suites.md says what may stand in them. Every complaint names a file, and the line where that is certain.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from memory.opening import read_whole
from prompts.folder import MOST_TEMPLATE
from sandbox.errors import UsageError, of_reading, of_validation
from sandbox.options.file import by_word
from sandbox.options.places import Places
from sandbox.options.toml import parse_toml, toml_bytes
from sandbox.suites.digest import digest_of
from sandbox.suites.items import Names, item_of
from sandbox.suites.lint import Where, checked
from sandbox.suites.rows import rows
from sandbox.suites.suite import (
    LESS_IS_BETTER,
    METRICS,
    Judge,
    Kind,
    Metric,
    Part,
    Sampling,
    Scale,
    Suite,
    SuiteName,
    Temperature,
    Tokens,
)
from sandbox.text import nearest

# What is asked where the file does not say it, by kind; in which form a reply is wanted, every request says.
_OPTIONS: Final = "{{ question }}\n\n{{ choices }}"
_STATEMENT: Final = "Do you agree with this statement?\n\n{{ question }}"
_PROMPTS: Final[Mapping[Kind, str]] = {"choice": _OPTIONS, "survey": _OPTIONS, "agree": _STATEMENT}


class _Head(Part):
    name: SuiteName
    kind: Kind
    items: str
    licence: str = "not stated"
    source: str | None = None
    offensive: bool = False
    system: str | None = None
    prompt: str | None = None


class _Judging(Part):
    prompt: str
    scale: Scale | None = None
    reference: str | None = None
    temperature: Temperature = 0.0
    max_tokens: Tokens = 512


class _Scoring(Part):
    cluster: str | None = None
    by: tuple[str, ...] = ()
    metric: Metric | None = None
    higher_is_better: bool | None = None


class _File(Part):
    suite: _Head
    sampling: Sampling = Sampling()
    judge: _Judging | None = None
    score: _Scoring = _Scoring()


def read_suite(path: Path) -> Suite:
    """The suite in the TOML file at `path`, with its items, warnings and digest. Raises `UsageError`."""
    content = toml_bytes(path, str(path))
    places = Places(str(path), content.decode("utf-8-sig", "replace"))
    file = _validated(parse_toml(content, str(path)), places)
    names = Names(file.score.cluster, file.judge.reference if file.judge else None)
    found = [(row.place, item_of(row, file.suite.kind, names)) for row in rows(path.parent / file.suite.items)]
    items = tuple(item for _, item in found)
    if names.reference and all(item.reference is None for item in items):
        raise UsageError(f"{places.of('judge', 'reference')}: no item has a field {names.reference!r}.")
    suite = _suite(file, path.parent).model_copy(update={"items": items})
    suite = checked(suite, _where(file, path, places, [place for place, _ in found]))
    return suite.model_copy(update={"digest": digest_of(suite)})


def _where(file: _File, path: Path, places: Places, items: list[str]) -> Where:
    return Where(
        suite=str(path.parent / file.suite.items) if not items else places.of("suite"),
        system=f"{places.of('suite', 'system')}: system",
        prompt=f"{places.of('suite', 'prompt')}: prompt",
        judge=f"{places.of('judge')}: judge",
        template=str(path.parent / file.judge.prompt) if file.judge else "",
        items=items,
    )


def _suite(file: _File, folder: Path) -> Suite:
    head, kind = file.suite, file.suite.kind
    metric = file.score.metric or METRICS[kind][0]
    higher = file.score.higher_is_better
    return Suite(
        name=head.name,
        kind=kind,
        metric=metric,
        licence=head.licence,
        source=head.source,
        offensive=head.offensive,
        system=head.system,
        prompt=_PROMPTS.get(kind, "{{ question }}") if head.prompt is None else head.prompt,
        sampling=file.sampling,
        judge=_judge(file.judge, kind, metric, folder) if file.judge else None,
        by=file.score.by,
        higher_is_better=metric not in LESS_IS_BETTER if higher is None else higher,
    )


def _judge(table: _Judging, kind: Kind, metric: Metric, folder: Path) -> Judge:
    return Judge(
        template=template_in(folder / table.prompt),
        scale=table.scale or (Scale(0, 10) if kind == "toxicity" else Scale(1, 10)),
        temperature=table.temperature,
        max_tokens=table.max_tokens,
        pairs=metric == "preference",
    )


def template_in(path: Path) -> str:
    """The template in the file at `path`. Raises `UsageError`."""
    try:
        text = read_whole(path, MOST_TEMPLATE).decode("utf-8-sig")
    except (OSError, ValueError) as error:  # a name with a NUL is none
        raise UsageError(f"{path}: the judge's prompt cannot be read: {of_reading(error)}") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _validated(found: Mapping[str, Any], places: Places) -> _File:
    words = _by_word(found, places)
    try:
        # JSON has lists for what are tuples here; what it lacks, such as dates, becomes text and is refused.
        return _File.model_validate_json(json.dumps(words, default=str), strict=True)
    except RecursionError:  # keys with dots nest as well as brackets do
        raise UsageError(f"{places.shown}: it is nested too deeply.") from None
    except ValidationError as error:
        path = tuple(error.errors(include_url=False)[0]["loc"])
        raise UsageError(f"{places.of(*path)}: {of_validation(error)}.{_nearest(path)}") from None


def _by_word(found: Mapping[str, Any], places: Places) -> dict[str, Any]:
    """The tables by the words that both spellings of a key mean."""
    tables = {word: value for word, (_, value) in by_word(found, places.shown).items()}
    return {
        name: {word: value for word, (_, value) in by_word(table, places.of(name)).items()}
        if isinstance(table, dict)
        else table
        for name, table in tables.items()
    }


def _nearest(path: tuple[int | str, ...]) -> str:
    """The key that may be meant by the last of `path`, where that is none."""
    known: Any = _File
    for key in path[:-1]:
        kind = known.model_fields[key].annotation if key in known.model_fields else None
        known = next((each for each in (kind, *get_args(kind)) if _has_fields(each)), None)
        if known is None:
            return ""
    return "" if path[-1] in known.model_fields else nearest(str(path[-1]), known.model_fields)


def _has_fields(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
