"""What the tables must hold, worked out from the raw rows in whole cents and without SQL."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.dbt.oracle_amounts import Amounts, cents, rounded
from tests.dbt.oracle_calendar import Calendar
from tests.dbt.oracle_refunds import RefundOracle
from tests.dbt.shops import Row, Shop

MARGINS = {"electronics": "0.15", "jewelry": "0.50", "men's clothing": "0.45", "women's clothing": "0.45"}
DEFAULT_MARGIN = "0.35"
# What a payment is that brings money; one without a kind is a sale.
BRINGS_MONEY = (None, "sale", "capture")


def money(whole_cents: int) -> Decimal:
    """Cents as the amount that the tables hold."""
    return Decimal(whole_cents).scaleb(-2)


def per(whole_cents: int, count: int) -> Decimal | None:
    """Cents per something, to the cent; null per nothing."""
    return money(rounded(Fraction(whole_cents, count))) if count else None


def text(value: str | None) -> str | None:
    """Without blanks around it; empty is null."""
    return (value or "").strip(" ") or None


def category(value: str | None) -> str:
    """In lower case and one spelling."""
    name = (text(value) or "unknown").lower()
    return {"jewelery": "jewelry"}.get(name, name)


def as_of(versions: Iterable[Row], day: date) -> Row | None:
    """The version of the day: of those valid by then the last delivered, before the first the first."""
    ordered = sorted(versions, key=lambda row: (row["valid_from"], row["_delivery_id"]))
    if not ordered:
        return None
    valid = [row for row in ordered if row["valid_from"] <= day]
    # Before the first day the version of that day counts, so the last delivered of it.
    return valid[-1] if valid else [row for row in ordered if row["valid_from"] == ordered[0]["valid_from"]][-1]


def grouped(rows: Iterable[Row], key: Callable[[Row], str]) -> dict[str, list[Row]]:
    """The rows by key."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


class Oracle:
    """The expected rows of every table of core and marts, as they come from ``select *`` without change_number."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        analysis = json.loads(shop.client[0].get("analysis", "{}"))
        self.run_for: date = shop.client[0]["business_date"]
        self._calendar = Calendar(analysis.get("week_starts_on", "monday"), analysis.get("fiscal_year_starts", 1))
        self._default_margin: str | None = analysis.get("default_margin_rate", DEFAULT_MARGIN)
        self._customers = grouped(shop.customers, lambda row: row["customer_id"])
        self._products = grouped(shop.products, lambda row: row["product_id"])
        self._items = grouped(
            sorted(shop.current("order_items"), key=lambda row: row["line_number"]), lambda row: row["order_id"]
        )
        self._amounts = {
            row["order_id"]: Amounts(row, self._items[row["order_id"]], self._type_of) for row in shop.current("orders")
        }
        self.orders = [self._order(row) for row in shop.current("orders")]
        self.transactions = [item for order in self.orders for item in self._transactions(order)]
        refunds = RefundOracle(shop, self.orders, self._amounts, self._type_of)
        for row in refunds.refunds:
            row["is_product"] = self._is_product(row["product_id"], row["refunded_date"])
        names = [*refunds.refunds[0]] if refunds.refunds else []
        place = names.index("reason") if names else 0
        order = [*names[:place], "is_product", *names[place:-1]]
        self.refunds = [{name: row[name] for name in order} for row in refunds.refunds]
        self.returns = refunds.returns()

    def _type_of(self, product_id: str) -> str:
        versions = sorted(self._products.get(product_id, []), key=lambda row: (row["valid_from"], row["_delivery_id"]))
        return versions[-1].get("product_type", "product") if versions else "product"

    def _order(self, raw: Row) -> Row:
        amounts = self._amounts[raw["order_id"]]
        payments = [one for one in self._shop.current("payments") if one["order_id"] == raw["order_id"]]
        payments = [one for one in payments if one.get("kind") not in ("void", "refund")]
        captures = [one for one in payments if one["status"] == "succeeded"]
        captured = sum(cents(one["amount"]) for one in captures if one.get("kind") in BRINGS_MONEY)
        status = raw["status"].strip().lower()
        state = self._payment_state(amounts.total, captured, only_failed=bool(payments) and not captures)
        is_test = bool(raw.get("is_test"))
        client = self._shop.client[0]
        status = "cancelled" if raw.get("cancelled_at") else status
        is_taken_back = status == "cancelled" and client.get("cancelled") != "reversed"
        is_missing = state == "unpaid" and amounts.total > 0 and client.get("count_orders") != "placed"
        is_counted = not is_test and not is_taken_back and not is_missing
        kinds = {kind for _, kind, _ in amounts.charge_lines}
        source_total = raw.get("total_amount")
        return {
            "order_id": raw["order_id"],
            "order_date": raw["order_date"],
            "order_at": raw["order_at"],
            **{name: raw.get(name) for name in ("processed_at", "paid_at", "completed_at", "cancelled_at")},
            "customer_id": raw["customer_id"] or "unknown",
            "order_status": status,
            "payment_state": state,
            "is_sale": is_counted and bool(amounts.lines),
            "is_sale_without_goods": is_counted and not amounts.lines and bool(kinds - {"discount"}),
            "is_test": is_test,
            "channel": (text(raw["channel"]) or "unknown").lower(),
            "country": text(raw["country"]) or "unknown",
            **{name: text(raw.get(name)) for name in ("region", "city", "postal_code", "source", "medium", "campaign")},
            "landing_page": text(re.split("[?#]", raw.get("landing_page") or "")[0]),
            "device": text(raw.get("device")),
            "edited_at": raw.get("edited_at"),
            **{name: text(raw.get(name)) for name in ("source_status", "payment_status", "fulfilment_status")},
            "currency": self._shop.client[0]["currency"],
            "exchange_rate": 1,
            "is_tax_inside": amounts.is_tax_inside,
            "is_tax_split": amounts.is_tax_split,
            "item_count": len(amounts.lines),
            "gross": money(amounts.gross),
            "order_discount": money(amounts.order_discount),
            "discount": money(amounts.discount),
            "excess_discount": money(amounts.excess_discount),
            "net": money(amounts.gross - amounts.discount),
            "tax": money(amounts.tax),
            "shipping": money(amounts.shipping),
            "fees": money(amounts.fees),
            "gift_cards": money(amounts.gift_cards),
            "tips": money(amounts.tips),
            "duties": money(amounts.duties),
            "rounding": money(amounts.rounding),
            "credit": money(amounts.credit),
            "total": money(amounts.total),
            "source_total": None if source_total is None else money(cents(source_total)),
            "captured": money(captured),
        }

    def order_charges(self) -> list[Row]:
        """fct_order_charges."""
        return [
            {
                "order_id": order["order_id"],
                "line_number": item["line_number"],
                "order_date": order["order_date"],
                "product_id": item["product_id"],
                "charge_type": kind,
                "is_counted": order["is_sale"] or order["is_sale_without_goods"],
                "amount": money(amount),
            }
            for order in self.orders
            for item, kind, amount in self._amounts[order["order_id"]].charge_lines
        ]

    def _payment_state(self, total: int, captured: int, *, only_failed: bool) -> str:
        if not self._shop.client[0]["has_payments"]:
            return "not_tracked"
        if only_failed:
            return "unpaid"
        if captured >= total:
            return "overpaid" if captured > total else "paid"
        return "partially_paid" if captured else "unpaid"

    def _transactions(self, order: Row) -> Iterable[Row]:
        day = order["order_date"]
        customer = as_of(self._customers.get(order["customer_id"], []), day) or {}
        for line in self._amounts[order["order_id"]].lines:
            item, gross, discount = line.item, line.gross, line.discount
            product = as_of(self._products.get(item["product_id"], []), day) or {"product_type": "product"}
            name = category(product.get("category"))
            unit_cost = next((one["unit_cost"] for one in (item, product) if one.get("unit_cost") is not None), None)
            margin = MARGINS.get(name, self._default_margin)
            cost = None if margin is None else rounded(gross * (1 - Fraction(margin)))
            if unit_cost is not None:
                cost = cents(unit_cost * item["quantity"])
            yield {
                "order_id": order["order_id"],
                "line_number": item["line_number"],
                "order_date": day,
                "order_at": order["order_at"],
                "order_year": day.year,
                "order_quarter": (day.month + 2) // 3,
                "order_month": day.month,
                "order_day_of_week": day.isoweekday(),
                "customer_id": order["customer_id"],
                "product_id": item["product_id"],
                "variant_id": item.get("variant_id"),
                "sku": item.get("sku"),
                "customer_segment": (text(customer.get("segment")) or "unknown").lower(),
                "customer_country": text(customer.get("country")) or "unknown",
                "category": name,
                "is_product": product["product_type"] == "product",
                "order_status": order["order_status"],
                "is_sale": order["is_sale"],
                "channel": order["channel"],
                "country": order["country"],
                "quantity": item["quantity"],
                "unit_price": item["unit_price"],
                "gross": money(gross),
                "discount": money(discount),
                "net": money(gross - discount),
                "cost_amount": None if cost is None else money(cost),
                "is_cost_estimated": unit_cost is None and cost is not None,
                "estimated_profit": None if cost is None else money(gross - discount - cost),
                "revenue_per_unit": Decimal(rounded((gross - discount) * 100 / Fraction(item["quantity"]))).scaleb(-4),
            }

    def _is_product(self, product_id: str, day: date) -> bool:
        product = as_of(self._products.get(product_id, []), day) or {"product_type": "product"}
        return bool(product["product_type"] == "product")

    def sales_days(self) -> list[date]:
        """Every day from the first to the last with an order or a return, or to the run's within the month of that."""
        days = [row["order_date"] for row in self.orders] + [row["refunded_date"] for row in self.refunds]
        if not days:
            return []
        last = max(days)
        while last < self._shop.client[0]["business_date"] and (last + timedelta(days=1)).month == last.month:
            last += timedelta(days=1)
        return [min(days) + timedelta(days=number) for number in range((last - min(days)).days + 1)]

    def daily_sales(self) -> list[Row]:
        """mart_daily_sales."""
        span = self.sales_days()
        rows: list[Row] = []
        net_sales: list[int] = []
        for day in span:
            orders = [row for row in self.orders if row["order_date"] == day and row["is_sale"]]
            items = [row for row in self.transactions if row["order_date"] == day and row["is_sale"]]
            returns = [row for row in self.returns if row["returned_date"] == day]
            net, refunds = sum(cents(row["net"]) for row in items), sum(cents(row["refund"]) for row in returns)
            net_sales.append(net - refunds)
            rows.append(
                {
                    "calendar_date": day,
                    "order_count": len(orders),
                    "units_sold": sum(row["quantity"] for row in items if row["is_product"]),
                    "gross": money(sum(cents(row["gross"]) for row in items)),
                    "discount": money(sum(cents(row["discount"]) for row in items)),
                    "net": money(net),
                    "returned_units": sum(row["quantity"] or 0 for row in returns if row["is_product"]),
                    "refunds": money(refunds),
                    "net_sales": money(net - refunds),
                    "estimated_profit": None
                    if (uncosted := sum(row["estimated_profit"] is None for row in items))
                    else money(sum(cents(row["estimated_profit"]) for row in items)),
                    "uncosted_item_count": uncosted,
                    "avg_order_value": per(net, len(orders)),
                    "net_sales_7_day_average": per(sum(net_sales[-7:]), 7) if len(net_sales) >= 7 else None,
                    "net_sales_28_day_average": per(sum(net_sales[-28:]), 28) if len(net_sales) >= 28 else None,
                }
            )
        return rows

    def customers(self) -> list[Row]:
        """dim_customers without the attributes that are passed on as delivered."""
        as_of_date = max(row["order_date"] for row in self.orders)
        delivered = {row["customer_id"] for row in self._shop.current("customers")}
        mentioned = {row["customer_id"] for row in (*self.orders, *self.refunds, *self._shop.current("subscriptions"))}
        rows: list[Row] = []
        for customer_id in delivered | mentioned | {"unknown"}:
            sales = [row for row in self.orders if row["customer_id"] == customer_id and row["is_sale"]]
            days = sorted(row["order_date"] for row in sales)
            net = sum(cents(row["net"]) for row in sales)
            refunds = sum(cents(row["refund"]) for row in self.returns if row["customer_id"] == customer_id)
            is_known_buyer = bool(days) and customer_id != "unknown"
            rows.append(
                {
                    "customer_id": customer_id,
                    "is_inferred": customer_id not in delivered,
                    "first_order_date": days[0] if days else None,
                    "last_order_date": days[-1] if days else None,
                    "cohort_month": days[0].replace(day=1) if is_known_buyer else None,
                    "total_orders": len(sales),
                    "lifetime_value": money(net - refunds),
                    "avg_order_value": per(net, len(sales)),
                    "purchase_frequency": len(sales) * 30 / max((as_of_date - days[0]).days + 1, 30)
                    if is_known_buyer
                    else None,
                    "customer_status": self._status(customer_id, days, as_of_date),
                }
            )
        return rows

    def _status(self, customer_id: str, days: list[date], as_of_date: date) -> str:
        if customer_id == "unknown":
            return "unknown"
        if not days:
            has_returned = any(row["customer_id"] == customer_id for row in self.returns)
            return "returned_only" if has_returned else "prospect"
        if (as_of_date - days[0]).days <= 30:
            return "new"
        since = (as_of_date - days[-1]).days
        return "active" if since <= 90 else "at_risk" if since <= 180 else "churned"

    def products(self) -> list[Row]:
        """dim_products without the attributes that are passed on as delivered."""
        current = {row["product_id"]: row for row in self._shop.current("products")}
        beside = [*self._shop.current("inventory"), *self._shop.current("events")]
        mentioned = {row["product_id"] for row in (*self.transactions, *self.refunds, *beside)} - {None}
        rows: list[Row] = []
        for product_id in current.keys() | mentioned:
            product = current.get(product_id, {"product_type": "product"})
            sales = [row for row in self.transactions if row["product_id"] == product_id and row["is_sale"]]
            days = sorted(row["order_date"] for row in sales)
            rows.append(
                {
                    "product_id": product_id,
                    "is_inferred": product_id not in current,
                    "title": text(product.get("title")),
                    "category": category(product.get("category")),
                    "product_type": product["product_type"],
                    "is_product": product["product_type"] == "product",
                    "list_price": product.get("list_price"),
                    "price_tier": self._price_tier(product.get("list_price")),
                    "total_revenue": money(sum(cents(row["net"]) for row in sales)),
                    "total_units_sold": sum(row["quantity"] for row in sales),
                    "returned_units": sum(
                        row["quantity"] or 0 for row in self.returns if row["product_id"] == product_id
                    ),
                    "first_sold_date": days[0] if days else None,
                    "last_sold_date": days[-1] if days else None,
                    **self._stock(product_id),
                }
            )
        ranked = sorted(float(row["total_revenue"]) for row in rows if row["is_product"] and row["first_sold_date"])
        for row in rows:
            row["performance_tier"] = self._performance_tier(row, ranked)
        return rows

    def _stock(self, product_id: str) -> Row:
        told = [row for row in self._shop.current("inventory") if row["product_id"] == product_id]
        if not told:
            return {"stock_on_hand": None, "stock_status": "not_tracked"}
        units = max(told, key=lambda row: row["stock_date"])["stock_on_hand"]
        return {"stock_on_hand": units, "stock_status": "in_stock" if units > 0 else "out_of_stock"}

    @staticmethod
    def _price_tier(price: Decimal | None) -> str:
        if price is None:
            return "unpriced"
        return "premium" if price >= 100 else "mid_range" if price >= 25 else "budget"

    @staticmethod
    def _performance_tier(row: Row, ranked: list[float]) -> str:
        if not row["is_product"]:
            return "not_a_product"
        if row["first_sold_date"] is None:
            return "unsold"

        def percentile(share: float) -> float:
            position = share * (len(ranked) - 1)
            below = int(position)
            above = min(below + 1, len(ranked) - 1)
            return ranked[below] + (ranked[above] - ranked[below]) * (position - below)

        revenue = float(row["total_revenue"])
        return "high" if revenue >= percentile(0.8) else "medium" if revenue >= percentile(0.4) else "low"

    def dates(self) -> list[Row]:
        """dim_date."""
        sales = self.sales_days()
        return [
            {
                "calendar_date": day,
                "calendar_year": day.year,
                "calendar_quarter": (day.month + 2) // 3,
                "calendar_month": day.month,
                "month_name": day.strftime("%B"),
                "month_start_date": day.replace(day=1),
                "iso_year": day.isocalendar().year,
                "iso_week": day.isocalendar().week,
                "week_start_date": self._calendar.week_start(day),
                "day_of_month": day.day,
                "day_of_week": day.isoweekday(),
                "day_name": day.strftime("%A"),
                "is_weekend": day.isoweekday() >= 6,
                "is_in_sales_span": sales[0] <= day <= sales[-1],
                **self._calendar.fiscal(day),
            }
            for day in self._calendar.days(self._shop, sales)
        ]
