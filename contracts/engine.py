"""What builds the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from contracts.block import Block

MACHINE = "local[*]"


class Engine(Block):
    """Which engine computes the models, and where it is."""

    kind: Literal["duckdb", "spark"] = "duckdb"
    """`duckdb`: this machine. `spark`: a Spark cluster; DuckDB tests and publishes what it built."""
    master: str = MACHINE
    """Of `spark`: the master's address, such as `spark://10.0.0.5:7077`; unsaid, all cores of this machine."""

    @model_validator(mode="after")
    def _master_is_of_spark(self) -> Engine:
        if not self.is_spark and self.master != MACHINE:
            raise ValueError("master is of Spark; expected kind: spark beside it, or no master")
        return self

    @property
    def is_spark(self) -> bool:
        """Whether the models are built on Spark."""
        return self.kind == "spark"

    def variables(self) -> Mapping[str, str]:
        """What dbt reads of it, as variables of its process."""
        return {"SALES_ENGINE": self.kind, "SALES_SPARK_MASTER": self.master}


def _by_its_kind(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


AnyEngine = Annotated[Engine, BeforeValidator(_by_its_kind)]
