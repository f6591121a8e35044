"""A database as extract reads it: one transaction in which nothing changes, and rows as the server sends them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from contracts.block import VARIABLE
from extract.errors import ExtractError

logger = logging.getLogger(__name__)

SECRET = re.compile("pass|secret|token|key", re.IGNORECASE)  # in the name of a part of an address
CONNECT_SECONDS = 10
SILENT_SECONDS = 600  # for how long a server may work on a statement without a word
FETCHED_ROWS = 5_000
# What an address that names no driver is opened with.
DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
# Of those that are tested: what has all statements of a transaction see one state, and moments come in UTC.
ISOLATION = dict.fromkeys(("postgresql", "mysql", "mariadb"), "REPEATABLE READ")
BEGINNING = {
    "postgresql": "set time zone 'UTC'",
    "mysql": "set time_zone = '+00:00'",
    "mariadb": "set time_zone = '+00:00'",
    "sqlite": "begin",
}
CONNECTION: Mapping[str, Mapping[str, Any]] = {
    "psycopg": {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    },
    "pymysql": {"connect_timeout": CONNECT_SECONDS, "read_timeout": SILENT_SECONDS},
}
CHANGED_AT = "changed_at_"  # beside the columns of a row: the newest cursor of its group
MYSQL_TIMESTAMP = 7  # kept in UTC and without saying so, unlike a DATETIME


@dataclass(frozen=True)
class Database:
    """An open transaction; ``place`` names the setting that has its address."""

    connection: sa.Connection
    place: str

    def relation(self, table: str | None, query: str | None, named: str) -> Relation:
        """A table, or the result of a query; ``named`` is how messages name its source."""
        text = sa.text((query or "").strip().rstrip(";").replace(":", "\\:"))
        schema, _, name = (table or "").rpartition(".")
        rows = sa.text(f"({text.text}) source_rows") if query else sa.table(name, schema=schema or None)
        empty = sa.select(sa.text("*")).select_from(rows).where(sa.text("1 = 0"))
        names = [*self.connection.execute(empty).keys()]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ExtractError(f"{named} has the column {', '.join(twice)} twice; name each once by `as` in query:.")
        columns: list[sa.ColumnClause[Any]] = [sa.column(one) for one in names]
        if query:
            return Relation(self.connection, text.columns(*columns).subquery("source_rows"), tuple(names), named)
        return Relation(self.connection, sa.table(name, *columns, schema=schema or None), tuple(names), named)


@dataclass(frozen=True)
class Relation:
    """Rows of a database."""

    connection: sa.Connection
    rows: sa.FromClause
    names: tuple[str, ...]
    named: str

    def everything(self, order: Sequence[str]) -> sa.CursorResult[Any]:
        """All rows."""
        return self.connection.execute(sa.select(self.rows).order_by(*self._columns(order)))

    def since(self, low: Any, cursor: str, group: Sequence[str], key: Sequence[str]) -> sa.CursorResult[Any]:
        """The rows of the groups that changed from ``low`` on, None for all; each with the newest cursor of its group.

        In the order in which they changed, which cannot tie: by cursor, group and key.
        """
        changed_at = self.rows.c[cursor]
        if {*group} == {*key}:
            statement = sa.select(self.rows, changed_at.label(CHANGED_AT))
            statement = statement.order_by(changed_at, *self._columns(key))
            return self.connection.execute(statement if low is None else statement.where(changed_at >= low))
        newest = sa.func.max(changed_at)
        changed = sa.select(*self._columns(group), newest.label(CHANGED_AT)).group_by(*self._columns(group))
        groups = (changed if low is None else changed.having(newest >= low)).subquery("changed_groups")
        same = sa.and_(*(self.rows.c[name] == groups.c[name] for name in group))
        statement = sa.select(self.rows, groups.c[CHANGED_AT]).select_from(self.rows.join(groups, same))
        return self.connection.execute(
            statement.order_by(groups.c[CHANGED_AT], *self._columns(group), *self._columns(key))
        )

    def of_keys(self, keys: Sequence[Sequence[Any]], group: Sequence[str], key: Sequence[str]) -> sa.CursorResult[Any]:
        """The rows of the groups that have one of the keys."""
        has_key = self._is_one_of(key, keys)
        if {*group} != {*key}:
            found = self.connection.execute(sa.select(*self._columns(group)).where(has_key).distinct()).fetchall()
            has_key = self._is_one_of(group, found)
        order = [*self._columns(group), *self._columns(key)]
        return self.connection.execute(sa.select(self.rows).where(has_key).order_by(*order))

    def keys(self, key: Sequence[str]) -> sa.CursorResult[Any]:
        """The key of every row."""
        return self.connection.execute(sa.select(*self._columns(key)))

    def repeated(self, key: Sequence[str]) -> Sequence[Any] | None:
        """A key that two rows have, if any."""
        columns = self._columns(key)
        return self.connection.execute(
            sa.select(*columns).group_by(*columns).having(sa.func.count() > 1).limit(1)
        ).fetchone()

    def without(self, columns: Sequence[str]) -> int:
        """How many rows have no value in one of the columns."""
        lacks = sa.or_(*(column.is_(None) for column in self._columns(columns)))
        return int(self.connection.execute(sa.select(sa.func.count()).select_from(self.rows).where(lacks)).scalar_one())

    def _columns(self, names: Sequence[str]) -> list[sa.ColumnElement[Any]]:
        return [self.rows.c[name] for name in names]

    def _is_one_of(self, names: Sequence[str], values: Sequence[Sequence[Any]]) -> sa.ColumnElement[bool]:
        # Without a type: the database takes a text for what the column is.
        if len(names) == 1:
            only = [value for (value,) in values]
            return self.rows.c[names[0]].in_(sa.bindparam(None, only, sa.types.NullType(), expanding=True))
        tests = (
            sa.and_(
                *(
                    self.rows.c[name] == sa.bindparam(None, part, sa.types.NullType())
                    for name, part in zip(names, value, strict=True)
                )
            )
            for value in values
        )
        return sa.or_(sa.false(), *tests)


def utc_columns(result: sa.CursorResult[Any]) -> frozenset[int]:
    """The positions of columns whose moments are UTC though their values do not say so."""
    description = getattr(result.cursor, "description", None) or ()
    is_mysql = result.dialect.driver == "pymysql"
    return frozenset(at for at, column in enumerate(description) if is_mysql and column[1] == MYSQL_TIMESTAMP)


@contextmanager
def open_database(address: str, place: str) -> Iterator[Database]:
    """Read in one transaction; ``place`` names the setting with the address.

    Raises ExtractError in the driver's own words, without the address, which has a password in it.
    """
    url = _url(address, place)
    dialect = url.get_backend_name()
    if dialect not in BEGINNING:
        logger.warning("%s is a database of the kind %s, which nobody has tested this with", place, dialect)
    try:
        engine = sa.create_engine(url, poolclass=NullPool, connect_args={**CONNECTION.get(url.get_driver_name(), {})})
        with engine.connect() as connection:
            if dialect in ISOLATION:
                connection.execution_options(isolation_level=ISOLATION[dialect])
            if dialect in BEGINNING:
                connection.exec_driver_sql(BEGINNING[dialect])
            yield Database(connection.execution_options(yield_per=FETCHED_ROWS), place)
    except (ModuleNotFoundError, sa.exc.NoSuchModuleError) as error:
        raise ExtractError(
            f"{place} needs a driver for {url.drivername} that is not installed ({error}); expected postgresql, mysql, "
            "mariadb or sqlite, or another one whose SQLAlchemy driver is installed beside this program."
        ) from None
    except sa.exc.SQLAlchemyError as error:
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        raise ExtractError(
            f"{place} was not read: {_without_secrets(said, url)}. Nothing more of it was landed, and what was landed "
            "stays. Check the address, the name and password in it, the right to read, and the names in the client "
            "file; then run the step again, which goes on where landing ends."
        ) from None


def _url(address: str, place: str) -> sa.URL:
    if unset := VARIABLE.search(address):
        raise ExtractError(
            f"{place} needs {unset[1]}, which is not set; expected an address such as "
            f"postgresql://reader:password@host/shop. Set it where the step runs: export {unset[1]}=..."
        )
    try:
        url = sa.make_url(address)
    except (sa.exc.ArgumentError, ValueError):
        raise ExtractError(
            f"{place} is no address of a database; expected one such as postgresql://reader:password@host:5432/shop "
            "(other signs than letters and digits in a password as %40 for @, %2F for / and so on). It is not shown "
            "here, as it may have a password in it."
        ) from None
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
        raise ExtractError(f"{place} is the SQLite file {url.database}, which is not there. Check the path.")
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername))


def _without_secrets(text: str, url: sa.URL) -> str:
    hidden = [value for name, value in url.query.items() if SECRET.search(name)]
    for secret in filter(None, [url.password, *hidden]):
        text = text.replace(str(secret), "***")
    return text
