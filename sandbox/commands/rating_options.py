"""Which options of `sandbox rate` hold: who rates where, by whose word, for a new rating and one taken up again."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sandbox.calls.routes import default_endpoint
from sandbox.errors import UsageError
from sandbox.options.completion import RUN_ID
from sandbox.options.consistency import check_url, check_variable, is_served
from sandbox.options.rating import RatingConfig
from sandbox.options.resolution import Resolved, naming_places
from sandbox.options.speakers import observer_model
from sandbox.preparing.continued_options import SAID, check_code, resolve_continued, said_now, unsaid
from sandbox.runs.own_word import is_own_word
from sandbox.runs.rating.reading import Rating
from sandbox.runs.reading import Run
from sandbox.text import typed

_PLACES: Final = ("base_url", "observer_base_url")
_FLAGS: Final = "or --observer-base-url, and --budget-usd"


def as_observed(resolved: Resolved[RatingConfig], run: Run) -> Resolved[RatingConfig]:
    """`resolved`, with the observer of `run` where it names no other, asked where that was asked.

    Raises `SandboxError` where only a stranger says where that is.
    """
    config, asked = resolved.config, run.manifest.config
    if config.observer_model:
        return resolved
    observer = observer_model(asked)
    if observer.adapter:
        raise UsageError(
            f"The observer of run {run.name} spoke through an adapter ({run.manifest.models.observer}), and ratings "
            "are made without any.\nName who rates: --observer-model MODEL"
        )
    config = replace(config, observer_model=observer.name)
    own_word = is_own_word(run.manifest, run.directory.path)
    if not own_word:
        check_code(f"Run {run.name}", {"observer_model": observer.name}, ())
    if not any(getattr(config, name) for name in _PLACES) and is_served(observer.name):
        if not own_word:
            places = run.manifest.models.endpoints.get(observer.name, ())
            raise unsaid(f"Run {run.name}", [observer.name], places, _FLAGS, _command(config, run))
        own = observer.base_url
        if observer.api_key_env and not own:
            own = asked.base_url or default_endpoint().base
        config = replace(
            config, base_url=asked.base_url, observer_base_url=own, observer_api_key_env=observer.api_key_env
        )
    return replace(resolved, config=config)


def _command(config: RatingConfig, run: Run) -> str:
    """The command that rates `run` as `config` says: `analyze observer --again` takes no address."""
    name = f" --name {typed(Path(config.name))}" if config.name else ""
    texts = f" --texts {config.texts}" if config.texts else ""
    return f"sandbox rate {typed(run.directory.path)}{name}{texts}"


def consistent(resolved: Resolved[RatingConfig]) -> Resolved[RatingConfig]:
    """The same options, if they can hold together. Raises `UsageError`."""
    config = resolved.config
    with naming_places(resolved):
        if config.name is not None and not RUN_ID.fullmatch(config.name):
            raise UsageError(
                f"--name {config.name!r}: use up to 100 letters, digits, '.', '_' and '-', the first a letter or digit."
            )
        check_url("--base-url", config.base_url)
        check_url("--observer-base-url", config.observer_base_url)
        check_variable("--observer-api-key-env", config.observer_api_key_env)
        if config.observer_api_key_env and not config.observer_base_url:
            raise UsageError("--observer-api-key-env is for an endpoint of its own: give --observer-base-url too.")
        unused = config.observer_base_url or (
            config.observer_model is not None and not is_served(config.observer_model)
        )
        if resolved.origins["base_url"] == "flag" and unused:
            raise UsageError(
                f"--base-url {config.base_url} would not be used: {config.observer_model} is not served there.\n"
                "Name a model of that server with --observer-model."
            )
    return resolved


def resolve_again(flags: Mapping[str, Any], file: Path | None, found: Rating) -> Resolved[RatingConfig]:
    """The configuration of `found` as it goes on.

    Raises `UsageError` for options that would change results, and `SandboxError` where only a stranger says where to
    ask.
    """
    manifest, name = found.manifest, found.directory.name
    own = is_own_word(manifest, found.directory.path)
    resolved = resolve_continued(flags, file, Resolved(manifest.config, manifest.origins), f"Rating {name}", own=own)
    said = any(resolved.origins.get(each) in SAID for each in _PLACES)
    if not own:
        check_code(f"Rating {name}", {"observer_model": resolved.config.observer_model}, said_now(flags, resolved))
    if not (own or said) and is_served(manifest.models.observer):
        places = manifest.models.endpoints.get(manifest.models.observer, ())
        command = f"sandbox rate --resume {typed(found.directory.path)}"
        raise unsaid(f"Rating {name}", [manifest.models.observer], places, _FLAGS, command)
    return consistent(resolved)
