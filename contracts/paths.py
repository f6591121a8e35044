"""Where the files of a client live."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ClientPaths:
    """The folders and files of one client under the data folder; nothing of it is shared with another client."""

    data: Path
    client: str

    @property
    def root(self) -> Path:
        """Everything the client owns."""
        return self.data / self.client

    @property
    def landing(self) -> Path:
        """Delivered files and their manifests, written by extract."""
        return self.root / "landing"

    @property
    def truth(self) -> Path:
        """What the demo generator knows to be true, for tests only."""
        return self.root / "truth"

    @property
    def warehouse(self) -> Path:
        """The private DuckDB file of load, with what dbt makes on the way and its records of the runs."""
        return self.root / "warehouse" / "warehouse.duckdb"

    @property
    def build(self) -> Path:
        """The private DuckDB file of core and marts alone, which publish copies."""
        return self.warehouse.with_name("build.duckdb")

    @property
    def pseudonym_key(self) -> Path:
        """The secret that turns an e-mail or a phone into the same pseudonym every time."""
        return self.warehouse.parent / "pseudonym.key"

    @property
    def pseudonym_check(self) -> Path:
        """What knows the secret again, and says nothing of it."""
        return self.root / "pseudonym.check"

    @property
    def erased(self) -> Path:
        """Which customers were erased, as keyed hashes; extract takes them out of what it lands."""
        return self.root / "erased.json"

    @property
    def raw(self) -> Path:
        """The Delta tables of delivered rows, written by load."""
        return self.root / "raw"

    @property
    def spark(self) -> Path:
        """What Spark builds, and its view of raw."""
        return self.root / "spark"

    @property
    def published(self) -> Path:
        """The folder that readers are given."""
        return self.root / "published"

    @property
    def exports(self) -> Path:
        """The published tables as files, for readers that open no database."""
        return self.published / "exports"

    @property
    def published_file(self) -> Path:
        """The tested version that Power BI and the dashboard open."""
        return self.published / "sales_analytics.duckdb"

    @property
    def reports(self) -> Path:
        """The report of each month, ``<year-month>.pdf``."""
        return self.published / "reports"

    @property
    def data_model(self) -> Path:
        """The models, their columns and lineage on one page."""
        return self.published / "data_model.html"
