"""The forecast of weekly revenue; analytics/forecast.py computes it."""

from analytics.forecast import as_table, forecast


def model(dbt, session):  # noqa: ARG001 dbt passes the session
    """Sum the sales of each day with an order and forecast from them."""
    days = dbt.ref("fct_orders").aggregate("order_date, coalesce(sum(net) filter (where is_sale), 0)", "order_date")
    return as_table(forecast(dict(days.fetchall())))
