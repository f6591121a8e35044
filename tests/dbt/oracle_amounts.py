"""What an order and its lines come to in whole cents: discounts allocated, tax taken out of prices that have it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tests.dbt.shops import Row


def rounded(value: Fraction) -> int:
    """To the nearest whole number, halves away from zero."""
    doubled = abs(value) * 2
    nearest = int((doubled + 1) // 2)
    return nearest if value >= 0 else -nearest


def cents(amount: Decimal | int | str) -> int:
    """An amount in cents, rounded half away from zero."""
    return rounded(Fraction(amount) * 100)


def allocate(discount: int, weights: list[int]) -> list[int]:
    """Split cents by weight: floors first, then a cent each to the largest remainders, the earlier line first."""
    weights = weights if any(weights) else [1] * len(weights)
    total = sum(weights)
    shares = [discount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda line: (-(discount * weights[line] % total), line))
    for line in by_remainder[: discount - sum(shares)]:
        shares[line] += 1
    return shares


@dataclass(frozen=True)
class Line:
    """One line of goods, without tax."""

    item: Row
    gross: int
    discount: int
    tax: int | None = None
    """What the prices contain of it, or the source says; None where only the order does."""

    @property
    def net(self) -> int:
        return self.gross - self.discount


class Amounts:
    """An order's amounts; ``type_of`` says what a product is."""

    def __init__(self, raw: Row, items: Sequence[Row], type_of: Callable[[str], str]) -> None:
        self._raw = raw
        types = [(item, type_of(item["product_id"])) for item in items]
        goods = [item for item, kind in types if kind not in ("gift_card", "shipping", "fee", "discount")]
        self.charge_lines = [(item, kind, _charge(item, kind)) for item, kind in types if item not in goods]
        prices = [_price(item) for item in goods]
        own = [min(cents(item["discount_amount"]), price) for item, price in zip(goods, prices, strict=True)]
        left = [price - less for price, less in zip(prices, own, strict=True)]
        asked = self._of_order("discount_amount") + self.charged("discount")
        self.order_discount = min(asked, sum(left))
        beyond = sum(cents(item["discount_amount"]) for item in goods) - sum(own) + asked - self.order_discount
        self.excess_discount = beyond if goods else 0
        shares = allocate(self.order_discount, left)
        paid = [rest - share for rest, share in zip(left, shares, strict=True)]
        line_taxes = [None if item.get("line_tax_amount") is None else cents(item["line_tax_amount"]) for item in goods]
        all_taxes = [cents(item["line_tax_amount"]) for item in items if item.get("line_tax_amount") is not None]
        self.tax = self._of_order("tax_amount") or sum(all_taxes)
        self.is_tax_inside = bool(raw.get("tax_inside"))
        shipping = self._of_order("shipping_amount") + self.charged("shipping")
        fees = self._of_order("fee_amount") + self.charged("fee")
        tips, duties = self._of_order("tip_amount"), self._of_order("duty_amount")
        is_inside = self.is_tax_inside and bool(self.tax) and bool(goods)
        self.is_tax_split = is_inside and None in line_taxes
        taxes = [0] * len(goods)
        if self.is_tax_split:
            taxes = allocate(self.tax, [*paid, shipping + fees + tips + duties])[:-1]
        elif is_inside:
            taxes = [tax or 0 for tax in line_taxes]
        of_charges = self.tax - sum(taxes) if self.is_tax_inside else 0
        # Of the shipping as far as that goes, a charge's above 0 and a credit's below, and of the fees beyond.
        of_shipping = min(of_charges, max(shipping, 0)) if of_charges >= 0 else max(of_charges, min(shipping, 0))
        self.shipping = shipping - of_shipping
        self.fees = fees - (of_charges - of_shipping)
        self.tips, self.duties = tips, duties
        self.rounding, self.credit = self._of_order("rounding_amount"), self._of_order("credit_amount")
        self.gift_cards = self.charged("gift_card")
        self.lines = [
            Line(item, gross, gross - (money - tax), tax if is_inside else own_tax)
            for item, price, money, tax, own_tax in zip(goods, prices, paid, taxes, line_taxes, strict=True)
            for gross in [_without_tax(price, *((money, tax) if money else (sum(paid), sum(taxes))))]
        ]

    @property
    def gross(self) -> int:
        return sum(line.gross for line in self.lines)

    @property
    def discount(self) -> int:
        return sum(line.discount for line in self.lines)

    @property
    def total(self) -> int:
        charges = self.shipping + self.fees + self.gift_cards + self.tips + self.duties + self.rounding - self.credit
        return self.gross - self.discount + self.tax + charges

    def charged(self, kind: str) -> int:
        """What lines of the kind come to."""
        return sum(amount for _, of, amount in self.charge_lines if of == kind)

    def _of_order(self, name: str) -> int:
        return cents(self._raw.get(name) or 0)


def _price(item: Row) -> int:
    total = item.get("line_total")
    return cents(item["unit_price"] * item["quantity"]) if total is None else cents(total)


def _charge(item: Row, kind: str) -> int:
    return -_price(item) if kind == "discount" else _price(item) - cents(item["discount_amount"])


def _without_tax(price: int, paid: int, tax: int) -> int:
    """The price at the rate that the paid amount has; as it is where nothing was paid."""
    return rounded(Fraction(price * (paid - tax), paid)) if paid and tax else price
