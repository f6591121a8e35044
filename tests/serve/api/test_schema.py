"""Whatever the description of the API allows, and what it does not, gets an answer that it describes."""

import pytest
import schemathesis
from hypothesis import settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.serve.api.conftest import TOKEN, Server, write_version

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def schema(server: Server) -> schemathesis.BaseSchema:
    write_version(server.file, 1)
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json", headers=HEADERS)


described = schemathesis.pytest.from_fixture("schema")


@described.parametrize()
@settings(max_examples=50, derandomize=True, deadline=None)
def test_it_answers_as_described(case: schemathesis.Case) -> None:
    case.call_and_validate(headers=HEADERS)


@described.include(path="/tables/{table}").parametrize()
@settings(max_examples=100, derandomize=True, deadline=None)
def test_a_real_table_too(case: schemathesis.Case) -> None:
    """Which columns a table has, and so which filters are right, no description can say."""
    case.path_parameters["table"] = "marts.mart_daily_sales"
    case.call_and_validate(headers=HEADERS, excluded_checks=[positive_data_acceptance])
