"""The settings of a run, by the names of the options of `simulate`: as given, and as in force. Knows manifests."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from sandbox.options.config import Config, SocietyModel
from sandbox.options.option import options
from sandbox.runs.manifest import Manifest

Setting = str | int | float | bool | None
# What people ask first about two runs, in this order; all others follow as they are declared.
FIRST: Final = ("labels", "seed", "model", "questions", "scope", "grid", "observer_model", "population", "control")


@cache
def setting_names() -> tuple[str, ...]:
    """Of every option that can change results, the most telling first, and `society`."""
    known = [each.name for each in options(Config).values() if each.by_content or not each.operational]
    return tuple(dict.fromkeys((*FIRST, *known, "society")))


def in_force(manifest: Manifest) -> dict[str, Setting]:
    """Each setting by its name, what was left out as what stood in its place; None where nothing did."""
    config, models = manifest.config, manifest.models
    found: dict[str, Setting] = {name: getattr(config, name) for name in setting_names()}
    return found | {
        "model": ", ".join(models.agents),
        "observer_model": models.observer,
        "prior": config.prior or config.questions,
        "radius": config.effective_radius,
        "society": _shares(config.society),
    }


def meant(manifest: Manifest, name: str) -> set[Setting]:
    """What somebody can mean by option `name` of a run: the value in force, or a name for it."""
    value = in_force(manifest).get(name, getattr(manifest.config, name))
    more: Mapping[str, Sequence[Setting]] = {
        "model": manifest.models.agents,
        "questions": [manifest.questions.name],
        "prior": [(manifest.prior or manifest.questions).name],
    }
    return {value, *more.get(name, ())}


def differing(manifests: Iterable[Manifest]) -> list[str]:
    """The settings in which they differ, the most telling first: as they were given, and as they were in force.

    A radius that follows from the grid, say, is no setting of its own.
    """
    found = list(manifests)
    forces = [in_force(each) for each in found]
    given = [_given(each) for each in found]
    return [name for name in setting_names() if all(len({each[name] for each in side}) > 1 for side in (forces, given))]


def _given(manifest: Manifest) -> dict[str, Setting]:
    config = manifest.config
    found: dict[str, Setting] = {name: getattr(config, name) for name in setting_names()}
    return found | {"model": ", ".join(manifest.models.agents), "society": _shares(config.society)}


def _shares(society: Sequence[SocietyModel]) -> str | None:
    """`a 0.5, b 0.5`; None of a society of one model."""
    return ", ".join(f"{each.name} {each.share:g}" for each in society) or None
