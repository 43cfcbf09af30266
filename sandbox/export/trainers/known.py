"""The trainers that exports are for: what each takes, and what configures it. Knows all of them by name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from sandbox.errors import UsageError
from sandbox.export.names import Format, Shape, Style, Trainer
from sandbox.export.recipe import Recipe
from sandbox.export.trainers.axolotl import axolotl_files, axolotl_takes
from sandbox.export.trainers.llama_factory import llama_factory_files, llama_factory_takes
from sandbox.export.trainers.trl import trl_files, trl_takes


class Known(NamedTuple):
    """Whether a trainer takes rows of a format in a style, and the configurations for it."""

    takes: Callable[[Format, Style], bool]
    files: Callable[[Shape], Iterator[tuple[str, str]]]


KNOWN: Final[Mapping[Trainer, Known]] = {
    "trl": Known(trl_takes, trl_files),
    "llama-factory": Known(llama_factory_takes, llama_factory_files),
    "axolotl": Known(axolotl_takes, axolotl_files),
}


def trainers_of(recipe: Recipe, wanted: Sequence[Trainer] | None) -> tuple[Trainer, ...]:
    """The trainers that take such rows, of those wanted; None wants all. Raises `UsageError` for one that does not."""
    found = tuple(trainer for trainer, known in KNOWN.items() if known.takes(recipe.format, recipe.style))
    for trainer in wanted or ():
        if trainer not in found:
            raise UsageError(f"--for {trainer}: it does not take {recipe.format} in {recipe.style} style.")
    return tuple(trainer for trainer in found if wanted is None or trainer in wanted)
