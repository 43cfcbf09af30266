"""A training before its first step: its options, plan and folder. Loads no weights, asks nobody and prints nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

from sandbox.errors import UsageError
from sandbox.options.file import OptionFile
from sandbox.options.resolution import Resolved, naming_places, resolve
from sandbox.options.training import TrainingConfig
from sandbox.progress.events import Note
from sandbox.runs.training.directory import TrainingDirectory
from sandbox.runs.training.reading import Training
from sandbox.training.hardware import check_launched, is_first
from sandbox.training.inputs import Inputs, absolute, forget
from sandbox.training.manifest import first_manifest
from sandbox.training.opening import made, refuse_taken, trainings_in
from sandbox.training.plan import Plan
from sandbox.training.settled import out_of, settled, sweep_of
from sandbox.training.taking_up import refuse_to_grow, taken_up

_NEEDED: Final = ("trl", "peft", "gguf")
Tell = Callable[[str], object]


@dataclass(frozen=True)
class Asked:
    """What is asked for: options, and what they are settled to; of a sweep there are several `named` trainings."""

    resolved: Resolved[TrainingConfig]
    config: TrainingConfig
    named: Mapping[str, TrainingConfig]
    data: Path

    def plans(self, tell: Tell) -> dict[str, Plan]:
        """The plan of each, by name; `tell` hears of what takes long. Raises `UsageError`, `SandboxError`."""
        from sandbox.training.planning import plan_of

        with naming_places(self.resolved):
            return {
                name: plan_of(replace(config, json=False, debug=False), self.resolved.origins, self.data, tell)
                for name, config in self.named.items()
            }

    def begun(self, plans: Mapping[str, Plan]) -> list[tuple[Plan, Training]]:
        """The folder of each, made by the first of several processes. Raises `UsageError`, `SandboxError`."""
        config, out = self.config, out_of(self.config)
        manifests = {name: first_manifest(plan, (out / name).name) for name, plan in plans.items()}
        if is_first():
            reward = config.reward and absolute(config.reward)
            made(out, manifests, Inputs(data=absolute(str(self.data)), model=absolute(config.model), reward=reward))
        trainings = [Training(TrainingDirectory(out / name), manifest) for name, manifest in manifests.items()]
        return list(zip(plans.values(), trainings, strict=True))


def asked(data: Path, flags: Mapping[str, Any], file: OptionFile | None, *, dry_run: bool = False) -> Asked:
    """What options come to, for a training on the export in the folder `data`. Raises `UsageError`."""
    _check_place()
    resolved = resolve(TrainingConfig, flags, file)
    with naming_places(resolved):
        config = settled(resolved.config)
        named = dict(sweep_of(config))
        if config.out and is_first():
            refuse_taken(Path(config.out))
        if not dry_run:
            out_of(config)
    return Asked(resolved, config, named, data)


def untold(plans: Iterable[Plan]) -> Iterator[Note]:
    """What a training will not tell, before it takes its time."""
    if not any(plan.held_out for plan in plans):
        told = "Nothing is held out, so no figure will say what was learnt: sandbox export --test 0.2"
        yield Note(told, warning=True)


class Resumed(NamedTuple):
    """What goes on: all trainings that were `found`, and the plan of each that is `left`."""

    found: list[Training]
    left: list[tuple[Plan, Training]]


def resumed(name: str, flags: Mapping[str, Any], file: OptionFile | None, tell: Tell) -> Resumed:
    """The training in the folder `name`, or all those of a sweep. Raises `UsageError`, `SandboxError`."""
    _check_place()
    found = trainings_in(Path(name))
    left = [each for each in found if each.manifest.status != "complete"]
    for each in found:
        if each not in left:
            refuse_to_grow(each, flags, file)
            forget(each.directory)  # which a kill at the very end may have prevented
    return Resumed(found, [(taken_up(each, flags, file, tell), each) for each in left])


def _check_place() -> None:
    """Raises `UsageError` where the libraries are not installed, or this is one of processes that nobody started."""
    check_launched()
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise UsageError(
            f"sandbox train needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed.\n"
            "Install: pip install 'society-sandbox[train]'"
        )
