"""The client file: what is accepted, what is refused and in which words."""

from pathlib import Path

import pytest
import yaml

from contracts.client_file import ClientError, client_names, load_client

CLIENTS = Path(__file__).parents[2] / "clients"
VALID = {
    "client": "shop",
    "name": "Shop",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "sources": {"orders": {"kind": "demo"}},
}
FILE = {"kind": "files", "path": "/o.csv", "format": "csv", "columns": {"order_id": "id"}}


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


@pytest.mark.parametrize("written", ["files/o-*.csv", "${SHOP_FILES}/o-*.csv"])
def test_a_relative_path_counts_from_the_client_file_wherever_a_step_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    (tmp_path / "clients").mkdir()
    folder = write(tmp_path / "clients", {**VALID, "sources": {"orders": {**FILE, "path": written}}})
    monkeypatch.chdir(tmp_path)
    for place in (folder, Path("clients")):
        client = load_client("shop", place, {"SHOP_FILES": "files"})
        assert client.sources["orders"].path == f"{folder}/files/o-*.csv"  # type: ignore[union-attr]


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
        (
            {"demo": {"start": "2026-11-01", "through": "2026-10-31"}},
            r"- demo: start 2026-11-01 is after through 2026-10-31; expected .*, for example start: 2025-10-01$",
        ),
    ],
)
def test_a_wrong_client_file_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        load_client("shop", write(tmp_path, {**VALID, **change}), {})


DATES = (
    "expected for example '%d.%m.%Y', '%m/%d/%Y %I:%M %p', '%Y-%m-%dT%H:%M:%S%z', epoch_seconds, epoch_milliseconds or "
    "excel_serial"
)
DELIMITERS = (
    'it must be one character, no quotation mark and no line end; expected for example ",", ";" or "\\t" '
    "(a tab, in double quotes)"
)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("date_format", "%d.%m.%q", f"%q is no part of a date; {DATES}"),
        ("date_format", "%d.%m.%Y %", f"% is no part of a date; {DATES}"),
        ("date_format", "%d.%m.%-Y", f"%-Y is no part of a date; {DATES}"),
        ("date_format", "%d.%m.", f"it has no year (%Y or %y); {DATES}"),
        (
            "date_format",
            "DD/MM/YYYY",
            f"it has no year (%Y or %y) and no month (%m, %b or %B) and no day (%d); {DATES}",
        ),
        ("date_format", "%Y%%m-%d", f"it has no month (%m, %b or %B); {DATES}"),
        ("date_format", "", f"it has no year (%Y or %y) and no month (%m, %b or %B) and no day (%d); {DATES}"),
        ("date_format", "%d.%m.%Y %I:%M", f"%I needs %p, which tells morning from afternoon; {DATES}"),
        ("date_format", "%Y-%m-%dT%H:%MZ", f"write %z for the Z at the end, so that it counts as UTC; {DATES}"),
        ("encoding", "utf-9", "unknown encoding: utf-9; expected for example utf-8, cp1252 or utf-16"),
        ("encoding", "base64", "'base64' is not a text encoding; "),
        ("decimal", ";", "Input should be '.' or ','"),
        ("delimiter", "", DELIMITERS),
        ("delimiter", r"\t", DELIMITERS),
        ("delimiter", '"', DELIMITERS),
        ("delimiter", "\n", DELIMITERS),
    ],
)
def test_how_a_file_is_read_is_refused_by_field_value_and_example(
    tmp_path: Path, field: str, value: str, message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        load_client("shop", write(tmp_path, {**VALID, "sources": {"orders": {**FILE, field: value}}}), {})
    expected = f"{tmp_path}/shop.yml is not a valid client file:\n  - sources.orders.{field} is {value!r}: {message}"
    assert str(caught.value).startswith(expected)
    assert "\n" not in str(caught.value).removeprefix(expected)


KAFKA = {"kind": "kafka", "bootstrap_servers": "kafka:9092", "topic": "t", "group": "g", "columns": {"event_id": "id"}}


@pytest.mark.parametrize(
    ("dataset", "change", "message"),
    [
        ("orders", {}, "sources.orders is of kind kafka; expected that of sources.events only"),
        ("events", {"topic": "a/b"}, "- sources.events.topic is 'a/b'"),
        ("events", {"batch_size": 0}, "- sources.events.batch_size is 0"),
        ("events", {"security": {"group.id": "x"}}, "- sources.events.security.group.id"),
    ],
)
def test_a_topic_is_refused_by_field_and_value(
    tmp_path: Path, dataset: str, change: dict[str, object], message: str
) -> None:
    sources = {"orders": {"kind": "demo"}, dataset: {**KAFKA, **change}}
    with pytest.raises(ClientError) as caught:
        load_client("shop", write(tmp_path, {**VALID, "sources": sources}), {})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "setting", ["sasl.password", "ssl.key.password", "ssl.key.pem", "sasl.oauthbearer.client.secret"]
)
@pytest.mark.parametrize("written", ["hunter2", 12345, "x${PASSWORD}"])
def test_a_secret_that_is_written_out_is_refused_and_not_repeated(
    tmp_path: Path, setting: str, written: object
) -> None:
    sources = {"orders": {"kind": "demo"}, "events": {**KAFKA, "security": {setting: written}}}
    with pytest.raises(ClientError) as caught:
        load_client("shop", write(tmp_path, {**VALID, "sources": sources}), {"PASSWORD": "hunter2"})
    expected = f"has the secret sources.events.security.{setting} written out; expected a variable"
    assert expected in str(caught.value)
    assert str(written) not in str(caught.value)


def test_every_finding_in_a_client_file_is_told(tmp_path: Path) -> None:
    broken = {**VALID, "currency": "euro", "sources": {"orders": {"kind": "files", "path": "x", "colour": 1}}}
    with pytest.raises(ClientError) as caught:
        load_client("shop", write(tmp_path, broken), {})
    assert str(caught.value).splitlines()[1:] == [
        "  - currency is 'euro': String should match pattern '^[A-Z]{3}$'",
        "  - sources.orders.columns: Field required",
        "  - sources.orders.format: Field required",
        "  - sources.orders.colour is 1: there is no such setting",
    ]


def test_a_demo_may_last_one_day(tmp_path: Path) -> None:
    demo = {"start": "2026-10-31", "through": "2026-10-31"}
    assert load_client("shop", write(tmp_path, {**VALID, "demo": demo}), {}).demo.start.day == 31


def test_a_missing_client_file_names_the_clients_there_are(tmp_path: Path) -> None:
    write(tmp_path, VALID)
    with pytest.raises(ClientError, match=r"no client file .*nobody\.yml; clients here: shop\. `sales new nobody"):
        load_client("nobody", tmp_path, {})


def test_broken_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_text("client: [")
    with pytest.raises(ClientError, match="is not a valid client file"):
        load_client("shop", tmp_path, {})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "path: **/lines.csv",
            "line 8, path: **/lines.csv must stand in quotation marks, as YAML reads * as an alias; ",
        ),
        ("path: *.csv", 'YAML reads * as an alias; write path: "*.csv"'),
        ("path: *lines  ", 'YAML reads * as an alias; write path: "*lines"'),
        ("path: [a-z]*.csv", 'YAML reads [ as a list; write path: "[a-z]*.csv"'),
        ("path: {a,b}.csv", 'YAML reads { as a mapping; write path: "{a,b}.csv"'),
        ("date_format: %d.%m.%Y", 'YAML reads % as a directive; write date_format: "%d.%m.%Y"'),
        ("path: @x.csv", 'write path: "@x.csv"'),
    ],
)
def test_a_value_that_needs_quotation_marks_is_named(tmp_path: Path, line: str, message: str) -> None:
    head = "client: shop\nname: Shop\ncurrency: EUR\ntime_zone: Europe/Berlin\nsources:\n  orders:\n    kind: files\n"
    (tmp_path / "shop.yml").write_text(f"{head}    {line}\n    format: csv\n    columns: {{order_id: id}}\n")
    with pytest.raises(ClientError) as caught:
        load_client("shop", tmp_path, {})
    assert message in str(caught.value)
