"""Versions of the packages that results can depend on, for manifests."""

from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

_PACKAGES: Final = (
    "openai",
    "faiss-cpu",
    "onnxruntime",
    "sentence-transformers",
    "tokenizers",
    "torch",
    "xllamacpp",
    "numpy",
    "pydantic",
    "jinja2",
)


def packages(names: Iterable[str] = _PACKAGES) -> dict[str, str]:
    """Versions of those of these packages that are there: by default those that what models say can depend on."""
    return {name: found for name in names if (found := _version(name))}


@cache
def _version(name: str) -> str | None:
    """Looked up once for all runs of a process."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
