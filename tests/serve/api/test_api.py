"""The tables over HTTP are the published ones, whole, in one version, and for whoever has the token only."""

import csv
import io
import os
import re
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
import requests

from tests.serve.api.conftest import ROOT, TOKEN, Server, write_version

SMALL = "/tables/marts.mart_daily_sales"


def test_before_the_first_publication_it_says_what_to_do(server: Server) -> None:
    server.file.unlink(missing_ok=True)
    answer = server.get("/version")
    assert (answer.status_code, answer.json()) == (
        503,
        {"detail": "nothing is published yet; expected a first successful run. Next: sales run"},
    )


def test_the_version_and_the_tables(published: Server) -> None:
    assert published.get("/version").json() == {
        "version": 1,
        "client": "demo",
        "shop_name": "Demo Shop",
        "currency": "USD",
        "time_zone": "UTC",
        "run_id": "run",
        "data_through": "2026-11-01",
        "published_at": "2026-11-02T03:00:00Z",
    }
    odd, small = published.get("/tables").json()
    column = {"name": 'a "b', "type": "INTEGER", "description": ""}
    assert odd == {"name": 'core.odd "name', "description": "", "rows": 0, "columns": [column]}
    assert (small["name"], small["rows"]) == ("marts.mart_daily_sales", 3)
    assert small["description"] == "A day."
    assert small["columns"][2] == {"name": "net_sales", "type": "DECIMAL(18,2)", "description": "Net less refunds."}


def test_json_keeps_every_value(published: Server) -> None:
    assert published.get(SMALL).json() == [
        {
            "calendar_date": "2026-10-30",
            "label": "=cmd()",
            "net_sales": "1234567890123456.78",
            "quantity": 9007199254740993,
            "share": 0.25,
            "is_good": True,
            "seen_at": "2026-10-30T23:30:00Z",
        },
        {
            "calendar_date": "2026-10-31",
            "label": 'Ünïcode, "quoted"\n🙂',
            "net_sales": "-0.10",
            "quantity": None,
            "share": None,
            "is_good": False,
            "seen_at": "2026-10-31T00:00:00.500000Z",
        },
        {
            "calendar_date": "2026-11-01",
            "label": None,
            "net_sales": "19.99",
            "quantity": 3,
            "share": 1.0,
            "is_good": None,
            "seen_at": None,
        },
    ]


def test_csv_is_safe_to_open_in_a_spreadsheet(published: Server) -> None:
    answer = published.get(SMALL, format="csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    header, first, second, third = csv.reader(io.StringIO(answer.content.decode(), newline=""))
    assert header == ["calendar_date", "label", "net_sales", "quantity", "share", "is_good", "seen_at"]
    assert first == [
        "2026-10-30", "'=cmd()", "1234567890123456.78", "9007199254740993", "0.25", "true", "2026-10-30T23:30:00Z"
    ]  # fmt: skip
    assert second[1:4] == ['Ünïcode, "quoted"\n🙂', "-0.10", ""]
    assert third == ["2026-11-01", "", "19.99", "3", "1.0", "", ""]


def test_arrow_keeps_the_types(published: Server) -> None:
    rows = pa.ipc.open_stream(published.get(SMALL, format="arrow").content).read_all()
    assert rows.schema.field("net_sales").type == pa.decimal128(18, 2)
    assert rows.column("net_sales").to_pylist() == [Decimal("1234567890123456.78"), Decimal("-0.10"), Decimal("19.99")]
    assert rows.schema.field("calendar_date").type == pa.date32()


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["calendar_date:ge:2026-10-31"], ["-0.10", "19.99"]),
        (["calendar_date:gt:2026-10-30", "net_sales:lt:0"], ["-0.10"]),
        (["label:eq:=cmd()"], ["1234567890123456.78"]),
        (["label:ne:=cmd()"], ["-0.10"]),
        (["quantity:le:3"], ["19.99"]),
        (["label:eq:' or 1=1 --"], []),
    ],
)
def test_filters(published: Server, filters: list[str], found: list[str]) -> None:
    assert [row["net_sales"] for row in published.get(SMALL, filter=filters, columns="net_sales").json()] == found


def test_pages_follow_each_other_and_belong_to_one_version(published: Server) -> None:
    write_version(published.file, 2, [(f"2026-01-{day:02}", str(day), day, 0, 0.0, True, None) for day in range(1, 8)])
    seen, address = [], f"{published.url}{SMALL}?limit=3&columns=label"
    while address:
        answer = requests.get(address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
        assert answer.headers["Data-Version"] == "2"
        assert answer.headers["Data-Through"] == "2026-11-01"
        seen.append([row["label"] for row in answer.json()])
        following = answer.links.get("next")
        assert (following is None) == ("Next-After" not in answer.headers)
        address = following and following["url"]
    assert seen == [["1", "2", "3"], ["4", "5", "6"], ["7"]]

    write_version(published.file, 3)
    late = published.get(SMALL, after=2, version=2)
    assert (late.status_code, late.json()["detail"]) == (
        409,
        "version 2 is no longer published, 3 is; begin again with the first page",
    )


def test_a_new_version_is_seen_while_others_ask(published: Server) -> None:
    """A database shared by requests that overlap would stay open, and on the old file, as long as they do."""
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            published.get(SMALL)

    busy = [threading.Thread(target=ask) for _ in range(4)]
    for thread in busy:
        thread.start()
    try:
        for version in range(2, 7):
            write_version(published.file, version)
            assert published.get("/version").json()["version"] == version
    finally:
        done.set()
        for thread in busy:
            thread.join()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"columns": "net_sales,nett"}, "no column 'nett'; expected one of calendar_date, label, net_sales, "),
        ({"filter": "net_sales:lt"}, "should match pattern '^[^:]+:(eq|ne|lt|le|gt|ge):'"),
        ({"filter": "net_sales:is:0"}, "should match pattern"),
        ({"filter": "calendar_date:eq:soon"}, "'soon' is no value of calendar_date; expected one of type DATE"),
        ({"filter": ["net_sales:eq:0"] * 21}, "at most 20 items"),
        ({"limit": 10_001}, "less than or equal to 10000"),
        ({"after": -1}, "greater than or equal to 0"),
        ({"colums": "net_sales"}, "Extra inputs are not permitted"),
        ({"format": "xml"}, "'json', 'csv' or 'arrow'"),
        ({"columns": "label,net_sales,label"}, "column 'label' is asked for twice; expected each once"),
        ({"columns": ["label", "net_sales"]}, "said 2 times; expected it once"),
        ({"limit": [1, 2]}, "said 2 times; expected it once"),
    ],
)
def test_a_wrong_parameter_is_named(published: Server, parameters: dict[str, object], message: str) -> None:
    answer = published.get(SMALL, **parameters)
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"][1] in parameters
    assert message in problem["msg"]


@pytest.mark.parametrize(
    "name", ["marts.none", "main._meta", "mart_daily_sales", "marts.mart_daily_sales; drop table x"]
)
def test_only_published_tables_can_be_read(published: Server, name: str) -> None:
    answer = published.get(f"/tables/{name}")
    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": f"no table {name!r} is published; GET /tables lists them"},
    )


def test_links_do_not_follow_the_host_header(published: Server) -> None:
    for host in ("evil.example", "evil.example/elsewhere", "evil.example?x=1", "a#b", "[::1"):
        headers = {"Authorization": f"Bearer {TOKEN}", "Host": host, "X-Forwarded-Host": "evil.example"}
        answer = requests.get(f"{published.url}{SMALL}?limit=1", headers=headers, timeout=60)
        assert answer.links["next"]["url"] == f"{published.url}{SMALL}?limit=1&after=0&version=1"


@pytest.mark.parametrize("path", ["/health", "/tables", SMALL, f"{SMALL}?limit=x", "/none", "/version?token=wrong"])
def test_no_answer_is_kept_or_taken_for_a_page(published: Server, path: str) -> None:
    answer = published.get(path, token="" if "wrong" in path else TOKEN)
    said = {name: answer.headers.get(name) for name in ("Cache-Control", "X-Content-Type-Options", "X-Frame-Options")}
    assert said == {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Server" not in answer.headers


@pytest.mark.parametrize("path", ["/version", "/tables", SMALL, "/openapi.json"])
@pytest.mark.parametrize("token", ["", "t" * 31, "t" * 33, "ü"])
def test_without_the_token_nothing_is_told(published: Server, path: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()} if token else {}
    answer = requests.get(published.url + path, headers=headers, timeout=60)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert list(answer.json()) == ["detail"]


def test_it_reads_only(published: Server) -> None:
    for method in ("post", "put", "patch", "delete"):
        answer = requests.request(
            method, published.url + SMALL, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
        )
        assert answer.status_code == 405


def test_a_query_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    from serve.tables import TooSlowError, reading  # noqa: PLC0415 the server of the other tests is a process

    write_version(tmp_path / "file.duckdb", 1)
    with pytest.raises(TooSlowError, match=r"stopped after 0\.1 s; ask for fewer rows or columns"):  # noqa: SIM117
        with reading(tmp_path / "file.duckdb", 0.1) as reader:
            reader.connection.execute("select count(*) from range(1000000) a, range(1000000) b").fetchall()


@pytest.mark.parametrize(("token", "length"), [(None, 0), ("short", 5)])
def test_it_does_not_start_without_a_real_secret(token: str | None, length: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SALES_API_TOKEN"}
    started = subprocess.run(
        [sys.executable, "-m", "serve.api"],
        cwd=ROOT,
        env=environment | ({"SALES_API_TOKEN": token} if token else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 1
    assert f"error: SALES_API_TOKEN has {length} characters; expected a secret of at least 32." in started.stderr


def test_the_addresses_of_the_docs_answer(published: Server) -> None:
    addresses = re.findall(
        r"'http://127\.0\.0\.1:8002(/tables[^']*)'", (ROOT / "docs" / "how-to" / "api.md").read_text()
    )
    assert len(addresses) == 2
    answers = [published.get(address) for address in addresses]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].text == "calendar_date,net_sales\r\n2026-10-31,-0.10\r\n2026-11-01,19.99\r\n"
