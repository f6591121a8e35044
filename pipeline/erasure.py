"""One customer taken out of everything in the client's folder, and the search that proves it.

The steps of a run do it while ``erasing.json`` says whom to erase, so that an erasure that was killed is finished by
whatever runs next. The customer's orders stay under a label that leads nowhere, so that every total stays what it was.
"""

from __future__ import annotations

import gzip
import json
import re
import shlex
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import IO, cast
from xml.sax.saxutils import escape
from zipfile import ZipFile, is_zipfile

import duckdb

from contracts.deliveries import MANIFEST, Manifest
from contracts.ids import id_text
from contracts.layout import Layout, landed_layout
from contracts.paths import ClientPaths
from contracts.printable import is_contact, quoted
from contracts.sql_text import identifier, literal
from pipeline.run import Run
from privacy.erased import Erased, EraseError
from privacy.pseudonyms import pseudonym_of
from privacy.redaction import Columns, redact
from publish import exports
from publish.versions import current_version, drop_old
from storage.durable import sha256_of
from storage.landing import check_file, deliveries, land, staged_file

IDENTIFYING = ("email", "phone", "street")


@dataclass(frozen=True)
class Person:
    """Who is to be erased: the id, the texts that would tell who it was, and what stands for the id past raw."""

    customer_id: str
    texts: frozenset[str]
    pseudonym: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """Everything that is this customer as a ``customer_id``."""
        return (self.customer_id, *filter(None, [self.pseudonym]))


def opened(paths: ClientPaths) -> str:
    """The id of the customer whose erasure has not ended; raises EraseError where every one has."""
    person = unfinished(paths)
    if person is None:
        raise EraseError(f"no erasure of client {paths.client} is open; expected the customer_id of whom to erase.")
    return person.customer_id


def begin(paths: ClientPaths, customer_id: str, *, fold_case: bool = False) -> None:
    """Write down whom the next load, verify, build and publish are to erase; the id is compared as load does.

    Raises EraseError when no such customer is known, or another erasure has not ended.
    """
    person = unfinished(paths)
    same = (customer_id, id_text(customer_id, fold_case=fold_case))
    if person is None:
        person = _person(paths, _originals(paths, customer_id) or same)
    elif not {*person.ids} & {*same}:
        raise EraseError(
            f"the erasure of customer {quoted(person.customer_id)} has not ended; expected it to be proved before the "
            f"next one. Run: {command(person, paths)}, or give it up by the same with --give-up behind erase"
        )
    temporary = _unfinished(paths).with_suffix(".tmp")
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps([person.customer_id, sorted(person.texts), person.pseudonym]), encoding="utf-8")
    temporary.replace(_unfinished(paths))


def give_up(paths: ClientPaths, customer_id: str) -> None:
    """Search for the customer no more; what was taken out stays out, and later deliveries come without the customer.

    Raises EraseError when this erasure is not open.
    """
    person = unfinished(paths)
    if person is None or customer_id not in (*person.ids, id_text(person.customer_id)):
        open_one = f"that of {quoted(person.customer_id)} is" if person else "none is"
        raise EraseError(f"no erasure of customer {quoted(customer_id)} is open ({open_one}); expected one to give up.")
    _unfinished(paths).unlink()


def command(person: Person, paths: ClientPaths) -> str:
    """What a person types to end the erasure; without the id where that is an address or a telephone number."""
    whose = ["--client", paths.client]
    if is_contact(person.customer_id):
        return shlex.join(["sales", "erase", *whose])
    words = [*whose, "--", person.customer_id] if person.customer_id.startswith("-") else [person.customer_id, *whose]
    return shlex.join(["sales", "erase", *words])


def unfinished(paths: ClientPaths) -> Person | None:
    """Who is being erased; None when every erasure has ended."""
    if not _unfinished(paths).exists():
        return None
    try:
        customer_id, texts, *pseudonym = json.loads(_unfinished(paths).read_text(encoding="utf-8"))
        return Person(customer_id, frozenset(texts), *pseudonym)
    except (ValueError, TypeError) as error:
        raise EraseError(
            f"{_unfinished(paths)} is damaged ({type(error).__name__}); expected whom to erase. Delete it, and erase "
            "the customer again."
        ) from error


def clean_landing(run: Run, person: Person) -> str:
    """Register the customer, for later deliveries, and deliver what has landed once more without; say what changed."""
    erased = Erased.of(run.paths).with_customer(person.customer_id)
    erased.save(run.paths)
    shutil.rmtree(run.paths.spark, ignore_errors=True)  # what Spark built is made again from raw
    files, records = _rewrite_landing(run, erased)
    return f"landing: {records:,} records in {files:,} files say nothing of the customer any more"


def search(paths: ClientPaths, person: Person, *, published: bool) -> int:
    """Look for the customer in all that is published, or in all that is not; return in how many tables and files.

    Raises EraseError naming those that still say who it was.
    """
    files = {path for path in paths.root.rglob("*") if path.is_file()} - {_unfinished(paths)}
    wanted = [path for path in files if path.is_relative_to(paths.published) == published]
    places = list(_searched(paths, person, sorted(wanted)))
    if found := [f"{place}: {count:,}" for place, count in places if count]:
        raise EraseError(
            f"the customer is still in {'; '.join(found)}; expected no trace. Whatever wrote that again must be "
            f"stopped; then run: {command(person, paths)}"
        )
    return len(places)


def end(paths: ClientPaths, person: Person) -> str:
    """Delete every version before the published one, and search that: the erasure has ended."""
    published = current_version(paths)
    if published is not None:
        drop_old(paths, published, count=1)
        exports.drop_old(paths, published.number)
    places = search(paths, person, published=True)
    _unfinished(paths).unlink()
    label = Erased.of(paths).label(person.customer_id)
    return f"no trace in {places:,} published tables and files; orders and totals are kept under {label}"


def _unfinished(paths: ClientPaths) -> Path:
    """Whom to erase and to search for, kept until nothing was found."""
    return paths.root / "erasing.json"


def _person(paths: ClientPaths, writings: Sequence[str]) -> Person:
    """The customer as raw and the published pseudonyms have it, without the texts that others share.

    Raises EraseError when nobody knows any of the writings of the id.
    """
    for customer_id in writings:
        if _is_known(paths, customer_id):
            person = Person(customer_id, frozenset(), pseudonym_of(paths, customer_id))
            return replace(person, texts=frozenset(_texts_of(paths, person)))
    raise EraseError(
        f"{paths.warehouse} knows no customer {quoted(writings[0])}; expected a customer_id as in core.dim_customers. "
        "Look it up there; after a delivery that is not loaded yet run sales load first."
    )


def _originals(paths: ClientPaths, pseudonym: str) -> tuple[str, ...]:
    """The id as delivered of a customer whom readers know by a pseudonym; empty for what is none."""
    if not re.fullmatch("[0-9a-f]{64}", pseudonym):
        return ()
    named = (
        customer_id
        for con, table, _ in _tables_of_customers(paths)
        for (customer_id,) in con.execute(f"select distinct customer_id from {table}").fetchall()
    )
    return tuple(one for one in {*named} if one and pseudonym_of(paths, one) == pseudonym)


def _is_known(paths: ClientPaths, customer_id: str) -> bool:
    return any(
        con.execute(f"select 1 from {table} where customer_id = ? limit 1", [customer_id]).fetchall()
        for con, table, _ in _tables_of_customers(paths)
    )


def _texts_of(paths: ClientPaths, person: Person) -> set[str]:
    return {
        text
        for con, table, columns in _tables_of_customers(paths)
        for column in columns
        for customer_id in person.ids
        for text in _own_texts(con, table, column, customer_id)
    }


def _tables_of_customers(paths: ClientPaths) -> Iterator[tuple[duckdb.DuckDBPyConnection, str, Sequence[str]]]:
    """Each table that names customers, with its columns of texts that tell who one is."""
    for file, table, columns in (
        (paths.warehouse, "raw.customers", IDENTIFYING),
        (paths.warehouse, "raw.orders", ()),
        (paths.warehouse, "raw.order_lines", ()),
        (paths.warehouse, "raw.returns", ()),
        (paths.warehouse, "raw.refunds", ()),
        (paths.warehouse, "raw.subscriptions", ()),
        (paths.published_file, "core.dim_customers", ("email", "phone")),
    ):
        if file.exists():
            with duckdb.connect(file, read_only=True) as con:
                yield con, table, columns


def _own_texts(con: duckdb.DuckDBPyConnection, table: str, column: str, customer_id: str) -> set[str]:
    """What the customer has in the column and nobody else: a household shares its phone."""
    rows = con.execute(
        f"""
        select distinct {column}
        from {table} as own
        where
            customer_id = ? and {column} <> ''
            and not exists (
                select 1 from {table} as other
                where other.customer_id <> own.customer_id and contains(other.{column}, own.{column})
            )
        """,
        [customer_id],
    ).fetchall()
    return {text for (text,) in rows}


def _rewrite_landing(run: Run, erased: Erased) -> tuple[int, int]:
    """Deliver what holds the customer once more without, and delete what that replaces; return files and records."""
    files = records = 0
    landing = run.paths.landing
    for _, attempts in groupby(deliveries(landing), key=lambda manifest: (manifest.dataset, manifest.key)):
        *older, newest = attempts
        if Columns.of(newest.dataset, _read_as(run, newest)) is None:
            continue
        changed = _deliver_without(run, newest, older, erased)
        files, records = files + bool(changed), records + changed
        for manifest in [*older, newest] if changed else older:
            folder = manifest.data_file(landing).parent
            (folder / MANIFEST).unlink()  # first: without it the delivery does not exist
            shutil.rmtree(folder)
    return files, records


def _deliver_without(run: Run, manifest: Manifest, older: Sequence[Manifest], erased: Erased) -> int:
    landing, source = run.paths.landing, _read_as(run, manifest)
    delivery = manifest.delivery
    with staged_file(landing, delivery) as staged:
        original = next((one for one in older if one.sha256 == manifest.repaired_from), None)
        if original is not None:  # what the source will deliver from now on, so that the repair stands
            shutil.copyfile(check_file(landing, original), staged)
            redact(staged, manifest.dataset, source, erased)
            delivery = replace(delivery, repaired_from=sha256_of(staged))
        shutil.copyfile(check_file(landing, manifest), staged)
        changed = redact(staged, manifest.dataset, source, erased)
        if changed:
            land(
                landing,
                delivery,
                staged,
                rows=manifest.rows,
                extracted_at=manifest.extracted_at,
                code_version=run.environment.code_version,
            )
    return changed


def _read_as(run: Run, manifest: Manifest) -> Layout | None:
    """How the delivery was read when it was landed, with its ids compared as load compares them now."""
    landed = landed_layout(manifest.parameters)
    block = run.client.sources.get(manifest.dataset)
    now = block.layout_of(manifest.origin) if block else None
    if landed is None or now is None:
        return landed
    fold_case = landed.fold_id_case or now.fold_id_case
    return landed.model_copy(update={"fold_id_case": fold_case, "values": {**landed.values, **now.values}})


def _searched(paths: ClientPaths, person: Person, files: Sequence[Path]) -> Iterator[tuple[str, int]]:
    """Every table and file, and how often the customer is in it."""
    encodings = {"utf-8", "utf-16-le", "utf-16-be"} | {
        source.encoding
        for manifest in deliveries(paths.landing)
        if (source := landed_layout(manifest.parameters)) and source.encoding
    }
    for path in files:
        if path.suffix == ".duckdb":
            yield from _searched_tables(path, person)
        elif _starts_with(path, b"PAR1"):
            with duckdb.connect() as con:
                yield str(path), _count_in_table(con, f"read_parquet({literal(str(path))})", person)
        elif path.suffix == ".csv" and path.is_relative_to(paths.exports):
            with duckdb.connect() as con:
                yield str(path), _count_in_table(con, f"read_csv({literal(str(path))}, all_varchar = true)", person)
        else:
            texts = {*person.texts, *map(escape, person.texts)}  # as in XML, too
            for one in person.ids:
                named = f'"customer_id":{json.dumps(one)}'  # also as a text within JSON, as in Delta's log
                texts |= {named, json.dumps(named)[1:-1]}
            wanted = {text.encode(encoding, "ignore") for text in texts for encoding in encodings} - {b""}
            yield str(path), _count_in_bytes(path, wanted)


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(magic)) == magic


def _searched_tables(file: Path, person: Person) -> Iterator[tuple[str, int]]:
    with duckdb.connect(file, read_only=True) as con:
        tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in tables:
            yield f"{file} {schema}.{table}", _count_in_table(con, f'"{schema}"."{table}"', person)


def _count_in_table(con: duckdb.DuckDBPyConnection, table: str, person: Person) -> int:
    columns = con.execute(f"select column_name, column_type from (describe select * from {table})").fetchall()
    texts = [identifier(name) for name, sql_type in columns if sql_type == "VARCHAR"]
    tests = [f"contains({text}, {literal(wanted)})" for text in texts for wanted in sorted(person.texts)]
    ids = ", ".join(map(literal, person.ids))
    tests += [f"customer_id in ({ids})" for text in texts if text == identifier("customer_id")]
    found = con.execute(f"select count(*) from {table} where {' or '.join(tests) or 'false'}").fetchall()
    return int(found[0][0])


def _count_in_bytes(path: Path, wanted: Collection[bytes]) -> int:
    with cast(IO[bytes], gzip.open(path)) if path.suffix == ".gz" else path.open("rb") as stream:
        return _count_in_stream(stream, wanted)


def _count_in_stream(stream: IO[bytes], wanted: Collection[bytes]) -> int:
    """The lines that have one of the texts; of a zip or workbook those of all that is in it."""
    if not is_zipfile(stream):
        stream.seek(0)
        return sum(any(text in line for text in wanted) for line in stream)
    count = 0
    with ZipFile(stream) as archive:
        for name in archive.namelist():
            with archive.open(name) as member:
                count += _count_in_stream(member, wanted)
    return count
