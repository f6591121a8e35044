"""The books of a run: what was landed, loaded, modelled and is about to be published, in rows and to the cent.

Every run writes them down in the warehouse, also one that does not balance and publishes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from publish.errors import PublishError

DELIVERED = """
select
    dataset,
    sum(rows_landed) as landed,
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
    sum(sign * order_count), sum(sign * gross), sum(sign * discount)
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
# All but a few orders have items and a capture, and all but a few captures an order; so the few without are looked at,
# and taken from the sums of all.
SALES = """
with priced as not materialized (
    select order_id, order_date, gross, least(discount_amount, gross) as discount
    from (select *, cast(quantity * unit_price as decimal(18, 2)) as gross from warehouse.raw.transactions)
),
captures as not materialized (
    select order_id, amount from warehouse.raw.payments where is_current and status = 'succeeded' and amount > 0
),
unmatched as materialized (
    select
        orders.order_id, orders.status, orders.discount_amount, captures.amount,
        orders.tax_amount + orders.shipping_amount as charges
    from warehouse.raw.current_orders as orders
    full join captures on orders.order_id = captures.order_id
    where orders.order_id is null or captures.order_id is null
),
other_payments_without_order as (
    select payments.order_id
    from warehouse.raw.payments as payments
    anti join warehouse.raw.current_orders as orders on payments.order_id = orders.order_id
    where payments.is_current and not (payments.status = 'succeeded' and payments.amount > 0)
),
unpaid as (
    select unmatched.order_id
    from unmatched
    left join priced as items on unmatched.order_id = items.order_id
    where unmatched.status <> 'cancelled' and (select has_payments from warehouse.raw.client)
    group by unmatched.order_id, unmatched.discount_amount, unmatched.charges
    having
        greatest(sum(items.gross - items.discount) - unmatched.discount_amount, 0) + unmatched.charges > 0
),
unsold as materialized (
    select order_id from warehouse.raw.current_orders where coalesce(status = 'cancelled', true)
    union
    select order_id from unpaid
    union
    select orders.order_id
    from warehouse.raw.current_orders as orders
    anti join warehouse.raw.transactions as items on orders.order_id = items.order_id
),
sold_orders as (
    select count(*) as order_count, coalesce(sum(least(orders.discount_amount, goods.amount)), 0) as discount
    from warehouse.raw.current_orders as orders
    anti join unsold on orders.order_id = unsold.order_id
    left join (
        select order_id, sum(gross - discount) as amount
        from priced
        where order_id in (select order_id from warehouse.raw.current_orders where discount_amount > 0)
        group by order_id
    ) as goods on orders.order_id = goods.order_id
),
sold_items as (
    select
        coalesce(sum(gross), 0) as gross,
        coalesce(sum(discount), 0) as discount
    from (select * from priced where order_date is not null) as items
    anti join unsold on items.order_id = unsold.order_id
)
select
    (select count(*) from warehouse.raw.current_orders),
    (select count(*) from warehouse.raw.transactions where order_date is not null),
    (select count(*) from warehouse.raw.payments where is_current)
    - (select count(*) from unmatched where order_id is null)
    - (select count(*) from other_payments_without_order),
    (select coalesce(sum(amount), 0) from captures)
    - (select coalesce(sum(amount), 0) from unmatched where order_id is null),
    sold_orders.order_count,
    sold_items.gross,
    sold_items.discount + sold_orders.discount
from sold_orders cross join sold_items
"""
OTHERS = """
select
    (select count(*) from warehouse.raw.current_returns),
    (select coalesce(sum(spend_amount), 0) from warehouse.raw.ad_spend where is_current),
    (select count(*) from warehouse.raw.inventory where is_current),
    (select coalesce(sum(stock_on_hand), 0) from warehouse.raw.inventory where is_current),
    (select coalesce(sum(event_count), 0) from warehouse.raw.events where is_current),
    (select count(*) from warehouse.raw.subscriptions where is_current),
    (select coalesce(sum(monthly_amount), 0) from warehouse.raw.subscriptions where is_current),
    (select count(*) from warehouse.raw.weather where is_current),
    (select coalesce(sum(refund_amount), 0) from warehouse.raw.current_returns)
"""
CORE = """
select
    (select count(*) from {catalog}.core.fct_orders),
    count(*),
    (select count(*) from {catalog}.core.fct_returns),
    (select count(*) from {catalog}.core.fct_payments),
    (select coalesce(sum(captured), 0) from {catalog}.core.fct_payments),
    (select coalesce(sum(spend), 0) from {catalog}.core.fct_ad_spend),
    (select count(*) from {catalog}.core.fct_inventory_daily),
    (select coalesce(sum(stock_on_hand), 0) from {catalog}.core.fct_inventory_daily),
    (select coalesce(sum(event_count), 0) from {catalog}.core.fct_events),
    (select count(*) from {catalog}.core.fct_subscriptions),
    (select coalesce(sum(monthly_amount), 0) from {catalog}.core.fct_subscriptions),
    (select count(*) from {catalog}.core.fct_weather),
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
    *("order_rows", "item_rows", "return_rows", "payment_rows", "captured", "spend", "inventory_rows", "stock_on_hand"),
    *("event_count", "subscription_rows", "monthly_amount", "weather_rows"),
)
TOTALS = ("order_count", "gross", "discount", "net", "refunds")
BOOKS = """
create schema if not exists audit;
create table if not exists audit.reconciled_deliveries (
    run_id varchar, recorded_at timestamp, dataset varchar,
    landed bigint, loaded bigint, quarantined bigint, duplicate bigint,
    amount_landed decimal(18, 4), amount_loaded decimal(18, 4)
);
create table if not exists audit.reconciled_measures (
    run_id varchar, recorded_at timestamp, measure varchar,
    raw decimal(18, 2), core decimal(18, 2), mart decimal(18, 2), published decimal(18, 2)
);
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
    raw: Decimal
    core: Decimal
    mart: Decimal | None
    published: Decimal | None = None


@dataclass(frozen=True)
class Reconciliation:
    """Where every record and every cent is."""

    deliveries: tuple[Delivered, ...]
    measures: tuple[Reconciled, ...]

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
            layers = {"core": one.core, "marts.mart_daily_sales": one.mart, "the new file": one.published}
            places = {"raw": one.raw, **{place: total for place, total in layers.items() if total is not None}}
            if len(set(places.values())) > 1:
                *first, last = [f"{total:,} in {place}" for place, total in places.items()]
                yield f"{one.measure} is {', '.join(first)} and {last}"


def reconcile(connection: DuckDBPyConnection) -> Reconciliation:
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
    return Reconciliation(tuple(deliveries), tuple(measures))


def _raw_totals(connection: DuckDBPyConnection) -> list[Decimal]:
    """Of raw what ``CORE`` gives of core, in the same order."""
    sales = DELIVERED_SALES if _is_added_up(connection) else SALES
    orders, items, payments, captured, order_count, gross, discount = _totals(connection, sales)
    returns, *others, refunds = _totals(connection, OTHERS)
    return [
        *(orders, items, returns, payments, captured, *others),
        *(order_count, gross, discount, gross - discount, refunds),
    ]


def _is_added_up(connection: DuckDBPyConnection) -> bool:
    """Whether verify has added up every delivery of sales that counts."""
    try:
        return bool(connection.execute(HAS_DELIVERED_SALES).fetchall()[0][0])
    except duckdb.CatalogException:
        return False


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
        for table, lines in (("deliveries", books.deliveries), ("measures", books.measures)):
            rows = [[*head, *astuple(line)] for line in lines]
            places = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into audit.reconciled_{table} values ({places})", rows)
        connection.commit()


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


def _totals(connection: DuckDBPyConnection, query: str, catalog: str = "") -> list[Decimal]:
    return [Decimal(value) for value in connection.execute(query.format(catalog=catalog)).fetchall()[0]]
