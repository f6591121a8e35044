"""What a draft's files come to, by a load that is thrown away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import duckdb
from pydantic import ValidationError

from contracts.client_file import Client, client_of
from contracts.environment import Environment
from contracts.presets import PresetError
from contracts.sql_text import literal
from contracts.variables import VariableError
from load.columns import local_day
from load.errors import findings_of
from load.load_to_db import load
from load.order_lines import line_rules, line_type
from load.warehouse import memory_limit, open_warehouse
from pipeline.check import MEMORY, by_source, extract_all, thrown_away
from pipeline.run import Run
from propose.errors import ProposeError
from storage.landing import deliveries

_WORTH = "coalesce(line_total, quantity * unit_price) - discount_amount"
_OF_LINES = """
select
    order_id, min({day}) as day, sum({worth})
        - coalesce(max(order_discount_amount), 0) as goods,
    coalesce(max(shipping_amount), 0) + coalesce(max(fee_amount), 0) as charges,
    coalesce(max(tax_amount), sum(line_tax_amount) filter (where {type} = 'sale'), 0) as tax,
    max(total_amount) as own, bool_or({type} = 'sale') as is_sale,
    coalesce(sum({worth}) filter (where {type} = 'sale'), 0) - coalesce(max(order_discount_amount), 0) as sold
from raw.order_lines where is_current and status <> 'cancelled' and {type} <> 'adjustment'
group by order_id
"""
_OF_ORDERS = """
select
    orders.order_id, orders.order_date as day, coalesce(sold.goods, 0) - orders.discount_amount as goods,
    orders.shipping_amount + coalesce(orders.fee_amount, 0) as charges, orders.tax_amount as tax,
    orders.total_amount as own, true as is_sale, coalesce(sold.goods, 0) - orders.discount_amount as sold
from raw.orders left join (
    select order_id, sum({worth}) as goods from raw.{sold} where is_current group by order_id
) as sold using (order_id)
where orders.is_current and orders.status <> 'cancelled'
"""


@dataclass(frozen=True)
class Month:
    """What the orders of a month come to: after discounts, with the tax of inclusive prices."""

    month: str
    orders: int
    goods: Decimal
    charges: Decimal
    tax: Decimal
    sold: Decimal
    """The goods without what came back, which says its tax in no row."""


@dataclass(frozen=True)
class Figures:
    """What a draft comes to; ``agrees`` is how the source's own totals take tax, where they all say one way."""

    months: tuple[Month, ...]
    rows: tuple[str, ...]
    paid_back: Decimal = Decimal(0)
    agrees: str | None = None

    def in_words(self) -> str:
        """The sum, and the months that it is of."""
        goods = sum((one.goods for one in self.months), Decimal(0))
        orders = sum(one.orders for one in self.months)
        shown = ", ".join(f"{one.month} {one.goods:,.2f}" for one in self.months[:3])
        more = ", ..." if len(self.months) > 3 else ""
        less = f", less {self.paid_back:,.2f} paid back" if self.paid_back else ""
        return f"{goods:,.2f} in {orders:,} orders ({shown}{more}){less}"

    def net(self, tax: str) -> Decimal:
        """What was sold and charged without tax, where prices have it inside or on top."""
        with_charges = sum((one.sold + one.charges for one in self.months), Decimal(0))
        return with_charges - (sum((one.tax for one in self.months), Decimal(0)) if tax == "inside" else 0)


def figures_of(content: Mapping[str, Any], environment: Environment) -> Figures:
    """The figures of a draft as it stands; raises ProposeError with why it cannot be loaded."""
    try:
        client = client_of(_trial(content), environment.clients_dir, environment.variables())
        now = environment.now()
        run = Run(environment, client, (client.default_date(now) + timedelta(days=1),), "proposal", now)
        with thrown_away(run.paths) as paths, memory_limit(MEMORY):
            findings: Sequence[str] = extract_all(run, paths)
            if not findings:
                findings = findings_of(partial(load, client, paths, run_id=run.run_id, now=now, finds_all=True))
            if findings:
                landed = deliveries(paths.landing)
                raise ProposeError(*(by_source(text, paths, landed) for text in findings))
            with open_warehouse(paths) as con:
                return _read(con, client)
    except (PresetError, VariableError, ValidationError) as error:
        raise ProposeError(str(error)) from error


def _trial(content: Mapping[str, Any]) -> dict[str, Any]:
    """The draft with something said where a load would stop for it, as only the figures are looked at."""
    trial = deepcopy(dict(content))
    trial.pop("questions", None)
    trial.setdefault("tax", "on_top")
    trial["ceilings"] = {"quarantined_share": 1, "orphan_share": 1}
    for dataset, block in trial["sources"].items():
        if dataset == "order_lines":
            block.setdefault("orders_over_days", "one_order")
            if "preset" not in block:
                block.setdefault("repeated_rows", "keep")
    return trial


def _read(con: duckdb.DuckDBPyConnection, client: Client) -> Figures:
    moment = f"timezone({literal(client.time_zone)}, timezone('UTC', order_at)) as order_at"
    if "order_lines" in client.sources:
        orders = _OF_LINES.format(
            day=local_day("order_at", client.time_zone), type=line_type(line_rules(client)), worth=_WORTH
        )
        sample = f"select order_id, {moment}, customer_id, product_id, quantity, unit_price from raw.order_lines"
    else:
        pays = client.order_value == "payments"
        worth = "amount" if pays else _WORTH
        orders = _OF_ORDERS.format(worth=worth, sold="payments" if pays else "order_items")
        sample = f"select order_id, {moment}, customer_id, status, total_amount from raw.orders"
    con.execute(f"create temp table proposed as {orders}")
    months = con.execute(
        "select strftime(day, '%Y-%m'), count(*) filter (where is_sale), sum(goods), sum(charges), sum(tax), sum(sold) "
        "from proposed group by 1 order by 1"
    ).fetchall()
    said, inside, on_top = con.execute(
        "select count(own), count(*) filter (where abs(own - sold - charges) <= 0.01), "
        "count(*) filter (where abs(own - sold - charges - tax) <= 0.01) "
        "from proposed where tax <> 0 and own is not null"
    ).fetchall()[0]
    agrees = None
    if said and (inside == said) != (on_top == said):
        agrees = "inside" if inside == said else "on_top"
    read = con.execute(f"{sample} order by _line limit 3")
    names = [one[0] for one in read.description or ()]
    rows = [", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True)) for row in read.fetchall()]
    paid_back = Decimal(0)
    if "refunds" in client.sources:
        refunds = "select coalesce(sum(refund_amount), 0) from raw.refunds where is_current"
        ((paid_back,),) = con.execute(refunds).fetchall()
    return Figures(tuple(Month(*row) for row in months), tuple(rows), paid_back, agrees)
