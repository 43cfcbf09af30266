"""What must hold before a training is taken up again: everything that its results depend on is as it was.

Knows manifests and what a training would be made of now; opens no file.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from sandbox.errors import UsageError
from sandbox.options.option import options
from sandbox.options.training import TrainingConfig
from sandbox.runs.training.manifest import BaseUsed, DataUsed, TrainingManifest

MOST_SHOWN: Final = 6
# What makes the numbers, and the bytes that hold them. Others may change.
DECIDING: Final = (
    "accelerate", "datasets", "gguf", "numpy", "peft", "safetensors", "tokenizers", "torch", "transformers", "trl",
)  # fmt: skip
# These say where something is found that counts by its contents, or leave open what the manifest says.
_BY_CONTENT: Final = ("model", "reward", "threads", "precision")


class Conditions(Protocol):
    """What a training is, or would be, made of; the manifest of one is an instance."""

    @property
    def config(self) -> TrainingConfig:
        """All options, with nothing open that changes results."""

    @property
    def data(self) -> DataUsed:
        """The exported folder."""

    @property
    def base(self) -> BaseUsed:
        """The model that is trained."""

    @property
    def reward(self) -> str | None:
        """The sha256 of the reward model."""

    @property
    def packages(self) -> Mapping[str, str]:
        """Versions by name."""

    @property
    def device(self) -> str:
        """What it is trained on."""

    @property
    def precision(self) -> str:
        """Of its numbers."""

    @property
    def threads(self) -> int:
        """Of the processor."""

    @property
    def ranks(self) -> int:
        """The processes it is trained in."""

    @property
    def steps_planned(self) -> int:
        """From the first to the last."""


def refuse_changed(manifest: TrainingManifest, now: Conditions) -> None:
    """Raises `UsageError` that lists what changed of all that the results of the training `manifest` depend on."""
    if now.steps_planned > manifest.steps_planned and now.data.files == manifest.data.files:
        raise UsageError(
            f"{manifest.name} was planned for {manifest.steps_planned} steps, and {now.steps_planned} are asked for: "
            "its learning rate fell for the former, and would rise again.\n"
            f"Leave --steps and --epochs out, or train anew with --steps {now.steps_planned} and another --out."
        )
    changed = [*changed_options(manifest.config, now.config), *_data(manifest.data, now.data), *_rest(manifest, now)]
    if changed:
        more = f"; and {len(changed) - MOST_SHOWN} more" if len(changed) > MOST_SHOWN else ""
        raise UsageError(
            f"{manifest.name} cannot be gone on with, as what decides its results has changed: "
            f"{'; '.join(changed[:MOST_SHOWN])}{more}.\n"
            "Make it as it was (leave such options out), or train anew with another --out."
        )


def changed_options(before: TrainingConfig, now: TrainingConfig) -> list[str]:
    """The options that change results and are not as they were, each with both values."""
    return [
        f"{option.flag} {getattr(before, name)} -> {getattr(now, name)}"
        for name, option in options(TrainingConfig).items()
        if getattr(before, name) != getattr(now, name) and not option.operational and name not in _BY_CONTENT
    ]


def _data(before: DataUsed, now: DataUsed) -> Iterator[str]:
    for name in sorted(before.files.keys() | now.files.keys()):
        if (change := _digests(before.files.get(name), now.files.get(name))) is not None:
            yield f"{name} of {now.name} {change}"


def _rest(before: Conditions, now: Conditions) -> Iterator[str]:
    if change := _digests(before.base.sha256, now.base.sha256):
        yield f"the base {now.base.name} {change}"
    if change := _digests(before.reward, now.reward):
        yield f"the reward model {change}"
    for name in DECIDING:
        if (old := before.packages.get(name)) != (new := now.packages.get(name)):
            yield f"{name} {old or 'none'} -> {new or 'none'}"
    yield from (
        f"{words} {getattr(before, name)} -> {getattr(now, name)}"
        for name, words in (
            ("threads", "--threads"), ("precision", "--precision"), ("device", "device"), ("ranks", "processes"),
        )
        if getattr(before, name) != getattr(now, name)
    )  # fmt: skip


def _digests(before: str | None, now: str | None) -> str | None:
    """How the sha256 of something changed; None where it did not."""
    short = [each[:12] if each else "none" for each in (before, now)]
    return f"(sha256 {short[0]} -> {short[1]})" if before != now else None
