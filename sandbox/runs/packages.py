"""Versions of the packages that results can depend on, for manifests."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

_PACKAGES: Final = (
    "openai",
    "faiss-cpu",
    "sentence-transformers",
    "torch",
    "xllamacpp",
    "numpy",
    "pydantic",
    "jinja2",
)


def packages() -> dict[str, str]:
    """Versions of the packages that results can depend on."""
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
