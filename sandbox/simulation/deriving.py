"""The code by which a run is derived, known by a sha256: another version may ask otherwise, whatever it is called.

Knows files of packages, not what they do.
"""

import hashlib
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

import orjson

import sandbox
from sandbox.runs.packages import packages

# What asks, reads answers and makes the log of them.
DERIVING: Final = (
    "prompts",
    "memory",
    "agents",
    "sandbox.options",
    "sandbox.extending",
    "sandbox.questions",
    "sandbox.runs",
    "sandbox.calls",
    "sandbox.society",
)


@cache
def code_digest() -> str:
    """Sha256 (hex) of that code, of the version of `sandbox`, and of those of the packages that it is made with."""
    digest = hashlib.sha256(orjson.dumps([sandbox.__version__, packages()], option=orjson.OPT_SORT_KEYS))
    for name in DERIVING:
        for folder in import_module(name).__path__:
            for path in sorted(Path(folder).rglob("*.py")):
                with suppress(OSError):  # no code, such as the link by which an editor locks a file
                    digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
