"""What the image holds, and that none of it is a secret or a development tool."""

import json
import re
from pathlib import Path

import pytest

from tests.containers.conftest import Stack

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "sales-analytics-platform"

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800), pytest.mark.needs("engine")]


def test_every_package_is_the_one_of_the_lock_and_none_is_a_development_tool(stack: Stack) -> None:
    list_packages = (
        "import importlib.metadata as m, json;"
        "print(json.dumps({d.name.lower().replace('_', '-').replace('.', '-'): d.version for d in m.distributions()}))"
    )
    found = json.loads(stack.docker("run", "--rm", "--network=none", IMAGE, "python", "-c", list_packages))
    assert found.pop("sales-analytics-platform")
    lock = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)
    assert {(name, version) for name, version in found.items() if (name, version) not in set(lock)} == set()
    assert not {"mypy", "pip", "playwright", "pytest", "ruff", "sqlfluff", "uv"} & set(found)


def test_no_secret_is_in_any_layer_or_in_the_history(stack: Stack) -> None:
    secrets = [value for name, value in stack.settings.items() if name != "SALES_UID"]
    (stack.checkout / "searched").write_text(
        "\n".join([*secrets, "migrate the database, make the pools and become the API server"])
    )
    found = stack.shell(f"docker save {IMAGE} | grep --text --only-matching --fixed-strings --file=searched")
    assert set(found.splitlines()) == {"migrate the database, make the pools and become the API server"}


def test_the_certificates_of_the_build_are_not_in_the_image(stack: Stack) -> None:
    stack.docker("run", "--rm", "--network=none", IMAGE, "test", "!", "-e", "/run/secrets/ca_bundle")


def test_the_image_runs_as_an_ordinary_user(stack: Stack) -> None:
    assert stack.docker("run", "--rm", "--network=none", IMAGE, "id", "-u").strip() == "50000"
    assert stack.docker("inspect", "--format={{.Config.User}}", IMAGE).strip() == "50000:0"


def test_bytecode_is_compiled(stack: Stack) -> None:
    count = "find /opt/venv /app -name '*.py' | wc -l; find /opt/venv /app -name '*.pyc' | wc -l"
    sources, compiled = map(int, stack.docker("run", "--rm", "--network=none", IMAGE, "sh", "-c", count).split())
    assert compiled >= 0.99 * sources
