"""Versions of the packages that results can depend on, for manifests."""

from collections.abc import Iterable
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
    found: dict[str, str] = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
