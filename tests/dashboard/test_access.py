"""Where a login is configured nobody sees anything without it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import APP, Shop

pytestmark = pytest.mark.xdist_group("dashboard")
AUTH = {
    "redirect_uri": "http://127.0.0.1:8501/oauth2callback",
    "cookie_secret": "x" * 32,
    "client_id": "dashboard",
    "client_secret": "secret",
    "server_metadata_url": "http://127.0.0.1:9/.well-known/openid-configuration",
}


def test_without_a_login_there_is_a_button_and_no_figure(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALES_DATA_DIR", str(shop.platform.environment.data_dir))
    monkeypatch.setenv("SALES_CLIENT", "demo")
    app = AppTest.from_file(str(APP), default_timeout=300)
    app.secrets["auth"] = AUTH
    app.run()
    assert not app.exception
    assert [button.label for button in app.button] == ["Log in"]
    assert not app.metric
    assert not app.dataframe
    assert not app.caption
