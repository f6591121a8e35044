"""What the inventory tables must hold, worked out from raw rows and items in whole units and without SQL."""

from __future__ import annotations

from datetime import timedelta

from tests.dbt.oracle import Oracle
from tests.dbt.shops import Row, Shop

COVER_DAYS, REORDER_DAYS = 28, 14


def inventory_daily(shop: Shop) -> list[Row]:
    """fct_inventory_daily."""
    columns = ("stock_date", "product_id", "stock_on_hand", "received_units")
    return [
        {name: row[name] for name in columns} | {"is_stock_out": row["stock_on_hand"] <= 0}
        for row in shop.current("inventory")
    ]


def inventory_status(shop: Shop, oracle: Oracle) -> list[Row]:
    """mart_inventory_status."""
    stock = inventory_daily(shop)
    if not stock:
        return []
    as_of = max(row["stock_date"] for row in stock)
    recent = {as_of - timedelta(days=number) for number in range(COVER_DAYS)}
    products = {row["product_id"]: row for row in oracle.products()}
    rows: list[Row] = []
    for product_id in {row["product_id"] for row in stock}:
        days = sorted((row for row in stock if row["product_id"] == product_id), key=lambda row: row["stock_date"])
        outs = [row["stock_date"] for row in days if row["is_stock_out"]]
        received = [row["stock_date"] for row in days if row["received_units"]]
        sold = sum(
            row["quantity"]
            for row in oracle.transactions
            if row["is_sale"] and row["product_id"] == product_id and row["order_date"] in recent
        )
        available = max(days[-1]["stock_on_hand"], 0)
        rows.append(
            {
                "product_id": product_id,
                "title": products[product_id]["title"],
                "category": products[product_id]["category"],
                "as_of_date": as_of,
                "stock_date": days[-1]["stock_date"],
                "stock_on_hand": days[-1]["stock_on_hand"],
                "recent_units_sold": sold,
                "days_of_cover": available * COVER_DAYS / sold if sold else None,
                "last_received_date": received[-1] if received else None,
                "tracked_days": len(days),
                "stock_out_days": len(outs),
                "recent_stock_out_days": len([day for day in outs if day in recent]),
                "is_reorder_due": available * COVER_DAYS < sold * REORDER_DAYS,
            }
        )
    return rows
