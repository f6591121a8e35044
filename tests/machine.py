"""What tests want of a machine beyond `make setup`, and how to have it: the only place that skips a test.

A test says `@pytest.mark.needs("chromium")`, and nothing is prepared for it where that is missing. What only a trial
shows, as whether a package index answers, is said by `lacks`. `make test` ends with a line for each missing thing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
# Beside the checkout, unless the variables that the client files read name other places.
SHARED = CHECKOUT.parent / "shared" / "data"
ONLINE_RETAIL = Path(os.environ.get("ONLINE_RETAIL_PATH", SHARED / "online_retail" / "online_retail.parquet"))
JAFFLE_SHOP = Path(os.environ.get("JAFFLE_SHOP_PATH", SHARED / "jaffle_shop"))
CASES = Path(os.environ.get("CASES_PATH", SHARED.parent / "cases"))
FAKE_STORE = SHARED / "fake_store_api" / "products.json"
SHOPIFY = SHARED / "shopify_rest"
SHOPIFY_SCHEMA = SHARED / "shopify_schema" / "admin_2026-10.json.gz"
STRIPE = SHARED / "stripe" / "fixtures3.json"
ENGINE_UP = CHECKOUT.parent / "shared" / "tools" / "engine-up.sh"


@dataclass(frozen=True)
class Need:
    """Something a machine may lack, what to type to have it, and whether it is here."""

    name: str
    how: str
    is_here: Callable[[], bool]

    @property
    def reason(self) -> str:
        return f"{self.name} is not here; to have it: {self.how}"


def _has_server(program: str) -> bool:
    """Whether a server is installed: Debian keeps them off the path of a person."""
    folders = ["/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), *folders])) is not None


def _ends_well(*command: str) -> bool:
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True, check=False).returncode == 0


def _may_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        mounted = _ends_well("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
        if mounted:
            subprocess.run(["umount", folder], check=True)
    return mounted


NEEDS = {
    "chromium": Need(
        "Chromium", "sudo apt-get install chromium fonts-dejavu-core", lambda: bool(shutil.which("chromium"))
    ),
    "engine": Need(
        "a Docker engine",
        "sudo apt-get install docker.io docker-compose-v2, or Docker Desktop; `docker info` must answer",
        lambda: ENGINE_UP.exists() or _ends_well("docker", "info"),
    ),
    "faketime": Need("faketime", "sudo apt-get install faketime", lambda: bool(shutil.which("faketime"))),
    "java": Need("Java 17", "sudo apt-get install default-jre-headless", lambda: _ends_well("java", "-version")),
    "mariadb": Need("MariaDB", "sudo apt-get install mariadb-server", lambda: _has_server("mariadbd")),
    "mount": Need(
        "the right to mount a small disk",
        "run as root; in a container docker run --cap-add SYS_ADMIN",
        _may_mount,
    ),
    "node": Need("Node with npm", "sudo apt-get install nodejs npm", lambda: bool(shutil.which("npm"))),
    "postgresql": Need("PostgreSQL", "sudo apt-get install postgresql", lambda: _has_server("initdb")),
    "power query parser": Need(
        "Node with Microsoft's parser of Power Query",
        "sudo apt-get install nodejs npm && npm install --prefix ~/parser @microsoft/powerquery-parser && "
        "export NODE_PATH=~/parser/node_modules",
        lambda: _ends_well("node", "-e", 'require("@microsoft/powerquery-parser")'),
    ),
    "power bi schemas": Need(
        "Microsoft's schemas of Power BI",
        "git clone --depth 1 https://github.com/microsoft/json-schemas ~/json-schemas && "
        "export POWER_BI_SCHEMAS=~/json-schemas",
        lambda: bool(os.environ.get("POWER_BI_SCHEMAS")),
    ),
    "sshd": Need("sshd", "sudo apt-get install openssh-server", lambda: _has_server("sshd")),
    "package index": Need("a package index", "set up pip and uv for an index that answers", lambda: True),
    "online retail": Need(
        "the Online Retail data (UCI data set 352) as Parquet",
        "export ONLINE_RETAIL_PATH=/path/to/online_retail.parquet",
        ONLINE_RETAIL.is_file,
    ),
    "jaffle shop": Need(
        "the Jaffle Shop data",
        "git clone --depth 1 https://github.com/dbt-labs/jaffle-shop-classic ~/jaffle && "
        "export JAFFLE_SHOP_PATH=~/jaffle/seeds",
        JAFFLE_SHOP.is_dir,
    ),
    "cases": Need("the cases of bug reports", "export CASES_PATH=/path/to/cases", CASES.is_dir),
    "shop objects": Need(
        "the example objects of Shopify and Stripe",
        f"bodies of shopify_python_api in {SHOPIFY}, fixtures of stripe-mock as {STRIPE}",
        lambda: SHOPIFY.is_dir() and STRIPE.is_file(),
    ),
    "shopify schema": Need(
        "the schema of Shopify's Admin API",
        f"admin_2026-10.json.gz of the npm package @shopify/dev-mcp as {SHOPIFY_SCHEMA}",
        SHOPIFY_SCHEMA.is_file,
    ),
    "fake store": Need(
        "an answer of the Fake Store API",
        f"curl -fsS --create-dirs -o {FAKE_STORE} https://fakestoreapi.com/products",
        FAKE_STORE.is_file,
    ),
}


@cache
def is_here(name: str) -> bool:
    """Looked up once a process."""
    return NEEDS[name].is_here()


def lacks(name: str) -> NoReturn:
    """Skip the test: the trial has shown that the machine lacks this."""
    pytest.skip(NEEDS[name].reason)


def what_is_missing(skipped: list[tuple[str, str]]) -> list[str]:
    """The lines that end a run, from the ids of skipped tests and why: a line for each thing, with its tests' files."""
    lines = []
    for reason in sorted({why for _, why in skipped}):
        files = [node_id.partition("::")[0] for node_id, why in skipped if why == reason]
        tests = f"{len(files)} test{'s' * (len(files) > 1)} of {', '.join(sorted(set(files)))} skipped"
        lines.append(f"{tests}: {reason}")
    return lines
