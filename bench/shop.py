"""One demo shop of a given size: its first build, the floor's, and one day more."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.measure import Usage, beyond, measured
from contracts.engine import Engine
from contracts.environment import IN_CLIENT_FOLDER

ROOT = Path(__file__).resolve().parent.parent
NAME = "bench"
WITHOUT_EXPORTS = "clients_without_exports"
FIRST_DAY, NEXT_DAY = "2026-10-31", "2026-11-01"
# dbt makes and tests the floor's tables first and by themselves, so that the two can be compared, then all the rest.
FLOOR_TABLES = ("fct_orders", "fct_returns", "mart_daily_sales")
STEPS = ("generate", "load", "verify", "dbt", "dbt, the rest", "publish", "exports")


@dataclass(frozen=True)
class Measurement:
    """What the steps of one size took: of the first build, of one day more, and the floor of the first build."""

    transactions: int
    first: dict[str, Usage]
    floor: Usage
    next_day: dict[str, Usage]
    landing_mb: float
    raw_mb: float
    warehouse_mb: float
    published_mb: float


@dataclass(frozen=True)
class Shop:
    """A client of its own in a folder of its own."""

    folder: Path
    transactions: int

    @property
    def home(self) -> Path:
        """What the client owns."""
        return self.folder / "data" / NAME

    @property
    def variables(self) -> dict[str, str]:
        """The environment that makes a step work in the folder."""
        return {
            "SALES_CLIENT": NAME,
            "SALES_DATA_DIR": str(self.folder / "data"),
        }

    def write_client_file(self) -> str:
        """The demo's client file at this size, without the network, beside one that exports nothing; returns its zone.

        The demo has five transactions a customer; twenty here, from 4,000 on, is more like a shop of that size.
        """
        content = yaml.safe_load((ROOT / "clients" / "demo.yml").read_text(encoding="utf-8"))
        content["client"] = NAME
        content["sources"]["products"] |= {"url": "http://127.0.0.1:9", "attempts": 1}
        content["demo"] |= {"transactions": self.transactions, "customers": max(200, self.transactions // 20)}
        for folder, client in (("clients", content), (WITHOUT_EXPORTS, content | {"exports": {"formats": []}})):
            (self.folder / folder).mkdir(parents=True)
            (self.folder / folder / f"{NAME}.yml").write_text(yaml.safe_dump(client), encoding="utf-8")
        return str(content["time_zone"])

    def run(self, command: Sequence[str | Path], clients: str = "clients") -> Usage:
        """Measure one command on the shop, by the client file in the folder."""
        return measured(
            command, cwd=ROOT, variables={**self.variables, "SALES_CLIENTS_DIR": str(self.folder / clients)}
        )

    def run_dbt(self, arguments: Sequence[str | Path]) -> Usage:
        """Measure dbt as `sales build` runs it, so that the project is parsed once for both."""
        places: list[str | Path] = ["--project-dir", ROOT / "dbt_project", "--profiles-dir", ROOT / "dbt_project"]
        variables = {**IN_CLIENT_FOLDER, **Engine().variables()}
        command = ["dbt", *arguments, *places, "--target-path", self.home / "dbt"]
        return measured(command, cwd=self.home, variables=variables)

    def run_steps(self, day: str) -> dict[str, Usage]:
        """Generate a day, or everything up to it, and take it through every step."""
        usages = {"generate": self.run(["sales", "extract", "--date", day])}
        # Cautious: no test that also reads a table of the rest.
        selected = ["--indirect-selection", "cautious", "--select", *(f"+{name}" for name in FLOOR_TABLES)]
        selected += ["--exclude-resource-type", "unit_test"]
        usages |= {step: self.run(["sales", step]) for step in ("load", "verify")}
        usages |= {"dbt": self.run_dbt(["build", *selected]), "dbt, the rest": self.run(["sales", "build"])}
        # The same build once more, so that what exports take is what the second publication takes beyond the first.
        without, published = (self.run(["sales", "publish"], clients) for clients in (WITHOUT_EXPORTS, "clients"))
        return usages | {"publish": without, "exports": beyond(published, without)}


def measure_shop(folder: Path, transactions: int) -> Measurement:
    """Run the first build, the floor beside it, and one day more; the folder is left for the caller to remove.

    Raises SystemExit when a step fails or the floor's tables are not the published ones.
    """
    shop = Shop(folder, transactions)
    time_zone = shop.write_client_file()
    first = shop.run_steps(FIRST_DAY)
    floor_file = folder / "floor.duckdb"
    floor = shop.run([sys.executable, "-m", "bench.floor", "build", shop.home, floor_file, time_zone])
    shop.run([sys.executable, "-m", "bench.floor", "compare", shop.home, floor_file])
    floor_file.unlink()
    return Measurement(
        transactions,
        first,
        floor,
        landing_mb=_megabytes(shop.home / "landing"),
        raw_mb=_megabytes(shop.home / "raw"),
        warehouse_mb=_megabytes(shop.home / "warehouse"),
        published_mb=_megabytes(shop.home / "published" / "sales_analytics.duckdb"),
        next_day=shop.run_steps(NEXT_DAY),
    )


def _megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6
