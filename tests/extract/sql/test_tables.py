"""Tables of real databases to raw: every row once, as it is now, with every digit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest
import sqlalchemy as sa

from extract.errors import ExtractError
from pipeline.erasure import _rewrite_landing
from privacy.erased import Erased
from tests.extract.sql.databases import Server
from tests.extract.sql.shop import DAY, ITEMS, KINDS, ORDERS, SERVERS, Shop, item, order


@pytest.mark.parametrize("server", KINDS, indirect=True)
def test_what_changed_comes_once_and_what_is_gone_goes(shop: Shop) -> None:
    shop.database.do(order(1), order(2), item(11, 1), item(12, 1, "cup"), item(21, 2))
    assert shop.new() == [("order_items/query-000001/0001", 3), ("orders/orders-000001/0001", 2)]
    assert shop.orders() == [("1", Decimal("10.00")), ("2", Decimal("10.00"))]
    assert shop.new() == [], "nothing changed, nothing is landed"
    # The same second as before, twice: both are seen, as the window begins before it.
    shop.database.do("update orders set total = 11 where id = 1")
    assert shop.new() == [("orders/orders-000002/0001", 1)]
    shop.database.do("update orders set total = 12 where id = 1")
    assert shop.new() == [("orders/orders-000003/0001", 1)]
    # And back to what it was: that is a newer version, too.
    shop.database.do("update orders set total = 11 where id = 1")
    assert shop.new() == [("orders/orders-000004/0001", 1)]
    assert shop.orders() == [("1", Decimal("11.00")), ("2", Decimal("10.00"))]
    # Committed late, within the lag and long before it.
    shop.database.do(order(3, at="2026-10-30 09:30:00"), order(4, at="2026-09-01 00:00:00"))
    assert shop.new() == [("orders/orders-000005/0001", 1), ("orders/orders-000006/0001", 1)]
    shop.database.do("delete from orders where id in (2, 4)", "delete from items where id = 21")
    assert shop.new() == [
        *(("order_items/query-000001/0002", 2), ("orders/orders-000001/0002", 1), ("orders/orders-000006/0002", 0))
    ]
    assert [number for number, _ in shop.orders()] == ["1", "3"]
    assert shop.new() == []
    # All that the newest deliveries had goes, and they are still known.
    shop.database.do(order(5, at="2026-10-31 20:00:00"))
    assert shop.new() == [("orders/orders-000007/0001", 1)]
    shop.database.do("delete from orders where id = 5")
    assert shop.new() == [("orders/orders-000007/0002", 0)]
    # What comes back, as from a backup, was changed long ago by its own words.
    shop.database.do(order(2, at="2025-01-01 00:00:00"))
    assert shop.new() == [("orders/orders-000008/0001", 1)]
    assert [number for number, _ in shop.orders()] == ["1", "2", "3"]


@pytest.mark.parametrize("server", KINDS, indirect=True)
def test_an_order_comes_with_all_of_its_lines(shop: Shop) -> None:
    shop.say(orders=ORDERS, order_items=ITEMS | {"batch_size": 2})
    shop.database.do(*(order(number) for number in (1, 2, 3)))
    shop.database.do(*(item(number * 10 + line, number) for number in (1, 2, 3) for line in (1, 2, 3)))
    assert [rows for name, rows in shop.new() if name.startswith("order_items")] == [3, 3, 3], "no order in two"
    shop.database.do(
        "update orders set updated_at = '2026-10-30 11:00:00' where id = 2", "update items set qty = 5 where id = 22"
    )
    assert shop.new() == [("order_items/query-000004/0001", 3), ("orders/orders-000002/0001", 1)]
    shop.database.do("delete from items where id = 11")  # which leaves no trace in any cursor
    assert shop.new() == [("order_items/query-000001/0002", 2), ("order_items/query-000005/0001", 2)]
    shop.database.do(item(39, 3, "new"))
    assert shop.new() == [("order_items/query-000006/0001", 4)]
    assert (
        shop.lines()
        == [("1", "tea", 1)] * 2 + [("2", "tea", 1)] * 2 + [("2", "tea", 5), ("3", "new", 1)] + [("3", "tea", 1)] * 3
    )


@pytest.mark.parametrize("server", KINDS, indirect=True)
def test_the_whole_is_one_delivery_and_another_content_its_next_attempt(shop: Shop) -> None:
    whole = {name: {k: v for k, v in one.items() if k != "cursor"} for name, one in (("orders", ORDERS),)}
    shop.say(**whole)
    shop.database.do(order(1), order(2))
    assert shop.new() == [("orders/orders/0001", 2)]
    assert shop.new() == []
    shop.database.do("delete from orders where id = 1", "update orders set total = 12.5 where id = 2")
    assert shop.new() == [("orders/orders/0002", 1)]
    assert shop.orders() == [("2", Decimal("12.50"))]
    shop.database.do("delete from orders")
    assert shop.new() == [("orders/orders/0003", 0)]
    shop.say(orders=ORDERS)
    with pytest.raises(ExtractError, match=r"has another .* than when orders/orders/0003 was landed"):
        shop.extract()


@pytest.mark.parametrize("server", KINDS, indirect=True)
def test_customers_keep_their_versions_by_day(shop: Shop) -> None:
    customers = {"kind": "sql", "query": "select distinct customer as id, 'Berlin' as city from orders", "key": ["id"]}
    customers["columns"] = {"customer_id": "id", "city": "city"}
    shop.say(orders=ORDERS, customers=customers)
    shop.database.do(order(1))
    assert shop.new()[0] == ("customers/query-2026-10-31/0001", 1)
    assert shop.new(day=DAY + timedelta(days=1)) == []
    shop.database.do(order(2, customer="bert"))
    assert shop.new(day=DAY + timedelta(days=1))[0] == ("customers/query-2026-11-01/0001", 2)
    shop.database.do("delete from orders where id = 1")
    # An earlier day asked for later has what there is now: it is not older than what was landed before.
    assert shop.new(day=DAY)[0] == ("customers/query-2026-11-01/0002", 1)


EXACT = {
    "postgresql": "create table typed (id bigint primary key, money numeric(30, 10), zero numeric(20, 9), "
    "at timestamptz, plain timestamp, day date, doc jsonb, bits bytea, word uuid, flag boolean, ratio float8)",
    "mariadb": "create table typed (id bigint unsigned primary key, money decimal(30, 10), zero decimal(20, 9), "
    "at timestamp(6) null, plain datetime(6), day date, doc json, bits varbinary(10), word uuid, "
    "flag boolean, ratio double)",
}


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_every_digit_and_every_moment_is_landed(server: Server, tmp_path: Path) -> None:
    database = server.new_database()
    zone = "set time zone 'UTC'" if server.kind == "postgresql" else "set time_zone = '+00:00'"
    word = "6f0e8b3c-9a40-4f5a-8d2a-0c1f6b7a8e9d"
    bits = "'\\xff00'" if server.kind == "postgresql" else "x'ff00'"
    database.do(
        EXACT[server.kind],
        zone,
        "insert into typed values (9007199254740993, 12345678901234567890.1234567891, 0, '2026-10-25 00:30:00.123456', "
        f"'2026-10-25 02:30:00', '2026-10-25', '{{\"a\": {{\"b\": \"x\"}}}}', {bits}, '{word}', true, 0.1)",
    )
    typed: dict[str, Any] = {
        "kind": "sql",
        "url": database.reader,
        "table": "typed",
        "key": ["id"],
        "time_zone": "Europe/Berlin",
    }
    shop = Shop(tmp_path, database, orders={**typed, "columns": {"order_id": "id", "order_at": "at"}})
    (manifest,) = shop.extract()
    ((line,),) = duckdb.execute(
        "select json from read_ndjson_objects(?)", [str(manifest.data_file(shop.paths.landing))]
    ).fetchall()
    doc = '{"a":{"b":"x"}}' if server.kind == "postgresql" else '"{\\"a\\": {\\"b\\": \\"x\\"}}"'
    flag = "true" if server.kind == "postgresql" else "1"
    assert line == (
        '{"id":9007199254740993,"money":"12345678901234567890.1234567891","zero":"0.000000000",'
        '"at":"2026-10-25T00:30:00.123456+00:00","plain":"2026-10-25T02:30:00+02:00","day":"2026-10-25",'
        f'"doc":{doc},"bits":"ff00","word":"{word}","flag":{flag},"ratio":0.1}}'
    )
    assert shop.raw("select order_at, order_date from raw.orders") == [
        (datetime(2026, 10, 25, 0, 30, 0, 123456, tzinfo=UTC).replace(tzinfo=None), date(2026, 10, 25))
    ]
    # A uuid is found again, and so is a moment without its zone.
    keyed = {**typed, "cursor": "at", "key": ["word"], "columns": {"order_id": "word", "order_at": "plain"}}
    other = Shop(tmp_path / "other", database, orders={k: v for k, v in keyed.items() if k != "time_zone"})
    with pytest.raises(ExtractError, match=r"moments without a time zone in plain.*Say time_zone: UTC"):
        other.extract()
    other.say(orders=keyed)
    assert other.new() == [("orders/typed-000001/0001", 1)]
    database.do(f"insert into typed (id, word, at) values (1, '{word[:-1]}a', '2020-01-01 00:00:00')")
    assert other.new() == [("orders/typed-000002/0001", 1)]
    assert other.new() == []


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_an_erased_customer_stays_erased_and_comes_once(shop: Shop) -> None:
    customers = {
        "kind": "sql",
        "query": "select customer as id, customer as name, min(updated_at) as updated_at from orders group by customer",
        "key": ["id"],
        "cursor": "updated_at",
        "columns": {"customer_id": "id", "last_name": "name"},
    }
    shop.say(orders=ORDERS, customers=customers)
    shop.paths.root.mkdir(parents=True)
    Erased.of(shop.paths).with_customer("anna").save(shop.paths)
    shop.database.do(order(1), order(2, customer="bert"))
    assert shop.new() == [("customers/query-000001/0001", 2), ("orders/orders-000001/0001", 2)]
    assert "anna" not in "".join(one.read_text() for one in shop.paths.landing.rglob("*.jsonl"))
    assert shop.new() == []
    # One who is erased when their rows are landed already.
    shop.database.do("delete from orders where id = 1")
    shop.extract()
    register = Erased.of(shop.paths).with_customer("bert")
    register.save(shop.paths)
    run = SimpleNamespace(paths=shop.paths, client=shop.client, environment=SimpleNamespace(code_version="t"))
    _rewrite_landing(cast(Any, run), register)
    assert "bert" not in "".join(one.read_text() for one in shop.paths.landing.rglob("*.jsonl"))
    assert shop.new() == []


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_one_row_of_the_far_future_hides_nothing(shop: Shop) -> None:
    shop.database.do(order(1), order(2, at="2099-01-01 00:00:00"))
    shop.say(orders=ORDERS)
    shop.extract()
    shop.database.do(order(3, at="2026-10-30 12:00:00"), "update orders set total = 9 where id = 1")
    shop.extract()
    assert shop.orders() == [("1", Decimal("9.00")), ("2", Decimal("10.00")), ("3", Decimal("10.00"))]


@pytest.mark.parametrize("server", KINDS, indirect=True)
def test_numbers_and_days_are_cursors_too(shop: Shop) -> None:
    kind = shop.database.kind
    shop.database.do("create table logs (id integer primary key, version bigint, day date, at varchar(30))")
    add = "insert into logs values ({0}, {1}, '{2}', '2026-10-30T10:00:00Z')"
    source = {"kind": "sql", "table": "logs", "key": ["id"], "lag": 5, "columns": {"order_id": "id", "order_at": "at"}}
    shop.database.do(add.format(1, 100, "2026-10-01"), add.format(2, 200, "2026-10-02"))
    for cursor in ("version", "day") if kind != "sqlite" else ("version",):
        there = Shop(shop.folder / cursor, shop.database, orders=source | {"cursor": cursor, "deletions": "never"})
        assert there.new() == [("orders/logs-000001/0001", 2)]
        assert there.new() == []
        shop.database.do("update logs set version = version + 100, day = '2026-10-04' where id = 1")
        assert there.new() == [("orders/logs-000002/0001", 1)]


@pytest.mark.parametrize("server", KINDS, indirect=True)
def test_names_may_be_words_of_sql(shop: Shop) -> None:
    kind = sa.String(30) if shop.database.kind == "sqlite" else sa.DateTime()
    columns = [
        sa.Column("Id:1", sa.Integer, primary_key=True),
        sa.Column("select", sa.String(9)),
        sa.Column("50% Of", kind),
    ]
    table = sa.Table("order", sa.MetaData(), *columns)
    at = (
        "2026-10-30 10:00:00"
        if shop.database.kind == "sqlite"
        else datetime(2026, 10, 30, 10, tzinfo=UTC).replace(tzinfo=None)
    )

    def write(statement: Any, *rows: dict[str, Any]) -> None:
        with shop.database.connect() as con, con.begin():
            con.execute(statement, rows or None)

    with shop.database.connect() as con, con.begin():
        table.create(con)
    write(table.insert(), *({"Id:1": number, "select": "a%b:c", "50% Of": at} for number in (1, 2, 3)))
    source = {"kind": "sql", "table": "order", "key": ["Id:1"], "cursor": "50% Of", "time_zone": "UTC",
              "columns": {"order_id": "Id:1", "order_at": "50% Of", "country": "select"}}  # fmt: skip
    shop.say(orders=source)
    assert [rows for _, rows in shop.new()] == [3]
    write(table.delete().where(table.c["Id:1"] == 2))
    write(
        table.insert(),
        {
            "Id:1": 4,
            "select": "late",
            "50% Of": str(at).replace("2026", "2020") if isinstance(at, str) else at.replace(year=2020),
        },
    )
    assert [rows for _, rows in shop.new()] == [2, 1]
    assert shop.raw("select order_id, country from raw.orders where is_current order by 1")[0] == ("1", "a%b:c")
    if shop.database.kind != "sqlite":
        schema = "public" if shop.database.kind == "postgresql" else shop.database.reader.rpartition("/")[2]
        other = Shop(shop.folder / "other", shop.database, orders={**source, "table": f"{schema}.order"})
        assert [rows for _, rows in other.new()] == [3]
