"""Metrics, as API and assistants get them, are what the oracle adds up from the rows of the facts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.contracts.graph.semantic_manifest import SemanticManifest
from dbt_semantic_interfaces.type_enums.metric_type import MetricType
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from starlette.testclient import TestClient

from publish.version_file import META, over_this_file
from serve.api.app import create_app
from serve.mcp_server import only_with_token, server_of
from serve.metrics import DIGITS, NoMetricsError, Question, metrics_of
from serve.tables import BadRequestError, Filter, reading
from tests.dbt.conftest import CHECKOUT, Warehouse
from tests.dbt.oracle import Oracle
from tests.dbt.shops import Row, hand_made
from tests.dbt.test_metrics import OF_UNKNOWN, Metrics

pytestmark = pytest.mark.xdist_group("dbt metrics")
TOKEN = "t" * 32
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ORACLE = Oracle(hand_made())
SALES = [row for row in ORACLE.transactions if row["is_sale"]]
ORDERS = {row["order_id"]: row for row in ORACLE.orders}
SOLD = [row for row in ORACLE.orders if row["is_sale"]]
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def built(session_warehouse: Warehouse) -> Warehouse:
    session_warehouse.clear()
    session_warehouse.build(hand_made())
    return session_warehouse


@pytest.fixture(scope="module")
def file(built: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file of the hand-made shop, where `sales mcp` looks for it."""
    place = tmp_path_factory.mktemp("served")
    SemanticManifest(built.manifest).write_json_to_file(str(place / "semantic_manifest.json"))
    file = place / "demo" / "published" / "sales_analytics.duckdb"
    file.parent.mkdir(parents=True)
    shutil.copyfile(built.paths.build, file)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as version")
        connection.execute(META)
        connection.execute(
            "insert into version._meta by name (select 7 as version, 'demo' as client, 'D' as shop_name, "
            "'USD' as currency, 'UTC' as time_zone, 'r' as run_id, date '2028-09-20' as data_through, "
            "timestamp '2028-09-21' as published_at, 'c' as code_version, 127 as tests_passed, 0 as tests_warned, "
            "'a warning' as warnings, 'f' as data_fingerprint)"
        )
        connection.execute("insert into version._meta_deliveries values ('orders', 3, 2, 1, 0, 0, 0)")
        connection.execute("insert into version._meta_tables values ('core', 'fct_orders', 9, 'f')")
        definitions = over_this_file((place / "semantic_manifest.json").read_text(encoding="utf-8"))
        connection.execute("insert into version._meta_metrics values (?)", [definitions])
    return file


@pytest.fixture(scope="module")
def ask(file: Path) -> Callable[..., Rows]:
    def answer(*metrics: str, by: Iterable[str] = (), **more: Any) -> Rows:
        with reading(file, 60) as reader:
            return metrics_of(reader.connection).answer(reader.connection, Question(metrics, list(by), **more))

    return answer


def summed(rows: Iterable[Row], amount: str, key: Callable[[Row], Any]) -> dict[Any, Decimal]:
    sums: dict[Any, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[key(row)] += Decimal(row[amount])
    return {group: value for group, value in sums.items() if value}


PERIODS: dict[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    "year": lambda day: day.replace(month=1, day=1),
}


@pytest.mark.parametrize("period", PERIODS)
def test_by_time_each_figure_is_of_its_own_day(ask: Callable[..., Rows], period: str) -> None:
    of = PERIODS[period]
    net = summed(SALES, "net", lambda row: of(row["order_date"]))
    refunds = summed(ORACLE.returns, "refund", lambda row: of(row["returned_date"]))
    orders = summed([row | {"one": 1} for row in SOLD], "one", lambda row: of(row["order_date"]))
    found = {
        row[period]: row for row in ask("net", "refunds", "net_sales", "order_count", "avg_order_value", by=[period])
    }
    assert {day: row["net"] for day, row in found.items() if row["net"]} == net
    assert {day: row["refunds"] for day, row in found.items() if row["refunds"]} == refunds
    for day, row in found.items():
        assert row["net_sales"] == net.get(day, 0) - refunds.get(day, 0)
        assert row["order_count"] == orders.get(day, 0)
        expected = (
            (net.get(day, Decimal(0)) / orders[day]).quantize(Decimal("0.01"), ROUND_HALF_UP) if day in orders else None
        )
        assert row["avg_order_value"] == expected
    assert found.keys() >= {*net, *refunds, *orders}


@pytest.mark.parametrize("grain", ["day", "month"])
def test_every_metric_is_what_its_definition_says(built: Warehouse, ask: Callable[..., Rows], grain: str) -> None:
    """As a reader of metrics.yml works it out, who knows nothing of MetricFlow."""
    definitions = Metrics(built)
    for name, metric in ((one.name, one) for one in built.manifest.metrics.values()):
        digits = DIGITS[metric.config.meta["unit"]] if metric.type is MetricType.RATIO else None
        expected = {when: value for when, value in definitions.values(name, grain).items() if value}
        if digits:
            expected = {when: value.quantize(digits, ROUND_HALF_UP) for when, value in expected.items()}
        assert {row[grain]: row[name] for row in ask(name, by=[grain]) if row[name]} == expected, name
        assert expected or name in OF_UNKNOWN, name


@pytest.mark.parametrize(
    ("group", "column"),
    [
        ("transaction__category", "category"),
        ("transaction__channel", "channel"),
        ("transaction__country", "country"),
        ("transaction__customer_segment", "customer_segment"),
    ],
)
def test_items_by_what_they_were_at_the_sale(ask: Callable[..., Rows], group: str, column: str) -> None:
    rows = ask("gross", "discount", "net", "units_sold", by=[group])
    for metric in ("gross", "discount", "net"):
        expected = summed(SALES, metric, lambda row: row[column])
        assert {row[group]: row[metric] for row in rows if row[metric]} == expected, metric
    units = summed([row for row in SALES if row["is_product"]], "quantity", lambda row: row[column])
    assert {row[group]: row["units_sold"] for row in rows if row["units_sold"]} == units


@pytest.mark.parametrize("column", ["channel", "country"])
def test_what_came_back_is_of_its_orders_channel_and_country(ask: Callable[..., Rows], column: str) -> None:
    group = f"order__{column}"
    net = summed(SALES, "net", lambda row: row[column])
    refunds = summed(ORACLE.returns, "refund", lambda row: ORDERS.get(row["order_id"], {}).get(column))
    assert refunds
    rows = ask("net_sales", by=[group])
    found = {row[group]: row["net_sales"] for row in rows if row["net_sales"]}
    everything = {one: net.get(one, Decimal(0)) - refunds.get(one, Decimal(0)) for one in {*net, *refunds}}
    assert found == {one: value for one, value in everything.items() if value}
    assert {row[group]: row["order_count"] for row in ask("order_count", by=[group]) if row["order_count"]} == summed(
        [row | {"one": 1} for row in SOLD], "one", lambda row: row[column]
    )


def test_days_and_filters_say_what_counts(ask: Callable[..., Rows]) -> None:
    first, last = date(2028, 2, 29), date(2028, 3, 1)
    counted = [row for row in SALES if first <= row["order_date"] <= last]
    assert ask("net", first=first, last=last) == [{"net": sum(row["net"] for row in counted)}]
    american = [row for row in SALES if row["country"] == "US"]
    assert american
    assert ask("net", filters=[Filter.parse("order__country:eq:US")]) == [{"net": sum(row["net"] for row in american)}]
    for odd in ("O'Hara", "{{ 1 }}", "{% x %}", '"', "$value_1"):
        assert ask("net", by=["order__country"], filters=[Filter.parse(f"order__country:eq:{odd}")]) == []


def test_where_nobody_says_what_advertising_cost_it_is_unknown(ask: Callable[..., Rows]) -> None:
    rows = ask("spend", "return_on_ad_spend", "net", by=["day"])
    unknown = [row for row in rows if row["spend"] is None]
    assert unknown
    assert all(row["return_on_ad_spend"] is None for row in unknown)
    known = [row for row in rows if row["spend"]]
    assert known
    for row in known:
        assert row["return_on_ad_spend"] == (row["net"] / row["spend"]).quantize(Decimal("0.0001"), ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("question", "parameter", "said"),
    [
        (Question(["nett"]), "metrics", "no metric 'nett'; expected some of active_customers, "),
        (Question([]), "metrics", "no metric"),
        (Question(["net", "net"]), "metrics", "asked for twice"),
        (Question(["net"], ["week"]), "group_by", "'week' is not known of all of net; expected some of day, month, "),
        (Question(["net", "spend"], ["order__channel"]), "group_by", "not known of all of net, spend"),
        (Question(["net"], filters=[Filter("month", "eq", "2028-01-01")]), "filter", "'month' is not known"),
        (Question(["net"], filters=[Filter("x') }} or 1=1 --", "eq", "")]), "filter", "is not known"),
    ],
)
def test_what_cannot_be_asked_is_said(file: Path, question: Question, parameter: str, said: str) -> None:
    with reading(file, 60) as reader, pytest.raises(BadRequestError) as raised:
        metrics_of(reader.connection).answer(reader.connection, question)
    assert raised.value.parameter == parameter
    assert said in str(raised.value)


def test_a_version_of_an_earlier_edition_has_no_metrics(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "old.duckdb") as connection:
        connection.execute("create table _meta (version integer)")
    with reading(tmp_path / "old.duckdb", 60) as reader, pytest.raises(NoMetricsError, match="Next: sales run"):
        metrics_of(reader.connection)


def test_the_api_answers_with_metrics(file: Path, ask: Callable[..., Rows]) -> None:
    client = TestClient(create_app(file, TOKEN, "https://sales.example"), headers=BEARER)
    described = {one["name"]: one for one in client.get("/metrics").json()}
    assert described["net_sales"]["description"] == "Net less goods paid back."
    assert (described["net_sales"]["unit"], described["return_rate"]["unit"]) == ("money", "rate")
    answer = client.get("/metrics/net,order_count", params={"group_by": "month,order__channel", "first": "2028-02-01"})
    assert answer.headers["Data-Version"] == "7"
    expected = ask("net", "order_count", by=["month", "order__channel"], first=date(2028, 2, 1))
    assert answer.json() == json.loads(json.dumps(expected, default=str))
    text = client.get("/metrics/net", params={"group_by": "year", "format": "csv"}).text
    assert text.splitlines() == ["year,net", *(f"{row['year']},{row['net']}" for row in ask("net", by=["year"]))]
    page = (CHECKOUT / "docs" / "how-to" / "api.md").read_text(encoding="utf-8")
    (address,) = re.findall(r"'http://127\.0\.0\.1:8002(/metrics[^']*)'", page)
    assert client.get(address).status_code == 200
    assert client.get("/metrics/net", params={"group_by": "order__x"}).status_code == 422
    cut = client.get("/metrics/net", params={"group_by": "month", "limit": 1})
    assert (cut.status_code, cut.json()["detail"][0]["loc"]) == (422, ["query", "limit"])
    assert client.get("/metrics/net?first=2028-01-01&first=2028-02-01").status_code == 422
    assert client.get("/metrics/net", headers={"Authorization": "Bearer x"}).status_code == 401


def in_a_loop(talk: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread: Playwright, once used by a test of this process, leaves its own loop in the main one."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        threads.submit(asyncio.run, talk).result()


async def called(client: Client, tool: str, **arguments: Any) -> Any:
    answer = await client.call_tool(tool, arguments)
    return answer.content[0].text if answer.is_error else answer.structured_content  # type: ignore[union-attr]


def test_an_assistant_gets_the_same_figures(file: Path, ask: Callable[..., Rows]) -> None:
    async def talk() -> None:
        environment = os.environ | {"SALES_DATA_DIR": str(file.parents[2])}
        server = StdioServerParameters(command="sales", args=["mcp", "--client", "demo"], env=environment)
        async with Client(server) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert tools == {"metrics", "metric_values", "tables", "query", "trust"}
            answer = await called(client, "metric_values", metrics=["net_sales"], group_by=["month"])
            assert answer["rows"] == json.loads(json.dumps(ask("net_sales", by=["month"]), default=str))
            assert (answer["version"], answer["currency"], answer["is_all"]) == (7, "USD", True)

    in_a_loop(talk())


def test_an_assistant_reads_and_changes_nothing(file: Path) -> None:
    async def talk() -> None:
        async with Client(server_of(file)) as client:
            some = await called(client, "query", sql="select order_id from core.fct_orders order by all", limit=2)
            assert (len(some["rows"]), some["is_all"]) == (2, False)
            for sql, said in (
                ("delete from core.fct_orders", "expected one query"),
                ("select 1; select 2", "expected one query"),
                ("copy core.fct_orders to '/tmp/orders.csv'", "expected one query"),
                ("from read_text('/etc/passwd')", "disabled by configuration"),
                ("from core.nothing", "does not exist"),
            ):
                assert said in await called(client, "query", sql=sql), sql
            assert "no metric 'x'" in await called(client, "metric_values", metrics=["x"])
            (table,) = (await called(client, "tables"))["result"]
            assert table["name"] == "core.fct_orders"
            trust = await called(client, "trust")
            assert (trust["tests_passed"], trust["rows_in_quarantine"], trust["warnings"]) == (127, 1, ["a warning"])

    in_a_loop(talk())


def test_over_http_an_assistant_needs_the_token(file: Path) -> None:
    app = only_with_token(server_of(file).streamable_http_app(json_response=True, stateless_http=True), TOKEN)
    with TestClient(app, base_url="http://127.0.0.1:8003") as client:
        asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        accepts = {"Accept": "application/json, text/event-stream"}
        assert client.post("/mcp", json=asked, headers=accepts).status_code == 401
        assert client.post("/mcp", json=asked, headers=accepts | {"Authorization": "Bearer x"}).status_code == 401
        answer = client.post("/mcp", json=asked, headers=accepts | BEARER)
        assert answer.status_code == 200
        assert len(answer.json()["result"]["tools"]) == 5
