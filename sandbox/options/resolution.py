"""Resolves a configuration: flag beats environment beats file beats default; the origin of each value is kept.

Reads the TOML file and the environment; every problem is a `UsageError` that names the key, the value and its origin.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from sandbox.errors import UsageError
from sandbox.options.config import LOCAL, SCRIPTED, Config, flag_of, options, speakers

ENVIRONMENT_PREFIX = "SANDBOX_"
NOT_SERVED = frozenset({LOCAL, SCRIPTED})
_OF_ONE_CALL = frozenset({"json", "yes", "debug", "run_id", "runs"})


@dataclass(frozen=True)
class Resolved:
    """A valid configuration, and where each value came from: `flag`, `environment`, `file` or `default`."""

    config: Config
    origins: Mapping[str, str]


def resolve(
    flags: Mapping[str, Any],
    file: Path | None,
    environment: Mapping[str, str] = os.environ,
    before: Resolved | None = None,
) -> Resolved:
    """Merge the four sources. `flags` holds None for what was not given. Raises `UsageError`.

    `before` is the configuration of a run that is taken up again; it stands in for the defaults.
    """
    known = options()
    sources = {
        "file": _from_file(file) if file else {},
        "environment": {
            name: environment[ENVIRONMENT_PREFIX + name.upper()]
            for name in known
            if ENVIRONMENT_PREFIX + name.upper() in environment
        },
        "flag": {name: value for name, value in flags.items() if value is not None},
    }
    kept = asdict(before.config) if before else {}
    values = {name: value for name, value in kept.items() if name not in _OF_ONE_CALL}
    origins = dict.fromkeys([*known, "society"], "default")
    origins |= {name: origin for name, origin in (before.origins if before else {}).items() if name in values}
    for origin, given in sources.items():
        values.update(given)
        origins.update(dict.fromkeys(given, origin))
    return Resolved(_validate(values, origins), origins)


def nearest(word: str, words: Iterable[str]) -> str:
    """` Did you mean 'x'?`, or nothing where no word is near."""
    found = difflib.get_close_matches(word, list(words), n=1)
    return f" Did you mean {found[0]!r}?" if found else ""


def _validate(values: Mapping[str, Any], origins: Mapping[str, str]) -> Config:
    try:
        config = TypeAdapter(Config).validate_python(values)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = str(problem["loc"][0])
        inner = "".join(f" {part}" for part in problem["loc"][1:])
        shown = _shown(name, origins[name]) + inner
        raise UsageError(f"{shown}: {problem['msg']}, got {problem['input']!r}.") from None
    others = config.grid**2 - 1
    if config.neighbours > others:
        raise UsageError(
            f"--neighbours {config.neighbours}: a grid of {config.grid} x {config.grid} gives an agent only "
            f"{others} others. Use a larger --grid or fewer --neighbours."
        )
    _check_endpoints(config)
    if config.society and origins["model"] == "flag":
        raise UsageError("--model and [[society.models]] contradict each other: leave one of them out.")
    return config


def _check_endpoints(config: Config) -> None:
    check_url("--base-url", config.base_url)
    check_url("--observer-base-url", config.observer_base_url)
    for model in config.society:
        check_url(f"base_url of {model.name}", model.base_url)
    if config.base_url and not any(model.name not in NOT_SERVED and not model.base_url for model in speakers(config)):
        raise UsageError(
            f"--base-url {config.base_url} would not be used: {config.model} is not served there.\n"
            "Name a model of that server with --model."
        )
    if config.observer_api_key_env and not config.observer_base_url:
        raise UsageError("--observer-api-key-env is for an endpoint of its own: give --observer-base-url too.")


def check_url(name: str, url: str | None) -> None:
    """Raises `UsageError` for a base URL that no request can be sent to, or that holds a password."""
    if url is None:
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        host and host.encode("idna")
    except ValueError as error:
        raise UsageError(f"{name} {url!r}: not a URL: {error}.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"{name} {url!r}: give a whole URL, such as http://localhost:8000/v1.")
    if parts.username or parts.password:
        raise UsageError(f"{name}: leave the user and password out of the URL; keys come from variables.")


def _shown(name: str, origin: str) -> str:
    if origin == "environment":
        return ENVIRONMENT_PREFIX + name.upper()
    return name if origin == "file" else flag_of(name)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"--config {path}: no such file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--config {path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"--config {path}: not valid TOML: {error}") from None
    society = table.pop("society", {})
    values = {_option_name(key, path): value for key, value in table.items()}
    if society:
        values["society"] = _society(society, path)
    return values


def _option_name(key: str, path: Path) -> str:
    name = key.replace("-", "_")
    if name not in options():
        raise UsageError(f"--config {path}: unknown key {key!r}.{nearest(name, options())}")
    return name


def _society(table: Any, path: Path) -> Any:
    if not isinstance(table, dict) or set(table) != {"models"}:
        raise UsageError(f"--config {path}: [society] holds [[society.models]] tables and nothing else.")
    known = ("name", "share", "base_url", "api_key_env")
    for model in table["models"] if isinstance(table["models"], list) else ():
        for key in model if isinstance(model, dict) else ():
            if key not in known:
                raise UsageError(f"--config {path}: unknown key {key!r} in [[society.models]].{nearest(key, known)}")
    return table["models"]
