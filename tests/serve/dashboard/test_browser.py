"""The dashboard in a real browser: every page and filter, nothing in the console, no serious accessibility fault.

`make screenshot` keeps the pictures of the pages in docs/images/.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from tests.serve.dashboard.conftest import WIDTH, Served
from tests.serve.dashboard.oracle import Facts

PAGES = ("Overview", "Growth", "Profit", "Customers", "Retention", "Products", "Marketing", "Operations", "Forecast")
# Streamlit's client, opened on /growth, asks below that path first and only then at the root, which answers.
PROBES = re.compile(r"/\w+/_stcore/(health|host-config)$")

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(1200), pytest.mark.needs("chromium")]


class Reader:
    """Somebody at the browser, and what went wrong before their eyes."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.faults: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not PROBES.search(message.location.get("url", "")):
            self.faults.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.url, self.url.replace("http", "ws"), "data:", "blob:")):
            self.faults.append(f"asked {request.url}")

    def wait(self) -> None:
        """Until the page is drawn."""
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        self.page.locator("h1").first.wait_for()
        expect(self.page.locator("[data-testid=stSkeleton], [data-stale=true]")).to_have_count(0)

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.url}/{path}")
        self.wait()

    def turn_to(self, title: str) -> None:
        """Click the page in the sidebar."""
        self.page.get_by_test_id("stSidebarNavLink").get_by_text(title, exact=True).click()
        expect(self.page.locator("h1").first).to_have_text(title)
        self.wait()

    def choose(self, label: str, *options: str) -> None:
        """Choose options of a filter as a person does."""
        for option in options:
            self.page.get_by_role("combobox", name=label).click()
            self.page.get_by_role("option", name=option, exact=True).click()
            self.page.keyboard.press("Escape")
            self.wait()

    def unfold(self, heading: str) -> None:
        """Open a folded table; a click into a page that is being drawn again may be lost."""
        folded = self.page.get_by_test_id("stExpander").filter(has_text=heading).locator("details")
        while folded.get_attribute("open") is None:
            folded.locator("summary").click()
            self.page.wait_for_timeout(200)

    def card(self, label: str) -> str:
        found = self.page.get_by_test_id("stMetric").filter(has=self.page.get_by_text(label, exact=True))
        return found.get_by_test_id("stMetricValue").inner_text()

    def is_drawn(self) -> None:
        """Nothing broke, and every chart has been drawn."""
        assert self.page.get_by_test_id("stException").all_inner_texts() == []
        for chart in self.page.get_by_test_id("stVegaLiteChart").all():
            expect(chart.locator("canvas, svg.marks").first).to_be_visible()
        assert self.faults == []


@pytest.fixture(scope="package")
def reader(browser: BrowserContext, served: Served) -> Iterator[Reader]:
    page = browser.new_page()
    reader = Reader(page, served.url)
    reader.open()
    yield reader
    page.close()


@pytest.fixture(autouse=True)
def no_old_faults(reader: Reader) -> None:
    reader.faults.clear()


@pytest.mark.parametrize("title", PAGES)
def test_a_page_is_drawn_and_accessible(reader: Reader, title: str) -> None:
    reader.turn_to(title)
    page = reader.page
    expect(page.get_by_text("Data through 31 Oct 2026")).to_be_visible()
    expect(page.get_by_text("run-1")).to_have_count(1 if title == "Operations" else 0)
    expect(page.get_by_text("The demo shop's data ends on 31 Oct 2026")).to_be_visible()
    assert page.get_by_test_id("stVegaLiteChart").count() + page.get_by_test_id("stDataFrame").count() > 0
    reader.is_drawn()

    faults = [fault for fault in Axe().run(page).response["violations"] if fault["impact"] in ("serious", "critical")]
    assert [(fault["id"], fault["nodes"][0]["html"], fault["nodes"][0]["failureSummary"]) for fault in faults] == []

    if "SCREENSHOTS" in os.environ:
        keep_picture(page, Path(os.environ["SCREENSHOTS"]) / f"dashboard-{title.lower()}.png")


def test_the_report_and_the_data_model_can_be_kept(reader: Reader, served: Served) -> None:
    paths = served.shop.paths
    reader.open()
    offered = reader.page.get_by_test_id("stSidebar").get_by_test_id("stDownloadButton")
    assert offered.count() == 0, "no run has written one"
    paths.reports.mkdir()
    (paths.reports / "2026-09.pdf").write_bytes(b"older")
    (paths.reports / "2026-10.pdf").write_bytes(b"newest")
    paths.data_model.write_bytes(b"<p>models")
    reader.open()
    for label, name, content in (
        ("Report of 2026-10 (PDF)", "demo-2026-10.pdf", b"newest"),
        ("Data model (HTML)", "demo-data_model.html", b"<p>models"),
    ):
        with reader.page.expect_download() as download:
            offered.filter(has_text=label).get_by_role("button").click()
        assert download.value.suggested_filename == name
        assert download.value.path().read_bytes() == content
    reader.is_drawn()


def keep_picture(page: Page, file: Path) -> None:
    """The whole page, in a window as high as it is."""
    tall = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": WIDTH, "height": tall})
    page.mouse.move(WIDTH - 5, tall - 5)  # where nothing shows a tooltip
    page.wait_for_timeout(2_000)  # charts follow the size in an animation
    picture = Image.open(BytesIO(page.screenshot()))
    # A third of the bytes; this method keeps also the colours of few points.
    few = picture.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(file, optimize=True)
    page.set_viewport_size({"width": WIDTH, "height": 900})


def named_in(url: str) -> set[str]:
    """The parameters of an address."""
    return {part.partition("=")[0] for part in url.partition("?")[2].split("&")}


def test_a_filter_changes_the_figures_and_the_address_brings_them_back(reader: Reader) -> None:
    reader.open()
    everything = reader.card("Revenue")
    reader.choose("Period", "90 days")
    reader.choose("Country", "US", "GB")
    reader.choose("Category", "jewelry")
    reader.choose("Channel", "web")
    reader.is_drawn()
    chosen = reader.card("Revenue")
    assert chosen != everything
    for title in PAGES:
        reader.turn_to(title)
        reader.page.wait_for_url(lambda url: {"period", "country", "category", "channel"} <= named_in(url))
        query = reader.page.url.partition("?")[2]
        said = reader.page.get_by_text(re.compile("does not follow the|are left out|no filter applies"))
        expect(said.first).to_be_visible()
        reader.is_drawn()

    reader.open(f"?{query}")
    assert reader.card("Revenue") == chosen
    reader.is_drawn()


def test_a_click_into_the_cohorts_shows_the_customers_behind_the_field(reader: Reader, facts: Facts) -> None:
    reader.open("retention?period=all")
    chart = reader.page.locator(".st-key-cohorts").locator("canvas, svg.marks").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box
    # Left in the chart is the month of the first sale, in which the whole cohort bought.
    chart.click(position={"x": box["width"] * 0.12, "y": box["height"] * 0.35})
    heading = reader.page.get_by_text(re.compile(r"\d+ of \d+ customers of \w+ \d+ bought in \w+ \d+"))
    expect(heading).to_be_visible()
    active, cohort_size, cohort, month = re.findall(
        r"(\d+) of (\d+) customers of (\w+ \d+) bought in (\w+ \d+)", heading.inner_text()
    )[0]
    of_cohort, of_month = (datetime.strptime(text, "%b %Y").date() for text in (cohort, month))  # noqa: DTZ007 a month
    assert int(cohort_size) == len(facts.cohorts[of_cohort])
    assert int(active) == len(facts.cohorts[of_cohort] & facts.active[of_month])
    reader.is_drawn()
    reader.open()


def test_days_of_ones_own(reader: Reader) -> None:
    reader.open("?period=custom&start=2026-03-01&end=2026-03-31")
    expect(reader.page.get_by_text("1 Mar 2026 to 31 Mar 2026; changes are against")).to_be_visible()
    assert reader.page.get_by_text("Revenue by day").is_visible()
    reader.is_drawn()


def test_a_table_comes_as_csv_and_as_excel(reader: Reader, tmp_path: Path) -> None:
    reader.open()
    reader.unfold("Table by country")
    reader.is_drawn()  # a click on a button that is drawn again goes nowhere
    for label, begin in (("CSV", b"\xef\xbb\xbfCountry,Revenue (USD)\r\n"), ("Excel", b"PK")):
        button = reader.page.locator(
            f".st-key-overview-by-country-{label.lower().replace('excel', 'xlsx')} button"
        ).first
        with reader.page.expect_download() as download:
            button.click()
        download.value.save_as(tmp_path / "table")
        assert (tmp_path / "table").read_bytes().startswith(begin)
    reader.is_drawn()
