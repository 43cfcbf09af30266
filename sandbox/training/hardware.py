"""What a training runs on: device, precision, threads, processes. Imports torch to find it out."""

import os
from pathlib import Path
from typing import Final, Literal, NamedTuple

from agents.endpoints.local import cores
from sandbox.errors import UsageError
from sandbox.options.training import TrainingConfig

# Flags of processors that multiply bf16 faster than float32 (Linux, /proc/cpuinfo). Without, bf16 takes 2 to 4 times as
# long there.
_FAST_BF16: Final = frozenset({"amx_bf16", "avx512_bf16"})
# What a launcher (torchrun, accelerate) tells each process; what MPI tells instead, the library would believe, too.
_LAUNCHED: Final = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_RANKS: Final = ("RANK", "LOCAL_RANK")
_SIZES: Final = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")


class Hardware(NamedTuple):
    """`device` is cpu, cuda or the like, `name` what it is called, `ranks` how many processes share the work."""

    device: str
    name: str
    precision: Literal["float32", "bf16"]
    threads: int
    ranks: int
    rank: int

    @property
    def is_cpu(self) -> bool:
        """Whether there is no card."""
        return self.device == "cpu"


def check_launched() -> None:
    """Raises `UsageError` where this process is told to be one of several, but not by whom it finds the others."""
    told = [name for name in _RANKS if os.environ.get(name)] + [name for name in _SIZES if _number(name, 1) > 1]
    lacking = [name for name in _LAUNCHED if not os.environ.get(name)]
    if told and lacking:
        raise UsageError(
            f"{told[0]} is set, as where several processes train together, and {lacking[0]} is not.\n"
            f"For this process alone: unset {' '.join(told)}. For several: accelerate launch -m sandbox.training"
        )


def is_first() -> bool:
    """Whether this process, of those that share a training, is the one that writes and tells."""
    return _number("RANK", 0) == 0


def hardware(config: TrainingConfig) -> Hardware:
    """What `config` is trained on here. Raises `UsageError` for bf16 on a card that has none."""
    import torch

    device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    kind = device.type if device else "cpu"
    name = torch.cuda.get_device_name() if kind == "cuda" else kind
    threads = config.threads or cores()
    ranks, rank = _number("WORLD_SIZE", 1), _number("RANK", 0)
    if config.precision == "bf16" and kind == "cuda" and not torch.cuda.is_bf16_supported():
        raise UsageError(f"--precision bf16: {name} has no bf16. Leave it out, or say float32.")
    return Hardware(kind, name, _precision(config, kind), threads, ranks, rank)


def _precision(config: TrainingConfig, kind: str) -> Literal["float32", "bf16"]:
    if config.precision != "auto":
        return config.precision
    import torch

    fast = torch.cuda.is_bf16_supported() if kind == "cuda" else kind == "cpu" and _has_fast_bf16()
    return "bf16" if fast else "float32"


def _has_fast_bf16() -> bool:
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return False
    return bool(_FAST_BF16 & {*text.split()})


def _number(variable: str, default: int) -> int:
    """What a launcher (torchrun, accelerate) says."""
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() else default
