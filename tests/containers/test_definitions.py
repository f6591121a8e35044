"""What docker-compose.yml and the Dockerfile promise, read from the files themselves: needs no engine."""

import importlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from containers.make_env import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
JOBS = {"extract", "load", "dbt"}
CHOSEN = "${SALES_CLIENT:-demo}"
CLIENTS = sorted(path.stem for path in (ROOT / "clients").glob("*.yml"))
SECRETS = set(SETTINGS) - {"SALES_UID"}
# Every key that the file uses. One that is not here is a typing mistake, or belongs here.
KEYS = {
    *("build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "init", "logging"),
    *(
        "mem_limit",
        "network_mode",
        "networks",
        "pids_limit",
        "ports",
        "profiles",
        "read_only",
        "restart",
        "security_opt",
        "stop_grace_period",
    ),
    *("tmpfs", "user", "volumes", "working_dir"),
}
every_service = pytest.mark.parametrize("name", SERVICES)


def dockerfile() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line)]


def mounts(name: str) -> dict[str, str]:
    """Target of each mount: what is mounted there."""
    path = r"(?:\$\{[^}]+\}|[^:$])+"
    found = [re.fullmatch(rf"({path}):({path})(:ro)?", volume) for volume in SERVICES[name].get("volumes", [])]
    return {match[2]: match[1] + (match[3] or "") for match in found if match}


def test_the_services_are_airflow_postgres_what_readers_use_a_broker_and_the_jobs() -> None:
    airflow = {"api-server", "scheduler", "dag-processor", "triggerer"}
    assert set(SERVICES) == {"postgres", *airflow, "dashboard", "api", "kafka", *JOBS}


@every_service
def test_a_service_has_only_known_keys(name: str) -> None:
    assert set(SERVICES[name]) <= KEYS


@every_service
def test_a_service_can_do_little_outside_its_mounts(name: str) -> None:
    service = SERVICES[name]
    assert service["init"] is True
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] == 512
    assert re.fullmatch(r"[1-3]g|\$\{SALES_CONTAINER_MEMORY:-6g\}", service["mem_limit"])
    assert service["user"] in {"postgres", "appuser", "${SALES_UID:?run make secrets}:0"}


@every_service
def test_only_what_people_open_has_a_port_and_it_is_on_loopback(name: str) -> None:
    expected = {
        "api-server": ["127.0.0.1:${AIRFLOW_PORT:-8080}:8080"],
        "dashboard": ["127.0.0.1:${DASHBOARD_PORT:-8501}:8501"],
        "api": ["127.0.0.1:${API_PORT:-8002}:8002"],
        "kafka": ["127.0.0.1:${KAFKA_PORT:-9092}:9092"],
    }
    assert SERVICES[name].get("ports") == expected.get(name)


@pytest.mark.parametrize(
    ("name", "variables", "login"),
    [
        (
            "dashboard",
            set(),
            [f"./{folder}/.streamlit:/app/{folder}/.streamlit:ro" for folder in ("serve/dashboard", "dashboard")],
        ),
        ("api", {"SALES_API_TOKEN", "SALES_API_URL"}, []),
    ],
)
def test_a_reader_sees_the_published_folder_of_its_client_alone_and_no_other_container(
    name: str, variables: set[str], login: list[str]
) -> None:
    published = f"data/{CHOSEN}/published"
    service = SERVICES[name]
    assert service["volumes"] == [f"./{published}:/{published}:ro", *login]
    assert service["environment"].keys() == {"SALES_CLIENT", *variables}
    assert [other for other in SERVICES if name in SERVICES[other].get("networks", [])] == [name]
    assert service["networks"] == [name]


def test_the_login_of_the_dashboard_is_in_a_folder_of_the_checkout_and_not_in_the_image() -> None:
    # A folder that is there: Docker would make one in the place of a file that is not.
    assert SERVICES["dashboard"]["working_dir"] == "/app/serve/dashboard"
    tracked = subprocess.run(
        ["git", "ls-files", "serve/dashboard/.streamlit"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert tracked.split() == ["serve/dashboard/.streamlit/config.toml"]
    assert "**/secrets.toml" in (ROOT / ".dockerignore").read_text().splitlines()
    assert not re.search("secrets.files|SECRETS_FILES", str(SERVICES["dashboard"])), "without a file nobody could look"


@every_service
def test_a_service_that_stays_up_says_how_it_is(name: str) -> None:
    service = SERVICES[name]
    if name in JOBS:
        assert service["profiles"] == ["jobs"]
    else:
        assert service.get("profiles") == (["kafka"] if name == "kafka" else None)
        assert service["healthcheck"]["test"]
        assert service["restart"] == "unless-stopped"


def test_the_broker_is_one_kraft_node_whose_messages_stay() -> None:
    service, environment = SERVICES["kafka"], SERVICES["kafka"]["environment"]
    assert mounts("kafka") == {environment["KAFKA_LOG_DIRS"]: "kafka"}
    assert environment["KAFKA_PROCESS_ROLES"] == "broker,controller"
    assert {value for name, value in environment.items() if name.endswith(("_FACTOR", "_MIN_ISR"))} == {"1"}
    # Who asks by a listener is told its address: the containers their name of it, this machine its loopback.
    listeners = dict(item.split("://") for item in environment["KAFKA_ADVERTISED_LISTENERS"].split(","))
    inside, outside = service["ports"][0].rpartition(":")[::2]
    assert listeners == {"CONTAINERS": "kafka:19092", "MACHINE": inside}
    assert f"MACHINE://:{outside}" in environment["KAFKA_LISTENERS"].split(",")
    assert "CONTROLLER://127.0.0.1:29093" in environment["KAFKA_LISTENERS"].split(",")
    assert {"default"} >= set(service.get("networks", [])) == set(SERVICES["extract"].get("networks", []))


@every_service
def test_an_image_is_built_here_or_pinned(name: str) -> None:
    service = SERVICES[name]
    assert "build" in service or re.fullmatch(r"[a-z/]+:\d+\.\d+(\.\d+|-\w+)", service["image"])


@every_service
def test_no_secret_is_written_down_and_no_job_is_given_one(name: str) -> None:
    environment = SERVICES[name].get("environment", {})
    for variable, value in environment.items():
        if re.search(r"PASSWORD$|KEY$|SECRET$|TOKEN$|CONN", variable):
            assert re.search(r"\$\{(\w+):\?run make secrets\}", value), f"{variable} has the value {value}"
    used = set(re.findall(r"\$\{(\w+)", str(environment)))
    assert not (name in JOBS and used & SECRETS)


def test_only_the_api_server_knows_the_passwords_of_the_users() -> None:
    for name in set(SERVICES) - {"api-server"}:
        assert "AIRFLOW_ADMIN_PASSWORD" not in str(SERVICES[name])
        assert "AIRFLOW_ANALYST_PASSWORD" not in str(SERVICES[name])


def test_only_the_api_knows_its_token() -> None:
    assert [name for name in SERVICES if "SALES_API_TOKEN" in str(SERVICES[name])] == ["api"]


def test_every_secret_has_a_use() -> None:
    assert set(re.findall(r"\$\{(\w+):\?run make secrets\}", str(SERVICES))) == set(SETTINGS)


@pytest.mark.parametrize("client", CLIENTS)
def test_each_client_has_its_own_mounts_and_readers_get_them_read_only(client: str) -> None:
    own, landing, published = f"/data/{client}", f"/data/{client}/landing", f"/data/{client}/published"
    expected = {
        "api-server": {published: f"./data/{client}/published:ro"},
        "scheduler": {own: client, landing: f"{client}_landing", published: f"./data/{client}/published"},
    }
    for name in SERVICES:
        found = {target: source for target, source in mounts(name).items() if f"{target}/".startswith(f"{own}/")}
        assert found == expected.get(name, {}), f"mounts of {client} in {name}"


def test_a_job_sees_the_client_that_it_runs_for_and_extract_neither_warehouse_nor_raw() -> None:
    own = f"/data/{CHOSEN}"
    expected = {
        "extract": {own: CHOSEN, f"{own}/landing": f"{CHOSEN}_landing"},
        "load": {own: CHOSEN, f"{own}/landing": f"{CHOSEN}_landing:ro"},
        "dbt": {own: CHOSEN},
    }
    for name in JOBS:
        found = {target: source for target, source in mounts(name).items() if target.startswith("/data")}
        assert found == expected[name], f"mounts of {name}"
    assert SERVICES["extract"]["tmpfs"] == ["/tmp", f"{own}/warehouse:ro", f"{own}/raw:ro"]  # noqa: S108
    made = next(rest for _, rest in dockerfile() if "/data/" in rest)
    # Docker would make a mount point that a volume lacks as root's, and load could not write there.
    assert all(f'"$client/{folder}"' in made for folder in ("landing", "published", "warehouse", "raw"))


def test_nothing_else_of_this_machine_is_mounted_writable() -> None:
    for name, service in SERVICES.items():
        assert len(mounts(name)) == len(service.get("volumes", []))
        for target, source in mounts(name).items():
            allowed = source.endswith(":ro") or re.fullmatch(r"\./data/\w+/published", source)
            assert allowed or source.replace(CHOSEN, "demo") in COMPOSE["volumes"], f"{source} on {target} of {name}"
    assert all(source.endswith(":ro") for source in mounts("api-server").values())


def test_airflow_has_the_settings_of_the_embedded_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "airflow")
    home = importlib.import_module("embedded_home").Home(tmp_path, 8080)
    (tmp_path / "keys.json").write_text(json.dumps({"session": "", "token": "", "fernet": ""}))
    embedded, composed = home.environment(), SERVICES["scheduler"]["environment"]
    own = r"AIRFLOW__(API|API_AUTH|DATABASE|LOGGING)__|_FOLDER$|_URL$|_USERS$|_FILE$|_DIR$|FERNET_KEY$"
    shared = {name for name in embedded if name.startswith("AIRFLOW__") and not re.search(own, name)}
    assert {name: composed.get(name) for name in shared} == {name: embedded[name] for name in shared}


def test_dbt_docs_which_cosmos_serves_without_login_are_not_served() -> None:
    assert "dbt_docs" not in (ROOT / "docker-compose.yml").read_text().lower()
    assert "dbt_docs" not in (ROOT / "Dockerfile").read_text().lower()


def test_the_image_is_pinned_and_not_root() -> None:
    lines = dockerfile()
    assert lines[0] == ("ARG", "BASE_IMAGE=python:3.13.9-slim-trixie")
    assert {rest.split()[0] for word, rest in lines if word == "FROM"} == {"${BASE_IMAGE}"}
    assert [rest for word, rest in lines if word == "USER"] == ["50000:0"]
    assert lines[-1][0] == "USER"


def test_the_image_has_only_what_the_lock_and_the_list_name() -> None:
    lines = dockerfile()
    assert "# syntax" not in (ROOT / "Dockerfile").read_text()
    assert {word for word, _ in lines} <= {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER"}
    for word, rest in lines:
        if word == "RUN" and re.search(r"pip install", rest):
            assert "--require-hashes" in rest or re.search(r"--(build-)?constraints? requirements\.lock", rest)
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert ignored[0] == "*"
    assert not [line for line in ignored if re.match(r"!(\.|data|tests)", line)]


def test_hadolint_finds_nothing() -> None:
    subprocess.run(["hadolint", "Dockerfile"], cwd=ROOT, check=True)


@pytest.mark.parametrize("file", ["docker-compose.yml", "tests/containers/compose.yml"])
def test_a_compose_file_follows_the_specification(file: str) -> None:
    subprocess.run(["check-jsonschema", "--builtin-schema", "vendor.compose-spec", file], cwd=ROOT, check=True)
