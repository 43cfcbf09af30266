"""What `--where NAME=VALUE` asks of a list: settings by the names of the options that gave them.

Knows manifests of every kind, and no folder.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sandbox.errors import UsageError
from sandbox.options.columns import KEYS
from sandbox.options.config import Config
from sandbox.options.evaluation import EvaluationConfig
from sandbox.options.option import Declared, Option, options
from sandbox.options.rating import RatingConfig
from sandbox.options.refusal import shown
from sandbox.options.resolution import Source, merged
from sandbox.options.training import TrainingConfig
from sandbox.runs.evaluation.manifest import EVALUATION
from sandbox.runs.manifest import SIMULATION, Manifest
from sandbox.runs.rating.manifest import RATING
from sandbox.runs.settings import Setting, meant
from sandbox.runs.training.manifest import TRAINING
from sandbox.text import nearest

_FORMS: Final[Mapping[str, type[Declared]]] = {
    SIMULATION: Config, EVALUATION: EvaluationConfig, RATING: RatingConfig, TRAINING: TrainingConfig,
}  # fmt: skip
# A comma ends a value only where another name follows: `column=question=prompt,chosen=good` is one value.
_NEXT: Final = re.compile(rf",(?=\s*(?!(?:{'|'.join(KEYS)})\s*=)[a-z][a-z_-]*\s*!?=)")
_CONDITION: Final = re.compile(r"([^=!]+)(!?=)(.*)", re.DOTALL)


class Condition(NamedTuple):
    """One option, its value as the commands read it that have it, by kind of folder, and whether it is to be it."""

    name: str
    values: Mapping[str, Setting]
    same: bool

    def holds(self, kind: str, manifest: Any) -> bool:
        """Whether it does for a manifest of this kind, which has the option."""
        wanted = self.values[kind]
        return (wanted in _meant(kind, manifest, self.name)) == self.same


class Where(NamedTuple):
    """All that is asked. Of several values for one option, any will do; all that is not to be is not."""

    conditions: Sequence[Condition] = ()

    def fits(self, kind: str, manifest: Any) -> bool:
        """Whether a folder of `kind` with this manifest does; one whose command has no such option does not."""
        if any(kind not in each.values for each in self.conditions):
            return False
        wanted = {each.name for each in self.conditions if each.same}
        held = {each.name for each in self.conditions if each.same and each.holds(kind, manifest)}
        return wanted == held and all(each.holds(kind, manifest) for each in self.conditions if not each.same)


def where(text: str | None) -> Where:
    """What `--where` says, several joined by commas. Raises `UsageError` for a name or a value that cannot be."""
    return Where([_condition(part.strip()) for part in _NEXT.split(text)] if text else [])


def _condition(part: str) -> Condition:
    found = _CONDITION.fullmatch(part)
    if not found or not found[3].strip():
        raise UsageError(f"--where {shown(part)}: wanted is NAME=VALUE, or NAME!=VALUE, such as labels=all-good.")
    name, value = found[1].strip().lower().lstrip("-").replace("-", "_"), found[3].strip()
    known = {kind: option for kind, form in _FORMS.items() if (option := _settings(form).get(name))}
    if not known:
        names = dict.fromkeys(name for form in _FORMS.values() for name in _settings(form))
        raise UsageError(
            f"--where {shown(part)}: {shown(found[1].strip())} is no option of a run.{nearest(name, names)}"
        )
    return Condition(name, _values(name, value, list(known)), found[2] == "=")


def _values(name: str, text: str, kinds: Sequence[str]) -> dict[str, Setting]:
    """By kind, of those that can read it. Raises `UsageError` as the first of them where none can."""
    found: dict[str, Setting] = {}
    refusals: list[UsageError] = []
    for kind in kinds:
        try:
            found[kind] = _read(_FORMS[kind], name, text)
        except UsageError as error:
            refusals.append(error)
    if not found:
        raise refusals[0]
    return found


def _read(form: type[Declared], name: str, text: str) -> Setting:
    source = Source("flag", {name: text}, lambda _: f"--where {name}=")
    value: Setting = getattr(merged(form, [source]).config, name)
    return value


def _settings(form: type[Declared]) -> Mapping[str, Option]:
    """What a manifest keeps of the options of a command."""
    return {name: each for name, each in options(form).items() if not each.of_one_call}


def _meant(kind: str, manifest: Any, name: str) -> set[Setting]:
    if isinstance(manifest, Manifest):
        return meant(manifest, name)
    value = getattr(manifest.config, name)
    several = options(_FORMS[kind])[name].repeatable and isinstance(value, str)
    used = getattr(manifest, name, None) if value is None else value  # who judges, where nobody was named
    return {value, used if isinstance(used, str) else value, *(value.split(",") if several else ())}
