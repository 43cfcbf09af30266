"""A GGUF file as a folder that transformers can train: unpacked once, and kept in the user's cache.

Knows no training. What lies in the cache can be made again, so it may be deleted at any time.
"""

import io
import os
import shutil
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import platformdirs

from sandbox.errors import SandboxError, of_system

_WHOLE = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


def unpacked(gguf: Path, digest: str, tell: Callable[[str], object]) -> Path:
    """The folder with the weights of `gguf`, whose sha256 is `digest`, as float32. Raises `SandboxError`.

    It appears whole: it is written beside its place, and renamed. `tell` hears that it takes long.
    """
    place = _cache() / digest
    if all((place / name).is_file() for name in _WHOLE):
        return place
    tell(f"Unpacking {gguf.name} for training: about a minute, once.")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(mkdtemp(dir=place.parent, prefix=".unpacking-"))
        try:
            _write(gguf, beside)
            _put(beside, place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise SandboxError(
            f"{gguf.name} cannot be unpacked into {place.parent}: {of_system(error)}.\n"
            "It takes 600 MB: make room, or set SANDBOX_CACHE_DIR to a folder elsewhere."
        ) from error
    return place


def quiet() -> None:
    """Keep the library, which writes on standard error of what it does, to its errors."""
    from transformers.utils import logging

    said: Any = logging
    said.set_verbosity_error()
    said.disable_progress_bar()


def _put(folder: Path, place: Path) -> None:
    """`folder` as `place`; a whole one that another process put there meanwhile stays, what is left of one goes."""
    if place.exists() and not all((place / name).is_file() for name in _WHOLE):
        shutil.rmtree(place)
    try:
        folder.rename(place)
    except OSError:
        if not place.is_dir():
            raise


def _write(gguf: Path, folder: Path) -> None:
    import transformers

    quiet()
    # Without dequantize the model counts as quantised, and can be neither saved nor trained.
    whole = transformers.GgufConfig(dequantize=True)
    source = gguf.parent
    with redirect_stderr(io.StringIO()):  # a bar that no setting turns off
        model = transformers.AutoModelForCausalLM.from_pretrained(
            source, gguf_file=gguf.name, quantization_config=whole
        )
    tokenizer = transformers.AutoTokenizer.from_pretrained(source, gguf_file=gguf.name)
    # Both would write down where the file lies.
    model.config._name_or_path = tokenizer.name_or_path = ""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _cache() -> Path:
    named = os.environ.get("SANDBOX_CACHE_DIR")
    return (Path(named) if named else platformdirs.user_cache_path("sandbox")) / "models"
