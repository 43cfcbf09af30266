"""Reports can be read on a light page and on a dark one: words contrast with what is behind them, and so do marks."""

import base64
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Sandbox
from example_runs import mixed_run
from study_folders import study_of_four

from sandbox.inspection.contrast import Colour, contrast, over, seen
from sandbox.inspection.picture import look

CSS = (ROOT / "sandbox" / "inspection" / "report" / "page.css").read_text()
PAGES = {"light": "#ffffff", "dark": "#000000"}
WORDS = (
    "text page", "text panel", "soft page", "soft panel", "link page", "warn warn-back", "ins ins-back", "del del-back",
)  # fmt: skip
PICTURE = re.compile(r'<img class="picture (light|dark)" src="data:image/svg\+xml;base64,([^"]+)"')
# Axes and their grid, and areas, which lines bound.
NO_MARKS = re.compile("matplotlib.axis|patch|FillBetween|PolyCollection|legend")


def colour(code: str, opacity: float = 1.0) -> Colour:
    red, green, blue = (int(code[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue, opacity


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast(colour("#ffffff"), colour("#000000")) == pytest.approx(21)
    assert contrast(colour("#777777"), colour("#ffffff")) == pytest.approx(4.48, abs=0.005)
    assert over(colour("#000000", 0.5), colour("#ffffff")) == (0.5, 0.5, 0.5, 1.0)


def test_every_colour_of_a_curve_can_be_seen_and_changes_no_more_than_it_must() -> None:
    for page in map(colour, PAGES.values()):
        for number in range(40):
            for opacity in (0.1, 1.0):
                own = colour(look(number).colour, opacity)
                assert 3.0 <= contrast(over(seen(own, page, 3.0), page), page) <= max(3.1, contrast(own, page))
    assert seen(colour("#0072b2"), colour("#ffffff"), 3.0) == colour("#0072b2")


@pytest.mark.parametrize("scheme", PAGES)
def test_words_of_a_page_contrast_with_what_is_behind_them(scheme: str) -> None:
    light, _, dark = CSS.partition("prefers-color-scheme: dark")
    found = dict(re.findall(r"--([\w-]+): (#\w{6})", light if scheme == "light" else dark.partition("* {")[0]))
    assert found["page"] == PAGES[scheme]
    for pair in WORDS:
        words, behind = (colour(found[name]) for name in pair.split())
        assert contrast(words, behind) >= 4.5, pair


def marks(element: ET.Element) -> Iterator[tuple[float, str, float]]:
    """Of everything drawn by hand of ours: the contrast it needs, its colour and its opacity."""
    for part in element:
        if NO_MARKS.match(part.get("id", "")):
            continue
        style = dict(each.split(": ", 1) for each in part.get("style", "").split("; ") if ": " in each)
        if part.tag.endswith("text"):
            yield 4.5, style.get("fill", "#000000"), 1.0
        elif (stroke := style.get("stroke", "none")) != "none":
            yield 3.0, stroke, float(style.get("stroke-opacity", 1))
        yield from marks(part)


@pytest.mark.slow
def test_lines_points_and_words_of_every_picture_can_be_seen(sandbox: Sandbox, tmp_path: Path) -> None:
    mixed_run(sandbox, tmp_path)
    study_of_four(sandbox, tmp_path)
    for number, words in enumerate([("inspect", "mixed"), ("study", "show", "labels")]):
        assert sandbox(*words, "--html", f"{number}.html").code == 0
        pictures = PICTURE.findall(Path(f"{number}.html").read_text())
        assert [scheme for scheme, _ in pictures[:2]] == ["light", "dark"]
        for scheme, data in pictures:
            page, drawn = colour(PAGES[scheme]), list(marks(ET.fromstring(base64.b64decode(data))))
            assert len({need for need, *_ in drawn}) == 2
            faint = [(need, code) for need, code, own in drawn if contrast(over(colour(code, own), page), page) < need]
            assert not faint, (words, scheme)
