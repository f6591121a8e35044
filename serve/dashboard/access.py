"""Who may look: everybody on this machine, or who has logged in where the secrets have an ``[auth]`` section."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.config import is_manually_set

UNREADABLE = (
    "The login cannot be read, so nothing is shown. Expected a secrets.toml that is TOML and has a section [auth]. "
    "Fix the file (docs/how-to/dashboard.md shows one), or take it away where no login is wanted, and start again."
)
# Where the login was until the dashboard moved to serve/: one that is still there must not open the shop.
OLD_SECRETS = Path(__file__).parents[2] / "dashboard" / ".streamlit" / "secrets.toml"
MOVED = (
    "The login in dashboard/.streamlit/secrets.toml is no longer read there, so nothing is shown. Expected it in "
    "serve/dashboard/.streamlit/: move the file, and start again."
)


class LoginUnreadableError(Exception):
    """Somebody wanted a login, and what they wrote gives none."""


def has_login() -> bool:
    """Whether the secrets configure a login; raises LoginUnreadableError where they were meant to and do not.

    Streamlit takes a file that does not parse for none, which would open the dashboard to everybody by a typing error.
    """
    if st.secrets.load_if_toml_exists() and "auth" in st.secrets:
        return True
    files = [Path(file) for file in st.get_option("secrets.files")]
    if is_manually_set("secrets.files") or any(file.exists() for file in files):
        raise LoginUnreadableError(UNREADABLE)
    if OLD_SECRETS.exists():
        raise LoginUnreadableError(MOVED)
    return False


def is_allowed() -> bool:
    """Whether to go on; draws the login otherwise."""
    try:
        if not has_login():
            return True
    except LoginUnreadableError as error:
        st.title("Sales Analytics")
        st.error(str(error))
        return False
    if not st.user.get("is_logged_in", False):
        st.title("Sales Analytics")
        st.button("Log in", on_click=st.login, type="primary")
        return False
    with st.sidebar:
        st.button("Log out", on_click=st.logout)
    return True
