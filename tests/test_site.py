"""The documentation as a site: it builds strict and without a network, and its pages load nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

# What a browser would fetch as it shows a page. Links that a reader follows are none.
LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc(?:set)?=[\"']?(?:https?:)?//"
    r"|<link\b(?![^>]*\brel=[\"'](?:canonical|next|prev|index|search))[^>]*\bhref=[\"']?(?:https?:)?//"
)
FETCHED_BY_STYLES = re.compile(r"(?:url\(|@import\s+)[\"']?(?:https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it, where no proxy leads anywhere."""
    out = tmp_path_factory.mktemp("site")
    words = re.search(r"\ndocs:.*\n\t\$\(BIN\)/python (.*) docs/_build/html\n", (ROOT / "Makefile").read_text())
    assert words
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, *words[1].split(), "-q", "--doctree-dir", str(out / "trees"), str(out / "html")],
        cwd=ROOT, env={**os.environ, **nowhere, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return out / "html"


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        assert not LOADED.findall(page.read_text(encoding="utf-8")), page
    for style in site.rglob("*.css"):
        assert not FETCHED_BY_STYLES.findall(style.read_text(encoding="utf-8")), style
