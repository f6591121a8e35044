"""The books of a run: what was landed, loaded, modelled and is about to be published, in rows and to the cent.

Every run writes them down in the warehouse, also one that does not balance and publishes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from contracts.client_file import Client
from contracts.datasets.payments import IS_CAPTURE
from contracts.known_totals import ComparedTotal
from contracts.source_totals import SourceTotals
from publish.errors import PublishError
from publish.known_totals import compare

DELIVERED = """
select
    dataset,
    sum(rows_landed - rows_left_out) as landed,
    sum(rows_duplicate) as duplicate,
    (
        select count(*) from warehouse.raw.quarantine as quarantine where quarantine.dataset = ledger.dataset
    ) as quarantined,
    sum(amount_landed) as amount_landed,
    sum(amount_loaded) as amount_loaded
from warehouse.raw.load_ledger as ledger
where not is_replaced
group by dataset
order by dataset
"""
# Written against raw alone, not taken from the models: an error in a model must not be in its check as well. Where
# orders come whole, verify has added up each delivery; SALES adds up those that come apart, to the same columns.
DELIVERED_SALES = """
select
    sum(sign * order_rows), sum(sign * item_rows), sum(sign * payment_rows), sum(sign * captured),
    sum(sign * order_count), sum(sign * total), sum(sign * gross), sum(sign * discount)
from (select *, if(is_superseded, -1, 1) as sign from warehouse.audit.delivered_sales)
"""
HAS_DELIVERED_SALES = """
select
    coalesce(
        list(delivery_id order by delivery_id) = (
            select list(delivery_id order by delivery_id) from warehouse.audit.delivered_sales where not is_superseded
        ),
        false
    )
from warehouse.raw.load_ledger
where not is_replaced and dataset in ('orders', 'order_items', 'order_lines', 'payments')
"""
# Where prices contain the tax, what goods come to without it is the models' work: raw has their total, not their gross.
SALES = f"""
with payments as (
    select
        payments.order_id, payments.is_capture,
        cast(payments.amount * orders.exchange_rate as decimal(18, 2)) as amount
    from (select *, {IS_CAPTURE} as is_capture from warehouse.raw.payments where is_current) as payments
    inner join warehouse.raw.current_orders as orders on payments.order_id = orders.order_id
),
captures as (
    select order_id, sum(amount) as captured from payments where is_capture group by order_id
),
orders as (
    select
        totals.*, captures.captured,
        not is_test and coalesce(status <> 'cancelled' or client.cancelled = 'reversed', false)
        and (client.count_orders = 'placed' or not client.has_payments or captured > 0 or total <= 0) as is_counted
    from warehouse.raw.order_totals as totals
    cross join warehouse.raw.client as client
    left join captures on totals.order_id = captures.order_id
),
sales as (select * from orders where is_counted and item_count > 0)
select
    (select count(*) from orders),
    (select count(*) from warehouse.raw.transactions where order_date is not null),
    (select count(*) from payments),
    (select coalesce(sum(amount), 0) from payments where is_capture),
    count(*),
    coalesce(sum(total), 0),
    case when not coalesce(bool_or(tax_inside and tax <> 0), false) then coalesce(sum(gross), 0) end,
    case when not coalesce(bool_or(tax_inside and tax <> 0), false) then coalesce(sum(discount), 0) end
from sales
"""
OTHERS = """
with of_orders as (
    select 'discount' as kind, order_id, amount from warehouse.raw.discount_codes where is_current
    union all
    select 'tax', order_id, amount from warehouse.raw.tax_lines where is_current
),
priced as (
    select kind, cast(amount * exchange_rate as decimal(18, 2)) as amount
    from of_orders
    inner join warehouse.raw.current_orders as orders on of_orders.order_id = orders.order_id
)
select
    (select count(*) from warehouse.raw.current_refunds),
    (select coalesce(sum(refund_amount), 0) from warehouse.raw.current_refunds),
    (select coalesce(sum(spend_amount), 0) from warehouse.raw.ad_spend where is_current),
    (select count(*) from warehouse.raw.inventory where is_current),
    (select coalesce(sum(stock_on_hand), 0) from warehouse.raw.inventory where is_current),
    (select coalesce(sum(event_count), 0) from warehouse.raw.events where is_current),
    (select count(*) from warehouse.raw.subscriptions where is_current),
    (select coalesce(sum(monthly_amount), 0) from warehouse.raw.subscriptions where is_current),
    (select count(*) from warehouse.raw.weather where is_current),
    (select count(*) from priced where kind = 'discount'),
    (select coalesce(sum(amount), 0) from priced where kind = 'discount'),
    (select count(*) from priced where kind = 'tax'),
    (select coalesce(sum(amount), 0) from priced where kind = 'tax'),
    (select count(*) from warehouse.raw.current_balance_transactions),
    (select coalesce(sum(amount), 0) from warehouse.raw.current_balance_transactions)
"""
CORE = """
select
    (select count(*) from {catalog}.core.fct_orders),
    count(*) + (select count(*) from {catalog}.core.fct_order_charges),
    (select count(*) from {catalog}.core.fct_refunds),
    (select coalesce(sum(refund_amount), 0) from {catalog}.core.fct_refunds),
    (select count(*) from {catalog}.core.fct_payments),
    (select coalesce(sum(captured), 0) from {catalog}.core.fct_payments),
    (select coalesce(sum(spend), 0) from {catalog}.core.fct_ad_spend),
    (select count(*) from {catalog}.core.fct_inventory_daily),
    (select coalesce(sum(stock_on_hand), 0) from {catalog}.core.fct_inventory_daily),
    (select coalesce(sum(event_count), 0) from {catalog}.core.fct_events),
    (select count(*) from {catalog}.core.fct_subscriptions),
    (select coalesce(sum(monthly_amount), 0) from {catalog}.core.fct_subscriptions),
    (select count(*) from {catalog}.core.fct_weather),
    (select count(*) from {catalog}.core.fct_order_discounts),
    (select coalesce(sum(amount), 0) from {catalog}.core.fct_order_discounts),
    (select count(*) from {catalog}.core.fct_order_taxes),
    (select coalesce(sum(amount), 0) from {catalog}.core.fct_order_taxes),
    (select count(*) from {catalog}.core.fct_balance_transactions),
    (select coalesce(sum(amount), 0) from {catalog}.core.fct_balance_transactions),
    (select coalesce(sum(total), 0) from {catalog}.core.fct_orders where is_sale),
    (select count(*) from {catalog}.core.fct_orders where is_sale),
    coalesce(sum(gross) filter (where is_sale), 0),
    coalesce(sum(discount) filter (where is_sale), 0),
    coalesce(sum(net) filter (where is_sale), 0),
    (select coalesce(sum(refund), 0) from {catalog}.core.fct_returns)
from {catalog}.core.fct_transactions
"""
MART = """
select
    coalesce(sum(order_count), 0), coalesce(sum(gross), 0), coalesce(sum(discount), 0), coalesce(sum(net), 0),
    coalesce(sum(refunds), 0)
from {catalog}.marts.mart_daily_sales
"""
# Of the facts alone, sales or not, so no mart has as many. Advertising and events are one row per day and campaign or
# step in core, so that their rows are not those of raw.
IN_FACTS = (
    *("order_rows", "item_rows", "refund_rows", "paid_back", "payment_rows", "captured", "spend"),
    *("inventory_rows", "stock_on_hand", "event_count", "subscription_rows", "monthly_amount", "weather_rows"),
    *("order_discount_rows", "order_discounts", "order_tax_rows", "order_taxes", "balance_rows", "balance_amount"),
    "total",
)
# Of the refunds the goods: what of the money is for goods the models alone work out, so raw has none.
TOTALS = ("order_count", "gross", "discount", "net", "refunds")
BOOKS = """
create schema if not exists audit;
create table if not exists audit.reconciled_deliveries (
    run_id varchar, recorded_at timestamp, dataset varchar,
    landed bigint, loaded bigint, quarantined bigint, duplicate bigint,
    amount_landed decimal(38, 7), amount_loaded decimal(38, 7)
);
create table if not exists audit.reconciled_measures (
    run_id varchar, recorded_at timestamp, measure varchar,
    raw decimal(18, 2), core decimal(18, 2), mart decimal(18, 2), published decimal(18, 2)
);
create table if not exists audit.reconciled_known_totals (
    run_id varchar, recorded_at timestamp, first_date date, last_date date, measure varchar, source varchar,
    theirs decimal(18, 3), ours decimal(18, 3), difference decimal(18, 3), allowed decimal(18, 3), outcome varchar
);
create table if not exists audit.reconciled_source_totals (
    run_id varchar, recorded_at timestamp, compared bigint, equal bigint, rounded bigint, different bigint,
    source_total decimal(18, 2), difference decimal(18, 2), kind varchar
);
alter table audit.reconciled_source_totals add column if not exists kind varchar;
"""


@dataclass(frozen=True)
class Delivered:
    """What became of the records of one dataset; loaded and quarantined are counted where they are now.

    The amounts are gross, and differ by what is in quarantine or was repeated.
    """

    dataset: str
    landed: int
    loaded: int
    quarantined: int
    duplicate: int
    amount_landed: Decimal
    amount_loaded: Decimal


@dataclass(frozen=True)
class Reconciled:
    """One measure in every layer; None where it is not counted, in ``published`` as long as nothing is written."""

    measure: str
    raw: Decimal | None
    core: Decimal
    mart: Decimal | None
    published: Decimal | None = None


@dataclass(frozen=True)
class Reconciliation:
    """Where every record and every cent is, and what the shop's own reports say of them."""

    deliveries: tuple[Delivered, ...]
    measures: tuple[Reconciled, ...]
    known_totals: tuple[ComparedTotal, ...]
    source_totals: tuple[SourceTotals, ...]  # none where verify has not kept any

    def faults(self) -> list[str]:
        """What does not balance, in words; none when all does."""
        return [*self._lost_records(), *self._unequal_layers()]

    def _lost_records(self) -> Iterator[str]:
        for one in self.deliveries:
            if one.landed != one.loaded + one.quarantined + one.duplicate:
                yield (
                    f"{one.landed:,} records of {one.dataset} landed, but {one.loaded:,} are loaded, "
                    f"{one.quarantined:,} in quarantine and {one.duplicate:,} repeated"
                )

    def _unequal_layers(self) -> Iterator[str]:
        for one in self.measures:
            layers = {
                "raw": one.raw,
                "core": one.core,
                "marts.mart_daily_sales": one.mart,
                "the new file": one.published,
            }
            places = {place: total for place, total in layers.items() if total is not None}
            if len(set(places.values())) > 1:
                *first, last = [f"{total:,} in {place}" for place, total in places.items()]
                yield f"{one.measure} is {', '.join(first)} and {last}"


def reconcile(connection: DuckDBPyConnection, client: Client) -> Reconciliation:
    """The books of the attached ``warehouse`` and ``build``: raw, core and mart, each added up by itself."""
    deliveries = [
        Delivered(dataset, int(landed), _loaded(connection, dataset), quarantined, int(duplicate), *amounts)
        for dataset, landed, duplicate, quarantined, *amounts in connection.execute(DELIVERED).fetchall()
    ]
    layers = (
        _raw_totals(connection),
        _totals(connection, CORE, "build"),
        [*[None] * len(IN_FACTS), *_totals(connection, MART, "build")],
    )
    measures = [Reconciled(*row) for row in zip((*IN_FACTS, *TOTALS), *layers, strict=True)]
    known = tuple(compare(connection, client))
    return Reconciliation(tuple(deliveries), tuple(measures), known, _source_totals(connection))


def _raw_totals(connection: DuckDBPyConnection) -> list[Decimal | None]:
    """Of raw what ``CORE`` gives of core, in the same order."""
    sales = DELIVERED_SALES if _is_added_up(connection) else SALES
    orders, items, payments, captured, order_count, total, gross, discount = _totals(connection, sales)
    refunds, paid_back, *others = _totals(connection, OTHERS)
    return [
        *(orders, items, refunds, paid_back, payments, captured, *others, total),
        *(order_count, gross, discount, None if gross is None or discount is None else gross - discount, None),
    ]


def _is_added_up(connection: DuckDBPyConnection) -> bool:
    """Whether verify has added up every delivery of sales that counts."""
    try:
        return bool(connection.execute(HAS_DELIVERED_SALES).fetchall()[0][0])
    except duckdb.CatalogException:
        return False


def _source_totals(connection: DuckDBPyConnection) -> tuple[SourceTotals, ...]:
    """What verify has counted of what the source itself totals."""
    try:
        rows = connection.execute("from warehouse.audit.source_totals").fetchall()
    except duckdb.CatalogException:
        return ()
    return tuple(SourceTotals(*row) for row in rows)


def with_published(books: Reconciliation, connection: DuckDBPyConnection) -> Reconciliation:
    """The books with what is in the attached ``version``: of the mart where it has the measure, else of core."""
    core, mart = _totals(connection, CORE, "version"), _totals(connection, MART, "version")
    published = [*core[: len(IN_FACTS)], *mart]
    measures = (replace(one, published=total) for one, total in zip(books.measures, published, strict=True))
    return replace(books, measures=tuple(measures))


def record_books(warehouse: Path, books: Reconciliation, *, run_id: str, now: datetime) -> None:
    """Write the books of the run into the audit schema of the warehouse, after those of the runs before."""
    head = [run_id, now.astimezone(UTC).replace(tzinfo=None)]
    with duckdb.connect(str(warehouse)) as connection:
        connection.begin()
        connection.execute(BOOKS)
        for table, lines in (
            ("deliveries", books.deliveries),
            ("measures", books.measures),
            ("known_totals", books.known_totals),
            ("source_totals", books.source_totals),
        ):
            insert(connection, f"audit.reconciled_{table}", [[*head, *astuple(line)] for line in lines])
        connection.commit()


def insert(connection: DuckDBPyConnection, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Write the rows, if there are any, in the order of the table's columns."""
    if rows:
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into {table} values ({places})", rows)


def raise_if_unbalanced(books: Reconciliation) -> None:
    """Raise PublishError naming every record and cent that is not where it should be."""
    if faults := books.faults():
        raise PublishError(
            "; ".join(faults),
            expected="landed = loaded + in quarantine + repeated, and the same totals in every layer",
            next_step="Run `sales verify --full` and `sales build --full-refresh`; if they still differ, a model loses "
            "or repeats rows. audit.reconciled_deliveries and audit.reconciled_measures have the run's books.",
        )


def _loaded(connection: DuckDBPyConnection, dataset: str) -> int:
    """The rows in raw, of whatever version, that are records of the dataset's deliveries."""
    rows = connection.execute(
        f"select count(*) from warehouse.raw.{dataset} where starts_with(_delivery_id, ?)", [f"{dataset}/"]
    ).fetchall()
    return int(rows[0][0])


def _totals(connection: DuckDBPyConnection, query: str, catalog: str = "") -> list[Any]:
    row = connection.execute(query.format(catalog=catalog)).fetchall()[0]
    return [None if value is None else Decimal(value) for value in row]
