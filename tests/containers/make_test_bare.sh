#!/usr/bin/env bash
# All of `make test test-system` on a bare machine: in a container of the base image with git and make, from a fresh
# clone of HEAD.
# PYTEST_ADDOPTS chooses among the tests, as in PYTEST_ADDOPTS=tests/dag. BASE_IMAGE, CI_CA_BUNDLE and the settings of
# pip and uv (PIP_*, UV_*) are those of this machine. What is downloaded stays in the volume sales-bare-uv.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git bundle create --quiet "$work/sales.bundle" HEAD
chmod 755 "$work"

image=sales-bare
docker build --quiet --tag "$image" ${BASE_IMAGE:+--build-arg "BASE_IMAGE=$BASE_IMAGE"} - <tests/containers/bare.Dockerfile

options=(--env PYTEST_ADDOPTS --volume "$work/sales.bundle:/sales.bundle:ro" --volume sales-bare-uv:/home/somebody/.cache/uv)
index=${PIP_INDEX_URL:-$(python3 -m pip config get global.index-url 2>/dev/null || true)}
if [ -n "$index" ]; then
  options+=(--env "PIP_INDEX_URL=$index" --env "UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}")
fi
if [ -n "${CI_CA_BUNDLE:-}" ]; then
  options+=(--volume "$CI_CA_BUNDLE:/certificates.pem:ro" --env PIP_CERT=/certificates.pem --env SSL_CERT_FILE=/certificates.pem)
fi
docker run --rm --init "${options[@]}" "$image" bash -euc '
  for program in chromium java node npm docker psql mysqld; do
    ! command -v "$program" || { echo "$program is here: this machine is not bare" >&2; exit 1; }
  done
  git -c advice.detachedHead=false -c init.defaultBranch=main clone --quiet /sales.bundle sales
  cd sales
  time make test MARKED="not slow and not containers"'
