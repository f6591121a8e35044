"""Logging in through a real OpenID Connect provider in a real browser, and what everybody else is sent: nothing.

Two clients' dashboards run side by side, each with its own registration and cookie secret, as
docs/how-to/dashboard.md says.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, WebSocket, expect
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from tests.integration.conftest import client_of, platform_in
from tests.serve.dashboard.conftest import Served, Shop, free_port, process, serving

COOKIE = "_streamlit_user"
PATHS = (
    "",
    "growth",
    "profit",
    "customers",
    "retention",
    "products",
    "marketing",
    "operations",
    "forecast",
    "?client=demo",
)
# As the page is sent them.
OF_THE_DEMO = (b"version 1, published", b"Demo Shop")
OF_THE_JAFFLE_SHOP = (b"version 2, published", b"Jaffle Shop")
OF_EVERY_SHOP = b"Revenue"

pytestmark = [pytest.mark.xdist_group("dashboard"), pytest.mark.timeout(1200), pytest.mark.needs("chromium")]


@dataclass(frozen=True)
class Guarded:
    """A dashboard behind the login."""

    served: Served
    cookie_secret: str

    @property
    def url(self) -> str:
        return self.served.url


class Visitor:
    """Somebody with a browser of their own, and every byte that a dashboard sent to it."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.sent = b""
        self.page: Page = context.new_page()
        self.page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._receive)

    def _receive(self, frame: bytes | str) -> None:
        self.sent += frame if isinstance(frame, bytes) else frame.encode()

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.wait()

    def wait(self) -> None:
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        self.page.locator("h1").first.wait_for()

    def is_kept_out(self) -> None:
        """A button is all there is, and nothing of any shop came over the wire."""
        expect(self.page.get_by_role("button", name="Log in")).to_be_visible()
        expect(self.page.get_by_test_id("stSidebarNavLink")).to_have_count(0)
        assert b"Log in" in self.sent
        assert [told for told in (*OF_THE_DEMO, *OF_THE_JAFFLE_SHOP, OF_EVERY_SHOP) if told in self.sent] == []

    def log_in(self, url: str) -> None:
        """Through the provider's own page and back."""
        self.open(url)
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_placeholder("sub").fill("analyst@shop.example")
        self.page.get_by_role("button", name="Authorize").click()
        self.page.wait_for_url(f"{url}/**")
        self.wait()

    def sees(self, *told: bytes) -> None:
        expect(self.page.get_by_role("button", name="Log out")).to_be_visible()
        expect(self.page.get_by_test_id("stMetric").first).to_be_visible()
        assert [word for word in (*told, OF_EVERY_SHOP) if word not in self.sent] == []

    def cookie(self) -> str:
        (value,) = (cookie["value"] for cookie in self.context.cookies() if cookie["name"] == COOKIE)
        return value

    def bring(self, dashboard: Guarded, value: str) -> None:
        self.context.add_cookies([{"name": COOKIE, "value": value, "url": dashboard.url}])


@pytest.fixture
def visitor(browser: BrowserContext) -> Iterator[Visitor]:
    assert browser.browser
    context = browser.browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(120_000)
    yield Visitor(context)
    context.close()


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A provider that knows only who has registered with it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-registration", "true"]
    with process(command, f"{url}/.well-known/openid-configuration"):
        yield url


@pytest.fixture(scope="module")
def shops(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shop]:
    """The published folders of two clients in one data folder."""
    data = tmp_path_factory.mktemp("two-clients")
    made = {name: Shop(platform_in(data, client_of(name), shop.platform.parsed)) for name in ("demo", "jaffle_shop")}
    for number, one in enumerate(made.values(), start=1):
        one.paths.warehouse.parent.mkdir(parents=True)
        one.paths.warehouse.write_bytes(shop.paths.warehouse.read_bytes())
        one.paths.build.write_bytes(shop.paths.build.read_bytes())
        shutil.copytree(shop.paths.root / "dbt", one.paths.root / "dbt")
        one.publish(number)
    return made


@pytest.fixture(scope="module")
def demo(provider: str, shops: dict[str, Shop], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    yield from guarded(shops["demo"], provider, tmp_path_factory.mktemp("login"))


@pytest.fixture(scope="module")
def jaffle(provider: str, shops: dict[str, Shop], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    yield from guarded(shops["jaffle_shop"], provider, tmp_path_factory.mktemp("login"))


def guarded(shop: Shop, provider: str, folder: Path) -> Iterator[Guarded]:
    port = free_port()
    redirect_uri = f"http://127.0.0.1:{port}/oauth2callback"
    answer = requests.post(f"{provider}/oauth2/clients", json={"redirect_uris": [redirect_uri]}, timeout=10)
    answer.raise_for_status()
    auth = {
        "redirect_uri": redirect_uri,
        "cookie_secret": secrets.token_hex(32),
        "client_id": answer.json()["client_id"],
        "client_secret": answer.json()["client_secret"],
        "server_metadata_url": f"{provider}/.well-known/openid-configuration",
    }
    file = folder / "secrets.toml"
    lines = (f"{key} = {json.dumps(value)}" for key, value in auth.items())
    file.write_text("\n".join(["[auth]", *lines]), encoding="utf-8")
    with serving(shop, port, STREAMLIT_SECRETS_FILES=str(file)) as served:
        yield Guarded(served, auth["cookie_secret"])


def signed(dashboard: Guarded, secret: str) -> str:
    """The cookie that the dashboard itself gives to who has logged in, signed with a secret."""
    told = {"sub": "x", "email": "x@shop.example", "origin": dashboard.url, "is_logged_in": True, "provider": "default"}
    return create_signed_value(secret, COOKIE, json.dumps(told)).decode()


def test_who_has_not_logged_in_is_sent_nothing_on_any_page(visitor: Visitor, demo: Guarded) -> None:
    for path in PATHS:
        visitor.open(f"{demo.url}/{path}")
        visitor.is_kept_out()


def test_who_logs_in_at_the_provider_sees_the_page_until_logging_out(visitor: Visitor, demo: Guarded) -> None:
    visitor.log_in(demo.url)
    visitor.sees(*OF_THE_DEMO)
    visitor.open(f"{demo.url}/growth")
    expect(visitor.page.locator("h1").first).to_have_text("Growth")

    visitor.page.get_by_role("button", name="Log out").click()
    visitor.page.wait_for_url("**/oauth2/end_session**")  # the provider's own page
    assert COOKIE not in {cookie["name"] for cookie in visitor.context.cookies()}
    visitor.sent = b""
    visitor.open(demo.url)
    visitor.is_kept_out()


def test_who_the_provider_turns_away_sees_nothing(visitor: Visitor, demo: Guarded) -> None:
    visitor.open(demo.url)
    visitor.page.get_by_role("button", name="Log in").click()
    visitor.page.get_by_role("button", name="Deny").click()
    visitor.page.wait_for_url(f"{demo.url}/**")
    visitor.wait()
    visitor.is_kept_out()
    visitor.open(f"{demo.url}/oauth2callback?code=invented&state=invented")
    visitor.is_kept_out()


def test_a_forged_cookie_shows_nothing(visitor: Visitor, demo: Guarded) -> None:
    right = signed(demo, demo.cookie_secret)
    unsigned = json.dumps({"is_logged_in": True, "origin": demo.url}).replace('"', "%22")
    # Not its last character: two bits of that say nothing, so that a changed one may be the same signature.
    middle = len(right) - 10
    changed = right[:middle] + ("A" if right[middle] != "A" else "B") + right[middle + 1 :]
    for forged in (signed(demo, secrets.token_hex(32)), changed, unsigned, ""):
        visitor.bring(demo, forged)
        visitor.open(demo.url)
        visitor.is_kept_out()
    visitor.bring(demo, right)  # so it was the signature, and not another fault of the forgeries
    visitor.open(demo.url)
    visitor.sees(*OF_THE_DEMO)


def test_a_clients_dashboard_shows_that_client_only(visitor: Visitor, demo: Guarded, jaffle: Guarded) -> None:
    visitor.log_in(demo.url)
    visitor.sees(*OF_THE_DEMO)
    for path in ("growth", "?client=jaffle_shop", "?SALES_CLIENT=jaffle_shop", "jaffle_shop"):
        visitor.open(f"{demo.url}/{path}")
        visitor.sees(*OF_THE_DEMO)
    assert [told for told in OF_THE_JAFFLE_SHOP if told in visitor.sent] == []

    # The browser brings one host's cookie to every port of it, so the other dashboard is shown this login.
    assert visitor.cookie()
    visitor.sent = b""
    visitor.open(jaffle.url)
    visitor.is_kept_out()
    visitor.log_in(jaffle.url)
    visitor.sees(*OF_THE_JAFFLE_SHOP)
    assert [told for told in OF_THE_DEMO if told in visitor.sent] == []
