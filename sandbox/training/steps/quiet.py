"""Keeps the libraries silent and to themselves, and gives them their threads and their seed. Knows nothing of ours.

What they print would stand among our own lines, and on stdout among the JSON; what they send is nobody's business.
"""

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

# Some of these are read once, when the library is imported. Threads of OpenMP that spin while they wait take fourteen
# times the processor on a busy machine; tokenizers' threads are of no use beside forked loaders.
_ENVIRONMENT: Final[Mapping[str, str]] = {
    "OMP_WAIT_POLICY": "passive",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # What a GPU needs to give the same sums again (docs.pytorch.org, "Reproducibility").
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}
# Where a launcher's settings or somebody's profile say otherwise, that would decide before our own options.
_FORCED: Final[Mapping[str, str]] = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "ACCELERATE_MIXED_PRECISION": "no",
    "ACCELERATE_DYNAMO_BACKEND": "no",
}
_LOGGERS: Final = ("torch", "transformers", "accelerate", "datasets", "huggingface_hub", "peft", "trl")


@contextmanager
def quiet() -> Iterator[None]:
    """A block in which libraries warn nobody. Enter it before the first of them is imported."""
    before = dict(os.environ)
    os.environ.update({**_ENVIRONMENT, **before, **_FORCED})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def settle(threads: int, seed: int) -> None:
    """Import the libraries, without their bars; from here on sums are made by `threads` threads, and drawn by `seed`.

    What is drawn without a generator of its own are the first weights of an adapter, and answers that are sampled.
    """
    import datasets
    import torch
    import transformers
    from huggingface_hub import constants

    constants.HF_HUB_DISABLE_TELEMETRY = True  # it may have been imported before
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    for name in _LOGGERS:  # after each has set its own
        logging.getLogger(name).setLevel(logging.ERROR)
    torch.set_num_threads(threads)
    transformers.set_seed(seed)


def silence(trainer: Any) -> None:
    """Take from a trainer of the library what prints its losses and draws its bar."""
    from transformers.trainer_callback import PrinterCallback, ProgressCallback

    for each in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(each)
