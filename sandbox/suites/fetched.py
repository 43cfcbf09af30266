"""Where the data of suites lies that was fetched."""

import os
from pathlib import Path

import platformdirs


def fetched_folder() -> Path:
    """The folder in the user's cache, or in `$SANDBOX_CACHE_DIR`; it need not be there."""
    named = os.environ.get("SANDBOX_CACHE_DIR")
    return (Path(named) if named else platformdirs.user_cache_path("sandbox")) / "suites"
