"""What a person wants to know of what is published, read from the published file and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

from contracts.known_totals import ComparedTotal, counts
from contracts.paths import ClientPaths
from contracts.source_totals import SourceTotals
from contracts.warning import counted
from publish.errors import PublishError
from publish.versions import current_version
from serve.control_totals import known_totals, source_totals
from serve.published import NotPublishedError, VersionDetails, reading, rows_of, version_of
from serve.wording import Money

TABLES = "select schema_name || '.' || table_name, row_count from published._meta_tables order by 1"
FIGURES = """
select
    cast(coalesce(sum(order_count), 0) as bigint) as order_count,
    coalesce(sum(net), 0) as revenue,
    coalesce(sum(net_sales), 0) as net_sales,
    max(calendar_date) filter (where order_count > 0) as last_sale_date,
    (select cast(sum(landed) as bigint) from published._meta_deliveries) as landed,
    (select cast(sum(loaded) as bigint) from published._meta_deliveries) as loaded,
    (select cast(sum(quarantined) as bigint) from published._meta_deliveries) as quarantined,
    (select cast(sum(duplicate) as bigint) from published._meta_deliveries) as duplicate
from published.marts.mart_daily_sales
"""


@dataclass(frozen=True)
class Summary(VersionDetails):
    """The published version in figures; ``revenue`` is net of discounts, ``net_sales`` of refunds too.

    What landed is loaded, in quarantine or was repeated: publish refuses a version that does not balance.
    """

    file: Path
    order_count: int
    revenue: Decimal
    net_sales: Decimal
    last_sale_date: date | None
    landed: int
    loaded: int
    quarantined: int
    duplicate: int
    row_counts: dict[str, int]
    known_totals: tuple[ComparedTotal, ...]
    source_totals: tuple[SourceTotals, ...]

    @property
    def sales(self) -> str:
        """Revenue and orders, in one line."""
        return f"{Money(self.currency).with_code(self.revenue)} in {self.order_count:,} orders"

    @property
    def balance(self) -> str:
        """How the run's books balance, in one line."""
        return (
            f"{self.landed:,} records landed = {self.loaded:,} loaded + {self.quarantined:,} in quarantine "
            f"+ {self.duplicate:,} repeated; sales and refunds match in raw, core, marts and the published file"
        )

    @property
    def control_totals(self) -> tuple[str, ...]:
        """What came of comparing with totals that others gave, a line each; none where nobody gave any."""
        from_source = (one.text() for one in self.source_totals)
        known = (f"known totals of the client file: {counts(self.known_totals)}",) if self.known_totals else ()
        return (*from_source, *known)

    def text(self) -> str:
        """For people: a dozen lines, the tables first."""
        width = max(map(len, self.row_counts))
        lines = [f"  {table:<{width}}  {count:>12,}" for table, count in self.row_counts.items()]
        warned = f", {self.tests_warned} warned" if self.tests_warned else ""
        lines += [
            "",
            f"Tests       {self.tests_passed} passed{warned}",
            f"Revenue     {self.sales}",
            f"Net sales   {Money(self.currency).with_code(self.net_sales)} after refunds",
            f"Data        through {self.data_through}, last sale on {self.last_sale_date or 'no day'}",
            f"Balance     {self.balance}",
            *(f"Compared    {line}" for line in self.control_totals),
            *(f"Known       {total.text()}" for total in self.known_totals),
            f"Version     {self.version}, published {self.published_at:%Y-%m-%d %H:%M} UTC by run {self.run_id}",
            f"Code        {self.code_version}",
            f"File        {self.file}",
            *(f"Warning     {warning}" for warning in self.warnings),
            *([f"Warnings    {counted(self.warnings)}"] if self.warnings else []),
        ]
        return "\n".join([f"{self.shop_name}: rows per table", *lines])


def summarise(paths: ClientPaths) -> Summary:
    """The summary of the client's published file; raises NotPublishedError, and PublishError when it was altered."""
    if not paths.published_file.is_file():
        raise NotPublishedError(paths.published_file)
    if current_version(paths) is None:
        raise PublishError(
            f"{paths.published_file} was altered after it was published: its bytes are those of no kept version",
            expected="a copy of a file in versions/",
            next_step="Put the last version back with `sales rollback`, or run `sales publish`.",
        )
    return summary_of(paths.published_file)


def summary_of(file: Path) -> Summary:
    """The summary of a published file as it is. Raises NotPublishedError."""
    with reading(file) as connection:
        version = version_of(connection, VersionDetails)
        ask = partial(rows_of, connection)
        (figures,) = ask(FIGURES)
        row_counts = dict(connection.execute(TABLES).fetchall())
        known, from_source = known_totals(ask), source_totals(ask)
    return Summary(
        **vars(version),
        **figures,
        file=file,
        row_counts=row_counts,
        known_totals=known,
        source_totals=from_source,
    )
