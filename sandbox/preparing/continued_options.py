"""The options of a work that is taken up again: which hold of those before, and which cannot be others now.

Knows options of any command, and no work.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from sandbox.errors import SandboxError, UsageError
from sandbox.options.extensions import is_extension
from sandbox.options.file import OptionFile
from sandbox.options.option import Declared, flag_of, options
from sandbox.options.resolution import Resolved, naming_places, resolve
from sandbox.text import in_a_line


class Continued(Declared, Protocol):
    """The options of a work that can be taken up again."""

    @property
    def retry_failed(self) -> bool:
        """Whether failed calls are asked again."""
        ...

    @property
    def prices(self) -> str | None:
        """The file of prices."""
        ...

    @property
    def budget_usd(self) -> float | None:
        """What may be spent."""
        ...


K = TypeVar("K", bound=Continued)
# Where an option is that somebody gave for this call.
SAID: Final = ("flag", "environment", "file")
_LONGEST: Final = 200


def resolve_continued(
    flags: Mapping[str, Any], file: OptionFile | None, known: Resolved[K], work: str, *, own: bool
) -> Resolved[K]:
    """The options of a `work`, such as `Rating one.judge`, as it goes on; `known` are those before.

    Of those that are not this user's `own` word, those count that change results. Raises `UsageError` for others that
    do now.
    """
    before = known if own else _of_results(known)
    resolved = resolve(type(known.config), flags, file, before=before)
    with naming_places(resolved):
        _check(before.config, resolved.config, work)
    return replace(resolved, config=_without_lost_prices(resolved.config))


def unsaid(
    work: str, models: Iterable[str], places: Iterable[str], flags: str, command: str | None = None
) -> SandboxError:
    """That it is for the user to say where the `models` of a `work` are asked, which `flags` do beside --base-url.

    `command` takes them, where it may be another one than the user gave.
    """
    said = " ".join(filter(None, (command, "--base-url URL")))
    return SandboxError(
        f"{work} does not carry your mark (it was copied, moved, changed or made by others): "
        "where it asks and what it spends is for you to say.\n"
        f"It asked {', '.join(sorted(models))} at {', '.join(sorted(places)) or 'no address'}.\n"
        f"To agree, name the address: {said} ({flags} as you wish)"
    )


def check_code(work: str, asked: Mapping[str, str | None], said: Collection[str]) -> None:
    """Raises `SandboxError` for a model of an extension that only the manifest of a `work` of others names.

    `asked` are models by the option that names each, and `said` the options of this call: which code runs here is
    never a stranger's to say.
    """
    for option, name in asked.items():
        if name and is_extension(name) and option not in said:
            flag = flag_of(option)
            raise SandboxError(
                f"{work} does not carry your mark (it was copied, moved, changed or made by others): which code "
                f"answers here is for you to say.\nIts {flag} is {in_a_line(name)[:_LONGEST]}, code of a package that "
                f"is installed here.\nTo agree, say the same: {flag} NAME"
            )


def said_now(flags: Mapping[str, Any], resolved: Resolved[Any]) -> set[str]:
    """The options of this call, wherever they stand."""
    return {name for name, value in flags.items() if value is not None} | resolved.places.keys()


def refuse_beside_replay(flags: Mapping[str, Any], work: str) -> None:
    """Raises `UsageError` for `flags` that would change a `work`, such as `a rating`, which is verified as it is."""
    if given := [name for name, value in flags.items() if value is not None and name not in ("runs", "json", "debug")]:
        raise UsageError(f"--replay takes {work} as it is: leave out --{given[0].replace('_', '-')}.")


def _of_results(known: Resolved[K]) -> Resolved[K]:
    operational = {name for name, option in options(type(known.config)).items() if option.operational}
    origins = {name: origin for name, origin in known.origins.items() if name not in operational}
    return Resolved(known.without(operational), origins)


def _check(before: K, now: K, work: str) -> None:
    changed = [
        f"{option.flag} {getattr(before, each)!r} -> {getattr(now, each)!r}"
        for each, option in options(type(before)).items()
        if not option.operational and getattr(before, each) != getattr(now, each)
    ]
    if before.retry_failed and not now.retry_failed:
        changed.append("--retry-failed True -> False (it is under way)")
    if changed:
        raise UsageError(
            f"{work} cannot be continued with other options that change results: {'; '.join(changed)}.\n"
            "Leave them out, or start a new one."
        )


def _without_lost_prices(config: K) -> K:
    """`config`, by the bundled prices where its file of prices is gone, unless a budget goes by them."""
    lost = config.prices and not Path(config.prices).exists()
    return replace(config, prices=None) if lost and config.budget_usd is None else config
