"""The site of the documentation, built as `make docs` builds it. Runs no test."""

import os
import re
import subprocess
import sys
from pathlib import Path

from conftest import ROOT


def build_site(out: Path) -> Path:
    """Build it into `out`, where no proxy leads anywhere; the folder of its pages. Any warning is an error."""
    words = re.search(r"\ndocs:.*\n\t\$\(BIN\)/python (.*) docs/_build/html\n", (ROOT / "Makefile").read_text())
    assert words
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, *words[1].split(), "-q", "--doctree-dir", str(out / "trees"), str(out / "html")],
        cwd=ROOT, env={**os.environ, **nowhere, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return out / "html"
