"""What of a run's manifest is this user's own word, and counts: all of it under their mark, else what changes results.

Where keys go, what is spent and which files are read is never a stranger's to say. Knows manifests and options; asks
nobody, and says nothing to people (`agreement` does).
"""

from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from sandbox.options.config import Config
from sandbox.options.option import options
from sandbox.options.resolution import Resolved
from sandbox.runs.manifest import Manifest
from sandbox.runs.own_mark import is_own, mark_of
from sandbox.runs.reading import Run


def marked(manifest: Manifest, folder: Path) -> Manifest:
    """`manifest`, which says nothing but what this user said or agreed to, with their mark for the run in `folder`."""
    return manifest.model_copy(update={"mark": mark_of(_word(manifest), folder)})


def is_own_word(run: Run) -> bool:
    """Whether the manifest of `run` is as this user made it, where they made it."""
    return is_own(_word(run.manifest), run.directory.path, run.manifest.mark)


def what_counts(run: Run) -> Resolved[Config]:
    """The options of `run` that hold for whoever takes it up: of a stranger's, those that change results.

    Their society keeps its models and loses their addresses and key variables.
    """
    known = Resolved(run.manifest.config, run.manifest.origins)
    if is_own_word(run):
        return known
    theirs = {name for name, option in options(Config).items() if option.operational}
    society = tuple(replace(model, base_url=None, api_key_env=None) for model in run.manifest.config.society)
    origins = {name: origin for name, origin in known.origins.items() if name not in theirs | {"society"}}
    return Resolved(replace(known.without(theirs), society=society), origins)


def _word(manifest: Manifest) -> dict[str, object]:
    """What the mark is over: every option, where models were asked, and the contents that they are asked about."""
    # As it will be read: numbers that Python code gave may be of another type.
    read = Manifest.model_validate_json(manifest.model_dump_json())
    return {
        "kind": read.kind,
        "config": _set_options(read.config),
        "endpoints": read.models.endpoints,
        "default_endpoint": read.models.default_endpoint,
        "fingerprint": read.fingerprint,
    }


def _set_options(config: Config) -> dict[str, Any]:
    """Options that are not at their defaults: one that a later version adds leaves the marks of before as they are."""
    society = [{name: value for name, value in asdict(each).items() if value is not None} for each in config.society]
    changed = {each.name for each in fields(config) if getattr(config, each.name) != each.default}
    return {name: getattr(config, name) for name in changed} | {"society": society}
