# Everything a person types. `make` alone lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
unexport PYTHONDONTWRITEBYTECODE  # Airflow starts three times slower from source than from bytecode

UV_VERSION := 0.13.8
# The first suitable Python on the PATH; PYTHON=... overrides it.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv
# uv itself is in the lock, so after the first sync it lives in .venv.
UV = $(shell command -v uv || echo $(BIN)/uv)

CLIENT ?=
DATE ?=
CUSTOMERS ?=
TRANSACTIONS ?=
FOR_CLIENT = $(if $(CLIENT),--client "$(CLIENT)")

.PHONY: help setup run up down dashboard api secrets test test-system test-cases test-spark test-bare test-containers screenshot docs powerbi lint format lock lock-check audit clean test-faults test-year

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: .venv/.ready ## Make the locked environment in .venv

.venv/.ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 on the PATH. Install one, or say PYTHON=/path/to/python." >&2; exit 1; }
	@echo "Making the environment in .venv (about a minute the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@command -v uv >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

run: setup ## Run the pipeline once: CLIENT=demo DATE=2026-10-31 CUSTOMERS=200 TRANSACTIONS=1000
	@python airflow/embedded.py run $(FOR_CLIENT) $(if $(DATE),--date "$(DATE)") \
		$(if $(CUSTOMERS),--customers "$(CUSTOMERS)") $(if $(TRANSACTIONS),--transactions "$(TRANSACTIONS)")

up: setup ## Start the Airflow UI and its scheduler on this machine only
	@python airflow/embedded.py up

down: setup ## Stop every process that `make up` started
	@python airflow/embedded.py down

dashboard: setup ## Serve the dashboard of CLIENT on this machine only: DASHBOARD_PORT=8501
	@python -m serve.dashboard $(FOR_CLIENT)

api: setup ## Serve CLIENT's published tables to spreadsheets and scripts on this machine only: API_PORT=8002
	@python -m serve.api $(FOR_CLIENT)

secrets: ## Write what docker compose needs to start: generated passwords and keys, into .env
	@python3 containers/make_env.py

# The longest groups begin first (tests/conftest.py); pytest-xdist would begin with those of most tests.
PYTEST := pytest -n 2 --dist loadgroup --no-loadscope-reorder

test: setup ## Run the tests of the parts; the last lines say what this machine lacks for some
	@$(PYTEST) -m "$(or $(MARKED),not system and not spark and not slow and not containers and not cases)"

test-system: setup ## Run the tests of the whole: pipelines from source to published file, killed ones too, Airflow, the runbook
	@$(PYTEST) -m "system and not slow and not containers"

test-cases: setup ## Run the small shops of public bug reports against their right figures (needs CASES_PATH)
	@$(PYTEST) -m cases

test-spark: setup ## Build the demo shop on Spark and compare every table with DuckDB's (needs Java)
	@pytest -m spark --durations=10

test-bare: ## Run `make test test-system` from a fresh clone in a container with Python, git and make alone (needs a Docker engine)
	@tests/containers/make_test_bare.sh

test-containers: setup ## Build the image, start the containers and test them (needs a Docker engine)
	@pytest -m containers

test-faults: setup ## Run the whole fault matrix: kills, full disks, flipped bytes (long)
	@pytest tests/faults

test-year: setup ## Run a year day by day, and many orders of arrival, against one build (an hour or two)
	@pytest -n 2 --dist loadgroup -m slow tests/integration

bench: setup ## Measure every step beside its floor: SIZES=1000,1000000,10000000
	@python -m bench $(if $(SIZES),--sizes "$(SIZES)")

screenshot: setup ## Make the pictures of Airflow and the dashboard in docs/images/ again (needs chromium)
	@SCREENSHOT=docs/images/airflow.png pytest tests/dag/test_airflow_ui.py
	@SCREENSHOTS=docs/images pytest tests/serve/dashboard/test_browser.py

docs: setup ## Write the pages of docs/reference that the program itself can say
	@python -m cli.reference

powerbi: setup ## Write the Power BI project in powerbi/ from the models and metrics
	@python -m powerbi.generate

lint: setup ## Check style, types, SQL and the direction of imports
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports
	@sqlfluff lint dbt_project

format: setup ## Rewrite Python and SQL in the house style
	@ruff check --fix .
	@ruff format .
	@sqlfluff fix dbt_project

LOCK := $(UV) pip compile --quiet --universal --generate-hashes --no-header --group dev pyproject.toml

lock: setup ## Resolve the dependencies again, keeping what still fits
	@$(LOCK) --output-file requirements.lock

lock-check: setup ## Fail when requirements.lock no longer answers pyproject.toml
	@cp requirements.lock .venv/requirements.checked
	@$(LOCK) --output-file .venv/requirements.checked
	@diff -u requirements.lock .venv/requirements.checked || { echo "requirements.lock is out of date: run make lock" >&2; exit 1; }
	@echo "requirements.lock answers pyproject.toml"

audit: setup ## Look the locked packages up in the advisory database
	@python .ci/audit

clean: ## Remove the environment and everything generated but the clients' data
	rm -rf .venv .airflow .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dbt_project/target dbt_project/logs
