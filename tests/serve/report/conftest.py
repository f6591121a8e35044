"""A published file with two months of known figures."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

SHOP = "Shop *of* #Tests & <Co>"  # nothing that a markup language could take for its own


@pytest.fixture
def published_file(tmp_path: Path) -> Path:
    """September and October 2026 complete, one day of November."""
    file = tmp_path / "published" / "sales_analytics.duckdb"
    file.parent.mkdir()
    with duckdb.connect(file) as connection:
        connection.execute("""
            create schema core;
            create schema marts;
            create table _meta (
                version integer, client varchar, shop_name varchar, currency varchar, time_zone varchar, run_id varchar,
                data_through date, published_at timestamp
            );
            create table marts.mart_monthly_revenue (
                month_start_date date, is_complete_month boolean, order_count bigint, active_customers bigint,
                discount decimal(18, 2), net decimal(18, 2), refunds decimal(18, 2), net_sales decimal(18, 2),
                avg_order_value decimal(18, 2)
            );
            insert into marts.mart_monthly_revenue values
                ('2026-09-01', true, 40, 21, 12.50, 4000, 0, 4000, 100),
                ('2026-10-01', true, 44, 24, 25, 5060, 506.50, 4553.50, 115),
                ('2026-11-01', false, 1, 1, 0, 19.99, 0, 19.99, 19.99);
            create table marts.mart_monthly_churn (
                month_start_date date, new_customers bigint, retained_customers bigint, reactivated_customers bigint,
                churned_customers bigint, previous_active_customers bigint, churn_rate double
            );
            insert into marts.mart_monthly_churn values
                ('2026-09-01', 21, 0, 0, 0, 0, null),
                ('2026-10-01', 7, 15, 2, 6, 21, 0.2857),
                ('2026-11-01', 0, 1, 0, 0, 24, 0);
            create table marts.mart_category_sales_monthly (
                month_start_date date, category varchar, units_sold bigint, net decimal(18, 2), net_share double,
                previous_month_net decimal(18, 2)
            );
            insert into marts.mart_category_sales_monthly values
                ('2026-09-01', 'shoes', 30, 4000, 1, null),
                ('2026-10-01', 'shoes', 20, 3000, 0.593, 4000),
                ('2026-10-01', 'bags', 9, 2060, 0.407, 0),
                ('2026-10-01', 'hats', 0, 0, 0, 0);
            create table core.dim_date as
            select
                cast(day as date) as calendar_date, cast(date_trunc('month', day) as date) as month_start_date,
                day <= date '2026-11-01' as is_in_sales_span
            from generate_series(date '2026-09-01', date '2026-11-30', interval 1 day) as days (day);
            create table core.dim_products (product_id varchar, title varchar);
            insert into core.dim_products values ('1', 'Boot'), ('2', 'Bag');
            create table marts.mart_top_skus (
                calendar_date date, product_id varchar, units_sold bigint, net decimal(18, 2)
            );
            insert into marts.mart_top_skus values
                ('2026-09-30', '1', 30, 4000), ('2026-10-01', '1', 12, 1800), ('2026-10-31', '1', 8, 1200),
                ('2026-10-15', '2', 9, 2060), ('2026-11-01', '2', 1, 19.99);
            create table marts.mart_channel_sales (
                calendar_date date, channel varchar, units_sold bigint, net decimal(18, 2)
            );
            insert into marts.mart_channel_sales values
                ('2026-10-01', 'web', 12, 1800), ('2026-10-31', 'web', 8, 1200), ('2026-10-15', 'app', 9, 2060),
                ('2026-10-15', 'store', 0, 0);
        """)
        connection.execute(
            "insert into _meta values (7, 'shop', ?, 'EUR', 'UTC', 'run 1', '2026-11-01', '2026-11-02 03:00:00.5')",
            [SHOP],
        )
    return file
