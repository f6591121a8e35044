"""What is found of customers: analytics/clusters.py whom they are like, analytics/value_ahead.py what they will buy."""

import numpy as np
import pyarrow as pa

from analytics.clusters import cluster_names
from analytics.value_ahead import Buyers, ahead


def model(dbt, session):  # noqa: ARG001 dbt passes the session
    """Each known customer who bought; the fits are of all of them."""
    (run_for,) = dbt.source("raw", "client").project("business_date").fetchone()
    buyers = (
        dbt.ref("dim_customers")
        .filter("total_orders > 0 and customer_id <> 'unknown'")
        .project(
            "customer_id, cast(max(last_order_date) over () - last_order_date as double) as days, "
            "cast(total_orders as double) as orders, cast(lifetime_value as double) as value"
        )
        .order("customer_id")
        .fetchnumpy()
    )
    purchases = (
        dbt.ref("fct_orders")
        .filter("is_sale and customer_id <> 'unknown'")
        .aggregate("customer_id, order_date, sum(net) as net", "customer_id, order_date")
        .aggregate(
            "customer_id, cast(count(*) - 1 as double) as repeats, "
            "(max(order_date) - min(order_date)) / 7.0 as last_week, "
            f"(greatest(cast('{run_for}' as date), max(order_date)) - min(order_date)) / 7.0 as age, "
            "cast(coalesce((sum(net) - arg_min(net, order_date)) / nullif(count(*) - 1, 0), 0) as double) as mean",
            "customer_id",
        )
        .order("customer_id")
        .fetchnumpy()
    )
    customers = buyers["customer_id"].tolist()
    if purchases["customer_id"].tolist() != customers:
        raise ValueError("fct_orders has other buyers than dim_customers; expected the same. Build both again.")
    clusters = cluster_names(buyers["days"], buyers["orders"], buyers["value"])
    found = ahead(Buyers(*(np.asarray(purchases[name], float) for name in ("repeats", "last_week", "age", "mean"))))
    count = len(customers)
    return pa.table(
        {
            "customer_id": pa.array(customers, pa.string()),
            "cluster_name": pa.array(clusters or [None] * count, pa.string()),
            "alive_probability": pa.array(found.alive if found else [None] * count, pa.float64()),
            "orders_ahead": pa.array(found.purchases if found else [None] * count, pa.float64()),
            "value_ahead": pa.array(found.value if found else [None] * count, pa.float64()),
        }
    )
