"""The front matter of a dataset card (README.md): which files make which config, and what it says of their rows.

Knows the forms that `datasets` reads, and believes none of what stands there: it can be anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sandbox.checking.folder.descriptions import UnreadableError, read_description

DEFAULT: Final = "default"


@dataclass(frozen=True)
class CardConfig:
    """One dataset config: patterns of files by split, its features by column, and its rows by split, if it says so."""

    name: str
    files: Sequence[tuple[str, str]]
    features: Mapping[str, str] | None = None
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """What a card says; `problem` is why its front matter cannot be read."""

    configs: Sequence[CardConfig] = ()
    problem: str | None = None


def read_card(path: Path) -> Card:
    """The card at `path`; an empty one where there is none."""
    try:
        text = (read_description(path) or b"").decode(errors="replace").replace("\r\n", "\n")
    except UnreadableError as error:
        return Card(problem=str(error))
    if not text.startswith("---\n"):
        return Card()
    head, end, _ = text[4:].partition("\n---")
    return _parsed(head) if end else Card(problem="its front matter does not end")


def _parsed(head: str) -> Card:
    import yaml

    from sandbox.foreign.yaml_text import TooMuchYamlError, load

    try:
        matter = load(head, yaml.SafeLoader)
    except TooMuchYamlError:
        return Card(problem="its front matter is too large")
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 2}, column {mark.column + 1}" if mark else ""  # behind the line of dashes
        return Card(problem=f"its front matter is no YAML{place}")
    if not isinstance(matter, dict):
        return Card(problem="its front matter is no mapping")
    infos = dict(_infos(matter.get("dataset_info")))
    configs = matter.get("configs")
    unnamed = isinstance(configs, list) and not all(map(_has_name, configs))
    problem = "a config without a config_name" if unnamed else None
    return Card([_config(name, config, infos) for name, config in _named(configs)], problem)


def _has_name(config: object) -> bool:
    return isinstance(config, dict) and isinstance(config.get("config_name"), str)


def _named(configs: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for config in configs if isinstance(configs, list) else ():
        if _has_name(config):
            yield config["config_name"], config


def _infos(found: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """`dataset_info` of each config; it is one mapping where there is one config."""
    for info in found if isinstance(found, list) else [found]:
        if isinstance(info, dict):
            name = info.get("config_name", DEFAULT)
            yield name if isinstance(name, str) else DEFAULT, info


def _config(name: str, config: Mapping[str, Any], infos: Mapping[str, Mapping[str, Any]]) -> CardConfig:
    info = infos.get(name, {})
    features = info.get("features")
    known = dict(map(_feature, features)) if isinstance(features, list) else None
    files = tuple(_patterns(config.get("data_files")))
    return CardConfig(name, files, known, dict(_rows(info.get("splits"))))


def _patterns(files: object) -> Iterator[tuple[str, str]]:
    """Split and pattern, from a path, paths, or objects with `split` and `path`."""
    for entry in files if isinstance(files, list) else [files]:
        if isinstance(entry, str):
            yield "train", entry
        elif isinstance(entry, dict) and isinstance(entry.get("split"), str):
            paths = entry.get("path")
            for path in paths if isinstance(paths, list) else [paths]:
                if isinstance(path, str):
                    yield entry["split"], path


def _rows(splits: object) -> Iterator[tuple[str, int]]:
    for split in splits if isinstance(splits, list) else ():
        if isinstance(split, dict) and isinstance(split.get("name"), str) and type(split.get("num_examples")) is int:
            yield split["name"], split["num_examples"]


def _feature(feature: object) -> tuple[str, str]:
    """A column and its type, in the words of `columns.py`; of types that are not known, what stands there."""
    if not isinstance(feature, dict):
        return "", "unknown"
    return str(feature.get("name")), _type(feature)


def _type(feature: Mapping[str, Any]) -> str:
    for key in ("list", "sequence"):
        if key in feature:
            return f"list of {_inner(feature[key])}"
    return "object" if "struct" in feature else _inner(feature.get("dtype"))


def _inner(dtype: object) -> str:
    if isinstance(dtype, list):
        return "object"
    if isinstance(dtype, dict):
        return _type(dtype)
    name = str(dtype)
    for start, kind in (("string", "text"), ("large_string", "text"), ("float", "float"), ("bool", "truth value")):
        if name.startswith(start):
            return kind
    return "integer" if name.startswith(("int", "uint")) else "unknown"
