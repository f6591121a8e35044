"""Who may look: everybody on this machine, or who has logged in where the secrets have an ``[auth]`` section."""

from __future__ import annotations

import streamlit as st


def has_login() -> bool:
    """Whether dashboard/.streamlit/secrets.toml configures a login."""
    return st.secrets.load_if_toml_exists() and "auth" in st.secrets


def is_allowed() -> bool:
    """Whether to go on; draws the login otherwise."""
    if not has_login():
        return True
    if not st.user.get("is_logged_in", False):
        st.title("Sales Analytics")
        st.button("Log in", on_click=st.login, type="primary")
        return False
    with st.sidebar:
        st.button("Log out", on_click=st.logout)
    return True
