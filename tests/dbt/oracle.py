"""What the tables must hold, worked out from the raw rows in whole cents and without SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.dbt.shops import DAYS, Row, Shop

MARGINS = {"electronics": "0.15", "jewelry": "0.50", "men's clothing": "0.45", "women's clothing": "0.45"}
DEFAULT_MARGIN = "0.35"


def rounded(value: Fraction) -> int:
    """To the nearest whole number, halves away from zero."""
    doubled = abs(value) * 2
    nearest = int((doubled + 1) // 2)
    return nearest if value >= 0 else -nearest


def cents(amount: Decimal | int | str) -> int:
    """An amount in cents, rounded half away from zero."""
    return rounded(Fraction(amount) * 100)


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


def allocate(discount: int, weights: list[int]) -> list[int]:
    """Split cents by weight: floors first, then a cent each to the largest remainders, the earlier line first."""
    weights = weights if any(weights) else [1] * len(weights)
    total = sum(weights)
    shares = [discount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda line: (-(discount * weights[line] % total), line))
    for line in by_remainder[: discount - sum(shares)]:
        shares[line] += 1
    return shares


def line_discount(item: Row) -> int:
    """Cents that the line's own discount takes off it."""
    return min(cents(item["discount_amount"]), cents(item["unit_price"] * item["quantity"]))


class Oracle:
    """The expected rows of every table of core and marts, as they come from ``select *`` without change_number."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._customers = grouped(shop.customers, lambda row: row["customer_id"])
        self._products = grouped(shop.products, lambda row: row["product_id"])
        self._items = grouped(
            sorted(shop.current("order_items"), key=lambda row: row["line_number"]), lambda row: row["order_id"]
        )
        self.orders = [self._order(row) for row in shop.current("orders")]
        self.transactions = [item for order in self.orders for item in self._transactions(order)]
        self._buyers = {order["order_id"]: order["customer_id"] for order in self.orders}
        self.returns = [self._return(row) for row in shop.current("returns")]

    def _order(self, raw: Row) -> Row:
        items = self._items[raw["order_id"]]
        gross = sum(cents(item["unit_price"] * item["quantity"]) for item in items)
        line_discounts = [line_discount(item) for item in items]
        order_discount = min(cents(raw.get("discount_amount", 0)), gross - sum(line_discounts))
        discount = order_discount + sum(line_discounts)
        given = cents(raw.get("discount_amount", 0)) + sum(cents(item["discount_amount"]) for item in items)
        tax, shipping = cents(raw.get("tax_amount", 0)), cents(raw.get("shipping_amount", 0))
        total = gross - discount + tax + shipping
        charges = [one for one in self._shop.current("payments") if one["order_id"] == raw["order_id"]]
        captures = [one for one in charges if one["status"] == "succeeded"]
        captured = sum(cents(one["amount"]) for one in captures)
        status = raw["status"].strip().lower()
        state = self._payment_state(total, captured, only_failed=bool(charges) and not captures)
        return {
            "order_id": raw["order_id"],
            "order_date": raw["order_date"],
            "order_at": raw["order_at"],
            "customer_id": raw["customer_id"] or "unknown",
            "order_status": status,
            "payment_state": state,
            "is_sale": bool(items) and status != "cancelled" and (state != "unpaid" or total <= 0),
            "channel": (text(raw["channel"]) or "unknown").lower(),
            "country": text(raw["country"]) or "unknown",
            "item_count": len(items),
            "gross": money(gross),
            "order_discount": money(order_discount),
            "discount": money(discount),
            "excess_discount": money(given - discount if items else 0),
            "net": money(gross - discount),
            "tax": money(tax),
            "shipping": money(shipping),
            "total": money(total),
            "captured": money(captured),
        }

    def _payment_state(self, total: int, captured: int, *, only_failed: bool) -> str:
        if not self._shop.client[0]["has_payments"]:
            return "not_tracked"
        if only_failed:
            return "unpaid"
        if captured >= total:
            return "overpaid" if captured > total else "paid"
        return "partially_paid" if captured else "unpaid"

    def _transactions(self, order: Row) -> Iterable[Row]:
        items = self._items[order["order_id"]]
        grosses = [cents(item["unit_price"] * item["quantity"]) for item in items]
        left = [gross - line_discount(item) for item, gross in zip(items, grosses, strict=True)]
        shares = allocate(cents(order["order_discount"]), left)
        day = order["order_date"]
        customer = as_of(self._customers.get(order["customer_id"], []), day) or {}
        for item, gross, share in zip(items, grosses, shares, strict=True):
            product = as_of(self._products.get(item["product_id"], []), day) or {"product_type": "product"}
            name = category(product.get("category"))
            discount = line_discount(item) + share
            cost = rounded(gross * (1 - Fraction(MARGINS.get(name, DEFAULT_MARGIN))))
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
                "estimated_profit": money(gross - discount - cost),
                "revenue_per_unit": Decimal(rounded(Fraction((gross - discount) * 100, item["quantity"]))).scaleb(-4),
            }

    def _return(self, raw: Row) -> Row:
        product = as_of(self._products.get(raw["product_id"], []), raw["returned_date"]) or {"product_type": "product"}
        reason = text(raw.get("reason"))
        return {
            "return_id": raw["return_id"],
            "returned_date": raw["returned_date"],
            "returned_at": raw["returned_at"],
            "order_id": raw.get("order_id"),
            "line_number": raw.get("line_number"),
            "customer_id": raw.get("customer_id") or self._buyers.get(raw.get("order_id")) or "unknown",
            "product_id": raw["product_id"],
            "is_product": product["product_type"] == "product",
            "reason": reason.lower() if reason else None,
            "quantity": raw["quantity"],
            "refund": money(cents(raw["refund_amount"])),
        }

    def sales_days(self) -> list[date]:
        """Every day from the first to the last with an order or a return, or to the run's within the month of that."""
        days = [row["order_date"] for row in self.orders] + [row["returned_date"] for row in self.returns]
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
                    "returned_units": sum(row["quantity"] for row in returns if row["is_product"]),
                    "refunds": money(refunds),
                    "net_sales": money(net - refunds),
                    "estimated_profit": money(sum(cents(row["estimated_profit"]) for row in items)),
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
        mentioned = {row["customer_id"] for row in (*self.orders, *self.returns, *self._shop.current("subscriptions"))}
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
        mentioned = {row["product_id"] for row in (*self.transactions, *self.returns, *beside)} - {None}
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
                    "returned_units": sum(row["quantity"] for row in self.returns if row["product_id"] == product_id),
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
        days = sales + [row[day] for table, day in DAYS.items() for row in self._shop.current(table)]
        if self._shop.current("subscriptions"):
            days.append(self._shop.client[0]["business_date"])
        first, last = date(min(days).year, 1, 1), date(max(days).year, 12, 31)
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
                "week_start_date": day - timedelta(days=day.weekday()),
                "day_of_month": day.day,
                "day_of_week": day.isoweekday(),
                "day_name": day.strftime("%A"),
                "is_weekend": day.isoweekday() >= 6,
                "is_in_sales_span": sales[0] <= day <= sales[-1],
            }
            for day in (first + timedelta(days=number) for number in range((last - first).days + 1))
        ]
