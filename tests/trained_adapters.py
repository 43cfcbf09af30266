"""Folders as `sandbox train` leaves them, with a little adapter of the embedded model, made without training.

One layer is changed, by one row and one column, so that it weighs nothing and says other things than its base.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from agents.endpoints.local import find_weights
from memory.files import sha256_of
from sandbox.options.training import TrainingConfig
from sandbox.runs.training.manifest import TrainingManifest

_DIGEST: Final = "0" * 64
_WIDTH, _INNER = 576, 1536  # of the embedded model


def trained(folder: Path, *, seed: int = 1, **changed: Any) -> Path:
    """The folder of a complete training; `changed` are fields of its manifest, those of parts by `part__name`."""
    folder.mkdir(parents=True)
    write_adapter(folder / "adapter.gguf", seed)
    document = _manifest(folder.name, sha256_of(folder / "adapter.gguf"))
    for name, value in changed.items():
        *parts, last = name.split("__")
        place = document
        for part in parts:
            place = place[part]
        place[last] = value
    manifest = TrainingManifest.model_validate(document)
    (folder / "manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")
    return folder


def write_adapter(path: Path, seed: int, architecture: str = "llama", kind: str = "adapter") -> Path:
    """A file of an adapter, drawn from `seed`."""
    from gguf import GGUFWriter

    drawn = np.random.default_rng(seed)
    writer = GGUFWriter(path, architecture)
    writer.add_string("general.type", kind)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 1.0)
    writer.add_tensor("blk.28.ffn_down.weight.lora_a", drawn.normal(0, 0.3, (1, _INNER)).astype(np.float32))
    writer.add_tensor("blk.28.ffn_down.weight.lora_b", drawn.normal(0, 0.3, (_WIDTH, 1)).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@cache
def base() -> str:
    """Sha256 of the embedded model."""
    return sha256_of(find_weights())


def _manifest(name: str, gguf: str) -> dict[str, Any]:
    return {
        "schema": 1,
        "kind": "training",
        "name": name,
        "status": "complete",
        "stopped_by": None,
        "created": "2026-11-29T00:00:00Z",
        "finished": "2026-11-29T00:00:01Z",
        "sandbox": "0",
        "objective": "stable",
        "config": TrainingConfig(objective="stable"),
        "origins": {},
        "fingerprint": _DIGEST,
        "seed": 0,
        "data": {
            "name": "data",
            "sha256": _DIGEST,
            "format": "stable-alignment",
            "style": "standard",
            "prompt": "question",
            "prompts": {},
            "files": {},
            "runs": [],
            "teachers": [],
            "observers": [],
            "license": "other",
        },
        "base": {
            "name": "embedded",
            "sha256": base(),
            "architecture": "LlamaForCausalLM",
            "parameters": 1,
            "gguf": base(),
        },
        "reward": None,
        "packages": {},
        "device": "cpu",
        "precision": "float32",
        "threads": 1,
        "ranks": 1,
        "rows": {},
        "trainable": 1,
        "steps_planned": 1,
        "steps": 1,
        "tokens": 1,
        "attempts": [],
        "held_out": {},
        "adapter": {"sha256": _DIGEST, "gguf": gguf, "no_gguf": None, "agreement": None},
    }
