"""The dashboard: ``make dashboard``. Draws one page from one version of the published file, then lets it go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache, partial

import streamlit as st

from contracts.client_file import ClientError
from contracts.environment import Environment
from serve.dashboard import access, filters, status
from serve.dashboard.page import Page
from serve.dashboard.page_data import Published, open_published
from serve.dashboard.views import (
    customers,
    forecast,
    growth,
    marketing,
    operations,
    overview,
    products,
    profit,
    retention,
)
from serve.published import NotPublishedError
from serve.wording import Money, plain_markdown

Show = Callable[[Page], None]
SALES, SUBSCRIPTIONS = "marts.mart_daily_sales", "marts.mart_subscriptions"
# What draws a page, its title, and what it is about: it is in the menu where one of these has a row.
VIEWS: tuple[tuple[Show, str, tuple[str, ...]], ...] = (
    (overview.show, "Overview", (SALES,)),
    (growth.show, "Growth", (SALES, SUBSCRIPTIONS)),
    (profit.show, "Profit", (SALES,)),
    (customers.show, "Customers", ("marts.mart_customer_segments",)),
    (retention.show, "Retention", ("marts.mart_cohort_retention",)),
    (products.show, "Products", ("marts.mart_product_pareto", "marts.mart_inventory_status")),
    (
        marketing.show,
        "Marketing",
        ("marts.mart_marketing_roas", "marts.mart_funnel", "marts.mart_channel_sales where channel <> 'unknown'"),
    ),
    (operations.show, "Operations", (SALES, SUBSCRIPTIONS)),
    (forecast.show, "Forecast", (SALES,)),
)


@cache
def environment() -> Environment:
    """Read once: which client this process shows does not change while it runs."""
    return Environment.from_process()


@cache
def last_day() -> date | None:
    """Where a demo's data ends; None for other shops, and without a client file, of which nothing else is wanted."""
    try:
        client = environment().client()
    except ClientError:
        return None
    return client.demo.through if client.is_demo else None


def documents() -> None:
    """Below the filters: the newest report and the data model, where a run has written them, as files to keep."""
    paths = environment().paths()
    reports = sorted(paths.reports.glob("????-??.pdf"))
    offered = [
        *((file, f"Report of {file.stem} (PDF)", "application/pdf") for file in reports[-1:]),
        *((file, "Data model (HTML)", "text/html") for file in [paths.data_model] if file.is_file()),
    ]
    for file, label, kind in offered:
        st.sidebar.download_button(
            label, file.read_bytes, f"{paths.client}-{file.name}", kind, on_click="ignore", width="stretch"
        )


def views_with_rows(published: Published) -> list[tuple[Show, str]]:
    """The pages of the menu: those that the shop delivers something for."""
    tables = {title: " or ".join(f"exists (from {table})" for table in about) for _, title, about in VIEWS}
    found = published.row(f"select {', '.join(f'{has_rows} as {title}' for title, has_rows in tables.items())}")
    return [(show, title) for show, title, _ in VIEWS if found[title]]


def draw(published: Published) -> None:
    """The chosen page with what is the same on all of them."""
    version = published.version
    chosen = filters.choose(published)
    if chosen is None:
        st.title(plain_markdown(version.shop_name))
        st.info("The published version has no day with a sale or a return yet. Run the pipeline for a day with sales.")
        st.caption(plain_markdown(status.provenance(version)))
        return
    page = Page(published, chosen, Money(version.currency))
    view = st.navigation(
        [
            st.Page(partial(show, page), title=title, url_path=title.lower(), default=position == 0)
            for position, (show, title) in enumerate(views_with_rows(published))
        ]
    )
    st.title(view.title)
    st.caption(plain_markdown(f"{version.shop_name} · {status.provenance(version)}"))
    notice = status.staleness(version, environment().now(), last_day())
    if notice:
        st.info(plain_markdown(notice), icon=":material/schedule:")
    documents()
    view.run()


def main() -> None:
    """Draw what the reader is allowed to see."""
    st.set_page_config(page_title="Sales Analytics", layout="wide")
    if not access.is_allowed():
        return
    try:
        with open_published(environment().paths().published_file) as published:
            draw(published)
    except NotPublishedError as error:
        st.title("Sales Analytics")
        st.info(plain_markdown(f"Nothing to show yet: {error}"))


main()
