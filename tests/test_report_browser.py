"""The report in a real headless Chromium: what a reader sees of hostile texts, with mouse and keyboard, anywhere.

`SANDBOX_SCREENSHOTS=1` makes the pictures in docs/ anew.
"""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import COMMAND, ROOT

from sandbox.figures.reads import read_all
from sandbox.inspection.report.page import write_report
from sandbox.runs.reading import open_run
from sandbox.terminal import harmless

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed (extra dev)")

from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.remote.webelement import WebElement  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

CHROMIUM, CHROMEDRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and CHROMEDRIVER),
        reason="chromium or chromedriver is not here (apt-get install chromium chromium-driver)",
    ),
]
PICTURES = ROOT / "docs" if os.environ.get("SANDBOX_SCREENSHOTS") == "1" else None
SMALL = ("--model", "scripted", "--questions", "starter", "--embedder", "hash", "--prior-size", "5", "--yes")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --window-size=1200,900"
)
SCRIPT = "<script>alert(1)</script></script><img src=x onerror=alert(2)><!-- <svg onload=alert(3)> {{ 7 * 7 }} &lt;"
ANSI = "\x1b[2J\x1b]0;owned\x07 \x9b1m"
BIDI = "safe \u202egnp.exe\u2066 \u2028 end"
ARABIC, HEBREW = "مرحبا بالعالم، هذا نص عادي.", "שלום עולם"
LONG = "word " * 9_999 + "last!"


def simulated(folder: Path, name: str, *options: object) -> Path:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SANDBOX_CACHE_DIR": str(folder / "cache")}
    words = [*COMMAND, "simulate", *SMALL, "--run-id", name, *map(str, options)]
    subprocess.run(words, cwd=folder, env=environment, check=True, capture_output=True)
    return folder / "runs" / name


def spoil(run: Path) -> list[dict[str, Any]]:
    """Put hostile texts into the log, and give what it then holds."""
    items = [json.loads(line) for line in (run / "interactions.jsonl").read_text().splitlines()]
    items[0] |= {"question": SCRIPT, "draft": SCRIPT, "revision": LONG}
    items[0]["feedback"][0]["reason"] = SCRIPT
    items[1] |= {"draft": ANSI, "revision": BIDI}
    items[2] |= {"draft": ARABIC, "revision": HEBREW}
    missing = {"rating": None, "missing": "out_of_range", "reason": "too good", "raw": f"9 {SCRIPT}"}
    items[3]["scores"]["draft"]["alignment"] = missing
    items[4] |= {"revision": None, "failed": {"stage": "revision", "neighbour": None, "error": "timeout"}}
    items[4]["scores"]["revision"] = {"alignment": None, "engagement": None}
    items[5] |= {"draft": LONG, "revision": "other " * 9_999}
    items[6]["model"] = SCRIPT
    items[7]["feedback"][0] |= {"recall": {"question": "Of yore", "answer": "Hearsay", "similarity": 0.5, "round": 0}}
    items[8]["feedback"][0]["raw"] = "never shown"
    (run / "interactions.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    return items


class Page:
    """A report, open in Chromium."""

    def __init__(self, driver: "webdriver.Chrome", path: Path, items: list[dict[str, Any]]) -> None:
        self.driver, self.path, self.items = driver, path, items

    def open(self) -> "Page":
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(self.path.as_uri())
        self.until(lambda: self.script("return document.documentElement.dataset.ready") == "yes")
        return self

    def until(self, true: Callable[[], Any]) -> Any:
        return WebDriverWait(self.driver, 20).until(lambda _: true())

    def script(self, code: str, *arguments: object) -> Any:
        return self.driver.execute_script(code, *arguments)  # type: ignore[no-untyped-call]

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def control(self, name: str) -> WebElement:
        return self.one(f".interactions [name={name}]")

    def ids(self) -> list[str]:
        return [each.text for each in self.all(".stories summary b")]

    def found(self, count: int) -> None:
        self.until(lambda: f"{count} that fit" in self.one(".found").text)

    def story(self, number: int) -> list[str]:
        """The texts of an interaction of the list, which is opened."""
        details = self.all(".stories details")[number]
        if not details.get_attribute("open"):
            details.find_element(By.TAG_NAME, "summary").click()
        self.until(lambda: details.find_elements(By.CLASS_NAME, "part"))
        return self.script("return [...arguments[0].querySelectorAll('.said')].map(each => each.textContent)", details)

    def keys(self, *keys: str) -> None:
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def media(self, scheme: str, medium: str = "") -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})

    def size(self, width: int, height: int, *, mobile: bool = False) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def picture(self, name: str) -> None:
        """Keep what is seen in docs/, if that was asked for."""
        if PICTURES:
            PICTURES.mkdir(exist_ok=True)
            shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
            (PICTURES / name).write_bytes(base64.b64decode(shot["data"]))


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator["webdriver.Chrome"]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def small(driver: "webdriver.Chrome", tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("small")
    run = simulated(folder, "one", "--grid", 3, "--rounds", 8, "--threshold", 0.1)
    items = spoil(run)
    write_report(read_all([open_run(str(run), folder)]), folder / "report.html")
    return Page(driver, folder / "report.html", items)


@pytest.fixture(scope="module")
def two(driver: "webdriver.Chrome", tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("two")
    names = ("mixed", "all-good")
    runs = [simulated(folder, name, "--labels", name, "--grid", 10, "--rounds", 6) for name in names]
    write_report(read_all([open_run(str(run), folder) for run in runs]), folder / "report.html")
    return Page(driver, folder / "report.html", [])


@pytest.fixture
def page(small: Page) -> Iterator[Page]:
    small.size(1200, 900)
    yield small.open()
    assert small.driver.get_log("browser") == []


def test_hostile_text_is_text(page: Page) -> None:
    texts = page.story(0)
    assert texts[0] == SCRIPT
    assert LONG in texts
    assert texts.count(SCRIPT) >= 3
    assert SCRIPT in page.all(".stories details")[0].text
    assert page.all(".stories summary .asked")[0].text == SCRIPT
    assert page.script("return document.querySelectorAll('article script:not([type]), .stories img, svg').length") == 0
    assert page.driver.get_log("browser") == []


def test_control_characters_are_codes_and_right_to_left_text_is_itself(page: Page) -> None:
    texts = page.story(1)
    assert r"\x1b[2J\x1b]0;owned\x07 \x9b1m" in texts
    assert harmless(BIDI) in texts
    assert r"safe \u202egnp.exe\u2066 \u2028 end" in texts
    assert {ARABIC, HEBREW} <= set(page.story(2))
    sides = page.script(
        "return [...document.querySelectorAll('.stories .said')].filter(each => each.textContent === arguments[0])"
        ".map(each => getComputedStyle(each).direction)",
        ARABIC,
    )
    assert sides == ["rtl"]


def test_the_story_is_whole(page: Page) -> None:
    item = page.items[12]
    texts = page.story(12)
    feedback = [text for each in item["feedback"] for text in said(each)]
    scores = [each["reason"] for text in item["scores"].values() for each in text.values()]
    shown = page.all(".stories details")[12]
    changed = shown.find_elements(By.CSS_SELECTOR, "ins, del")
    recalled = [item["recall"]["question"], item["recall"]["answer"]] if item["recall"] else []
    expected = [item["question"], *recalled, item["draft"], *feedback, item["revision"]]
    assert texts[: len(expected)] == expected
    assert texts[-4:] == scores
    assert changed
    without = (
        "return [...arguments[0].childNodes].filter(e => e.nodeName !== arguments[1]).map(e => e.textContent).join('')"
    )
    difference = changed[0].find_element(By.XPATH, "..")
    assert page.script(without, difference, "DEL") == item["revision"]
    assert page.script(without, difference, "INS") == item["draft"]


def said(feedback: dict[str, Any]) -> list[str]:
    recall = feedback["recall"]
    return [feedback["reason"], *([recall["question"], recall["answer"]] if recall else [])]


def test_what_is_missing_or_failed_is_said(page: Page) -> None:
    page.control("missing").click()
    page.found(1)
    assert {"too good", f"9 {SCRIPT}"} <= set(page.story(0))
    assert "Observer on the alignment of the draft: missing (out_of_range)" in page.one(".stories").text
    page.control("missing").click()
    page.control("failed").click()
    page.found(1)
    page.story(0)
    assert "Failed at revision: timeout" in page.one(".stories").text


def test_texts_too_long_to_compare_are_shown_whole(page: Page) -> None:
    assert LONG in page.story(5)
    assert "Too much to compare word by word." in page.all(".stories details")[5].text


def test_a_run_without_interactions(small: Page, tmp_path: Path) -> None:
    run = shutil.copytree(small.path.parent / "runs" / "one", tmp_path / "runs" / "one")
    (run / "interactions.jsonl").write_text("")
    write_report(read_all([open_run(str(run), tmp_path)]), tmp_path / "report.html")
    page = Page(small.driver, tmp_path / "report.html", []).open()
    page.found(0)
    assert "No interaction is in the log yet." in page.one("main").text
    assert page.driver.get_log("browser") == []


def test_search_and_filters(page: Page) -> None:
    page.found(72)
    page.control("search").send_keys("ONERROR=alert")
    page.found(2)
    page.control("search").clear()
    page.control("search").send_keys(ARABIC)
    page.found(1)
    assert page.ids() == ["r000-a002"]
    page.control("search").clear()
    page.control("search").send_keys(" ", Keys.BACKSPACE)
    page.control("from").send_keys("3")
    page.found(45)
    page.control("to").send_keys("3")
    page.found(9)
    page.control("agent").send_keys("4")
    page.found(1)
    assert page.ids() == ["r003-a004"]
    for name in ("from", "to", "agent"):
        page.control(name).clear()
    Select(page.control("label")).select_by_value("good")
    page.control("least-gain").send_keys("1")
    page.found(sum(item["label"] == "good" and (gain(item) or 0) >= 1 for item in page.items))


def test_losses_and_disagreement_are_found(page: Page) -> None:
    gains = [value for item in page.items if (value := gain(item)) is not None]
    for least, most in ((-6, -1), (-2, 0), (0, 0), (1, 6)):
        for name, value in (("least-gain", least), ("most-gain", most)):
            page.control(name).clear()
            page.control(name).send_keys(str(value))
        page.found(sum(least <= value <= most for value in gains))
    assert min(gains) < 0 < max(gains)
    for name in ("least-gain", "most-gain"):
        page.control(name).clear()
    ratings = [[each["rating"] for each in item["feedback"] if each["rating"]] for item in page.items]
    apart = [max(each) - min(each) for each in ratings if len(each) > 1]
    page.control("least-disagreement").send_keys(str(max(apart)))
    page.found(apart.count(max(apart)))
    page.control("least-disagreement").clear()
    page.control("least-disagreement").send_keys("0")
    page.found(len(apart))


def test_labels_and_models_to_choose_are_those_of_the_run(page: Page) -> None:
    labels, models = (Select(page.control(name)) for name in ("label", "model"))
    assert [each.get_attribute("textContent") for each in labels.options] == ["any", "bad", "good"]
    assert [each.get_attribute("textContent") for each in models.options] == ["any", SCRIPT, "scripted"]
    labels.select_by_value("bad")
    page.found(sum(item["label"] == "bad" for item in page.items))
    labels.select_by_value("")
    models.select_by_value(SCRIPT)
    page.found(1)
    assert page.ids() == ["r000-a006"]
    models.select_by_value("scripted")
    page.found(71)


@pytest.mark.parametrize(
    ("wanted", "found"), [("hearsay", 1), ("OF YORE", 1), ("too good", 1), (f"9 {SCRIPT[:20]}", 1), ("never shown", 0)]
)
def test_search_covers_what_was_said_and_replies_without_a_rating(page: Page, wanted: str, found: int) -> None:
    page.control("search").send_keys(wanted)
    page.found(found)


def gain(item: dict[str, Any]) -> int | None:
    draft, revision = (item["scores"][text]["alignment"] for text in ("draft", "revision"))
    known = draft and revision and None not in (draft["rating"], revision["rating"])
    return revision["rating"] - draft["rating"] if known else None


def test_sorting_and_pages(page: Page) -> None:
    assert page.ids() == [item["id"] for item in page.items[:50]]
    assert not page.control("previous").is_enabled()
    page.control("next").click()
    page.until(lambda: page.ids() == [item["id"] for item in page.items[50:]])
    Select(page.control("sort")).select_by_value("gain")
    gains = {item["id"]: gain(item) for item in page.items}
    page.until(lambda: len(page.ids()) == 50)
    best = sorted((each for each in gains.values() if each is not None), reverse=True)
    assert [gains[each] for each in page.ids()] == best[:50]
    page.control("reverse").click()
    page.until(lambda: gains[page.ids()[0]] == best[-1])
    assert [gains[each] for each in page.ids()] == best[::-1][:50]


def test_the_slider_changes_the_grid(page: Page) -> None:
    assert page.one(".grid output").text == "7"
    slider = page.one(".grid [name=round]")
    seen = []
    for round_ in (7, 6):
        ratings = [
            item["scores"]["revision"]["alignment"]["rating"] for item in page.items[9 * round_ : 9 * round_ + 9]
        ]
        assert [cell.text for cell in page.all(".heat td")] == [str(each) for each in ratings]
        seen.append(ratings)
        slider.send_keys(Keys.ARROW_LEFT)
    assert seen[0] != seen[1]
    assert page.one(".grid output").text == "5"
    cell = page.all(".heat td")[5]
    label = page.items[5]["label"]
    assert cell.get_attribute("aria-label").startswith(f"agent 5, row 1, column 2, {label}: alignment ")
    page.one(".grid [name=change]").click()
    changed_cells(page, 0, 5)


def changed_cells(page: Page, base: int, round_: int) -> None:
    """Each cell has the change from `base` to `round_`, with its sign, colour and name."""
    for agent, cell in enumerate(page.all(".heat td")):
        then, now = (page.items[9 * each + agent]["scores"]["revision"]["alignment"] for each in (base, round_))
        if then is None or now is None:
            assert (cell.text, cell.get_attribute("class")) == ("·", "heat-none")
            continue
        change = now["rating"] - then["rating"]
        signed = f"+{change}" if change > 0 else str(change)
        assert (cell.text, cell.get_attribute("class")) == (signed, f"heat-{change + 6}")
        assert cell.get_attribute("aria-label").endswith(f"changed by {signed} from round {base} to {round_}")


def test_the_keyboard_chooses_any_two_rounds_to_compare(page: Page) -> None:
    slider, change, base = (page.one(f".grid [name={name}]") for name in ("round", "change", "base"))
    assert not base.is_enabled()
    assert base.accessible_name == "Change since round"
    slider.send_keys(Keys.ARROW_LEFT, Keys.TAB)
    assert page.driver.switch_to.active_element == change
    page.keys(Keys.SPACE, Keys.TAB)
    assert page.driver.switch_to.active_element == base
    page.keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert [each.text for each in page.all(".grid output")] == ["6", "2"]
    assert base.get_attribute("aria-valuetext") == "round 2"
    changed_cells(page, 2, 6)
    page.keys(Keys.END)
    changed_cells(page, 7, 6)
    change.click()
    assert not base.is_enabled()
    rating = page.items[9 * 6]["scores"]["revision"]["alignment"]["rating"]
    assert page.one(".heat td").text == str(rating)


def test_the_keyboard_reaches_a_story(page: Page) -> None:
    page.one("body").click()
    for _ in range(80):
        page.keys(Keys.TAB)
        if page.script("return document.activeElement.matches('.stories summary')"):
            break
    else:
        pytest.fail("no interaction is reached with Tab")
    page.keys(Keys.ENTER)
    page.until(lambda: page.all(".stories details[open] .part"))
    page.keys(Keys.ENTER)
    page.until(lambda: not page.all(".stories details[open]"))


def test_a_phone_shows_it_without_scrolling_sideways(page: Page) -> None:
    page.size(375, 812, mobile=True)
    page.open()
    page.story(0)
    for part in ("summary", "[name=change]"):
        page.script("document.querySelector(arguments[0]).click()", part)
    assert page.script("return document.documentElement.scrollWidth") <= 375
    assert page.script("return window.innerWidth") == 375


def test_dark_pages_are_dark(page: Page) -> None:
    for scheme, other, colour in (("light", "dark", "rgb(255, 255, 255)"), ("dark", "light", "rgb(0, 0, 0)")):
        page.media(scheme)
        try:
            page.until(lambda colour=colour: page.script(BACKGROUND) == colour)
            assert [each.is_displayed() for each in page.all(f".picture.{scheme}, .picture.{other}")] == (
                [scheme == "light", scheme == "dark"] * len(page.all(".picture.light"))
            )
        finally:
            page.media("light")


BACKGROUND = "return getComputedStyle(document.body).backgroundColor"
# The headings and the like that reach beyond the right edge of the page, of tables that are wide or of all else.
CUT = """
    return [...document.querySelectorAll('main th, main td, main p, main dd, main img')].filter(each =>
        each.checkVisibility() && Boolean(each.closest('.wide')) === arguments[0]
        && each.getBoundingClientRect().right > innerWidth + 1).map(each => each.textContent)
"""
OVERFLOWS = (
    "return [...new Set([...document.querySelectorAll('.scroll')].map(each => getComputedStyle(each).overflow))]"
)
GAINS = """
    return [...document.querySelectorAll('figure table')].filter(each => each.querySelector('td.gain')).map(each => {
        const [gain, first] = ['td.gain', 'td'].map(name => each.querySelector(name).getBoundingClientRect())
        return gain.left >= first.right - 1 && gain.right <= innerWidth && gain.width > 50
    })
"""
# Words in headings and texts of tables that stand on more than one line; long names may.
BROKEN = """
    const cells = [...document.querySelectorAll('main th, main td.text')].filter(each => each.checkVisibility())
    return cells.flatMap(cell => [...cell.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).flatMap(node =>
        [...node.data.matchAll(/(?<!\\w)[a-z]{1,11}(?!\\w)/g)].filter(word => {
            const range = document.createRange()
            range.setStart(node, word.index)
            range.setEnd(node, word.index + word[0].length)
            return range.getClientRects().length > 1
        }).map(word => word[0])))
"""


def test_paper_is_light_and_cuts_nothing(page: Page) -> None:
    page.media("dark", "print")
    try:
        page.until(lambda: page.script(BACKGROUND) == "rgb(255, 255, 255)")
        assert {each.is_displayed() for each in page.all(".picture.light")} == {True}
        assert {each.is_displayed() for each in page.all(".picture.dark, .controls, nav")} == {False}
        for width, wide in ((688, False), (1016, True)):  # of A4 between its margins, upright and on its side
            page.size(width, 900)
            assert page.script(CUT, wide) == []
            assert page.script(BROKEN) == []
        heights = page.script("return [...document.images].map(each => parseFloat(getComputedStyle(each).maxHeight))")
        assert 0 < max(heights) < 269 / 25.4 * 96  # of A4 between its margins: of many raters a chart is long
        assert page.script(OVERFLOWS) == ["visible"]
        assert page.script("return getComputedStyle(document.querySelector('.heat td')).printColorAdjust") == "exact"
    finally:
        page.media("light")


def test_gains_stay_on_the_screen_of_a_phone(two: Page) -> None:
    for width in (390, 320):
        two.size(width, 844, mobile=True)
        two.open()
        found = two.script(GAINS)
        assert len(found) >= 6
        assert all(found)
        assert two.script(BROKEN) == []
        assert two.script("return document.documentElement.scrollWidth") <= width


def test_nothing_is_fetched(page: Page) -> None:
    events = [json.loads(each["message"])["message"] for each in page.driver.get_log("performance")]
    asked = [each["params"]["request"]["url"] for each in events if each["method"] == "Network.requestWillBeSent"]
    assert page.path.as_uri() in asked
    assert [url for url in asked if url != page.path.as_uri() and not url.startswith("data:")] == []
    names = page.script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert [name for name in names if not name.startswith("data:")] == []
    loaded = page.script("return [...document.images].map(each => each.complete && each.naturalWidth > 0)")
    assert set(loaded) == {True}


def test_two_runs_are_compared(two: Page) -> None:
    two.size(1200, 900)
    two.open()
    assert two.one("main > :first-child").get_attribute("id") == "comparison"
    names = [each.text for each in two.all("#comparison figcaption")]
    assert "all-good against mixed" in names
    labels = [
        [option.get_attribute("value") for option in each.options] for each in map(Select, two.all("[name=label]"))
    ]
    assert labels == [["", "bad", "good"], ["", "good"]]
    assert len(two.all("article.run")) == 2
    assert len(two.all(".stories")) == 2
    assert len(two.all(".stories li")) == 100
    assert two.driver.get_log("browser") == []


def test_pictures_for_the_documentation(two: Page) -> None:
    two.size(1200, 1500)
    two.media("light")
    two.open()
    two.picture("report-light.png")
    two.media("dark")
    two.script("document.getElementById('grid-0').scrollIntoView()")
    two.script("document.querySelectorAll('.stories summary')[1].click()")
    two.until(lambda: two.all(".stories .part"))
    two.picture("report-dark.png")
    two.media("light")
    two.size(375, 812, mobile=True)
    two.script("document.getElementById('interactions-0').scrollIntoView()")
    two.picture("report-phone.png")
    assert two.script("return document.documentElement.scrollWidth") <= 375
