"""The client file: what is accepted, what is refused and in which words."""

from pathlib import Path

import pytest
import yaml

from clients.config import ClientError, client_names, load_client

CLIENTS = Path(__file__).parents[2] / "clients"
VALID = {
    "client": "shop",
    "name": "Shop",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "sources": {"orders": {"kind": "demo"}},
}


def write(folder: Path, content: dict[str, object]) -> Path:
    (folder / "shop.yml").write_text(yaml.safe_dump(content))
    return folder


@pytest.mark.parametrize("name", client_names(CLIENTS))
def test_the_shipped_client_files_are_valid(name: str) -> None:
    assert load_client(name, CLIENTS, {}).client == name


def test_the_demo_has_the_sizes_that_the_readme_promises() -> None:
    demo = load_client("demo", CLIENTS, {}).demo
    assert (demo.customers, demo.transactions) == (200, 1_000)


def test_a_variable_is_filled_in_and_an_unset_one_stays(tmp_path: Path) -> None:
    source = {"kind": "files", "path": "${SHOP_FILES}/o.csv", "format": "csv", "columns": {"order_id": "id"}}
    folder = write(tmp_path, {**VALID, "sources": {"orders": source}})
    assert load_client("shop", folder, {"SHOP_FILES": "/files"}).sources["orders"].path == "/files/o.csv"  # type: ignore[union-attr]
    assert load_client("shop", folder, {}).sources["orders"].path == "${SHOP_FILES}/o.csv"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time_zone": "Mars/Olympus"}, "unknown time zone 'Mars/Olympus'; expected an IANA name"),
        ({"currency": "euro"}, "currency"),
        ({"sources": {"customers": {"kind": "demo"}}}, "no source of sales; expected sources.orders"),
        ({"sources": {"orders": {"kind": "telepathy"}}}, "telepathy"),
        ({"surprise": 1}, "surprise"),
        ({"client": "other"}, "says client: other; expected shop"),
        ({"ceilings": {"quarantined_share": 2}}, "quarantined_share"),
    ],
)
def test_a_wrong_client_file_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        load_client("shop", write(tmp_path, {**VALID, **change}), {})


def test_a_missing_client_file_names_the_clients_there_are(tmp_path: Path) -> None:
    write(tmp_path, VALID)
    with pytest.raises(ClientError, match=r"no client file .*nobody\.yml; clients here: shop\. Copy"):
        load_client("nobody", tmp_path, {})


def test_broken_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_text("client: [")
    with pytest.raises(ClientError, match="is not a valid client file"):
        load_client("shop", tmp_path, {})
