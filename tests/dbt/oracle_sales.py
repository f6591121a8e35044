"""What the marts of products, channels and operations must hold, worked out from the oracle's rows in cents."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from tests.dbt.oracle import grouped, money, per
from tests.dbt.oracle_amounts import cents
from tests.dbt.oracle_finance import FinanceOracle, ratio, total
from tests.dbt.shops import Row, Shop

SUMS = ("order_count", "units_sold", "net", "estimated_profit")


class SalesOracle:
    """The expected rows of the tables of products, channels, returns and orders for review."""

    def __init__(self, finance: FinanceOracle) -> None:
        self._finance = finance
        self._returns = finance.oracle.returns
        self._goods = [row for row in finance.items if row["is_product"]]

    def top_skus(self) -> list[Row]:
        """mart_top_skus."""
        rows: list[Row] = []
        for day in {row["order_date"] for row in self._goods}:
            sold = grouped((row for row in self._goods if row["order_date"] == day), lambda row: row["product_id"])
            skus = [
                {
                    "calendar_date": day,
                    "product_id": product_id,
                    "units_sold": sum(row["quantity"] for row in items),
                    "net": money(total(items, "net")),
                }
                for product_id, items in sold.items()
            ]
            skus.sort(key=lambda row: (-row["net"], -row["units_sold"], row["product_id"]))
            for rank, row in enumerate(skus, start=1):
                row["net_rank"] = rank
            skus.sort(key=lambda row: (-row["units_sold"], -row["net"], row["product_id"]))
            for rank, row in enumerate(skus, start=1):
                row["units_rank"] = rank
            rows += skus
        return rows

    def product_pareto(self) -> list[Row]:
        """mart_product_pareto."""
        nets = {
            product_id: total(items, "net")
            for product_id, items in grouped(self._goods, lambda row: row["product_id"]).items()
        }
        all_net, before = sum(nets.values()), 0
        rows: list[Row] = []
        for rank, (product_id, net) in enumerate(sorted(nets.items(), key=lambda item: (-item[1], item[0])), start=1):
            in_a, in_b = before * 100 < all_net * 80, before * 100 < all_net * 95
            rows.append(
                {
                    "product_id": product_id,
                    "net": money(net),
                    "net_rank": rank,
                    "net_share": ratio(net, all_net),
                    "cumulative_net": money(before + net),
                    "cumulative_share": ratio(before + net, all_net),
                    "abc_class": "A" if in_a else "B" if in_b else "C",
                }
            )
            before += net
        return rows

    def channel_sales(self) -> list[Row]:
        """mart_channel_sales."""
        rows: list[Row] = []
        for channel in {row["channel"] for row in self._finance.sales}:
            for day in self._finance.span:
                place = (day, channel)
                sales = [row for row in self._finance.sales if (row["order_date"], row["channel"]) == place]
                goods = [row for row in self._goods if (row["order_date"], row["channel"]) == place]
                rows.append(
                    {
                        "calendar_date": day,
                        "channel": channel,
                        "order_count": len(sales),
                        "units_sold": sum(row["quantity"] for row in goods),
                        "gross": money(total(sales, "gross")),
                        "discount": money(total(sales, "discount")),
                        "net": money(total(sales, "net")),
                        "avg_order_value": per(total(sales, "net"), len(sales)),
                    }
                )
        return rows

    def sales_mix(self) -> list[Row]:
        """mart_sales_mix."""
        orders = grouped(self._finance.items, lambda row: row["order_id"])
        rows: dict[tuple[object, ...], Row] = {}
        for items in orders.values():
            basket = " + ".join(sorted({row["category"] for row in items}))
            for category, of_category in grouped(items, lambda row: row["category"]).items():
                first = items[0]
                key = (first["order_date"], first["country"], first["channel"], basket, category)
                names = ("order_date", "country", "channel", "basket", "category")
                row = rows.setdefault(key, dict(zip(names, key, strict=True)) | dict.fromkeys(SUMS, 0))
                row["order_count"] += 1
                row["units_sold"] += sum(row["quantity"] for row in of_category if row["is_product"])
                row["net"] += total(of_category, "net")
                row["estimated_profit"] += total(of_category, "estimated_profit")
        for row in rows.values():
            row |= {name: money(row[name]) for name in ("net", "estimated_profit")}
        return list(rows.values())

    def returns_summary(self) -> list[Row]:
        """mart_returns_summary."""
        rows: list[Row] = []
        for day in self._finance.span:
            returns = [row for row in self._returns if row["returned_date"] == day]
            sold = sum(row["quantity"] for row in self._goods if row["order_date"] == day)
            returned = sum(row["quantity"] or 0 for row in returns if row["is_product"])
            rows.append(
                {
                    "calendar_date": day,
                    "order_count": sum(row["order_date"] == day for row in self._finance.sales),
                    "units_sold": sold,
                    "return_count": sum((row["quantity"] or 0) > 0 for row in returns),
                    "returned_units": returned,
                    "refunds": money(total(returns, "refund")),
                    "return_rate": ratio(returned, sold),
                }
            )
        for number, row in enumerate(rows, start=1):
            last = rows[max(number - 28, 0) : number]
            rate = ratio(sum(of["returned_units"] for of in last), sum(of["units_sold"] for of in last))
            row["return_rate_28_days"] = rate if number >= 28 else None
        return rows

    def commerce_summary(self, shop: Shop) -> list[Row]:
        """mart_commerce_summary."""
        firsts: dict[str, date] = {}
        for sale in sorted(self._finance.sales, key=lambda row: row["order_date"]):
            firsts.setdefault(sale["customer_id"], sale["order_date"])
        firsts.pop("unknown", None)
        rows: list[Row] = []
        for sales, returns in zip(self._finance.oracle.daily_sales(), self.returns_summary(), strict=True):
            day = sales["calendar_date"]
            buyers = {row["customer_id"] for row in self._finance.sales if row["order_date"] == day}
            attempts = [row["payment_status"] for row in self._finance.payments if row["order_date"] == day]
            spend = [cents(row["spend_amount"]) for row in shop.current("ad_spend") if row["spend_date"] == day]
            stock = [row["stock_on_hand"] for row in shop.current("inventory") if row["stock_date"] == day]
            rows.append(
                {name: value for name, value in sales.items() if not name.endswith("_day_average")}
                | {
                    "active_customers": len(buyers - {"unknown"}),
                    "new_customers": sum(first == day for first in firsts.values()),
                    "return_rate": returns["return_rate"],
                    "attempt_count": len(attempts),
                    "success_rate": ratio(attempts.count("succeeded"), len(attempts)),
                    "spend": money(sum(spend)) if spend else None,
                    "stock_out_count": sum(level <= 0 for level in stock) if stock else None,
                }
            )
        return rows

    def orders_for_review(self) -> list[Row]:
        """mart_orders_for_review."""
        return [
            {
                "order_id": order["order_id"],
                "review_rule": rule,
                "order_date": order["order_date"],
                "customer_id": order["customer_id"],
                "order_status": order["order_status"],
                "payment_state": order["payment_state"],
                "total": order["total"],
                "found_value": Decimal(found),
                "expected_value": expected,
            }
            for order in self._finance.oracle.orders
            for rule, found, expected in self._broken_rules(order)
        ]

    def _broken_rules(self, order: Row) -> Iterable[tuple[str, Decimal | int, Decimal | int]]:
        state, status, captured = order["payment_state"], order["order_status"], order["captured"]
        of_order = [row for row in self._finance.oracle.refunds if row["order_id"] == order["order_id"]]
        refunds = money(total(of_order, "refund_amount"))
        failed = sum(
            row["order_id"] == order["order_id"] and row["payment_status"] == "failed" for row in self._finance.payments
        )
        most_discount, most_shipping = money(cents(order["gross"] / 2)), money(cents(order["total"] / 4))
        if status == "cancelled" and captured:
            yield "cancelled_but_captured", captured, 0
        if order["is_sale"] and order["discount"] > most_discount:
            yield "discount_share", order["discount"], most_discount
        if order["excess_discount"]:
            yield "discount_above_goods", order["excess_discount"], 0
        if failed > 2:
            yield "failed_payments", failed, 2
        if state in ("partially_paid", "overpaid") and captured:
            yield "payment_mismatch", captured, order["total"]
        if refunds > order["total"] and of_order:
            yield "refund_above_total", refunds, order["total"]
        if status in ("shipped", "completed") and state == "unpaid" and captured != order["total"]:
            yield "shipped_unpaid", captured, order["total"]
        if order["is_sale"] and order["shipping"] and order["shipping"] > most_shipping:
            yield "shipping_share", order["shipping"], most_shipping
        yield from self._other_total(order)
        if not order["item_count"] and not order["gift_cards"]:
            yield "without_items", 0, 1

    def _other_total(self, order: Row) -> Iterable[tuple[str, Decimal, Decimal]]:
        given, rounding = order["source_total"], Decimal("0.005") * (order["item_count"] + 5)
        if given is not None and abs(order["total"] - given) > rounding:
            yield "source_total", order["total"], given
