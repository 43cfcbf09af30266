"""Saves what a training came to: adapter, its GGUF file, answers side by side, card. Knows files, not how it learnt."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from memory.files import sha256_of, write_atomically
from sandbox.progress.events import Event, Note
from sandbox.runs.training.directory import TrainingDirectory
from sandbox.runs.training.manifest import AdapterMade, Agreement, TrainingManifest
from sandbox.training.base.base_model import digest_of
from sandbox.training.made.adapter_file import WEIGHTS, NotCoveredError, save_adapter, write_gguf
from sandbox.training.made.agreement import agreement, disagreement
from sandbox.training.made.answering import answered
from sandbox.training.made.card import card
from sandbox.training.plan import Plan

_FULL: Final = (
    "All weights were trained, so there is no adapter: they are in model/, as transformers and servers read them."
)
_COMPARED: Final = 4  # prompts
_REWARD: Final = (
    "A model of rewards gives numbers and no text, so nothing serves it; rloo takes the folder by --reward."
)


def save(
    plan: Plan,
    directory: TrainingDirectory,
    manifest: TrainingManifest,
    model: Any,
    tokenizer: Any,
    report: Callable[[Event], object],
) -> TrainingManifest:
    """Write everything below `directory`, and say in the manifest what it is. Raises `SandboxError`."""
    made = _weights(plan, directory, model, tokenizer)
    if made.gguf and plan.model.gguf:
        made = made.model_copy(update={"agreement": _agreement(plan, directory, model, tokenizer)})
    if made.agreement and (problem := disagreement(made.agreement)):
        report(Note(problem, warning=True))
    if made.no_gguf:
        report(Note(made.no_gguf, warning=not (plan.config.full or plan.config.objective == "reward")))
    lines = answered(plan, model, tokenizer)
    write_atomically(directory.answers, "".join(f"{line.model_dump_json()}\n" for line in lines).encode())
    manifest = manifest.model_copy(update={"adapter": made})
    write_atomically(directory.card, card(manifest, plan.card).encode())
    return manifest


def _weights(plan: Plan, directory: TrainingDirectory, model: Any, tokenizer: Any) -> AdapterMade:
    if plan.config.full:
        return AdapterMade(sha256=_whole(directory, model, tokenizer), gguf=None, no_gguf=_FULL, agreement=None)
    with _in_place(directory.adapter) as folder:
        save_adapter(model, folder, plan.base.name)
    digest = sha256_of(directory.adapter / WEIGHTS)
    if plan.config.objective == "reward":
        return AdapterMade(sha256=digest, gguf=None, no_gguf=_REWARD, agreement=None)
    try:
        write_gguf(directory.adapter, plan.model.folder, directory.gguf)
    except NotCoveredError as error:
        return AdapterMade(sha256=digest, gguf=None, no_gguf=str(error), agreement=None)
    return AdapterMade(sha256=digest, gguf=sha256_of(directory.gguf), no_gguf=None, agreement=None)


def _agreement(plan: Plan, directory: TrainingDirectory, model: Any, tokenizer: Any) -> Agreement | None:
    """How near llama.cpp comes to `model` after the first few prompts that were trained on."""
    assert plan.model.gguf
    prompts = [each.messages for each in plan.examples[:_COMPARED]]
    return agreement(model, tokenizer, plan.model.gguf, directory.gguf, prompts)


def _whole(directory: TrainingDirectory, model: Any, tokenizer: Any) -> str:
    """Save all weights; the sha256 of their names and contents."""
    with _in_place(directory.model) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return digest_of(directory.model)


@contextmanager
def _in_place(folder: Path) -> Iterator[Path]:
    """A folder to write into that becomes `folder`, in the place of what a killed process left there."""
    draft = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    yield draft
    shutil.rmtree(folder, ignore_errors=True)
    draft.replace(folder)
