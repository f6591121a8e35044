"""A shop's own files to landing: which are found, under which key, and when a new attempt is due."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.client_file import Client
from contracts.deliveries import Manifest, safe_name
from contracts.paths import ClientPaths
from extract.errors import ExtractError
from extract.sources.files.extract import extract as extract_files
from storage.landing import deliveries
from tests.machine import JAFFLE_SHOP

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 1, 7, 0, tzinfo=UTC)
DAY = date(2026, 10, 31)
ORDERS = b"id,at\n1,2026-10-30\n2,2026-10-31\n"
COLUMNS = {"order_id": "id", "order_at": "at"}


@pytest.fixture
def paths(tmp_path: Path) -> ClientPaths:
    return ClientPaths(tmp_path / "data", "shop")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    return made


def put(path: Path, content: bytes = ORDERS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def shop(path: Path | str, **how: Any) -> Client:
    files = {"kind": "files", "path": str(path), "format": "csv", "columns": COLUMNS}
    return Client.model_validate(
        {
            "client": "shop",
            "name": "Shop",
            "currency": "USD",
            "time_zone": "UTC",
            "sources": {"orders": files | how, "customers": {"kind": "demo"}},
        }
    )


def extract(client: Client, paths: ClientPaths, day: date = DAY) -> list[Manifest]:
    return extract_files(client, paths, day, extracted_at=NOW, code_version="test")


def test_a_file_is_landed_as_delivered(paths: ClientPaths, folder: Path) -> None:
    path = put(folder / "orders.csv.gz", gzip.compress(ORDERS))
    (manifest,) = extract(shop(path), paths)
    assert manifest == deliveries(paths.landing)[0]
    assert (manifest.delivery_id, manifest.file) == ("orders/orders.csv.gz/0001", "orders.csv.gz")
    assert (manifest.logical_date, manifest.origin, manifest.rows) == (DAY, "file", 2)
    assert (manifest.extracted_at, manifest.code_version) == (NOW, "test")
    assert manifest.data_file(paths.landing).read_bytes() == path.read_bytes()
    assert manifest.parameters == {
        "path": str(path),
        "name": "orders.csv.gz",
        "modified": datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="microseconds"),
        "format": "csv",
        "columns": COLUMNS,
    }
    assert [found.name for found in paths.landing.iterdir()] == ["orders"]


def test_every_file_of_a_glob_is_one_delivery(paths: ClientPaths, folder: Path) -> None:
    for number, name in enumerate(("b.csv", "a.csv", "c.txt", ".d.csv"), 3):
        put(folder / name, ORDERS + f"{number},2026-10-31\n".encode())
    (folder / "e.csv").mkdir()
    assert [found.key for found in extract(shop(folder / "*.csv"), paths)] == ["a.csv", "b.csv"]


def test_files_of_one_name_in_two_folders_stay_apart(paths: ClientPaths, folder: Path) -> None:
    put(folder / "a" / "orders.csv")
    put(folder / "b" / "c" / "orders.csv", ORDERS + b"3,2026-10-31\n")
    landed = extract(shop(folder / "**" / "*.csv"), paths)
    assert [found.rows for found in landed] == [2, 3]
    assert [found.file.split("-", 1)[1] for found in landed] == ["a_orders.csv", "b_c_orders.csv"]
    assert len({found.key for found in landed}) == 2


def test_a_wildcard_may_stand_for_a_folder_in_the_middle(paths: ClientPaths, folder: Path) -> None:
    put(folder / "2026" / "daily" / "orders.csv")
    (manifest,) = extract(shop(folder / "*" / "daily" / "orders.csv"), paths)
    assert manifest.file.endswith("-2026_daily_orders.csv")


def test_the_key_does_not_depend_on_the_other_files(paths: ClientPaths, folder: Path) -> None:
    put(folder / "a" / "orders.csv")
    client = shop(folder / "*" / "*.csv")
    (alone,) = extract(client, paths)
    put(folder / "b" / "orders.csv", ORDERS + b"3,2026-10-31\n")
    assert alone.delivery_id in [found.delivery_id for found in extract(client, paths)]
    assert len(deliveries(paths.landing)) == 2


def test_a_name_with_wildcard_characters_is_taken_as_it_is(paths: ClientPaths, folder: Path) -> None:
    path = put(folder / "orders [1].csv")
    assert [found.rows for found in extract(shop(path), paths)] == [2]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Orders_2026-10.csv.gz", "Orders_2026-10.csv.gz"),
        ("orders 1.csv", "_orders_1.csv"),
        ("2026/orders.csv", "_2026_orders.csv"),
        ("Bestellungen März.csv", "_Bestellungen_M_rz.csv"),
        ("'; drop\n*.csv", "__drop_.csv"),
        ("x" * 250 + ".csv", "_" + "x" * 96 + ".csv"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    made = safe_name(name)
    assert made == name if safe == name else made[8:].replace("-", "_", 1) == safe


def test_safe_names_differ_when_the_names_do() -> None:
    names = ["a b", "a_b", "a/b", "a?b", "ä", "a\u0308", "\udce9", "\udce8", "x" * 101, "x" * 102]
    assert len({safe_name(name) for name in names}) == len(names)


def test_an_unchanged_file_is_the_same_delivery(
    paths: ClientPaths, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = shop(put(folder / "orders.csv"))
    first = extract(client, paths)
    caplog.clear()  # Airflow, imported by another test, lets every INFO through
    with caplog.at_level("INFO"):
        assert extract(client, paths, date(2026, 11, 1)) == first
    assert caplog.messages == [f"{folder}/orders.csv is as delivered before: orders/orders.csv/0001"]


def test_a_corrected_file_is_the_next_attempt(paths: ClientPaths, folder: Path) -> None:
    client = shop(put(folder / "orders.csv"))
    extract(client, paths)
    put(folder / "orders.csv", ORDERS.replace(b"10-30", b"10-29"))
    assert [found.delivery_id for found in extract(client, paths)] == ["orders/orders.csv/0002"]
    put(folder / "orders.csv")
    assert [found.delivery_id for found in extract(client, paths)] == ["orders/orders.csv/0003"]


SECOND, THIRD = date(2026, 11, 1), date(2026, 11, 2)


def people(path: Path, **how: Any) -> Client:
    client = shop(path, **{"columns": {"customer_id": "id"}, **how})
    return client.model_copy(update={"sources": {"customers": client.sources["orders"]}})


def test_a_snapshot_under_its_old_name_is_a_new_version_from_its_date_on(paths: ClientPaths, folder: Path) -> None:
    client = people(put(folder / "people.csv", b"id,land\n1,DE\n"))
    first = extract(client, paths)
    assert extract(client, paths, SECOND) == first
    put(folder / "people.csv", b"id,land\n1,FR\n")
    second = extract(client, paths, SECOND)
    assert extract(client, paths, THIRD) == second
    assert extract(client, paths, DAY) == second  # a rerun does not make today's file yesterday's
    put(folder / "people.csv", b"id,land\n1,DE\n")
    third = extract(client, paths, THIRD)
    assert [(found.delivery_id, found.logical_date) for found in first + second + third] == [
        ("customers/people.csv-2026-10-31/0001", DAY),
        ("customers/people.csv-2026-11-01/0001", SECOND),
        ("customers/people.csv-2026-11-02/0001", THIRD),
    ]
    assert [found.file for found in deliveries(paths.landing)] == ["people.csv"] * 3


def test_a_snapshot_with_other_content_on_its_date_is_a_correction(paths: ClientPaths, folder: Path) -> None:
    client = people(put(folder / "people.csv", b"id,land\n1,DE\n"))
    extract(client, paths)
    put(folder / "people.csv", b"id,land\n1,FR\n")
    assert [found.delivery_id for found in extract(client, paths)] == ["customers/people.csv-2026-10-31/0002"]


def test_an_unchanged_snapshot_under_another_mapping_is_the_same_delivery(paths: ClientPaths, folder: Path) -> None:
    path = put(folder / "people.csv", b"id,land\n1,DE\n")
    first = extract(people(path), paths)
    assert extract(people(path, delimiter=";", columns={"customer_id": "id,land"}), paths, SECOND) == first


def test_a_snapshot_whose_copy_was_interrupted_is_delivered(paths: ClientPaths, folder: Path) -> None:
    client = people(put(folder / "people.csv", b"id,land\n1,DE\n"))
    (paths.landing / "customers" / "people.csv-2026-10-31" / "0001").mkdir(parents=True)
    assert [found.delivery_id for found in extract(client, paths)] == ["customers/people.csv-2026-10-31/0001"]


def test_an_unchanged_file_is_checked_against_a_changed_mapping(paths: ClientPaths, folder: Path) -> None:
    path = put(folder / "orders.csv")
    extract(shop(path), paths)
    with pytest.raises(
        ExtractError, match="lacks number, which columns: in the client file maps; it has in line 1 'id', 'at'"
    ):
        extract(shop(path, columns={"order_id": "number"}), paths)


def test_a_bad_file_is_named_and_leaves_nothing(paths: ClientPaths, folder: Path) -> None:
    path = put(folder / "orders.csv", b"")
    with pytest.raises(ExtractError) as caught:
        extract(shop(path), paths)
    assert str(caught.value) == f"{path} (sources.orders) is empty (0 bytes), expected csv data. Ask for it again."
    assert list(paths.landing.iterdir()) == []


def test_a_file_that_is_still_written_is_refused(
    paths: ClientPaths, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(folder / "orders.csv")
    copy = shutil.copyfile

    def upload(source: Path, target: Path) -> None:
        copy(source, target)
        with path.open("ab") as stream:
            stream.write(b"3,2026-10-31\n")

    monkeypatch.setattr("shutil.copyfile", upload)
    with pytest.raises(ExtractError, match=r"orders\.csv changed while it was copied, expected a finished file\. Run"):
        extract(shop(path), paths)
    assert deliveries(paths.landing) == []


def test_an_unset_variable_is_named(paths: ClientPaths) -> None:
    with pytest.raises(ExtractError) as caught:
        extract(shop("${SHOP_PATH}/orders.csv"), paths)
    assert str(caught.value) == (
        "sources.orders.path of client shop is ${SHOP_PATH}/orders.csv, but SHOP_PATH is not set; expected the place "
        "of the orders files. Set it, for example: export SHOP_PATH=/path/to/files"
    )


@pytest.mark.parametrize("name", ["orders.csv", "*.csv", "nowhere/**/*.csv"])
def test_a_path_without_a_file_is_named(paths: ClientPaths, folder: Path, name: str) -> None:
    with pytest.raises(ExtractError) as caught:
        extract(shop(folder / name), paths)
    assert str(caught.value) == (
        f"sources.orders.path of client shop is {folder}/{name}, and no file is there; expected at least one. "
        "Check the path (a relative one counts from the folder of the client file) and that it is mounted."
    )


def test_a_folder_for_a_path_is_named(paths: ClientPaths, folder: Path) -> None:
    with pytest.raises(ExtractError) as caught:
        extract(shop(folder), paths)
    assert str(caught.value) == (
        f"sources.orders.path of client shop is the folder {folder}; expected files. Write {folder}/*.csv, say."
    )


def test_nothing_is_landed_when_one_source_has_no_file(paths: ClientPaths, folder: Path) -> None:
    present = shop(put(folder / "orders.csv"))
    absent = shop(folder / "payments.csv").sources["orders"]
    client = present.model_copy(update={"sources": {**present.sources, "payments": absent}})
    with pytest.raises(ExtractError, match=r"sources\.payments\.path of client shop"):
        extract(client, paths)
    assert deliveries(paths.landing) == []


def run_script(tmp_path: Path, client: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "extract_files.py", "--client", client, "--date", "2026-10-31"],
        cwd=ROOT / "extract",
        env={**os.environ, "SALES_DATA_DIR": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.needs("jaffle shop")
def test_the_script_lands_the_jaffle_shop(tmp_path: Path) -> None:
    done = run_script(tmp_path, "jaffle_shop", JAFFLE_SHOP_PATH=str(JAFFLE_SHOP))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Extracting for client jaffle_shop, business date 2026-10-31 ...",
        "customers 100 rows in 1 delivery (file)",
        "orders 99 rows in 1 delivery (file)",
        "payments 113 rows in 1 delivery (file)",
        f"In {tmp_path}/jaffle_shop/landing. Next: cd ../load && python load_to_db.py --client jaffle_shop",
    ]


def test_the_script_finds_a_relative_path_beside_the_client_file(tmp_path: Path) -> None:
    put(tmp_path / "clients" / "files" / "orders.csv")
    shop_file = shop("files/*.csv").model_dump(mode="json", include={"client", "name", "currency", "time_zone"})
    orders = {"kind": "files", "path": "files/*.csv", "format": "csv", "columns": COLUMNS}
    (tmp_path / "clients" / "shop.yml").write_text(json.dumps({**shop_file, "sources": {"orders": orders}}))
    done = run_script(tmp_path, "shop", SALES_CLIENTS_DIR=str(tmp_path / "clients"))
    assert "orders 2 rows in 1 delivery (file)" in done.stdout, done.stderr


def test_the_script_fails_with_the_message(tmp_path: Path) -> None:
    failed = run_script(tmp_path, "jaffle_shop", JAFFLE_SHOP_PATH=str(tmp_path))
    assert failed.returncode == 1
    assert failed.stderr.startswith("Nothing more was landed: sources.customers.path of client jaffle_shop is")


def test_the_script_says_when_a_client_has_no_files(tmp_path: Path) -> None:
    done = run_script(tmp_path, "demo")
    assert done.returncode == 0
    assert "Client demo has no source for this step, or nothing new in it; nothing was landed." in done.stdout
