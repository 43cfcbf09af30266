"""What must hold between the options of a simulation, beyond the bounds of each: one more step than `resolve`."""

import os
import re
from collections.abc import Mapping
from typing import Any, Final

from agents.endpoints.address import AddressError, read_address
from agents.endpoints.keys import without_keys
from sandbox.errors import UsageError
from sandbox.options.config import LOCAL, SCRIPTED, Config, SocietyModel
from sandbox.options.extensions import is_extension
from sandbox.options.file import OptionFile, table_example
from sandbox.options.resolution import Resolved, naming_places, resolve
from sandbox.options.speakers import speakers

_VARIABLE: Final = re.compile("[A-Za-z_][A-Za-z0-9_.-]*")
_IN_PROCESS: Final = frozenset({LOCAL, SCRIPTED})


def resolve_config(
    flags: Mapping[str, Any],
    file: OptionFile | None,
    environment: Mapping[str, str] = os.environ,
    before: Resolved[Config] | None = None,
) -> Resolved[Config]:
    """A configuration that can be run. Raises `UsageError`."""
    return consistent(resolve(Config, flags, file, environment, before))


def consistent(resolved: Resolved[Config]) -> Resolved[Config]:
    """The same options, if they can hold together. Raises `UsageError`."""
    config = resolved.config
    with naming_places(resolved):
        _check_models(config)
        _check_neighbours(config)
        _check_share(config)
        _check_endpoints(config)
        _check_adapters(config)
    if config.society and resolved.origins["model"] == "flag":
        raise UsageError("--model and [[society.models]] contradict each other: leave one of them out.")
    return resolved


def is_served(name: str) -> bool:
    """Whether a model of this name is asked at an endpoint, unless it names one itself: neither here nor otherwise."""
    return name not in _IN_PROCESS and not is_extension(name)


def _check_models(config: Config) -> None:
    """No name of a model holds what separates the words of a list."""
    flags = {"--model": config.model, "--observer-model": config.observer_model}
    flags |= {f"[[society.models]] name = {model.name!r}": model.name for model in config.society}
    for place, name in flags.items():
        if name and {",", ";"} & set(name):
            raise UsageError(
                f"{place}: {name!r} is no name of one model. "
                "Several are [[society.models]] tables of a file for --config:\n"
                f"{table_example(Config, 'society')}"
            )


def _check_neighbours(config: Config) -> None:
    others = config.agents - 1
    if config.neighbours > others:
        raise UsageError(
            f"--neighbours {config.neighbours}: a grid of {config.grid} x {config.grid} gives an agent only "
            f"{others} others. Use a larger --grid or fewer --neighbours."
        )


def _check_share(config: Config) -> None:
    if config.good is not None and config.labels not in ("mixed", "half"):
        raise UsageError(
            f"--good {config.good:g} says how many agents are good, and so does --labels {config.labels}.\n"
            "Leave one of them out, or use --labels mixed (placed by the seed) or half (the first agents)."
        )


def _check_endpoints(config: Config) -> None:
    check_url("--base-url", config.base_url)
    check_url("--observer-base-url", config.observer_base_url)
    check_variable("--observer-api-key-env", config.observer_api_key_env)
    for model in config.society:
        check_url(f"base_url of {model.name}", model.base_url)
        check_variable(f"api_key_env of {model.name}", model.api_key_env)
    if config.base_url and not any(is_served(model.name) and not model.base_url for model in speakers(config)):
        raise UsageError(
            f"--base-url {config.base_url} would not be used: {config.model} is not served there.\n"
            "Name a model of that server with --model."
        )
    if config.observer_api_key_env and not config.observer_base_url:
        raise UsageError("--observer-api-key-env is for an endpoint of its own: give --observer-base-url too.")


def _check_adapters(config: Config) -> None:
    """An adapter is of the embedded model, and of one place."""
    if config.adapter and config.society:
        raise UsageError(
            "--adapter and [[society.models]] contradict each other: name it in the tables of the models that are to "
            f"speak through it.\n[[society.models]]\nname = {LOCAL!r}\nadapter = {config.adapter!r}"
        )
    places = [f"adapter of [[society.models]] {each.name}" for each in config.society] or ["--adapter"]
    for place, model in zip([*places, "--observer-adapter"], speakers(config), strict=True):
        check_adapter(place, model)


def check_adapter(place: str, model: SocietyModel) -> None:
    """Raises `UsageError` for an adapter of `model` where that is not the embedded one; `place` is what gives it."""
    if model.adapter and (model.name != LOCAL or model.base_url):
        where = f" at {model.base_url}" if model.base_url else ""
        raise UsageError(
            f"{place} {model.adapter}: it is for the embedded model, and {model.name}{where} is not that.\n"
            f"Use --model {LOCAL}, or serve the adapter where that model is."
        )


def check_name(name: str) -> None:
    """Raises `UsageError` for a name of a model with bytes of a command line that are no text: no JSON can hold it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{name!a}: the name of a model is UTF-8, and this holds bytes that are none.") from None


def check_url(name: str, url: str | None) -> None:
    """Raises `UsageError` for a base URL that no request can be sent to, or that holds a password or a key."""
    if url is None:
        return
    try:
        read_address(url)
    except AddressError as error:
        raise UsageError(f"{name}: {error}") from None


def check_variable(place: str, name: str | None) -> None:
    """Raises `UsageError` for what is no name of a variable, which it does not show: it may be the key itself."""
    if name and (not _VARIABLE.fullmatch(name) or without_keys(name) != name):
        raise UsageError(
            f"{place}: wanted is the name of a variable with the key, such as MY_KEY, and this is none.\n"
            "Set the variable to the key, and name it here: a key is written down nowhere."
        )
