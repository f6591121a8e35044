# A machine with Python, git and make alone, and somebody who is not root: no browser, Java, Node, engine or server.
ARG BASE_IMAGE=python:3.13.9-slim-trixie
FROM ${BASE_IMAGE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home somebody \
    && install -d -o somebody -g somebody /home/somebody/.cache /home/somebody/.cache/uv
USER somebody
WORKDIR /home/somebody
