"""Whatever the description of the API allows, and what it does not, gets an answer that it describes."""

import pytest
import schemathesis
from hypothesis import Phase, settings
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from tests.serve.api.conftest import TOKEN, Server, write_version

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def schema(server: Server) -> schemathesis.BaseSchema:
    write_version(server.file, 1)
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json", headers=HEADERS)


described = schemathesis.pytest.from_fixture("schema")


# A wrong token waits for its answer: not with each of hundreds of requests.
@described.parametrize()
@settings(max_examples=50, derandomize=True, deadline=None)
def test_it_answers_as_described(case: schemathesis.Case) -> None:
    case.call_and_validate(headers=HEADERS, excluded_checks=[ignored_auth])


@described.parametrize()
@settings(max_examples=2, derandomize=True, deadline=None, phases=[Phase.generate])
def test_no_answer_without_the_token(case: schemathesis.Case) -> None:
    case.call_and_validate(headers=HEADERS, checks=[ignored_auth])


@described.include(path="/tables/{table}").parametrize()
@settings(max_examples=100, derandomize=True, deadline=None)
def test_a_real_table_too(case: schemathesis.Case) -> None:
    """Which columns a table has, and so which filters are right, no description can say."""
    case.path_parameters["table"] = "marts.mart_daily_sales"
    case.call_and_validate(headers=HEADERS, excluded_checks=[ignored_auth, positive_data_acceptance])
