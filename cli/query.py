"""`sales query`: SQL over raw as it is on this machine, read-only."""

from __future__ import annotations

import duckdb

from contracts.environment import Environment
from contracts.printable import quoted
from load.errors import LoadError
from load.raw_tables import current
from load.raw_views import show

SHOWN_ROWS = 40


def query(client_name: str | None, sql: str) -> str:
    """The first rows of the answer as a table; ``raw`` is shown from its files, the key of pseudonyms is not there.

    Raises LoadError when nothing was loaded, or when the query cannot be answered.
    """
    environment = Environment.from_process(client_name)
    client, paths = environment.client(), environment.paths()
    if not paths.raw.exists():
        raise LoadError(f"There is no {paths.raw}; expected what load writes. Run `sales load` first.")
    with duckdb.connect(config={"python_enable_replacements": False}) as con:
        show(con, client, current(paths), find_current=True)
        try:
            answer = con.sql(sql)
        except duckdb.Error as error:
            raise LoadError(
                *str(error).strip().split("\n"), 'Expected one query, such as: sales query "from raw.orders limit 5"'
            ) from error
        if answer is None:
            raise LoadError(f"{quoted(sql)} gives no rows; expected one query that does. Nothing can be changed here.")
        return str(answer.limit(SHOWN_ROWS)).rstrip()
