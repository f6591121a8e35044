"""A client file has the variables that are meant for it, and where they belong: it is no way to other secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.client_file import ClientError, load_client
from contracts.variables import NAMED

FILE = {"kind": "files", "path": "o.csv", "format": "csv", "columns": {"order_id": "id", "order_at": "at"}}
VALID = {
    "client": "corner_shop",
    "name": "Corner Shop",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "sources": {"orders": FILE},
}
SECRETS = {
    "AIRFLOW__CORE__FERNET_KEY": "fernet",
    "SALES_API_TOKEN": "token",
    "POSTGRES_PASSWORD": "postgres",
    "HOME": "/home/x",
    "AWS_SECRET_ACCESS_KEY": "aws",
    "SHOP_FILES": "/files",
    "CORNER_SHOP_FILES": "/corner",
}


def loaded(folder: Path, content: dict[str, Any], **variables: str) -> Any:
    (folder / "corner_shop.yml").write_text(yaml.safe_dump({**VALID, **content}))
    return load_client("corner_shop", folder, SECRETS | variables)


def refused(folder: Path, content: dict[str, Any], **variables: str) -> str:
    with pytest.raises(ClientError) as caught:
        loaded(folder, content, **variables)
    said = str(caught.value)
    assert not [value for value in ("fernet", "token", "postgres", "aws") if f"{value}'" in said or f"{value}." in said]
    return said


def of_orders(**changes: Any) -> dict[str, Any]:
    return {"sources": {"orders": {**FILE, **changes}}}


def of_path(variable: str) -> dict[str, Any]:
    return {"sources": {"orders": {**FILE, "path": f"${{{variable}}}/o.csv"}}}


@pytest.mark.parametrize("variable", ["SHOP_FILES", "CORNER_SHOP_FILES"])
def test_a_path_has_a_variable_of_the_shop(tmp_path: Path, variable: str) -> None:
    client = loaded(tmp_path, of_path(variable))
    assert client.sources["orders"].path == f"{SECRETS[variable]}/o.csv"


def test_whoever_runs_the_program_may_name_more(tmp_path: Path) -> None:
    client = loaded(tmp_path, of_path("HOME"), **{NAMED: "OTHER HOME"})
    assert client.sources["orders"].path == "/home/x/o.csv"
    named = loaded(tmp_path, of_path("SALESFORCE_EXPORT"), **{NAMED: "SALESFORCE_EXPORT", "SALESFORCE_EXPORT": "/sf"})
    assert named.sources["orders"].path == "/sf/o.csv", "it only begins like one of the program's own"


@pytest.mark.parametrize("variable", ["AIRFLOW__CORE__FERNET_KEY", "SALES_API_TOKEN", "POSTGRES_PASSWORD"])
def test_the_secrets_of_the_program_are_in_no_client_file(tmp_path: Path, variable: str) -> None:
    said = refused(tmp_path, of_path(variable), **{NAMED: variable})
    assert f"sources.orders.path has ${{{variable}}}; expected a variable that begins with SHOP or CORNER_SHOP_" in said


def test_a_variable_of_nobody_in_particular_is_refused_with_what_to_do(tmp_path: Path) -> None:
    said = refused(tmp_path, of_path("AWS_SECRET_ACCESS_KEY"))
    assert f"names in {NAMED}, and none of the program's own. Rename it, or name it there" in said


@pytest.mark.parametrize("name", ["airflow", "sales", "postgres"])
def test_a_client_called_as_the_program_gets_none_of_its_secrets(tmp_path: Path, name: str) -> None:
    variable = next(one for one in SECRETS if one.lower().startswith(name))
    content = {**VALID, "client": name, "sources": {"orders": {**FILE, "path": f"${{{variable}}}"}}}
    (tmp_path / f"{name}.yml").write_text(yaml.safe_dump(content))
    with pytest.raises(ClientError, match="none of the program"):
        load_client(name, tmp_path, SECRETS)


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("name", {"name": "${SHOP_FILES}"}),
        ("currency", {"currency": "${SHOP_FILES}"}),
        ("questions", {"questions": ["${SHOP_FILES}"]}),
        ("notify_variable", {"notify_variable": "${SHOP_FILES}"}),
        ("sources.orders.where", of_orders(where="id = '${SHOP_FILES}'")),
        ("sources.orders.columns.status.sql", of_orders(columns={"status": {"sql": "'${SHOP_FILES}'"}})),
        ("sources.orders.constants.status", of_orders(constants={"status": "${SHOP_FILES}"})),
    ],
)
def test_a_variable_elsewhere_is_refused_by_its_place(tmp_path: Path, place: str, change: dict[str, Any]) -> None:
    said = refused(tmp_path, change)
    assert f"{place} has ${{SHOP_FILES}}; expected a variable only where a secret, a path or an address belongs" in said


def test_every_variable_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    said = refused(tmp_path, {"name": "${A}", **of_path("HOME")})
    assert "name has ${A}" in said
    assert "sources.orders.path has ${HOME}" in said


def test_a_value_that_cannot_be_is_named_by_its_variable(tmp_path: Path) -> None:
    shop = {"kind": "shopify", "store": "${SHOP_STORE}", "client_id": "${SHOP_ID}", "client_secret": "${SHOP_SECRET}"}
    said = refused(tmp_path, {"sources": {"shop": {**shop, "since": "2026-01-01"}}}, SHOP_STORE="hunter2")
    assert "hunter2" not in said
    assert "${SHOP_STORE}" in said
