"""What a small scripted society teaches: its exports, and the tiny model of their words. Made once in a session.

Knows the command.
"""

import shutil
from pathlib import Path
from typing import Any, Final

from conftest import Finished, Sandbox
from example_runs import scripted_run
from tiny_model import make_tiny_model, texts_of

FORMATS: Final = ("stable-alignment", "sft", "dpo", "modpo", "kto", "reward")
# Few steps of few short rows, on the processor, one thread: quick, and the same bytes each time.
QUICK: Final = (
    "--model", "tiny", "--precision", "float32", "--threads", 1, "--batch", 2, "--answers", 1,
)  # fmt: skip


def lesson(sandbox: Sandbox) -> Path:
    """The present folder, with an export of each format, called by it, and with the model, called `tiny`."""
    here = exports(sandbox)
    if not (here / "tiny").exists():
        kept = here.parent / ".lesson-model"
        if not kept.exists():
            make_tiny_model(kept, [text for format_ in FORMATS for text in texts_of(here / format_)])
        shutil.copytree(kept, here / "tiny")
    return here


def exports(sandbox: Sandbox) -> Path:
    """The present folder, with an export of each format, called by it."""
    here = Path.cwd()
    if (here / FORMATS[0]).exists():
        return here
    kept = here.parent / ".lesson"
    if not kept.exists():
        scripted_run(sandbox, here, "lesson", rounds=3, grid=4)
        for format_ in FORMATS:
            words = ("lesson", "--format", format_, "--prompt", "draft", "--test", 0.3)
            done = sandbox("export", *words, "--out", here / ".made" / format_)
            assert done.code == 0, done.err
        (here / ".made").rename(kept)
    shutil.copytree(kept, here, dirs_exist_ok=True)
    return here


def train(sandbox: Sandbox, data: str, out: str, *words: object) -> Finished:
    """Train the tiny model on the export called `data`; it must work."""
    done = sandbox("train", data, "--out", out, *QUICK, *words)
    assert done.code == 0, done.err
    return done


def values(folder: Path) -> dict[str, Any]:
    """The bytes that a training comes to, which are the same for the same seed."""
    files = ("adapter/adapter_model.safetensors", "adapter/adapter_config.json", "adapter.gguf", "steps.jsonl")
    return {name: (folder / name).read_bytes() for name in files if (folder / name).exists()}
