"""What is said before dbt is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.engine import Engine
from contracts.environment import Environment
from pipeline import dbt


def test_a_machine_that_has_no_spark_is_told_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = Environment("shop", tmp_path, tmp_path, "test")
    monkeypatch.setattr(dbt, "which", lambda _: None)
    monkeypatch.setattr(dbt, "find_spec", lambda _: None)
    with pytest.raises(dbt.BuildError, match="has no Java and no pyspark; expected both where the step runs"):
        dbt.run_on_spark(environment, environment.paths(), Engine(kind="spark"), lock=-1, full_refresh=False)
