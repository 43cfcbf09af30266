"""Whether a manifest is this user's own word: where keys go, what is spent and which files are read is for them to say.

Knows manifests of any kind and marks; not what becomes of one that is nobody's word.
"""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from sandbox.options.config import Config
from sandbox.runs.any_manifest import AnyConfig, AnyManifest, M
from sandbox.runs.own_mark import is_own, mark_of


def marked(manifest: M, folder: Path) -> M:
    """`manifest`, which says nothing but what this user said or agreed to, with their mark for the work in `folder`."""
    return manifest.model_copy(update={"mark": mark_of(_word(manifest), folder)})


def is_own_word(manifest: AnyManifest, folder: Path) -> bool:
    """Whether `manifest` is as this user made it, where they made it."""
    return is_own(_word(manifest), folder, manifest.mark)


def _word(manifest: AnyManifest) -> dict[str, object]:
    """What the mark is over: every option, where models were asked, and the contents that they are asked about."""
    # As it will be read: numbers that Python code gave may be of another type.
    read = type(manifest).model_validate_json(manifest.model_dump_json())
    return {
        "kind": read.kind,
        "config": _set_options(read.config),
        "endpoints": read.models.endpoints,
        "default_endpoint": read.models.default_endpoint,
        "fingerprint": read.fingerprint,
    }


def _set_options(config: AnyConfig) -> dict[str, Any]:
    """Options that are not at their defaults: one that a later version adds leaves the marks of before as they are."""
    changed = {each.name for each in fields(config) if getattr(config, each.name) != each.default}
    given = {name: getattr(config, name) for name in changed}
    if not isinstance(config, Config):
        return given
    society = [{name: value for name, value in asdict(each).items() if value is not None} for each in config.society]
    return given | {"society": society}
