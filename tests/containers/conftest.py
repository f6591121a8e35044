"""A checkout of its own, its image and its containers."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.machine import ENGINE_UP, lacks

ROOT = Path(__file__).resolve().parents[2]
PORTS = ("AIRFLOW_PORT", "DASHBOARD_PORT", "API_PORT")
BROKER_PORT = "KAFKA_PORT"


@dataclass(frozen=True)
class Stack:
    checkout: Path
    environment: dict[str, str]

    def shell(self, command: str) -> str:
        """Run a shell command that reaches the engine, in the checkout, and return what it wrote to stdout."""
        shell = ["bash", "-o", "pipefail", "-c", command]
        return subprocess.run(
            shell, cwd=self.checkout, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def docker(self, *arguments: str, check: bool = True) -> str:
        """Run docker in the checkout and return what it said; its words are in the failure when it fails."""
        done = subprocess.run(
            ["docker", *arguments],
            cwd=self.checkout,
            env=self.environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if check and done.returncode:
            pytest.fail(f"docker {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout[-6000:]}")
        return done.stdout

    def compose(self, *arguments: str, check: bool = True) -> str:
        return self.docker("compose", *arguments, check=check)

    def of(self, client: str) -> "Stack":
        """The same checkout as somebody uses it who works for another client."""
        return replace(self, environment={**self.environment, "SALES_CLIENT": client})

    def containers(self) -> list[str]:
        return self.compose("ps", "--quiet").split()

    @property
    def settings(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in (self.checkout / ".env").read_text().splitlines())


def engine() -> dict[str, str]:
    """The variables that reach an engine: none for the one that answers, or those of the machine's own script."""
    if ENGINE_UP.exists():
        up = subprocess.run(["bash", ENGINE_UP], check=False, stdout=subprocess.PIPE, text=True)
        if up.returncode:
            lacks("engine")
        exports = [line.removeprefix("export ") for line in up.stdout.splitlines()]
        return dict(line.split("=", 1) for line in exports)
    return {}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def add_client(checkout: Path, file: Path) -> None:
    """Add a client of one's own as docs/how-to/containers.md says: its file, and the lines of `demo` for it."""
    shutil.copy(file, checkout / "clients")
    compose = checkout / "docker-compose.yml"
    of_the_demo = re.compile(r"^ +(?:- (?:\./data/)?)?demo.*\n", re.MULTILINE)
    compose.write_text(of_the_demo.sub(lambda line: line[0] + line[0].replace("demo", file.stem), compose.read_text()))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """What a stranger has after cloning, adding a client, `make secrets` and `docker compose build`."""
    variables = {**os.environ, **engine()}
    checkout = tmp_path_factory.mktemp("checkout")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        target = checkout / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copy2(ROOT / name, target)
    add_client(checkout, ROOT / "tests" / "containers" / "shop.yml")
    # pytest keeps its folders for their owner only; the containers' user must reach the mounted ones.
    for folder in (checkout, *checkout.parents[:2]):
        folder.chmod(0o755)
    subprocess.run([sys.executable, checkout / "containers" / "make_env.py"], check=True, capture_output=True)
    if "BASE_IMAGE" in variables:
        variables["COMPOSE_FILE"] = "docker-compose.yml:tests/containers/compose.yml"
    project = f"sales-test-{os.getpid()}"
    ports = {name: str(free_port()) for name in (*PORTS, BROKER_PORT)}
    stack = Stack(checkout, {**variables, "COMPOSE_PROJECT_NAME": project, **ports})
    try:
        stack.compose("--profile", "jobs", "build")
        yield stack
    finally:
        stack.compose("--profile", "jobs", "--profile", "kafka", "down", "--volumes", "--timeout", "5", check=False)
