# One image for every service: Airflow, the jobs and dbt with the packages of requirements.lock.
# BASE_IMAGE is any Debian with Python 3.11 to 3.13. The optional build secret ca_bundle names the certificates of a
# network that inspects TLS; it is mounted for the one RUN that downloads and never stored.
ARG BASE_IMAGE=python:3.13.9-slim-trixie

# What the program itself needs: a stage of its own, so that other changes of pyproject.toml install nothing again.
FROM ${BASE_IMAGE} AS wanted
WORKDIR /build
COPY pyproject.toml ./
RUN python3 -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
    >wanted.txt

FROM ${BASE_IMAGE} AS dependencies
WORKDIR /build
COPY requirements.lock ./
RUN --mount=type=secret,id=ca_bundle \
    if [ -f /run/secrets/ca_bundle ]; then export PIP_CERT=/run/secrets/ca_bundle; fi \
    && python3 -m venv /opt/uv \
    && sed -n '/^uv==/,/# via/p' requirements.lock >uv.lock \
    && /opt/uv/bin/python -m pip install --quiet --no-cache-dir --require-hashes --requirement uv.lock
# The lock also holds the development tools, so it is the constraint; uv checks each download against its hashes.
# Bytecode: Airflow starts three times slower without it, and the containers cannot write it.
COPY --from=wanted /build/wanted.txt ./
RUN --mount=type=secret,id=ca_bundle --mount=type=cache,target=/root/.cache/uv \
    if [ -f /run/secrets/ca_bundle ]; then export SSL_CERT_FILE=/run/secrets/ca_bundle; fi \
    && python3 -m venv --without-pip /opt/venv \
    && /opt/uv/bin/uv pip install --quiet --python /opt/venv --link-mode copy --compile-bytecode \
        --constraint requirements.lock --requirements wanted.txt

FROM ${BASE_IMAGE}
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    USER=sales \
    AIRFLOW_HOME=/opt/airflow \
    PYTHONPATH=/app/airflow/config \
    SALES_DATA_DIR=/data \
    DBT_TARGET_PATH=/tmp/dbt/target \
    DBT_LOG_PATH=/tmp/dbt/logs \
    DBT_SEND_ANONYMOUS_USAGE_STATS=false
COPY --from=dependencies /opt/venv /opt/venv
WORKDIR /app
COPY . .
# Any user of group 0 may write the data and the logs, so that the containers can run as whoever owns data/ on the host.
RUN --mount=type=bind,from=dependencies,source=/opt/uv,target=/opt/uv \
    --mount=type=secret,id=ca_bundle --mount=type=cache,target=/root/.cache/uv \
    if [ -f /run/secrets/ca_bundle ]; then export SSL_CERT_FILE=/run/secrets/ca_bundle; fi \
    && /opt/uv/bin/uv pip install --quiet --python /opt/venv --no-deps --build-constraints requirements.lock --editable . \
    && python -m compileall -q . \
    && dbt --quiet parse --project-dir dbt_project --profiles-dir dbt_project --target-path target \
    && python airflow/dags/dbt_manifest.py \
    && for file in clients/*.yml; do client=/data/$(basename "$file" .yml) \
        && mkdir -p "$client/landing" "$client/warehouse" "$client/raw" "$client/published"; done \
    && mkdir -p /logs /opt/airflow \
    && chmod -R a+rX /app \
    && chmod -R g=u /data /logs /opt/airflow
USER 50000:0
