"""What may stand under `engine` of a client file."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from contracts.client_file import Client
from contracts.engine import Engine


def client(**settings: Any) -> Client:
    return Client.model_validate(
        {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "UTC"}
        | {"sources": {"orders": {"kind": "demo"}}}
        | settings
    )


@pytest.mark.parametrize(
    ("said", "engine"),
    [
        ({}, Engine()),
        ({"engine": "spark"}, Engine(kind="spark")),
        ({"engine": {"kind": "spark"}}, Engine(kind="spark", master="local[*]")),
        ({"engine": {"kind": "spark", "master": "yarn"}}, Engine(kind="spark", master="yarn")),
    ],
)
def test_an_engine_is_a_word_or_a_block(said: dict[str, Any], engine: Engine) -> None:
    assert client(**said).engine == engine


@pytest.mark.parametrize("said", ["trino", {"kind": "spark", "cores": 4}, {"kind": "duckdb", "master": "yarn"}])
def test_another_engine_or_a_setting_that_would_do_nothing_is_refused(said: Any) -> None:
    with pytest.raises(ValidationError):
        client(engine=said)
