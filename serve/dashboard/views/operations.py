"""Operations: what comes back, what somebody should look at, how it is paid, the books, and how sure the data is."""

from __future__ import annotations

import streamlit as st

from serve import wording
from serve.control_totals import known_totals, source_totals
from serve.dashboard import charts
from serve.dashboard.downloads import Column
from serve.dashboard.filters import Filters
from serve.dashboard.page import Card, Page
from serve.dashboard.page_data import Row, Rows
from serve.dashboard.views import accounting

LIMIT = 1_000
RETURNS = """
select cast(coalesce(sum(units_sold), 0) as decimal(18, 3)) as units_sold, coalesce(sum(refunds), 0) as refunds,
    case
        when count(return_rate) > 0 or coalesce(sum(units_sold), 0) = 0
            then cast(coalesce(sum(returned_units), 0) as decimal(18, 3))
    end as returned_units -- null where units were sold and no day has a rate: nobody delivers returns
from marts.mart_returns_summary where {chosen}
"""
RETURN_RATE = """
select calendar_date, return_count, returned_units, refunds, return_rate_28_days from marts.mart_returns_summary
where {chosen} order by calendar_date
"""
REFUNDS = """
select cast(date_trunc('{grain}', calendar_date) as date) as period_start, sum(refunds) as refunds, true as is_whole
from marts.mart_returns_summary where {chosen} group by 1 order by 1
"""
RULES = """
select review_rule as name, count(*) as orders from marts.mart_orders_for_review where {chosen}
group by 1 order by 2 desc, 1
"""
REVIEW = f"""
select order_id, review_rule, order_date, customer_id, order_status, payment_state, total, found_value, expected_value
from marts.mart_orders_for_review where {{chosen}} order by order_date desc, order_id, review_rule limit {LIMIT}
"""
PAYMENTS = """
select payment_method, attempt_count, succeeded_count, success_rate, captured, order_count, net, net_share
from marts.mart_payment_methods order by net_rank
"""
DELIVERIES = """
select dataset, landed, loaded, quarantined, duplicate, landed = loaded + quarantined + duplicate as is_balanced
from _meta_deliveries order by dataset
"""
BOOKS = """
select
    measure, raw, core, mart, published,
    coalesce(raw, core) = core and core = published and coalesce(mart, core) = core as is_balanced
from _meta_reconciliation
"""


def show(page: Page) -> None:
    """Returns, orders for review, payments, the accountant's tables, data quality."""
    page.says_what_does_not_apply("This page")
    returns(page)
    review(page)
    payments(page)
    accounting.show(page)
    quality(page)


def returned(page: Page, filters: Filters) -> Row:
    """Sums of the days, and the rate of the sums."""
    chosen, parameters = filters.where("calendar_date")
    sums = page.published.row(RETURNS.format(chosen=chosen), parameters)
    units, sold = sums["returned_units"], sums["units_sold"]
    return sums | {"rate": units / sold if sold and units is not None else None}


def returns(page: Page) -> None:
    """Return rate and refunds."""
    filters, before = page.filters, page.filters.previous()
    now, then = returned(page, filters), returned(page, before) if before else None

    def grown(name: str) -> float | None:
        return wording.growth(now[name], then[name]) if then else None

    page.cards(
        [
            Card("Return rate", wording.share(now["rate"]), grown("rate"), is_good=False,
                 help="Returned by sold units."),
            Card("Returned units", wording.count(now["returned_units"]), grown("returned_units"), is_good=False),
            Card("Refunds", page.money.card(now["refunds"]), grown("refunds"), is_good=False,
                 help="On the day they were processed."),
        ]
    )  # fmt: skip
    st.caption(
        f"{filters.text()}; " + (f"changes are against {before.text()}." if before else "no earlier data to compare.")
    )
    chosen, parameters = filters.where("calendar_date")
    rows = page.published.rows(RETURN_RATE.format(chosen=chosen), parameters)
    rated = [row for row in rows if row["return_rate_28_days"] is not None]
    refunds = page.published.rows(REFUNDS.format(chosen=chosen, grain=filters.grain), parameters)
    left, right = st.columns(2)
    with left:
        page.chart(
            "Return rate over 28 days",
            charts.daily_line(
                rated, "calendar_date", "return_rate_28_days", title="Returned by sold units (%)", number=".1%"
            ),
            rated,
            says="A line over the days.",
        )
    with right:
        page.chart(
            f"Refunds by {filters.grain}",
            charts.bars_over_time(
                refunds, "period_start", "refunds", title=f"Refunds ({page.money.currency})", grain=filters.grain,
                whole="is_whole",
            ),
            refunds,
            says="Bars.",
        )  # fmt: skip
    with st.expander("Table of returns by day"):
        page.table(
            "operations-returns",
            rows,
            [
                Column("calendar_date", "Day", "day"),
                Column("return_count", "Returns", "count"),
                Column("returned_units", "Returned units", "count"),
                Column("refunds", "Refunds", "money"),
                Column("return_rate_28_days", "Return rate over 28 days", "share"),
            ],
        )


def review(page: Page) -> None:
    """Orders that break a rule."""
    chosen, parameters = page.filters.where("order_date")
    rules = page.published.rows(RULES.format(chosen=chosen), parameters)
    st.subheader("Orders for review")
    if not rules:
        st.success("No order of the period breaks a rule.")
        return
    st.altair_chart(
        charts.ranked_bars(rules, "name", "orders", title="Orders"), alt="Orders for review by rule, as bars."
    )
    st.caption("An order counts once for each rule that it breaks; docs/explanation/models.md has the rules.")
    page.table(
        "operations-review",
        [
            row | {"review_rule": wording.words(row["review_rule"])}
            for row in page.published.rows(REVIEW.format(chosen=chosen), parameters)
        ],
        [
            Column("order_id", "Order"),
            Column("order_date", "Day", "day"),
            Column("review_rule", "Rule"),
            Column("found_value", "Found", "number"),
            Column("expected_value", "Expected", "number"),
            Column("total", "Total", "money"),
            Column("order_status", "Order status"),
            Column("payment_state", "Payment"),
            Column("customer_id", "Customer"),
        ],
        limit=LIMIT,
    )


def payments(page: Page) -> None:
    """Payment methods and how often they succeed."""
    rows = page.published.rows(PAYMENTS)
    if not rows:
        st.subheader("Payments")
        st.info("This client delivers no payments.")
        return
    left, right = st.columns(2)
    with left:
        title = f"Revenue ({page.money.currency})"
        page.chart(
            "Revenue by payment method",
            charts.ranked_bars(rows, "payment_method", "net", title=title),
            rows,
            says="Bars.",
        )
    rated = [row for row in rows if row["success_rate"] is not None]
    with right:
        chart = charts.ranked_bars(
            rated, "payment_method", "success_rate", title="Attempts that succeed (%)", number=".1%"
        )
        page.chart("Success by payment method", chart, rated, says="Bars.")
    attempts, succeeded = (sum(row[name] for row in rows) for name in ("attempt_count", "succeeded_count"))
    overall = wording.share(succeeded / attempts if attempts else None)
    st.caption(f"All orders ever, whatever the period: {overall} of {attempts:,} attempts succeeded.")
    page.table(
        "operations-payments",
        [row | {"payment_method": wording.words(row["payment_method"])} for row in rows],
        [
            Column("payment_method", "Method"),
            Column("attempt_count", "Attempts", "count"),
            Column("succeeded_count", "Succeeded", "count"),
            Column("success_rate", "Success", "share"),
            Column("captured", "Captured", "money"),
            Column("order_count", "Orders", "count"),
            Column("net", "Revenue", "money"),
            Column("net_share", "Share", "share"),
        ],
    )


def quality(page: Page) -> None:
    """Last run, freshness, reconciliation, quarantine."""
    version = page.published.version
    deliveries, books = page.published.rows(DELIVERIES), page.published.rows(BOOKS)
    st.subheader("Data quality")
    quarantined = sum(row["quarantined"] for row in deliveries)
    page.cards(
        [
            Card("Last run", wording.day(version.published_at), help=f"Published at {version.published_at:%H:%M} UTC."),
            Card("Data through", wording.day(version.data_through)),
            Card(
                "Tests passed", wording.count(version.tests_passed), help=f"{version.tests_warned} warned, none failed."
            ),
            Card("In quarantine", wording.count(quarantined), help="Records that were refused: `sales quarantine`."),
        ]
    )
    st.caption(wording.plain_markdown(f"Version {version.version} was made by the run {version.run_id}."))
    if all(row["is_balanced"] for row in (*deliveries, *books)):
        st.success(
            "The books balance: every record that landed is accounted for, and raw, core, marts and this file agree."
        )
    else:
        st.error("The books do not balance. Do not use these figures; look at the log of the run above.")
    for warning in version.warnings:
        st.warning(wording.plain_markdown(warning))
    st.markdown("**Records by source**")
    page.table(
        "operations-deliveries",
        deliveries,
        [
            Column("dataset", "Source"),
            Column("landed", "Landed", "count"),
            Column("loaded", "Loaded", "count"),
            Column("quarantined", "In quarantine", "count"),
            Column("duplicate", "Repeated", "count"),
            Column("is_balanced", "Balances", "flag"),
        ],
    )
    st.markdown("**The same totals at every step**")
    page.table(
        "operations-reconciliation",
        _named(books),
        [
            Column("measure", "Measure"),
            *(Column(name, name.capitalize(), "number") for name in ("raw", "core", "mart", "published")),
            Column("is_balanced", "Agree", "flag"),
        ],
    )
    control_totals(page)


def control_totals(page: Page) -> None:
    """What others total, beside ours; nothing where nobody gives a total."""
    from_source, known = source_totals(page.published.rows), known_totals(page.published.rows)
    if from_source:
        st.markdown("**The source's own totals**")
        page.table(
            "operations-source-totals",
            [vars(one) | {"kind": wording.words(one.kind)} for one in from_source],
            [
                Column("kind", "Of"),
                Column("compared", "Compared", "count"),
                Column("equal", "Equal", "count"),
                Column("rounded", "Equal but for rounding", "count"),
                Column("different", "Different", "count"),
                Column("source_total", "Their totals", "money"),
                Column("difference", "Different by", "money"),
            ],
        )
    if known:
        st.markdown("**What the shop's own reports say**")
        page.table(
            "operations-known-totals",
            [vars(total) | {"measure": wording.words(total.measure)} for total in known],
            [
                Column("first_date", "From", "day"),
                Column("last_date", "Through", "day"),
                Column("measure", "Measure"),
                Column("source", "Report"),
                Column("theirs", "Reported", "number"),
                Column("ours", "Here", "number"),
                Column("difference", "Difference", "number"),
                Column("outcome", "Result"),
            ],
        )


def _named(books: Rows) -> Rows:
    return [row | {"measure": wording.words(row["measure"])} for row in books]
