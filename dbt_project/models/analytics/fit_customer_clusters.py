"""The clusters of customers; analytics/clusters.py finds them."""

import pyarrow as pa

from analytics.clusters import cluster_names


def model(dbt, session):  # noqa: ARG001 dbt passes the session
    """Cluster the known customers who bought."""
    buyers = (
        dbt.ref("dim_customers")
        .filter("total_orders > 0 and customer_id <> 'unknown'")
        .project(
            "customer_id, cast(max(last_order_date) over () - last_order_date as double) as days, "
            "cast(total_orders as double) as orders, cast(lifetime_value as double) as value"
        )
        .fetchnumpy()
    )
    names = cluster_names(buyers["days"], buyers["orders"], buyers["value"])
    identities = buyers["customer_id"].tolist() if names else []
    return pa.table({"customer_id": pa.array(identities, pa.string()), "cluster_name": pa.array(names, pa.string())})
