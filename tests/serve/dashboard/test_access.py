"""Where a login is configured nobody sees anything without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.config import get_option, get_where_defined, set_option
from streamlit.testing.v1 import AppTest

from serve.dashboard import access
from serve.dashboard.access import MOVED, UNREADABLE
from tests.serve.dashboard.conftest import APP, CHECKOUT, Shop, app_over

pytestmark = pytest.mark.xdist_group("dashboard")
AUTH = {
    "redirect_uri": "http://127.0.0.1:8501/oauth2callback",
    "cookie_secret": "x" * 32,
    "client_id": "dashboard",
    "client_secret": "secret",
    "server_metadata_url": "http://127.0.0.1:9/.well-known/openid-configuration",
}


def shows_nothing(app: AppTest) -> None:
    assert not app.exception
    assert not app.metric
    assert not app.dataframe
    assert not app.caption


def test_without_a_login_there_is_a_button_and_no_figure(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALES_DATA_DIR", str(shop.platform.environment.data_dir))
    monkeypatch.setenv("SALES_CLIENT", "demo")
    app = AppTest.from_file(str(APP), default_timeout=300)
    app.secrets["auth"] = AUTH
    app.run()
    assert [button.label for button in app.button] == ["Log in"]
    shows_nothing(app)


@pytest.fixture
def secrets_file(tmp_path: Path) -> Iterator[Path]:
    """Where the dashboard is told to look for its secrets."""
    kept, where = get_option("secrets.files"), get_where_defined("secrets.files")
    set_option("secrets.files", [str(tmp_path / "secrets.toml")])
    yield tmp_path / "secrets.toml"
    set_option("secrets.files", kept, where)


@pytest.fixture
def default_secrets_file(secrets_file: Path) -> Path:
    """The same as if nobody had said where."""
    set_option("secrets.files", [str(secrets_file)], "<default>")
    return secrets_file


@pytest.mark.parametrize("broken", ["[auth\n", "[auth]\nclient_id = me\n", '[Auth]\nclient_id = "me"\n', ""])
def test_a_login_that_cannot_be_read_opens_the_dashboard_to_nobody(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, default_secrets_file: Path, broken: str
) -> None:
    default_secrets_file.write_text(broken, encoding="utf-8")
    app = app_over(shop.platform.environment.data_dir, monkeypatch)
    assert [error.value for error in app.error] == [UNREADABLE]
    assert not app.button
    shows_nothing(app)


def test_nor_does_one_where_it_was_before_the_dashboard_moved(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, default_secrets_file: Path
) -> None:
    assert (CHECKOUT / "dashboard" / ".streamlit" / "secrets.toml") == access.OLD_SECRETS
    old = tmp_path / "old.toml"
    old.write_text("[auth]\n", encoding="utf-8")
    monkeypatch.setattr(access, "OLD_SECRETS", old)
    app = app_over(shop.platform.environment.data_dir, monkeypatch)
    assert [error.value for error in app.error] == [MOVED]
    shows_nothing(app)


def test_nor_does_one_that_is_not_where_it_was_said_to_be(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, secrets_file: Path
) -> None:
    app = app_over(shop.platform.environment.data_dir, monkeypatch)
    assert [error.value for error in app.error] == [UNREADABLE]
    shows_nothing(app)


def test_where_nobody_asked_for_a_login_everybody_on_this_machine_looks(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, default_secrets_file: Path
) -> None:
    app = app_over(shop.platform.environment.data_dir, monkeypatch)
    assert not app.exception
    assert not app.error
    assert app.metric
