"""What a session of dbt-spark lacks, added where dbt looks for plugins: modules whose names begin with ``dbt_``."""

from __future__ import annotations

import sys

from dbt.plugins.manager import dbtPlugin


class OnSpark(dbtPlugin):
    """Nothing unless dbt has loaded its Spark adapter."""

    def initialize(self) -> None:
        """Called by dbt when it has read the profile."""
        if "dbt.adapters.spark" in sys.modules:
            from dbt_on_spark.session import extend  # noqa: PLC0415 needs pyspark

            extend()


plugins = [OnSpark]
