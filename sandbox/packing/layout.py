"""Which files each kind of folder hands over, by their paths in it. Knows names, and opens nothing.

What is not named here is in no archive: neither locks, nor what is worked out again, nor what people put there.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

from sandbox.options.completion import RUN_ID, TAGS_SUFFIX

Kind = Literal["simulation", "evaluation", "rating", "annotation", "training", "study"]
LIST: Final = "pack.json"
# Tags and note lie beside the folder: behind its name, and not in it.
TAGS: Final = TAGS_SUFFIX
# A name that every system can have: those of devices are taken on some.
_NAME: Final = rf"(?!(?i:con|prn|aux|nul|com\d|lpt\d)(?:[./]|$)){RUN_ID.pattern}"
_WORK: Final = r"manifest\.json|(?:calls|superseded)\.jsonl"
_TEMPLATES: Final = rf"prompts/{_NAME}\.jinja"
_MEMORIES: Final = r"memory/agent-\d{3,9}\.(?:jsonl|faiss)"
_RUN: Final = (
    rf"{_WORK}|(?:interactions|rounds|questions)\.jsonl|{_TEMPLATES}|memory/questions\.(?:jsonl|npy)|{_MEMORIES}"
)
_FILES: Final[Mapping[Kind, str]] = {
    "simulation": _RUN,
    "evaluation": rf"{_WORK}|(?:answers|judgements|stored)\.jsonl|summary\.(?:csv|json)|suites/{_NAME}\.jsonl?",
    "rating": rf"{_WORK}|scores\.jsonl|{_TEMPLATES}",
    "annotation": r"manifest\.json|judgements\.jsonl",
    # Weights as safetensors and GGUF, and what is text: nothing that a reader could run.
    "training": (
        r"manifest\.json|(?:steps|answers)\.jsonl|README\.md|adapter\.gguf|"
        rf"(?:adapter|model)/{_NAME}\.(?:jinja|json|md|model|safetensors|txt)"
    ),
    "study": rf"study\.(?:json|toml)|runs/{_NAME}(?:/(?:{_RUN})|{re.escape(TAGS)})",
}
_FOLDERS: Final[Mapping[Kind, str]] = {
    "simulation": "memory|prompts",
    "evaluation": "suites",
    "rating": "prompts",
    "annotation": "",
    "training": "adapter|model",
    "study": rf"runs(?:/{_NAME}(?:/(?:memory|prompts))?)?",
}
# What a folder can hold besides, and nobody misses: locks and marks of this machine, what readers work out again.
_UNMISSED: Final = re.compile(rf"(?:.*/)?\..*|checkpoints|table\.(?:csv|parquet)|{re.escape(LIST)}")
_OUTSIDE: Final = re.compile(r"[/\\].*|.*[\\:\x00-\x1f\x7f].*|(?:.*/)?\.\.(?:/.*)?", re.DOTALL)


def is_file(kind: Kind, path: str) -> bool:
    """Whether a folder of `kind` hands over a file at `path`, which is relative, with slashes; `TAGS` is one."""
    return path == TAGS or bool(re.fullmatch(_FILES[kind], path))


def in_archive(name: str, path: str) -> str:
    """Where the file at `path` of the folder `name` lies in an archive: as both lie beside one another."""
    return f"{name}{path}" if path == TAGS else f"{name}/{path}"


def is_folder(kind: Kind, path: str) -> bool:
    """Whether a folder of `kind` has a folder at `path` in which such files lie."""
    return bool(re.fullmatch(_FOLDERS[kind], path))


def is_memory(path: str) -> bool:
    """Whether it is what one agent remembers, which follows from the journal."""
    return bool(re.fullmatch(rf"(?:runs/[^/]+/)?(?:{_MEMORIES})", path))


def is_missed(path: str) -> bool:
    """Whether somebody may wonder why what lies at `path` is not handed over."""
    return not (_UNMISSED.fullmatch(path) or is_memory(path))


def leads_outside(path: str) -> bool:
    """Whether `path` is no plain relative one: on some system it could lead out of the folder."""
    return bool(_OUTSIDE.fullmatch(path))


def record_of(kind: Kind) -> str:
    """The file without which it is no folder of `kind`."""
    return "study.json" if kind == "study" else "manifest.json"
